// An error that the page shows in the visitor's language: a key of texts.ts, and the values to fill in. The worker throws it too and
// needs no text, so this file imports only their types.
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
