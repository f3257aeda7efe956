// Whether a run that ended has learnt anything. The command line and the page ask the same function.
import type {Evaluation} from './evaluation.ts';

/** A batch's loss is noisy: the end is the mean of so many. */
const WINDOW = 20;

/** `one digit`: each image gets the same answer. `loss rose`: the last losses are above the first. */
export type Failure = 'one digit' | 'loss rose';

/**
 * Why the run has failed, as with a learning rate that is too large; undefined if nothing shows that it has.
 *
 * @param losses of each batch since the run's beginning; those before a file was opened are holes
 */
export function failureOf(
  {confusion}: Pick<Evaluation, 'confusion'>,
  losses: readonly number[],
): Failure | undefined {
  const counted = [...confusion.keys()].filter(i => confusion[i] > 0);
  const answers = new Set(counted.map(i => i % 10));
  // Where the test images have one label alone, so may the answers.
  if (answers.size === 1 && counted.length > 1) return 'one digit';
  const last = losses.slice(-WINDOW);
  const mean = last.reduce((sum, loss) => sum + loss, 0) / last.length;
  return losses.length > WINDOW && mean > losses[0] ? 'loss rose' : undefined;
}

/** The digit that all images were taken for. */
export const onlyAnswer = (confusion: Int32Array): number =>
  confusion.findIndex(count => count > 0) % 10;
