// What is mutated, and which tests should notice: for each file the smallest first.
import {readdirSync} from 'node:fs';
import {basename, join} from 'node:path';

export interface Target {
  file: string;
  /** Parts of build.mjs that hold the file. */
  parts: string[];
  /** Files of dist/test, run in Node. */
  tests: string[];
  /** Files of dist/page, run on webgl in a page. */
  pageTests: string[];
}

/** The tests of an op, by the names of files about it. */
const own: Record<string, string[]> = {
  bias: ['bias', 'dense', 'conv2d'],
  conv2d: ['conv2d'],
  conv2d_filter_gradient: ['conv2d'],
  dense: ['dense'],
  matmul: ['dense', 'simd_matmul', 'conv2d'],
  stock_matmul: ['simd_memory', 'simd_matmul', 'simd'],
  conv2d_of_pool: ['simd_memory', 'simd_parts'],
  max_pool: ['max_pool'],
  relu: ['relu'],
  softmax_cross_entropy: ['softmax_cross_entropy'],
  windows: ['max_pool', 'conv2d'],
  checks: ['options', 'relu', 'conv2d'],
  axis: ['conv2d', 'simd_channelwise'],
  channelwise: ['simd_channelwise'],
  depthwise: ['simd_channelwise'],
  avg_pool: ['simd_channelwise'],
  product: ['dense', 'conv2d'],
  sparse: ['conv2d'],
  strips: ['conv2d'],
  spread: ['simd_memory'],
  geometry: ['max_pool', 'conv2d'],
  vector: ['relu', 'bias', 'dense'],
  elementwise: ['simd_stock', 'simd_memory'],
  unary: ['simd_stock', 'simd_memory'],
  sum: ['simd_stock', 'simd_memory'],
  batch_norm: ['simd_stock', 'simd_memory'],
  repeat: ['simd_stock', 'simd_memory'],
  merge_axes: ['simd_stock'],
  pixels: ['simd_memory'],
  backend: ['simd', 'simd_limits'],
  memory: ['simd_limits', 'simd'],
  stock_avg_pool: ['simd_channelwise'],
  stock_depthwise: ['simd_channelwise'],
  threads: ['simd_threads', 'simd_parts'],
  thread: ['simd_threads'],
  thread_source: ['simd_threads'],
  mailbox: ['simd_threads'],
  network: ['network', 'options', 'training'],
  training: ['training'],
  recipe: ['training', 'trainer'],
};
const stock = ['simd', 'simd_stock', 'simd_memory'];
const allOps = ['bias', 'relu', 'softmax_cross_entropy', 'dense', 'max_pool', 'conv2d'];

/** The tests after those of the op itself. */
const more: Record<string, string[]> = {
  'src/ops': ['kernel', 'network'],
  'src/kernels/definition': [],
  'src/kernels/reference': ['network'],
  'src/kernels/cpu': ['network'],
  'src/kernels/simd': ['simd_parts', 'simd_memory', 'simd_limits', 'simd', 'network'],
  'src/kernels/simd/backend': ['simd_parts', 'simd', 'simd_limits', 'simd_memory', 'network'],
  'src/kernels/webgl': ['network'],
};

const one = (file: string, tests: string[], parts = ['test']): Target => ({
  file,
  parts,
  tests,
  pageTests: [],
});

/** Files outside of the folders above, each with a line that once had no test. */
const others: Target[] = [
  one('src/data/mnist_data.ts', ['data']),
  one('src/data/url.ts', ['data']),
  one('src/cli/progress.ts', ['cli_text']),
  one('src/cli/summary.ts', ['cli_text']),
  one('src/cli/serve.ts', ['start'], ['cli', 'site', 'test']),
  one('src/page/worker/image_loader.ts', ['image_loader']),
];

/** The files of which mutants are made. */
export function targets(root: string): Target[] {
  const found = ['network', 'training', 'recipe'].map(name => target('src/ops', `src/${name}.ts`));
  for (const folder of Object.keys(more)) {
    for (const name of readdirSync(join(root, folder)).sort()) {
      // index.ts, register.ts, kernel.ts, module.ts and the like join parts; peak.ts is the bench's.
      if (/^(index|peak|register|module)\.ts$|\.d\.ts$|^[^.]+$|\.md$/.test(name)) continue;
      found.push(target(folder, `${folder}/${name}`));
    }
  }
  return [...found, ...others];
}

function target(folder: string, file: string): Target {
  const name = basename(file, '.ts');
  const rest = name.startsWith('stock') ? stock : allOps;
  const tests = [...new Set([...(own[name] ?? rest), ...more[folder]])];
  if (!folder.endsWith('/webgl')) return one(file, tests);
  const inNode = name === 'texels' ? ['texels'] : [];
  return {
    file,
    parts: inNode.length ? ['page', 'test'] : ['page'],
    tests: inNode,
    pageTests: tests,
  };
}
