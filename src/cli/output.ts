// Ends a program whose output cannot be written.

/** 128 + SIGPIPE, the usual exit code of a program whose pipe is closed by its reader, such as `head`. */
export const unreadCode = 141;

const reasons: Record<string, string> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'no space left in the quota',
  EFBIG: 'a file as large as it may be',
  EROFS: 'a disk that is read-only',
  EACCES: 'no permission to write there',
  EPERM: 'no permission to write there',
  ENOTDIR: 'a file where its path needs a folder',
  EEXIST: 'a file where its path needs a folder',
  ENOENT: 'no such folder',
  EISDIR: 'a folder of that name',
};

/** Why something can't be written, to stand after "found". */
export const whyNotWritten = ({code = '', message}: NodeJS.ErrnoException): string =>
  reasons[code] ?? message;

/**
 * Ends the program quietly if the reader of stdout is gone, and with a sentence and exit code 1 if stdout fails for another
 * reason. If stderr fails, the work goes on: only progress goes there.
 *
 * @param end ends the program, at once or soon
 */
export function guardOutput(program: string, end: (code: number) => void = process.exit): void {
  process.stderr.on('error', error => noticeHangup(process.stderr, error));
  let isLost = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isLost) return;
    isLost = true;
    const isGone = error.code === 'EPIPE' || noticeHangup(process.stdout, error);
    if (!isGone) {
      const found = whyNotWritten(error);
      process.stderr.write(`${program}: stdout: expected to be written, found ${found}\n`);
    }
    end(isGone ? unreadCode : 1);
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
