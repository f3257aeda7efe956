// Fetched when the backend is first chosen. It runs the reference kernels, because none of ours is for it.
import {setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

setWasmPaths(new URL('tfjs-wasm/', import.meta.url).href);
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // one thread, like the other backends
