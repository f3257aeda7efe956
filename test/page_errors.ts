// One assertion for what the page refuses: the key, and the whole sentence in English.
import * as assert from 'uvu/assert';
import {PageError} from '../src/page/page_error.ts';
import {fill, type TextKey, texts} from '../src/page/texts.ts';

export function expectPageError(work: () => unknown, key: TextKey, message: string): void {
  let refusal: unknown;
  try {
    work();
  } catch (error) {
    refusal = error;
  }
  assert.ok(refusal instanceof PageError, `expected a PageError, got ${refusal}: ${message}`);
  assert.is(fill(texts.en[key], refusal.values), message);
  assert.is(refusal.key, key);
  assert.not.match(fill(texts.zh[key], refusal.values), 'undefined');
}
