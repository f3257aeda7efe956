// Ends a program whose output cannot be written.

/** 128 + SIGPIPE, the usual exit code of a program whose pipe is closed by its reader, such as `head`. */
export const unreadCode = 141;

const reasons: Record<string, string> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'no space left in the quota',
  EFBIG: 'a file as large as it may be',
};

/**
 * Ends the program quietly if the reader of stdout is gone, and with a sentence and exit code 1 if stdout fails for another
 * reason. If stderr fails, the work goes on: only progress goes there.
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
 * If the terminal was closed, Node can't restore its settings at exit and would abort with a stack trace. So the program kills
 * itself by SIGHUP instead, after all other work at its exit.
 */
function noticeHangup({isTTY}: NodeJS.WriteStream, {code}: NodeJS.ErrnoException): boolean {
  if (!isTTY || code !== 'EIO') return false;
  process.on('exit', () => {
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
  });
  return true;
}
