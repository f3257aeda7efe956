// The stock backend `webgpu`, if the browser has it: the network trains there on the reference kernels.
import '@tensorflow/tfjs-backend-webgpu';
import {test} from 'uvu';
import '../backends.ts';
import {expectStepsAsOnCpu} from '../steps.ts';

const adapter = await navigator.gpu?.requestAdapter();
const title = 'the reference kernels train on webgpu as on cpu';
if (adapter) {
  test(title, () => expectStepsAsOnCpu('webgpu'));
} else {
  console.log('SKIPPED: this browser has no WebGPU, or no adapter for it');
  test.skip(title);
}

test.run();
