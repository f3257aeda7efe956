// Ctrl-C, SIGTERM and SIGHUP end the program with 128 plus the signal's number. While a run trains, they stop it after its batch, and the
// report covers the batches until then. cli.ts imports this file before all others: a signal finds no moment without handlers.

/** Why a run stops before its end. */
export class Interruption extends Error {
  override name = 'Interruption';

  /** @param code the program's exit code */
  constructor(readonly code: number) {
    super('interrupted');
  }
}

/** What a signal does. Until a run trains there is nothing to report. Unlike a signal, process.exit lets Playwright close the browser. */
let onSignal = (code: number): void => process.exit(code);

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, (_: string, number: number) => onSignal(128 + number));
}

/** The run that a loss of the output may not end before it is saved. */
let unsaved: AbortController | undefined;

/**
 * A signal that the first Ctrl-C, SIGTERM or SIGHUP aborts, with an Interruption. The second one ends the program at once.
 *
 * @param note shows a line to the user
 * @param saves whether the run is saved when it stops
 */
export function abortOnSignal(note: (text: string) => void, saves: boolean): AbortSignal {
  const controller = new AbortController();
  if (saves) unsaved = controller;
  const stopping = saves ? 'Stopping, to save and test' : 'Stopping, to test';
  let abortedAt = 0;
  onSignal = code => {
    if (!controller.signal.aborted) {
      abortedAt = performance.now();
      controller.abort(new Interruption(code));
      note(`${stopping} what was learnt so far; Ctrl-C now quits at once.`);
    } else if (performance.now() - abortedAt > 500) {
      // A sooner one is the same key press: the terminal signals this program and npm, and npm passes it on.
      process.exit(code);
    }
  };
  return controller.signal;
}

/** From now on, a loss of the output ends the program at once. */
export function isSaved(): void {
  unsaved = undefined;
}

/** Ends the program, as its output is lost. A run that is to be saved first stops after its batch. */
export function endWithoutOutput(code: number): void {
  if (!unsaved) process.exit(code);
  unsaved.abort(new Interruption(code));
}
