// A drawing as the network sees it, made as MNIST's images were: scaled with its grey levels into 20×20 pixels, then moved so
// that its centre of mass is the centre of 28×28.
// Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition";
// yann.lecun.com/exdb/mnist.
import {IMAGE_SIDE} from '../data/idx.ts';

/** The longer side of a digit in its image. */
export const DIGIT_SIDE = 20;
/** The pixel, counted from 0, that is nearest to the centre of mass, which lies from 13.5 up to 14.5 in MNIST's images. */
const CENTRE = IMAGE_SIDE / 2;
/** Ink up to this level is left out of the drawing's box. */
const FAINTEST_INK = 16;

/**
 * The 28×28 image of a drawing.
 * @param ink [height, width], 0 (paper) to 255 (ink)
 * @returns [28, 28], or undefined if nothing is drawn
 */
export function normalise(ink: ArrayLike<number>, width: number, height: number) {
  const box = boxOf(ink, width, height);
  return box && centred(scaled(ink, width, box));
}

/** `bottom` and `right` are the first pixels outside. */
interface Box {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

function boxOf(ink: ArrayLike<number>, width: number, height: number): Box | undefined {
  const box = {top: height, left: width, bottom: 0, right: 0};
  for (let xR = 0; xR < height; xR++) {
    for (let xC = 0; xC < width; xC++) {
      if (ink[xR * width + xC] <= FAINTEST_INK) continue;
      box.top = Math.min(box.top, xR);
      box.left = Math.min(box.left, xC);
      box.bottom = Math.max(box.bottom, xR + 1);
      box.right = Math.max(box.right, xC + 1);
    }
  }
  return box.bottom > box.top ? box : undefined;
}

// y[yR, yC] = the mean of the ink under that pixel, which covers `step` by `step` pixels of the drawing. Outside of the box is paper.
function scaled(ink: ArrayLike<number>, width: number, box: Box) {
  const [height, breadth] = [box.bottom - box.top, box.right - box.left];
  const longer = Math.max(height, breadth);
  const step = longer / DIGIT_SIDE;
  const rows = Math.ceil((height * DIGIT_SIDE) / longer);
  const columns = Math.ceil((breadth * DIGIT_SIDE) / longer);
  const y = new Uint8Array(rows * columns);
  for (let yR = 0; yR < rows; yR++) {
    const top = box.top + yR * step;
    const bottom = Math.min(top + step, box.bottom);
    for (let yC = 0; yC < columns; yC++) {
      const left = box.left + yC * step;
      const right = Math.min(left + step, box.right);
      let sum = 0;
      for (let xR = Math.floor(top); xR < bottom; xR++) {
        const high = Math.min(xR + 1, bottom) - Math.max(xR, top);
        for (let xC = Math.floor(left); xC < right; xC++) {
          const wide = Math.min(xC + 1, right) - Math.max(xC, left);
          sum += high * wide * ink[xR * width + xC];
        }
      }
      y[yR * columns + yC] = Math.round(sum / (step * step));
    }
  }
  return {rows, columns, ink: y};
}

// ink [rows, columns] -> [28, 28], moved by whole pixels, never over the border.
function centred({rows, columns, ink}: ReturnType<typeof scaled>): Uint8Array | undefined {
  let [mass, momentR, momentC] = [0, 0, 0];
  for (let xR = 0; xR < rows; xR++) {
    for (let xC = 0; xC < columns; xC++) {
      const here = ink[xR * columns + xC];
      mass += here;
      momentR += here * xR;
      momentC += here * xC;
    }
  }
  if (mass === 0) return undefined; // too thin to leave a grey level
  const shift = (moment: number, size: number) =>
    Math.min(Math.max(Math.ceil(CENTRE - 0.5 - moment / mass), 0), IMAGE_SIDE - size);
  const [shiftR, shiftC] = [shift(momentR, rows), shift(momentC, columns)];
  const y = new Uint8Array(IMAGE_SIDE * IMAGE_SIDE);
  for (let xR = 0; xR < rows; xR++) {
    for (let xC = 0; xC < columns; xC++) {
      y[(xR + shiftR) * IMAGE_SIDE + xC + shiftC] = ink[xR * columns + xC];
    }
  }
  return y;
}
