// A library in a process of its own: it answers each line of JSON with a line of JSON.
import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

export interface PeerProcess {
  ask<T>(request: unknown): Promise<T>;
  stop(): void;
}

/**
 * Starts a script of this folder.
 *
 * @param library its name, for an error
 */
export function startProcess(
  library: string,
  program: string,
  script: string,
  args: string[],
): PeerProcess {
  const path = fileURLToPath(new URL(`../../bench/peers/${script}`, import.meta.url)); // from dist/bench
  const child = spawn(program, [path, ...args], {stdio: ['pipe', 'pipe', 'inherit']});
  child.stdin.on('error', () => {}); // `ask` reports an early end
  const stop = () => {
    process.off('exit', stop);
    child.kill();
  };
  process.on('exit', stop); // it would complain of half a line
  const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
  return {
    async ask<T>(request: unknown) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const {done, value} = await lines.next();
      if (done) throw new Error(`${library}: expected an answer, found that its process has ended`);
      return JSON.parse(value) as T;
    },
    stop,
  };
}

/** Numbers in JSON: the bytes of float32, little endian, in base64. */
export const base64 = ({buffer, byteOffset, byteLength}: Float32Array | Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');
