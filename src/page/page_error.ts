// What the page can't do, in words that each language has for itself: a key of texts.ts, and what it is about. The texts stay out
// of here, as the worker has no use for them.
import type {TextKey, Values} from './texts.ts';

/** Bad input. */
export class PageError extends Error {
  override name = 'PageError';

  constructor(
    readonly key: TextKey,
    readonly values: Values = {},
  ) {
    super(`${key} ${JSON.stringify(values)}`);
  }
}
