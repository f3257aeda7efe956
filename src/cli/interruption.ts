// Ctrl-C and its kin: what was learnt until then is not lost.

/** Why a run stops before its end. */
export class Interruption extends Error {
  override name = 'Interruption';

  /** @param code what the program then ends with: 128 and the signal's number */
  constructor(readonly code: number) {
    super('interrupted');
  }
}

/**
 * What the first Ctrl-C, SIGTERM or SIGHUP aborts, with an Interruption. The second one ends the program at once.
 *
 * @param note told what happens
 */
export function abortOnSignal(note: (text: string) => void): AbortSignal {
  const controller = new AbortController();
  let since = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, (_: string, number: number) => {
      const code = 128 + number;
      if (!controller.signal.aborted) {
        since = performance.now();
        controller.abort(new Interruption(code));
        note('Stopping, to test what was learnt so far; Ctrl-C now quits at once.');
      } else if (performance.now() - since > 500) {
        // Sooner, it's the same key press: npm passes on the signal that the terminal has sent to all.
        process.exit(code);
      }
    });
  }
  return controller.signal;
}
