// Bundles everything that runs, into dist/: the library, the command line, the tests and the benches.
//   node build.mjs              all of it
//   node build.mjs cli          one part: lib, cli, test or bench
import {readdirSync, rmSync} from 'node:fs';
import {build} from 'esbuild';

// TensorFlow.js's CommonJS bundles are ES5 and 3 to 4 times slower: take its ES modules ("module").
const common = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  mainFields: ['module', 'main'],
  logLevel: 'warning',
  sourcemap: true,
};

// TensorFlow.js's Node platform asks for `util` by require, which an ES module has to make for itself.
const require = `import {createRequire as makeRequire} from "node:module"; const require = makeRequire(import.meta.url);`;

const sources = (folder, suffix) =>
  readdirSync(folder)
    .filter(name => name.endsWith(suffix))
    .map(name => `${folder}/${name}`);

const parts = {
  // A library must share its user's copy of TensorFlow.js, so here it stays an import.
  lib: {
    entryPoints: {index: 'src/index.ts', node: 'src/data/node.ts'},
    outdir: 'dist',
    splitting: true,
    chunkNames: 'lib-[hash]',
    packages: 'external',
  },
  cli: {
    entryPoints: {cli: 'src/cli/main.ts'},
    outdir: 'dist',
    banner: {js: `#!/usr/bin/env node\n${require}`},
  },
  // One file a test, with TensorFlow.js and the ops in a chunk that all of them share.
  test: {
    entryPoints: sources('test', '.test.ts'),
    outdir: 'dist/test',
    splitting: true,
    banner: {js: require},
    chunkNames: '../test-chunks/[name]-[hash]',
  },
  bench: {entryPoints: {main: 'bench/main.ts'}, outdir: 'dist/bench', banner: {js: require}},
};

const wanted = process.argv.slice(2);
const unknown = wanted.find(name => !(name in parts));
if (unknown) {
  console.error(`build: unknown part "${unknown}"; the parts are ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}
if (wanted.length === 0) rmSync('dist', {recursive: true, force: true});
for (const name of wanted.length ? wanted : Object.keys(parts)) {
  await build({...common, ...parts[name]});
}
