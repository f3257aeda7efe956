// Ctrl-C, SIGTERM and SIGHUP stop the training, and the report covers the batches until then.

/** Why a run stops before its end. */
export class Interruption extends Error {
  override name = 'Interruption';

  /** @param code the program's exit code: 128 plus the signal's number */
  constructor(readonly code: number) {
    super('interrupted');
  }
}

/**
 * A signal that the first Ctrl-C, SIGTERM or SIGHUP aborts, with an Interruption. The second one ends the program at once.
 *
 * @param note shows a line to the user
 */
export function abortOnSignal(note: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  let abortedAt = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, (_: string, number: number) => {
      const code = 128 + number;
      if (!controller.signal.aborted) {
        abortedAt = performance.now();
        controller.abort(new Interruption(code));
        note('Stopping, to test what was learnt so far; Ctrl-C now quits at once.');
      } else if (performance.now() - abortedAt > 500) {
        // A sooner one is the same key press: the terminal signals this program and npm, and npm passes it on.
        process.exit(code);
      }
    });
  }
  return controller.signal;
}
