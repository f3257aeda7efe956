// A peer: the training step of `tutorial` in another library, from the same weights, on the same batches in the same order.

export interface Peer {
  /** The library, its version and what it computes on. */
  name: string;
  /** Takes the next n steps, and reads back each loss. */
  steps(n: number): Promise<Step[]>;
  dispose(): void;
}

export interface Step {
  ms: number;
  loss: number;
}

/** Takes and times n steps in this process. */
export async function timeSteps(n: number, step: () => number | Promise<number>): Promise<Step[]> {
  const steps: Step[] = [];
  while (steps.length < n) {
    const start = performance.now();
    const loss = await step();
    steps.push({loss, ms: performance.now() - start});
  }
  return steps;
}

/** The library is not installed here: not a bug. */
export class MissingPeer extends Error {}
