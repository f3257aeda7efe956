// JPEG, decoded by the npm package jpeg-js. The size and how the camera was held are read here, before.
// A file is two bytes, then segments of   0xff  marker   length, 16-bit big-endian, counting itself   data
// Sources: ITU-T T.81, annex B; Exif 2.3.
import {decode} from 'jpeg-js';
import {DataError} from '../../data/idx.ts';
import {checkSize, MOST_PIXELS, type Picture} from './picture.ts';

/** Markers of segments: what follows is the compressed picture; Exif's data. */
const START_OF_SCAN = 0xda;
const EXIF = 0xe1;
/** Markers that begin a frame, whose data begin with   bits, 8   height, 16   width, 16. Among them stand three that don't. */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Of a JPEG of MOST_PIXELS. */
const MOST_MEGABYTES = 1500;

/**
 * @param bytes a file that begins as a JPEG does
 * @param name the file's name in an error
 * @throws DataError if the file is damaged, or its size is none that we take; then no memory has been taken for it
 */
export function readJpeg(bytes: Uint8Array, name: string): Picture {
  let orientation = 1;
  for (const {marker, data} of segments(bytes)) {
    if (isFrame(marker)) checkSize(name, data.getUint16(3), data.getUint16(1));
    if (marker === EXIF) orientation = orientationOf(data);
  }
  try {
    const {width, height, data} = decode(bytes, {
      useTArray: true,
      maxResolutionInMP: MOST_PIXELS / 1e6,
      maxMemoryUsageInMB: MOST_MEGABYTES,
    });
    const rgba = new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
    return {width, height, rgba, orientation};
  } catch (cause) {
    const found = `one that can't be decoded (${(cause as Error).message})`;
    throw new DataError(`${name}: expected a whole JPEG, found ${found}`, {cause});
  }
}

/** The segments before the compressed picture. */
function* segments(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1];
    if (marker === START_OF_SCAN) return;
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    const end = at + 2 + view.getUint16(at + 2);
    if (end < at + 4 || end > bytes.length) return; // jpeg-js says what is wrong
    yield {marker, data: new DataView(bytes.buffer, bytes.byteOffset + at + 4, end - at - 4)};
    at = end;
  }
}

const ORIENTATION_TAG = 0x0112;
const ENTRY_BYTES = 12;

/**
 * Exif's orientation; 1 if it has none. The data are "Exif\0\0", then a TIFF file: its byte order, 42, where its directory is. That is
 * a number of entries, 16 bits, and the entries of   tag, 16   type, 16   count, 32   value, 32.
 */
function orientationOf(data: DataView): number {
  try {
    const TIFF = 6;
    const littleEndian = data.getUint16(TIFF) === 0x4949; // "II"
    const directory = TIFF + data.getUint32(TIFF + 4, littleEndian);
    for (let i = 0; i < data.getUint16(directory, littleEndian); i++) {
      const entry = directory + 2 + i * ENTRY_BYTES;
      if (data.getUint16(entry, littleEndian) !== ORIENTATION_TAG) continue;
      const found = data.getUint16(entry + 8, littleEndian);
      return found >= 1 && found <= 8 ? found : 1;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the directory lies outside: other data than Exif's have this marker too
  }
  return 1;
}
