// EMNIST publishes its images transposed. A network trains on them as well, but then fails on upright digits.
import {IMAGE_SIDE} from './idx.ts';
import type {MnistData} from './mnist_data.ts';

/**
 * Whether the ones among the test images lie on their side, by the second moments of their ink: the ratio of height to width
 * is about 5 in MNIST.
 */
export function liesOnItsSide(data: MnistData): boolean {
  const centre = (IMAGE_SIDE - 1) / 2;
  let width = 0;
  let height = 0;
  for (const [index, label] of data.testLabels.entries()) {
    if (label !== 1) continue;
    for (const [pixel, ink] of data.testPixels(index).entries()) {
      width += ink * ((pixel % IMAGE_SIDE) - centre) ** 2;
      height += ink * (Math.floor(pixel / IMAGE_SIDE) - centre) ** 2;
    }
  }
  return width > 2 * height;
}
