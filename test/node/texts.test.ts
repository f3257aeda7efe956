// The page's sentences, in both languages.
import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {fill, type TextKey, texts} from '../../src/page/texts.ts';

test('texts: each sentence has the same values in both languages', () => {
  assert.equal(Object.keys(texts.zh), Object.keys(texts.en));
  const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1]).sort();
  for (const key of Object.keys(texts.en) as TextKey[]) {
    assert.equal(names(texts.zh[key]), names(texts.en[key]), key);
  }
});

test('texts: a value that is filled in is not filled in itself', () => {
  assert.is(fill('{a} and {b}', {a: '{b} $&', b: 2}), '{b} $& and 2');
});

test('texts: English has “an 8”, and “a” before every other digit', () => {
  for (const [digit, article] of ['a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'an', 'a'].entries()) {
    assert.is(fill(texts.en.spokenVerdict, {digit}), `It reads ${article} ${digit}.`);
    assert.match(fill(texts.en.answerText, {answer: digit, share: ''}), `for ${article} ${digit} `);
  }
});

test('texts: Chinese says 算子 for an op, 交叉熵损失 for the loss, 测试集 for the test images and 过滤器 for a filter', () => {
  const {loss, heldOut, kernel, split} = texts.zh;
  assert.match(loss, '交叉熵损失');
  assert.match(heldOut, '测试集');
  assert.match(kernel + split, /算子.*算子/);
  assert.not.match(Object.values(texts.zh).join(), /核函数|留出|滤波器|卷积核|微调/);
  for (const key of Object.keys(texts.en) as TextKey[]) {
    if (/filters?\b/.test(texts.en[key].replace(/\{\w+\}/g, ''))) {
      assert.match(texts.zh[key], '过滤器', key);
    }
    if (/\bbias\b/.test(texts.en[key].replace(/\{\w+\}/g, ''))) {
      assert.match(texts.zh[key], '偏置', key);
    }
  }
});

test('texts: no key is in two files, where one would override the other', () => {
  const folder = fileURLToPath(new URL('../../src/page/', import.meta.url));
  const parts = readdirSync(`${folder}texts`).map(name => `texts/${name}`);
  const files = ['texts.ts', '../weights/texts.ts', ...parts];
  const keys = files.flatMap(name =>
    [...readFileSync(folder + name, 'utf8').matchAll(/^ {2}(\w+): \[/gm)].map(match => match[1]),
  );
  assert.equal(
    keys.filter((key, i) => keys.indexOf(key) !== i),
    [],
  );
  assert.equal(keys.sort(), Object.keys(texts.en).sort());
});

test('texts: the page uses each of them', () => {
  const folder = fileURLToPath(new URL('../../src/', import.meta.url));
  const files = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(name =>
    /^(page|weights)\/(?!texts).*\.(ts|html)$/.test(name),
  );
  const page = files.map(name => readFileSync(folder + name, 'utf8')).join();
  // `phase_done` is put together from `phase_` and a phase.
  const isUsed = (key: string) =>
    new RegExp(`(['"\`])${key}\\1`).test(page) || page.includes(key.replace(/_.*/, '_$'));
  assert.equal(
    Object.keys(texts.en).filter(key => !isUsed(key)),
    [],
  );
});

test.run();
