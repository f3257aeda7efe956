// Has a run learnt anything? The command line and the page ask the same function.
import type {Evaluation} from './evaluation.ts';

/** A batch's loss is noisy, so the last loss is the mean of this many batches. */
export const WINDOW = 20;

/** `one digit`: all images get the same answer. `loss rose`: the last losses are above the first. */
export type Failure = 'one digit' | 'loss rose';

/**
 * Why the run has learnt nothing, as with too large a learning rate; undefined if it seems to have learnt.
 *
 * @param losses the loss of each batch of the run; a hole where it is unknown, as in a run that was opened from a file
 */
export function failureOf(
  {confusion}: Pick<Evaluation, 'confusion'>,
  losses: readonly number[],
): Failure | undefined {
  const counted = [...confusion.keys()].filter(i => confusion[i] > 0);
  const answers = new Set(counted.map(i => i % 10));
  // If all test images have the same label, one answer is no failure.
  if (answers.size === 1 && counted.length > 1) return 'one digit';
  const last = losses.slice(-WINDOW);
  const mean = last.reduce((sum, loss) => sum + loss, 0) / last.length;
  return losses.length > WINDOW && mean > losses[0] ? 'loss rose' : undefined;
}

/** The digit that all images were taken for. */
export const onlyAnswer = (confusion: Int32Array): number =>
  confusion.findIndex(count => count > 0) % 10;
