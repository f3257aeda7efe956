// Environment variables that a test changes and restores.

/** Runs `work` with these variables; undefined removes one. */
export async function withEnvironment<T>(
  changes: Record<string, string | undefined>,
  work: () => Promise<T>,
): Promise<T> {
  const before = {...process.env};
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  for (const [name, value] of Object.entries(changes)) set(name, value);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(changes)) set(name, before[name]);
  }
}
