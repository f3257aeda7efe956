// What a bench says: the machine first, then one table.
import {availableParallelism, cpus, loadavg} from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import {type Build, build} from '../src/kernels/simd/backend/module.ts';
import type {FirstSteps} from './browser.ts';
import {batchSize} from './cases.ts';
import type {Name} from './contest.ts';
import type {Comparison, Timing} from './measure.ts';
import type {NotTimed, PyTorchComparison} from './pytorch.ts';
import type {Row, TimedRow} from './rows.ts';

export interface Environment {
  cpu: string;
  cores: number;
  /** Processes that want to run, over the last minute: what else keeps the machine busy. */
  load: number;
  node: string;
  v8: string;
  tfjs: string;
  /** Of the kernels of `simd`, whose peak is measured too. */
  build: Build | undefined;
  batchSize: number;
  /** ISO 8601, UTC. */
  date: string;
}

export const environment = (): Environment => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: availableParallelism(),
  load: loadavg()[0],
  node: process.versions.node,
  v8: process.versions.v8,
  tfjs: tf.version_core,
  build,
  batchSize,
  date: new Date().toISOString(),
});

export const environmentText = (e: Environment): string =>
  `${e.cpu}, ${e.cores} cores, load ${e.load.toFixed(1)}; Node ${e.node} (V8 ${e.v8}); TensorFlow.js ${e.tfjs}; ${e.date}
WebAssembly build: ${e.build}; one thread; batches of ${e.batchSize}
`;

/** The browser's part of the machine. */
export const browserText = ({version, renderer}: {version: string; renderer: string}): string =>
  `Chromium ${version}; WebGL 2 on ${renderer}${isSoftware(renderer) ? ', a renderer in software: not what a GPU would do' : ''}; batches of ${batchSize}
`;

const isSoftware = (renderer: string) => /swiftshader|llvmpipe|software/i.test(renderer);

const legend = `simd, cpu: our kernels on that backend; stock: TensorFlow.js's own on cpu; µs: of simd, an image
ms: median ± median absolute deviation of n runs, in turns in one process
ratios: of the medians, ± the median absolute deviation of the rounds' own ratios
GFLOP/s: of simd, from the products with pixels inside the image, zeros included; % of the multiply-adds that this core
reached around each block of runs in a loop without memory, with the same build. A step leaves most zeros out
`;

const pageLegend = `webgl: our kernels; layers: an unmodified tf.layers model; stock: TensorFlow.js's own kernels; all on the backend webgl,
in one page and one context, in turns, the result read back inside the clock
ms: median ± median absolute deviation of n runs; ratios: of the medians, ± that deviation of the rounds' own ratios
draws: calls of the GPU for one run, to read the result included
`;

type Column = [heading: string, cell: (row: TimedRow) => string];

const time = (name: Name): Column => [
  `${name} ms`,
  ({comparison}) => timingText(comparison.timings[name]),
];

const ratio = (other: Name, first: Name): Column => [
  `${other}/${first}`,
  ({comparison: {ratios}}) => {
    const found = ratios[other];
    return found ? `${threeDigits(found.ratio)} ± ${threeDigits(found.mad)}` : none;
  },
];

const nodeColumns: Column[] = [
  time('simd'),
  time('cpu'),
  time('stock'),
  ratio('cpu', 'simd'),
  ratio('stock', 'simd'),
  [
    'stock/cpu',
    ({comparison: {timings}}) => {
      const found = (timings.stock?.median ?? Number.NaN) / (timings.cpu?.median ?? Number.NaN);
      return found > 0 ? threeDigits(found) : none;
    },
  ],
  [
    'GFLOP/s',
    ({flops, comparison}) =>
      flops === undefined ? none : threeDigits(flops / simdMs(comparison) / 1e6),
  ],
  [
    '% of peak',
    ({comparison: {ofPeak}}) =>
      ofPeak ? `${Math.round(100 * ofPeak.median)} ± ${Math.round(100 * ofPeak.mad)}` : none,
  ],
  [
    'µs',
    ({images, comparison}) =>
      images === undefined ? none : threeDigits((1000 * simdMs(comparison)) / images),
  ],
  ['n', ({comparison}) => counts(comparison)],
];

const simdMs = ({timings}: Comparison) => timings.simd?.median ?? Number.NaN;

const counts = ({timings}: Comparison) =>
  Object.values(timings)
    .map(({n}) => n)
    .join('/');

const pageColumns: Column[] = [
  time('webgl'),
  time('layers'),
  time('stock'),
  ratio('layers', 'webgl'),
  ratio('stock', 'webgl'),
  ['draws', ({draws}) => Object.values(draws ?? {}).join('/')],
  ['n', ({comparison}) => counts(comparison)],
];

/** The cases of Node, and below them the peak that they are held against. */
export function nodeTable(rows: readonly Row[]): string {
  const peaks = rows.flatMap(row => ('comparison' in row && row.comparison.peak) || []);
  const [low, high] = [Math.min, Math.max].map(most =>
    threeDigits(most(...peaks.map(({median}) => median))),
  );
  const peak = peaks.length ? `Peak: ${low} to ${high} GFLOP/s\n` : '';
  return `${table(rows, nodeColumns)}\n${peak}${legend}`;
}

/** The cases of the page, and the first steps. */
export function pageTable(rows: readonly Row[], firstSteps: readonly FirstSteps[]): string {
  const lines = firstSteps.map(
    ({preset, first, second, n}) =>
      `${preset}, the first step with all programs to compile: webgl ${ms(first.webgl)}, stock ${ms(first.stock)}; ` +
      `the second: ${ms(second.webgl)}, ${ms(second.stock)} (medians of ${n} browsers each)\n`,
  );
  return `${table(rows, pageColumns)}\n${lines.join('')}${pageLegend}`;
}

const ms = (value = Number.NaN) => `${Math.round(value)} ms`;

/** One line a case. */
function table(rows: readonly Row[], shown: readonly Column[]): string {
  const timed = rows.filter(row => 'comparison' in row);
  const nameWidth = Math.max(...rows.map(({name}) => name.length));
  const lines = columns([
    ['case'.padEnd(nameWidth), ...shown.map(([heading]) => heading)],
    ...timed.map(row => [row.name, ...shown.map(([, cell]) => cell(row))]),
  ]);
  const body = rows.map(row =>
    'problem' in row
      ? `${row.name.padEnd(nameWidth)}  not timed: ${row.problem}`
      : lines[1 + timed.indexOf(row)] + warning(row.comparison),
  );
  return `${[lines[0], ...body].join('\n')}\n`;
}

/** Lines of equal width: the first column to the left, numbers to the right. */
function columns(lines: string[][]): string[] {
  const widths = lines[0].map((_, i) => Math.max(...lines.map(line => line[i].length)));
  const aligned = (cell: string, i: number) =>
    i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]);
  return lines.map(line => line.map(aligned).join('  '));
}

const none = '–';

const timingText = (timing: Timing | undefined): string =>
  timing ? `${threeDigits(timing.median)} ± ${threeDigits(timing.mad)}` : none;

function warning({ratios, timings}: Comparison): string {
  const [first] = Object.keys(timings);
  const wide = Object.entries(ratios).filter(([, {tooWide}]) => tooWide);
  if (wide.length === 0) return '';
  const spreads = wide.map(([name, {rounds}]) => {
    const [low, high] = [Math.min(...rounds), Math.max(...rounds)].map(threeDigits);
    return `${name}/${first} from ${low} to ${high}`;
  });
  return `  spread too wide to quote: ${spreads.join(', ')}`;
}

/** The same step in PyTorch, beside ours. */
export function pytorchTable(found: PyTorchComparison | NotTimed): string {
  if ('problem' in found) return `PyTorch  not timed: ${found.problem}\n`;
  const lines = found.contenders.map(({name, timing, ratio}) => [
    name,
    timingText(timing),
    ratio ? `${threeDigits(ratio.ratio)} ± ${threeDigits(ratio.mad)}` : none,
    String(timing.n),
  ]);
  const text = columns([['tutorial/step', 'ms', '/simd', 'n'], ...lines]).join('\n');
  return `PyTorch ${found.version}, in turns by blocks of steps\n${text}\n`;
}

/** 123.4 -> "123", 12.34 -> "12.3", 1.234 -> "1.23", 0.01234 -> "0.0123" */
function threeDigits(x: number): string {
  return x.toFixed(x >= 99.95 ? 0 : x >= 9.995 ? 1 : x >= 0.0995 || x === 0 ? 2 : 4);
}
