// Ctrl-C, SIGTERM and SIGHUP end the program with 128 plus the signal's number. While a run trains, they stop it after its batch, and the
// report covers the batches until then. main.ts imports this file before all others: a signal finds no moment without handlers.

/** Why a run stops before its end. */
export class Interruption extends Error {
  override name = 'Interruption';

  /** @param code the program's exit code: 128 plus the signal's number */
  constructor(readonly code: number) {
    super('interrupted');
  }
}

/** What a signal does. Until a run trains there is nothing to report. Unlike a signal, process.exit lets Playwright close the browser. */
let onSignal = (code: number): void => process.exit(code);

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, (_: string, number: number) => onSignal(128 + number));
}

/**
 * A signal that the first Ctrl-C, SIGTERM or SIGHUP aborts, with an Interruption. The second one ends the program at once.
 *
 * @param note shows a line to the user
 */
export function abortOnSignal(note: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  let abortedAt = 0;
  onSignal = code => {
    if (!controller.signal.aborted) {
      abortedAt = performance.now();
      controller.abort(new Interruption(code));
      note('Stopping, to test what was learnt so far; Ctrl-C now quits at once.');
    } else if (performance.now() - abortedAt > 500) {
      // A sooner one is the same key press: the terminal signals this program and npm, and npm passes it on.
      process.exit(code);
    }
  };
  return controller.signal;
}
