// A file that holds no weights of ours. The page shows its sentence in the visitor's language; `message` is the English one.
import {fill, type Values} from '../format.ts';
import {type WeightsKey, weightsTexts} from './texts.ts';

export class WeightsError extends Error {
  override name = 'WeightsError';

  constructor(
    readonly key: WeightsKey,
    readonly values: Values = {},
  ) {
    super(fill(weightsTexts[key][0], values));
  }
}
