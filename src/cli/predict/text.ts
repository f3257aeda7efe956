// What is written about images: of one, what the network sees, and beside it the probabilities; of many, the counts.
import {CLASSES, IMAGE_SIDE} from '../../data/idx.ts';
import type {Evaluation} from '../../evaluation.ts';
import {count, percent} from '../../format.ts';
import {wilsonInterval} from '../../statistics.ts';
import {confusionMatrix, digitLines} from '../report.ts';

/** Most characters of a bar. */
const BAR = 20;
/** Lines above the ten probabilities, so that they stand in the middle of the picture's 14. */
const ABOVE = 2;

/**
 * @param pixels [28, 28]
 * @param probabilities [10]
 * @param width of the terminal, in characters
 * @param inColour the picture has grey levels; without, it shows where there is more ink than paper
 */
export function imageLines(
  pixels: Uint8Array,
  probabilities: Float32Array,
  width: number,
  inColour: boolean,
): string[] {
  const beside = [...probabilities].map((p, digit) => `${digit}  ${shareText(p).padStart(8)}`);
  const gap = '   ';
  const room = Math.min(BAR, width - 1 - IMAGE_SIDE - gap.length - beside[0].length - 2);
  return pictureLines(pixels, inColour).map((line, i) => {
    const digit = i - ABOVE;
    const bar = '█'.repeat(Math.max(0, Math.round(room * probabilities[digit])));
    return `${line}${gap}${beside[digit] ?? ''}  ${bar}`.trimEnd();
  });
}

/** A probability as the page writes it: only 0 is rounded to 0 %, only 1 to 100 %. */
export function shareText(p: number): string {
  if (p > 0 && p < 0.0005) return '< 0.1 %';
  if (p < 1 && p > 0.9995) return '> 99.9 %';
  return `${(100 * p).toFixed(1)} %`;
}

/** A line for every two rows of pixels: a character's upper and lower half. */
function pictureLines(pixels: Uint8Array, inColour: boolean): string[] {
  const line = (row: number) =>
    Array.from({length: IMAGE_SIDE}, (_, column) => {
      const at = row * IMAGE_SIDE + column;
      const [upper, lower] = [pixels[at], pixels[at + IMAGE_SIDE]];
      if (inColour) return `\x1b[38;5;${grey(upper)};48;5;${grey(lower)}m▀`;
      return ' ▄▀█'[2 * Number(upper > 127) + Number(lower > 127)];
    }).join('');
  return Array.from({length: IMAGE_SIDE / 2}, (_, i) => line(2 * i) + (inColour ? '\x1b[m' : ''));
}

/** The number of a grey in the 256 colours of terminals: 232 (nearly black) to 255 (nearly white). */
const grey = (level: number): number => 232 + Math.round((level / 255) * 23);

/**
 * The answers for a file of many images, counted.
 * @param labels [images], if they are known
 */
export function summaryLines(name: string, answers: Uint8Array, labels?: Uint8Array): string {
  const total = answers.length;
  const confusion = new Int32Array(CLASSES ** 2);
  const counts = new Uint32Array(CLASSES);
  let correct = 0;
  for (const [i, answer] of answers.entries()) {
    counts[answer]++;
    if (!labels) continue;
    confusion[labels[i] * CLASSES + answer]++;
    if (labels[i] === answer) correct++;
  }
  if (!labels) {
    const each = [...counts].map((images, digit) => `${digit}: ${count(images)}`).join(', ');
    return `${name}: ${count(total)} images, and no labels beside it\nanswers ${each}`;
  }
  const [low, high] = wilsonInterval(correct, total).map(percent);
  const evaluation: Evaluation = {correct, total, confusion, predictions: answers};
  return [
    `${name}: ${percent(correct / total)}, ${count(correct)} of ${count(total)} right\n95 % interval: ${low} to ${high}`,
    digitLines(evaluation),
    confusionMatrix(evaluation),
  ].join('\n\n');
}
