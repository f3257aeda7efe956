// A peer: the tutorial network's training step in another library, from the same weights, on the same batches in turn.

export interface Peer {
  /** The library, its version and what it computes on. */
  name: string;
  /** The next so many steps, each with its loss read back. */
  steps(n: number): Promise<Step[]>;
  dispose(): void;
}

export interface Step {
  ms: number;
  loss: number;
}

/** Times steps that this process takes. */
export async function timeSteps(n: number, step: () => number | Promise<number>): Promise<Step[]> {
  const steps: Step[] = [];
  while (steps.length < n) {
    const start = performance.now();
    const loss = await step();
    steps.push({loss, ms: performance.now() - start});
  }
  return steps;
}

/** It is not installed here, which is no bug. */
export class MissingPeer extends Error {}
