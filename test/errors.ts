// Errors that a test expects.

/** Fails unless `work` throws an error with exactly this message. */
export function expectError(work: () => unknown, message: string): void {
  try {
    work();
  } catch (error) {
    const actual = (error as Error).message;
    if (actual === message) return;
    throw new Error(`expected the error\n  ${message}\ngot\n  ${actual}`);
  }
  throw new Error(`expected an error, got none: ${message}`);
}

/** The error of the work. Rejects if the work succeeds. */
export const errorOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => Promise.reject(new Error('expected an error, got none')),
    error => error,
  );

export const messageOf = async (work: Promise<unknown>): Promise<string> =>
  (await errorOf(work)).message;
