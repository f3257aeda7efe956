// All threads of a backend, and how a kernel's work is cut into a part for each.
import type {Windows} from '../../../ops/windows.ts';
import type {GeometryPointer, Instance, Pointer, SimdKernels} from './module.ts';
import {inNode, Thread} from './thread.ts';

/**
 * Why there is one thread: no SharedArrayBuffer, which a page has if it is served with the headers COOP and COEP; a page's main
 * thread, which may not wait for others (its workers may); or workers can't be started.
 */
export type WhyOneThread = 'noSharedMemory' | 'mainThread' | 'noWorkers';

/** Why a backend would have one thread here, however many it is asked for. Undefined if nothing speaks against more. */
export function whyOneThread(): WhyOneThread | undefined {
  if (typeof document !== 'undefined') return 'mainThread';
  if (typeof SharedArrayBuffer === 'undefined') return 'noSharedMemory';
  return inNode || typeof Worker === 'function' ? undefined : 'noWorkers';
}

/** One thread's share of a kernel's work. */
export interface Part {
  /** Call one of these, once. It returns nothing; its arguments are numbers and booleans. */
  kernels: SimdKernels;
  /** The units of this part, first to first + count. */
  first: number;
  count: number;
  /** Working space of this part alone. */
  scratch: Pointer;
  /** Writes the sizes of windows for this part's kernel, and gives their address. */
  geometry(g: Windows & {K?: number}): GeometryPointer;
}

type WriteGeometry = (g: Windows & {K?: number}, thread?: number) => GeometryPointer;

export class Threads {
  /** All but the main thread. */
  private others: Thread[] = [];

  constructor(private readonly writeGeometry: WriteGeometry) {}

  get count(): number {
    return 1 + this.others.length;
  }

  /**
   * Starts the others: as many as the instance was made for.
   *
   * @returns false if one can't be started. Then there are none
   */
  async start(instance: Instance): Promise<boolean> {
    const numbers = Array.from({length: instance.imports.threads - 1}, (_, i) => i + 1);
    const starts = await Promise.allSettled(numbers.map(number => Thread.start(number, instance)));
    this.others = starts.flatMap(start => (start.status === 'fulfilled' ? start.value : []));
    const complete = this.others.length === numbers.length;
    if (!complete) this.end();
    return complete;
  }

  end(): void {
    for (const thread of this.others) thread.end();
    this.others = [];
  }

  /**
   * Calls `run` for each part, those of the other threads first, and waits for all.
   *
   * @param main kernels of the main thread, which also does the parts for which there is no other thread
   * @param scratchBytes of a part
   * @throws Error of a kernel, or if a thread has ended
   */
  run(
    main: SimdKernels,
    parts: number,
    units: number,
    scratch: Pointer,
    scratchBytes: number,
    run: (part: Part) => void,
  ): void {
    const call = (part: number, thread?: Thread) => {
      const first = Math.floor((part * units) / parts);
      run({
        kernels: thread?.kernels ?? main,
        first,
        count: Math.floor(((part + 1) * units) / parts) - first,
        scratch: scratch + part * scratchBytes,
        geometry: g => this.writeGeometry(g, thread?.number),
      });
    };
    if (parts === 1) {
      call(0);
      return;
    }
    const others = this.others.slice(0, parts - 1);
    let start = performance.now();
    try {
      for (const thread of others) call(thread.number, thread);
      start = performance.now();
      for (let part = parts - 1; part > others.length; part--) call(part);
      call(0);
    } finally {
      joinAll(others, performance.now() - start);
    }
  }
}

/** @throws the first error, after all have ended their calls: until then they write to the tensors and the working space */
function joinAll(threads: Thread[], ms: number): void {
  const errors: unknown[] = [];
  for (const thread of threads) {
    try {
      thread.join(ms);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
