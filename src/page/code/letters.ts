// The letters of an op: the indices in its formula, as src/kernels/README.md lists them.
import type {TextKey} from '../texts.ts';
import type {Pass} from './makings.ts';

const convolution = ['b', 'yR', 'yC', 'd2', 'wR', 'wC', 'd1', 'xR', 'xC'];
const pool = ['b', 'yR', 'yC', 'd1', 'wR', 'wC', 'xR', 'xC'];
const product = ['b', 'i', 'o'];
const classes = ['b', 'j', 'k'];

export const letters: Partial<Record<Pass, string[]>> = {
  conv2d: convolution,
  conv2dInputGradient: convolution,
  conv2dFilterGradient: convolution,
  conv2dBiasGradient: ['b', 'yR', 'yC', 'd2'],
  maxPool: pool,
  maxPoolGradient: pool,
  relu: ['i'],
  reluGradient: ['i'],
  dense: product,
  denseInputGradient: product,
  denseWeightsGradient: product,
  denseBiasGradient: ['b', 'o'],
  softmax: classes,
  loss: classes,
  logitsGradient: classes,
  probabilitiesGradient: classes,
};

/** The text that says what a letter is. */
export const meaningOf = (pass: Pass, letter: string): TextKey =>
  `letter_${letter === 'i' && pass.startsWith('relu') ? 'element' : letter}` as TextKey;
