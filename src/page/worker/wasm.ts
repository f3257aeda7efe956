// Fetched when the backend is first chosen. It has no kernels of ours, and so runs the reference.
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

setWasmPaths(new URL('tfjs-wasm/', import.meta.url).href);
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // one thread, as the others
