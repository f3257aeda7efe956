// One assertion for what an op refuses: the whole sentence.
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
