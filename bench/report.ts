// What a bench says: the machine first, then one table.
import {availableParallelism, cpus, loadavg} from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import {type Build, build} from '../src/kernels/simd/backend/module.ts';
import {batchSize} from './cases.ts';
import type {Name} from './contest.ts';
import type {Comparison, Timing} from './measure.ts';
import type {NotTimed, PyTorchComparison} from './pytorch.ts';

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

/** A case that was timed, or one that was not and why. */
export type Row = TimedRow | {name: string; problem: string};

interface TimedRow {
  name: string;
  flops?: number;
  images?: number;
  comparison: Comparison;
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

const legend = `simd, cpu: our kernels on that backend; stock: TensorFlow.js's own on cpu; µs: of simd, an image
ms: median ± median absolute deviation of n runs, in turns in one process
ratios: of the medians, ± the median absolute deviation of the rounds' own ratios
GFLOP/s: of simd, from the products with pixels inside the image, zeros included; % of the multiply-adds that this core
reached around each block of runs in a loop without memory, with the same build. A step leaves most zeros out
`;

const headings = [
  ...['case', 'simd ms', 'cpu ms', 'stock ms', 'cpu/simd', 'stock/simd', 'stock/cpu'],
  ...['GFLOP/s', '% of peak', 'µs', 'n'],
];

/** One line a case, and below them the peak that they are held against. */
export function table(rows: readonly Row[]): string {
  const timed = rows.filter(row => 'comparison' in row);
  const nameWidth = Math.max(...rows.map(({name}) => name.length));
  const [first, ...others] = headings;
  const lines = columns([[first.padEnd(nameWidth), ...others], ...timed.map(cells)]);
  const body = rows.map(row =>
    'problem' in row
      ? `${row.name.padEnd(nameWidth)}  not timed: ${row.problem}`
      : lines[1 + timed.indexOf(row)] + warning(row.comparison),
  );
  const peaks = timed.map(({comparison}) => comparison.peak.median);
  const [low, high] = [Math.min(...peaks), Math.max(...peaks)].map(threeDigits);
  const peak = timed.length ? `Peak: ${low} to ${high} GFLOP/s\n` : '';
  return `${[lines[0], ...body].join('\n')}\n\n${peak}${legend}`;
}

/** Lines of equal width: the first column to the left, numbers to the right. */
function columns(lines: string[][]): string[] {
  const widths = lines[0].map((_, i) => Math.max(...lines.map(line => line[i].length)));
  const aligned = (cell: string, i: number) =>
    i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]);
  return lines.map(line => line.map(aligned).join('  '));
}

const none = '–';

function cells({name, flops, images, comparison}: TimedRow): string[] {
  const {timings, ratios, ofPeak} = comparison;
  const ratio = (other: Name) => {
    const found = ratios[other];
    return found ? `${threeDigits(found.ratio)} ± ${threeDigits(found.mad)}` : none;
  };
  const stockToCpu = (timings.stock?.median ?? Number.NaN) / (timings.cpu?.median ?? Number.NaN);
  const ms = timings.simd?.median ?? Number.NaN;
  return [
    name,
    ...[timings.simd, timings.cpu, timings.stock].map(timingText),
    ratio('cpu'),
    ratio('stock'),
    stockToCpu > 0 ? threeDigits(stockToCpu) : none,
    flops === undefined ? none : threeDigits(flops / ms / 1e6),
    ofPeak ? `${Math.round(100 * ofPeak.median)} ± ${Math.round(100 * ofPeak.mad)}` : none,
    images === undefined ? none : threeDigits((1000 * ms) / images),
    Object.values(timings)
      .map(({n}) => n)
      .join('/'),
  ];
}

const timingText = (timing: Timing | undefined): string =>
  timing ? `${threeDigits(timing.median)} ± ${threeDigits(timing.mad)}` : none;

function warning({ratios}: Comparison): string {
  const wide = Object.entries(ratios).filter(([, {tooWide}]) => tooWide);
  if (wide.length === 0) return '';
  const spreads = wide.map(([name, {rounds}]) => {
    const [low, high] = [Math.min(...rounds), Math.max(...rounds)].map(threeDigits);
    return `${name}/simd from ${low} to ${high}`;
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
