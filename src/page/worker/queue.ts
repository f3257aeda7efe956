// Tasks that take turns, in the order in which they are added. A new task cancels those before it; each of them still has its
// turn, with an aborted signal.

/** Why the signal of a cancelled task is aborted. */
export const cancelled = Symbol('cancelled');

export class TaskQueue {
  private last: Promise<void> = Promise.resolve();
  private newest = new AbortController();
  private waiting: (() => void)[] = [];

  /**
   * @param fail called with the error of a task; the next task begins when it resolves
   * @param idle called at the end of the newest task
   */
  constructor(
    private readonly fail: (error: unknown) => Promise<void>,
    private readonly idle: () => void,
  ) {}

  /** Resolves at the task's end, whether or not it fails. */
  add(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.cancel();
    const controller = new AbortController();
    this.newest = controller;
    this.last = this.last.then(async () => {
      await task(controller.signal).catch(this.fail);
      if (this.newest === controller) this.idle();
      this.endStep();
    });
    return this.last;
  }

  /** Resolves at the end of the last task that is there. */
  get end(): Promise<void> {
    return this.last;
  }

  /** Aborts the newest task's signal. Those of the tasks before it are aborted already. */
  cancel(): void {
    this.newest.abort(cancelled);
  }

  /** Resolves at the end of the current step of the task that runs, or of the task. */
  stepEnd(): Promise<void> {
    return new Promise(resolve => {
      this.waiting.push(resolve);
    });
  }

  /** The task that runs has ended a step. */
  endStep(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
