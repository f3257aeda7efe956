// The page's sentences, in both languages
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {fill, type TextKey, texts} from '../src/page/texts.ts';

test('each sentence is about the same things in both languages', () => {
  assert.equal(Object.keys(texts.zh), Object.keys(texts.en));
  const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1]).sort();
  for (const key of Object.keys(texts.en) as TextKey[]) {
    assert.equal(names(texts.zh[key]), names(texts.en[key]), key);
  }
});

test('what is filled in is not filled in itself', () => {
  assert.is(fill('{a} and {b}', {a: '{b} $&', b: 2}), '{b} $& and 2');
});

test.run();
