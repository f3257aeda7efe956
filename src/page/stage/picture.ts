// A picture from a file, in any format that the browser shows.
import {inkOf} from '../../digit/ink.ts';

/**
 * The ink of a picture, scaled until its longer side has `side` pixels: [height, width], 0 (paper) to 255 (ink).
 * @throws Error if the browser can't read it
 */
export async function readPicture(file: Blob, side: number) {
  // createImageBitmap would take no SVG.
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    const scale = side / Math.max(image.naturalWidth, image.naturalHeight);
    const [width, height] = [image.naturalWidth, image.naturalHeight].map(size =>
      Math.max(1, Math.round(size * scale)),
    );
    const fitted = new OffscreenCanvas(width, height).getContext('2d')!;
    fitted.drawImage(image, 0, 0, width, height);
    const {data} = fitted.getImageData(0, 0, width, height);
    return {ink: inkOf(data, width, height), width, height};
  } finally {
    URL.revokeObjectURL(image.src);
  }
}
