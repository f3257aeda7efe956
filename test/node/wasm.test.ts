// The stock backend `wasm`, which can't differentiate tf.conv2d: there the network trains on the reference kernels.
import {createRequire} from 'node:module';
import {dirname} from 'node:path';
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import {test} from 'uvu';
import '../backends.ts';
import {expectStepsAsOnCpu} from '../steps.ts';

const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
setWasmPaths(`${dirname(main)}/`);
// Its loader expects a CommonJS module's __dirname, though it uses the path above.
Object.assign(globalThis, {__dirname: dirname(main)});

test('the reference kernels train on wasm as on cpu', () => expectStepsAsOnCpu('wasm'));

test.run();
