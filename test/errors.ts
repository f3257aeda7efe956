// What is refused, by the whole sentence.
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

/** Of the error that it has to end in. */
export const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => Promise.reject(new Error('expected an error, got none')),
    error => error.message,
  );
