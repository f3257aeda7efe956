// The stock backend `wasm`, which can't differentiate tf.conv2d: there the network trains on the reference kernels.
import {createRequire} from 'node:module';
import {dirname} from 'node:path';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import {test} from 'uvu';
import '../backends.ts';
import {expectStepsAsOnCpu} from '../steps.ts';

const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${dirname(main)}/`);
// Its loader takes itself for a CommonJS module, and asks for the folder before it uses the path.
Object.assign(globalThis, {__dirname: dirname(main)});

test('the reference trains on wasm as on cpu', () => expectStepsAsOnCpu('wasm'));

test.run();
