// Another thread of a backend, in a worker of Node or of a page. It has an instance of the compiled kernels over the backend's memory,
// so a call is handed over by its numbers alone (mailbox.ts). What it runs is thread_source.ts.
import source from '../../../../build/thread.txt';
import {
  ARGUMENTS_AT,
  ASKED,
  awaitChange,
  COUNT,
  DONE,
  KERNEL,
  MAILBOX_BYTES,
  nextCall,
  take,
  tell,
} from './mailbox.ts';
import type {Instance, SimdKernels} from './module.ts';
import type {Beginning} from './thread_source.ts';

declare const process: {versions?: {node?: string}} | undefined;
export const inNode = typeof process === 'object' && process?.versions?.node !== undefined;

/** What a worker of Node and one of a page have in common. */
interface Started {
  postMessage(message: Beginning): void;
  terminate(): void;
}

interface Listeners {
  /** Its first message. */
  ready(): void;
  /** It ended, or never began. */
  ended(why: string): void;
}

async function startInNode({ready, ended}: Listeners): Promise<Started> {
  const name = 'node:worker_threads'; // in a variable, so that a page's bundler doesn't look for it
  const {Worker}: typeof import('node:worker_threads') = await import(
    /* webpackIgnore: true */ /* @vite-ignore */ name
  );
  const asInPage = `
    const {parentPort} = require('node:worker_threads');
    globalThis.postMessage = message => parentPort.postMessage(message);
    parentPort.once('message', data => onmessage({data}));`;
  // Without the process's own options: they may take the source for a module, or load files first.
  const worker = new Worker(asInPage + source, {eval: true, execArgv: []});
  worker.once('message', () => {
    worker.unref(); // it doesn't keep the process alive
    ready();
  });
  worker.once('error', error => ended(error.message));
  worker.once('exit', code => ended(`exit code ${code}`));
  return worker;
}

function startInPage({ready, ended}: Listeners): Started {
  const url = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
  const worker = new Worker(url);
  worker.onmessage = () => {
    URL.revokeObjectURL(url);
    ready();
  };
  worker.onerror = ({message}) => ended(message);
  return worker;
}

/** How long a thread may take for its part after the main thread has done its own. After that it counts as ended. */
const PATIENCE_MS = 5000;
const SLEEP_MS = 50;

type Kernel = (...args: number[]) => void;

export class Thread {
  /** Calling one of these hands the call over. It returns nothing. */
  readonly kernels: SimdKernels;
  private readonly shared = new SharedArrayBuffer(MAILBOX_BYTES);
  private readonly mailbox = new Int32Array(this.shared);
  private readonly args = new Float64Array(this.shared, ARGUMENTS_AT);
  private asked = 0;
  private done = 0;
  /** Makes the last call on the main thread. Undefined once it is done. */
  private instead?: () => void;
  private worker?: Started;
  private lost?: string;

  private constructor(
    readonly number: number,
    main: SimdKernels,
  ) {
    const calls = Object.entries(main as unknown as Record<string, Kernel>).map(
      ([name, kernel], index) => [
        name,
        (...args: number[]) => this.ask(index, args, () => kernel(...args)),
      ],
    );
    this.kernels = Object.fromEntries(calls);
  }

  /**
   * @param main the main thread's instance
   * @throws Error if it can't be started
   */
  static async start(number: number, {kernels, module, imports}: Instance): Promise<Thread> {
    const thread = new Thread(number, kernels);
    await new Promise<void>((resolve, reject) => {
      const ended = (why: string) => {
        thread.lost ??= why;
        reject(new Error(why));
      };
      const start = inNode ? startInNode : startInPage;
      Promise.resolve(start({ready: resolve, ended}))
        .then(worker => {
          thread.worker = worker;
          const own = {...imports, thread: number};
          worker.postMessage({module, imports: own, mailbox: thread.shared});
        })
        .catch(reject);
    });
    return thread;
  }

  private ask(kernel: number, args: number[], instead: () => void): void {
    if (this.lost !== undefined) throw this.error();
    this.args.set(args);
    this.mailbox[KERNEL] = kernel;
    this.mailbox[COUNT] = args.length;
    this.instead = instead;
    this.asked = nextCall(this.mailbox, this.asked);
    tell(this.mailbox, ASKED, this.asked);
  }

  /**
   * Makes the call that the thread was asked for, if it hasn't taken it yet, else waits until it has made it.
   *
   * @param ms what the main thread's part took
   * @throws Error of the kernel, or that the thread is lost
   */
  join(ms: number): void {
    const {instead} = this;
    if (!instead) return;
    this.instead = undefined;
    if (take(this.mailbox, this.asked)) {
      instead();
      return;
    }
    const patience = PATIENCE_MS + 20 * ms;
    const done = awaitChange(this.mailbox, DONE, this.done, patience / SLEEP_MS, SLEEP_MS);
    if (done === this.done) {
      this.lost ??= `no answer for ${Math.round(patience / 1000)} s`;
      this.worker?.terminate(); // or it may write later, to memory that others have by then
      throw this.error();
    }
    this.done = done;
    if (done < 0) instead(); // fails in the same way here, and its error says more
  }

  /** Ends the thread. */
  end(): void {
    this.lost = 'the backend was disposed of';
    this.worker?.terminate();
  }

  private error(): Error {
    return new Error(
      `simd: expected thread ${this.number} to work, found that it has ended (${this.lost}); remove the backend and register it anew`,
    );
  }
}
