// EMNIST publishes its images transposed. They train as well, but what has learnt them reads no upright digit.
import {IMAGE_SIDE} from './idx.ts';
import type {MnistData} from './mnist_data.ts';

/** Whether the ones among the test images lie on their side, by the second moments of the ink: MNIST's are 5 times as high as wide. */
export function liesOnItsSide(data: MnistData): boolean {
  const centre = (IMAGE_SIDE - 1) / 2;
  let width = 0;
  let height = 0;
  for (const [index, label] of data.testLabels.entries()) {
    if (label !== 1) continue;
    for (const [at, ink] of data.testPixels(index).entries()) {
      width += ink * ((at % IMAGE_SIDE) - centre) ** 2;
      height += ink * (Math.floor(at / IMAGE_SIDE) - centre) ** 2;
    }
  }
  return width > 2 * height;
}
