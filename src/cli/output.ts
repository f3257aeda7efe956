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
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({code = '', message}: NodeJS.ErrnoException) => {
    const hungUp = code === 'EIO' && process.stdout.isTTY;
    if (code === 'EPIPE' || hungUp) process.exit(unreadCode);
    const found = reasons[code] ?? message;
    process.stderr.write(`${program}: stdout: expected to be written, found ${found}\n`);
    process.exit(1);
  });
}
