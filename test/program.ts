// Runs a built program as its users do, and collects its output.
import {type ChildProcess, type SpawnOptions, spawn} from 'node:child_process';

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Called with the output so far whenever there is more. */
export type Watch = (child: ChildProcess, output: Finished) => void;

/** A program that hangs fails its test, and doesn't hang the others. */
const limit = {timeout: 60_000, killSignal: 'SIGKILL'} as const;

/** Starts a program; `env` has changes to the environment, undefined to remove a variable. */
export const start = (
  command: string,
  args: readonly string[],
  {env, ...options}: SpawnOptions = {},
): ChildProcess => spawn(command, args, {...limit, ...options, env: {...process.env, ...env}});

/** Waits for the program's end. */
export function finished(child: ChildProcess, watch: Watch = () => {}): Promise<Finished> {
  const output: Finished = {code: null, stdout: '', stderr: ''};
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      watch(child, output);
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', code => resolve({...output, code}));
  });
}

/** Runs a program of Node's to its end. */
export const runNode = (args: readonly string[], watch?: Watch, options?: SpawnOptions) =>
  finished(start(process.execPath, args, options), watch);

/** A watch that acts once, at the first output that matches. */
export function once(pattern: RegExp, act: (child: ChildProcess) => void): Watch {
  let done = false;
  return (child, {stdout, stderr}) => {
    if (done || !pattern.test(stdout + stderr)) return;
    done = true;
    act(child);
  };
}
