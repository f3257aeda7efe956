// What becomes of a program whose output nobody takes any more.

/** 128 + SIGPIPE: as other programs end when the reader of their pipe has read enough, as `head` does. */
export const unreadCode = 141;

const reasons: Record<string, string> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'no space left in the quota',
  EFBIG: 'a file as large as it may be',
};

/**
 * Ends the program quietly where the reader of stdout is gone, and with a sentence and exit code 1 where it can't be written
 * otherwise. What goes to stderr is only told on the way: the work goes on without.
 */
export function guardOutput(program: string): void {
  process.stderr.on('error', error => noticeHangup(process.stderr, error));
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const {code = '', message} = error;
    if (code === 'EPIPE' || noticeHangup(process.stdout, error)) process.exit(unreadCode);
    const found = reasons[code] ?? message;
    process.stderr.write(`${program}: stdout: expected to be written, found ${found}\n`);
    process.exit(1);
  });
}

/**
 * Where the terminal was closed, Node aborts with a stack trace as it ends, since it can't set it back. So the program ends as
 * one does that pays no heed to SIGHUP, once all other work at its end is done.
 */
function noticeHangup({isTTY}: NodeJS.WriteStream, {code}: NodeJS.ErrnoException): boolean {
  if (!isTTY || code !== 'EIO') return false;
  process.on('exit', () => {
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
  });
  return true;
}
