// A copy of the checkout, in which a mutant is built and tested. The user's own files stay as they are.
import {spawn} from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build as wasmBuild} from '../../src/kernels/simd/backend/module.ts';

/** How a program ended: its exit code, null for one that was ended early, and its output. */
interface Ended {
  code: number | null;
  output: string;
}

/** What a build reads. */
const copied = [
  'src',
  'test',
  'bench',
  'weights',
  'licences',
  '.github',
  'build',
  'build.mjs',
  'package.json',
];

export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'mnist-ops-mutation-'));
  private readonly remove = () =>
    rmSync(this.folder, {recursive: true, force: true, maxRetries: 5}); // a program that was ended may still write

  /** @param tests the files of test/ops and test/node that are built; others would only take time */
  constructor(root: string, tests: readonly string[]) {
    process.on('exit', this.remove);
    for (const name of copied) {
      if (!existsSync(join(root, name))) continue;
      cpSync(join(root, name), join(this.folder, name), {
        recursive: true,
        preserveTimestamps: true,
      });
    }
    for (const folder of ['ops', 'node', 'browser'].map(name => join(this.folder, 'test', name))) {
      for (const name of readdirSync(folder)) {
        const [test, ...suffixes] = name.split('.');
        const isShown = test === 'data'; // by the page, beside the code
        if (suffixes[0] === 'test' && !isShown && !tests.includes(test)) rmSync(join(folder, name));
      }
    }
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  close(): void {
    process.off('exit', this.remove);
    this.remove();
  }

  /** Builds these parts. @returns the builder's complaint, or undefined if it has none */
  async build(parts: readonly string[]): Promise<string | undefined> {
    const {code, output} = await this.run(['build.mjs', ...parts], 120_000);
    return code === 0 ? undefined : output;
  }

  /** Runs a file of dist/test until its first failure. @returns what failed, or undefined */
  async test(name: string, msLimit: number): Promise<string | undefined> {
    const {code, output} = await this.run([`dist/test/${name}.test.js`], msLimit, /✘|\bFAIL\b/);
    return code === 0 ? undefined : output || 'it took too long';
  }

  /**
   * Does `work` while the file has another text. The kernels' compiled files are put back too, so that the next build need not
   * compile them.
   */
  async with<T>(file: string, text: string, work: () => Promise<T>): Promise<T> {
    const path = join(this.folder, file);
    const {atime, mtime} = statSync(path);
    const before = readFileSync(path);
    const compiled = readdirSync(join(this.folder, 'build')).filter(name =>
      name.startsWith('simd.'),
    );
    const kept = mkdtempSync(join(this.folder, 'kept-'));
    const copy = (from: string, to: string) => {
      for (const name of compiled) {
        copyFileSync(join(from, name), join(to, name));
        const {atime, mtime} = statSync(join(from, name));
        utimesSync(join(to, name), atime, mtime);
      }
    };
    copy(join(this.folder, 'build'), kept);
    writeFileSync(path, text);
    this.skipUnusedKernels();
    try {
      return await work();
    } finally {
      writeFileSync(path, before);
      utimesSync(path, atime, mtime);
      copy(kept, join(this.folder, 'build'));
      rmSync(kept, {recursive: true});
    }
  }

  /** This Node runs one of the two builds of the kernels. The other, and the types, need not be compiled: they seem newer. */
  private skipUnusedKernels(): void {
    const used = wasmBuild === 'relaxed simd' ? 'simd.relaxed.wasm' : 'simd.wasm';
    const soon = new Date(Date.now() + 3_600_000);
    for (const name of ['simd.wasm', 'simd.relaxed.wasm', 'simd.d.ts']) {
      if (name !== used) utimesSync(join(this.folder, 'build', name), soon, soon);
    }
  }

  /** Runs Node in the copy. It is ended once its output matches `enough`, or at the limit. */
  private run(args: string[], msLimit: number, enough?: RegExp): Promise<Ended> {
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      timeout: Math.ceil(msLimit),
      killSignal: 'SIGKILL',
    });
    const end = () => void child.kill('SIGKILL');
    process.on('exit', end);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (enough?.test(output)) end();
      });
    }
    return new Promise((resolve, reject) => {
      child.on('error', reject).on('close', code => {
        process.off('exit', end);
        resolve({code, output});
      });
    });
  }
}
