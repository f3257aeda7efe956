// A run as the bytes of a safetensors file of ours.
import {filesOf, type SavedRun} from '../src/page/weights_file.ts';

export const writeRun = (run: SavedRun): Uint8Array => filesOf(run, 'safetensors')[0].bytes;
