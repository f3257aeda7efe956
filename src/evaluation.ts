// How well a network does: counts of its answers for test images.
import * as tf from '@tensorflow/tfjs-core';
import {KeptWeights} from './context_loss.ts';
import type {Batch, MnistData} from './data/mnist_data.ts';
import type {Network} from './network.ts';
import {pause} from './pause.ts';

export interface Evaluation {
  correct: number;
  total: number;
  /** [10 × 10], row by row: the number of images with each label (row) and answer (column). */
  confusion: Int32Array;
  /** [total], the answer for each image in the order of the test; a test on all images takes them in file order. */
  predictions: Uint8Array;
}

/** Images per portion of a test on all images. On `simd` the activations of a portion take 8 MB. */
export const PORTION = 250;

/**
 * The network's answers for all test images.
 *
 * @throws ContextLostError if WebGL loses its context meanwhile; the network is back at the weights that it had
 * @throws the signal's reason, once it is aborted
 */
export async function evaluate(
  network: Network,
  data: MnistData,
  signal?: AbortSignal,
): Promise<Evaluation> {
  const kept = new KeptWeights(network.variables);
  await kept.keep('before a test', 0);
  const portions = evaluateInPortions(network, data);
  for (;;) {
    const {value, done} = await kept.during('in a test', () => portions.next());
    if (done) return value;
    await kept.during('in a test', () => pause(signal));
  }
}

/** Tests on all images. Yields after each portion, as a point for a pause, and returns the evaluation. */
export async function* evaluateInPortions(network: Network, data: MnistData) {
  const evaluation = newEvaluation(data.testSize);
  for (let start = 0; start < data.testSize; start += PORTION) {
    const end = Math.min(start + PORTION, data.testSize);
    await countAnswers(evaluation, network, data.testBatch(start, end));
    yield;
  }
  return evaluation;
}

/** The network's answers for `size` random test images. */
export async function evaluateSample(network: Network, data: MnistData, size: number) {
  const evaluation = newEvaluation(size);
  await countAnswers(evaluation, network, data.nextTestBatch(size));
  return evaluation;
}

const newEvaluation = (size: number): Evaluation => ({
  correct: 0,
  total: 0,
  confusion: new Int32Array(10 * 10),
  predictions: new Uint8Array(size),
});

/** Adds the network's answers for one batch to the evaluation, and disposes of the batch. */
async function countAnswers(evaluation: Evaluation, network: Network, {xs, labels}: Batch) {
  let digits: tf.Tensor[] = [];
  try {
    digits = tf.tidy(() => [tf.argMax(labels, 1), tf.argMax(network.forward(xs), 1)]);
  } finally {
    tf.dispose([xs, labels]);
  }
  const [givenDigits, predictedDigits] = await Promise.all(digits.map(digit => digit.data()));
  tf.dispose(digits);
  evaluation.predictions.set(predictedDigits, evaluation.total);
  for (let i = 0; i < givenDigits.length; i++) {
    evaluation.confusion[givenDigits[i] * 10 + predictedDigits[i]]++;
    if (givenDigits[i] === predictedDigits[i]) evaluation.correct++;
    evaluation.total++;
  }
}
