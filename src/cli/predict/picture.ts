// A picture becomes the network's image in the steps that the page takes: it is made as small as the pad, its ink is found, and the ink
// is scaled and centred as MNIST's digits were.
import {DataError} from '../../data/idx.ts';
import {inkOf} from '../../digit/ink.ts';
import {normalise} from '../../digit/normalise.ts';

export interface Picture {
  width: number;
  height: number;
  /** [height, width, 4]; an alpha of 0 is transparent */
  rgba: Uint8ClampedArray;
  /** Exif's number for how the camera was held; 1, the default, is upright. */
  orientation?: number;
}

/** The longer side of a picture on the page's pad. */
const PAD_SIDE = 280;
/** Most pixels of a picture. While a JPEG of that size is decoded, it takes 2 GB. */
export const MOST_PIXELS = 50_000_000;

/**
 * To be called before memory is taken for the pixels.
 * @throws DataError for a picture without pixels, or with too many
 */
export function checkSize(name: string, width: number, height: number): void {
  if (width > 0 && height > 0 && width * height <= MOST_PIXELS) return;
  const expected = `a picture of 1 to ${MOST_PIXELS / 1e6} million pixels`;
  throw new DataError(`${name}: expected ${expected}, found ${width}×${height}`);
}

/**
 * What the network sees of a picture.
 * @returns [28, 28], 0 (paper) to 255 (ink)
 * @throws DataError if the picture shows no ink
 */
export function seen(picture: Picture, name: string): Uint8Array {
  const {rgba, width, height} = upright(fitted(picture));
  const image = normalise(inkOf(rgba, width, height), width, height);
  if (image) return image;
  throw new DataError(`${name}: expected a digit that stands out from its paper, found none`);
}

// y[yR, yC] = the mean of the pixels under that one, weighted by their alpha. A small picture stays as it is: normalise enlarges it.
function fitted(picture: Picture): Picture {
  const {rgba, orientation} = picture;
  const scale = PAD_SIDE / Math.max(picture.width, picture.height);
  if (scale >= 1) return picture;
  const [width, height] = [picture.width, picture.height].map(size =>
    Math.max(1, Math.round(size * scale)),
  );
  const [stepR, stepC] = [picture.height / height, picture.width / width];
  const y = new Uint8ClampedArray(height * width * 4);
  for (let yR = 0; yR < height; yR++) {
    const top = yR * stepR;
    const bottom = Math.min(top + stepR, picture.height);
    for (let yC = 0; yC < width; yC++) {
      const left = yC * stepC;
      const right = Math.min(left + stepC, picture.width);
      let [red, green, blue, alpha] = [0, 0, 0, 0];
      for (let xR = Math.floor(top); xR < bottom; xR++) {
        const high = Math.min(xR + 1, bottom) - Math.max(xR, top);
        for (let xC = Math.floor(left); xC < right; xC++) {
          const wide = Math.min(xC + 1, right) - Math.max(xC, left);
          const at = 4 * (xR * picture.width + xC);
          const weight = high * wide * rgba[at + 3];
          red += weight * rgba[at];
          green += weight * rgba[at + 1];
          blue += weight * rgba[at + 2];
          alpha += weight;
        }
      }
      const at = 4 * (yR * width + yC);
      y[at] = red / alpha; // 0 / 0 becomes 0 here
      y[at + 1] = green / alpha;
      y[at + 2] = blue / alpha;
      y[at + 3] = alpha / (stepR * stepC);
    }
  }
  return {width, height, rgba: y, orientation};
}

/** Turns and mirrors the picture. Source: Exif 2.3, tag Orientation. */
function upright(picture: Picture): Picture {
  const {rgba, orientation = 1} = picture;
  if (orientation === 1) return picture;
  const isOnItsSide = orientation >= 5;
  const [width, height] = isOnItsSide
    ? [picture.height, picture.width]
    : [picture.width, picture.height];
  const y = new Uint8ClampedArray(rgba.length);
  for (let yR = 0; yR < height; yR++) {
    for (let yC = 0; yC < width; yC++) {
      let [xR, xC] = isOnItsSide ? [yC, yR] : [yR, yC];
      if ([3, 4, 6, 7].includes(orientation)) xR = picture.height - 1 - xR;
      if ([2, 3, 7, 8].includes(orientation)) xC = picture.width - 1 - xC;
      const at = 4 * (xR * picture.width + xC);
      y.set(rgba.subarray(at, at + 4), 4 * (yR * width + yC));
    }
  }
  return {width, height, rgba: y};
}
