// What every thread but the main one runs (threads.ts starts it). The build makes it a string, since a library can't know under which
// address a file of its own would be found.
import {ARGUMENTS_AT, ASKED, awaitChange, COUNT, DONE, KERNEL, take, tell} from './mailbox.ts';

/** The first message to a thread. */
export interface Beginning {
  module: WebAssembly.Module;
  imports: WebAssembly.ModuleImports;
  mailbox: SharedArrayBuffer;
}

globalThis.onmessage = ({data: {module, imports, mailbox}}: MessageEvent<Beginning>) => {
  const {exports} = new WebAssembly.Instance(module, {env: imports});
  const kernels = Object.values(exports) as ((...args: number[]) => void)[];
  const numbers = new Int32Array(mailbox);
  const args = new Float64Array(mailbox, ARGUMENTS_AT);
  postMessage('ready');
  for (let asked = 0; ; ) {
    asked = awaitChange(numbers, ASKED, asked);
    if (!take(numbers, asked)) continue;
    let done = asked;
    try {
      kernels[numbers[KERNEL]](...args.subarray(0, numbers[COUNT]));
    } catch {
      done = -asked;
    }
    tell(numbers, DONE, done);
  }
};
