// A peer: another library that computes a case, from the same weights, on the same batches in the same order.
import {comparedSteps} from '../cases/batches.ts';
import type {Values} from '../cases/compare.ts';

export interface Peer {
  /** The library, its version and what it computes on. */
  name: string;
  /** The first runs' outputs, which must be ours: the losses of `comparedSteps` steps, or the logits of the first batch. */
  first(): Promise<Values>;
  /** The times of the next n runs, in ms. Each run reads its output. */
  run(n: number): Promise<number[]>;
  dispose(): void;
}

/** A peer in this process; `step` takes a step and gives its loss. */
export const peerHere = (
  name: string,
  step: () => number | Promise<number>,
  dispose: () => void,
): Peer => ({
  name,
  async first() {
    const values: number[] = [];
    while (values.length < comparedSteps) values.push(await step());
    return {shape: [values.length], values};
  },
  async run(n) {
    const times: number[] = [];
    while (times.length < n) {
      const start = performance.now();
      await step();
      times.push(performance.now() - start);
    }
    return times;
  },
  dispose,
});

/** "1 thread", "2 threads" */
export const threadsText = (n: number): string => `${n} thread${n > 1 ? 's' : ''}`;

/** The library is not installed here: not a bug. */
export class MissingPeer extends Error {}
