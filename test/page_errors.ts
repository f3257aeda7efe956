// One assertion for every error that the page shows: its whole sentence in English, and that the Chinese one is filled in.
import * as assert from 'uvu/assert';
import {PageError} from '../src/page/page_error.ts';
import {fill, texts} from '../src/page/texts.ts';
import {WeightsError} from '../src/weights/weights_error.ts';

export function expectPageError(work: () => unknown, sentence: string): void {
  let error: unknown;
  try {
    work();
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(
    error instanceof PageError || error instanceof WeightsError,
    `expected an error that the page shows, got ${error}: ${sentence}`,
  );
  assert.is(fill(texts.en[error.key], error.values), sentence);
  assert.not.match(fill(texts.zh[error.key], error.values), 'undefined');
}
