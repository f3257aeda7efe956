// An error that the page shows in the visitor's language: a key of texts.ts, and the values to fill in. The texts themselves are not
// imported here, as the worker has no use for them.
import type {TextKey, Values} from './texts.ts';

export class PageError extends Error {
  override name = 'PageError';

  constructor(
    readonly key: TextKey,
    readonly values: Values = {},
  ) {
    super(`${key} ${JSON.stringify(values)}`);
  }
}
