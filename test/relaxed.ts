// Whether Node has relaxed SIMD.
import {spawnSync} from 'node:child_process';

/** Node 20 has relaxed SIMD only with this option. Later versions always have it, and some refuse the option. */
const relaxing = '--experimental-wasm-relaxed-simd';
export const withRelaxed =
  spawnSync(process.execPath, [relaxing, '--eval', '0']).status === 0 ? [relaxing] : [];
