// One assertion for what the page refuses: the key, and the whole sentence in English.
import * as assert from 'uvu/assert';
import {Refusal} from '../src/page/refusal.ts';
import {fill, type TextKey, texts} from '../src/page/texts.ts';

export function expectRefusal(work: () => unknown, key: TextKey, message: string): void {
  let refusal: unknown;
  try {
    work();
  } catch (error) {
    refusal = error;
  }
  assert.ok(refusal instanceof Refusal, `expected a Refusal, got ${refusal}: ${message}`);
  assert.is(fill(texts.en[key], refusal.values), message);
  assert.is(refusal.key, key);
  assert.not.match(fill(texts.zh[key], refusal.values), 'undefined');
}
