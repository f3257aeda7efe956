// Keeps the numbers measured so far if a signal ends the bench early, or if its output can't be written any more.
import {writeSync} from 'node:fs';
import {unreadCode} from '../../src/cli/output.ts';
import {firstLine} from '../clock/rows.ts';

/** Saves the numbers, and returns the name of the file. */
export type Keep = () => Promise<string>;

let keep: Keep | undefined;
let stopped = false;

/** Sets how the numbers are kept from now on; undefined when there is nothing left to save. */
export function keepWhenStopped(how: Keep | undefined): void {
  keep = how;
}

export function watchForStops(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, (_: string, number: number) => stop('interrupted', 128 + number));
  }
  process.stdout.on('error', ({code}: NodeJS.ErrnoException) =>
    code === 'EPIPE'
      ? stop('nobody reads its output any more', unreadCode)
      : stop(`its output can't be written (${code})`, 1),
  );
  process.stderr.on('error', () => {});
}

/** Ends the process. After Ctrl-C, or if the reader is gone, it prints a message only if it has saved numbers. */
async function stop(why: string, code: number): Promise<void> {
  if (stopped) return;
  stopped = true;
  const lineStart = process.stderr.isTTY ? '\r\x1b[K' : '';
  try {
    if (keep) tell(`${lineStart}\nbench: ${why}; the numbers so far are in ${await keep()}\n`);
    else if (code === 1) tell(`bench: ${why}\n`);
  } catch (error) {
    tell(`${lineStart}\nbench: ${why}; ${firstLine(error)}\n`);
  }
  process.exit(code);
}

/** Writes to stderr, which may be gone too. */
function tell(text: string): void {
  try {
    writeSync(2, text);
  } catch {}
}
