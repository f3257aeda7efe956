// The text at the start and at the end of a run.
import type {Evaluation} from '../evaluation.ts';
import {count, percent} from '../format.ts';
import {failureOf, onlyAnswer} from '../outcome.ts';
import {MOMENTUM, type Recipe} from '../presets.ts';
import {wilsonInterval} from '../statistics.ts';

/** "Test accuracy: 97.65 %, 9,765 of 10,000 right", and on the next line "95 % interval: 97.33 % to 97.93 %" */
export function accuracyLines({correct, total}: Evaluation): string {
  const [low, high] = wilsonInterval(correct, total).map(percent);
  return [
    `Test accuracy: ${percent(correct / total)}, ${count(correct)} of ${count(total)} right`,
    `95 % interval: ${low} to ${high}`,
  ].join('\n');
}

const digits = [...Array(10).keys()];

/** A label of 7 characters, and cells of `width` characters each. */
const row = (label: string, cells: readonly (string | number)[], width: number): string =>
  label.padStart(7) + cells.map(cell => String(cell).padStart(width)).join('');

/** Width of a column: the largest count, or "98.7", and a space. */
const cellWidth = (confusion: Int32Array) => Math.max(4, String(Math.max(...confusion)).length) + 1;

/** The share of each digit's images that was recognised: two lines, "digit" and "right %". */
export function digitLines({confusion}: Evaluation): string {
  const shares = digits.map(label => {
    const total = digits.reduce((sum, prediction) => sum + confusion[10 * label + prediction], 0);
    const share = confusion[10 * label + label] / total;
    if (total === 0) return '-';
    return share === 1 ? '100' : Math.min(99.9, 100 * share).toFixed(1);
  });
  const width = cellWidth(confusion);
  return `${row('digit', digits, width)}\n${row('right %', shares, width)}`;
}

/** Counts [10 × 10]: a row for each label, a column for each prediction, `·` for 0. */
export function confusionMatrix({confusion}: Evaluation): string {
  const width = cellWidth(confusion);
  const counts = (label: number) =>
    digits.map(prediction => confusion[10 * label + prediction] || '·');
  const rows = digits.map(label => row(String(label), counts(label), width));
  const title = 'Confusion matrix (rows: labels, columns: predictions)';
  return [title, row('', digits, width), ...rows].join('\n');
}

/** Says that the run has learnt nothing, and what to try; undefined if it has learnt. */
export function failureLine(
  evaluation: Evaluation,
  losses: readonly number[],
  learningRate: number,
): string | undefined {
  const failure = failureOf(evaluation, losses);
  if (!failure) return undefined;
  const {total, confusion} = evaluation;
  const oneDigit = `All ${count(total)} answers are ${onlyAnswer(confusion)}`;
  const what = failure === 'one digit' ? oneDigit : 'The loss ended above where it began';
  return `${what}: nothing was learnt. Try a learning rate smaller than ${learningRate} (0.1 to 0.15 are usual), or more batches.`;
}

/**
 * The whole text at the end of a run.
 * @param interruptedAfter the number of the last batch, if the run was stopped before its end
 * @param failure the failureLine of a run that has learnt nothing
 */
export function report(evaluation: Evaluation, interruptedAfter?: number, failure?: string) {
  const parts = [accuracyLines(evaluation), digitLines(evaluation), confusionMatrix(evaluation)];
  if (failure) parts.push(failure);
  if (interruptedAfter !== undefined) {
    const batch = count(interruptedAfter);
    parts.unshift(`Interrupted after batch ${batch}: this is what was learnt so far.`);
  }
  return `\n${parts.join('\n\n')}\n`;
}

export interface Setup {
  net: string;
  parameters: number;
  backend: string;
  /** Follows the backend's name; may be empty. */
  remark: string;
  seed: number;
  batchSize: number;
  recipe: Recipe;
  learningRate: number;
  trainSize: number;
  testSize: number;
  /** Lines on where the run is saved, and where it goes on. */
  notes?: string[];
}

const rateText = ({recipe, learningRate}: Setup) =>
  recipe === 'sgd'
    ? `learning rate ${learningRate}`
    : `recipe ${recipe}: momentum ${MOMENTUM}, rate up to ${learningRate}`;

/** The lines printed before the first batch. */
export function header(setup: Setup): string {
  return [
    `${setup.net} net with ${count(setup.parameters)} parameters`,
    `backend ${setup.backend}${setup.remark && ` ${setup.remark}`}, seed ${setup.seed}`,
    `batch size ${setup.batchSize}, ${rateText(setup)}`,
    `${count(setup.trainSize)} training and ${count(setup.testSize)} test images`,
    ...(setup.notes ?? []),
    '',
  ].join('\n');
}
