// What a bench says: the machine first, then one table.
import {availableParallelism, cpus} from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import {batchSize} from './cases.ts';
import type {Comparison} from './measure.ts';

export interface Environment {
  cpu: string;
  cores: number;
  node: string;
  v8: string;
  tfjs: string;
  backend: string;
  batchSize: number;
  /** ISO 8601, UTC. */
  date: string;
}

/** A case that was timed, or one that was not and why. */
export type Row = TimedRow | {name: string; problem: string};

interface TimedRow {
  name: string;
  flops?: number;
  comparison: Comparison;
}

export const environment = (): Environment => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: availableParallelism(),
  node: process.versions.node,
  v8: process.versions.v8,
  tfjs: tf.version_core,
  backend: tf.getBackend(),
  batchSize,
  date: new Date().toISOString(),
});

export const environmentText = (e: Environment): string =>
  `${e.cpu}, ${e.cores} cores; Node ${e.node} (V8 ${e.v8}); TensorFlow.js ${e.tfjs}; ${e.date}
Backend ${e.backend}, batches of ${e.batchSize}: our kernels beside the stock ones
`;

const legend = `ms: median ± median absolute deviation of n runs, in turns in one process
ratio: stock / ours, of the medians, ± the median absolute deviation of the rounds' own ratios
`;

const headings = [
  'case',
  'ours ms',
  'stock ms',
  'ratio',
  'GFLOP/s ours',
  'stock',
  'n ours',
  'stock',
];

/** One line a case, in columns. */
export function table(rows: readonly Row[]): string {
  const lines = [headings, ...rows.flatMap(row => ('problem' in row ? [] : [cells(row)]))];
  const widths = headings.map((_, i) => Math.max(...lines.map(line => line[i].length)));
  const nameWidth = Math.max(widths[0], ...rows.map(({name}) => name.length));
  const text = ([name, ...numbers]: string[]) =>
    [name.padEnd(nameWidth), ...numbers.map((cell, i) => cell.padStart(widths[i + 1]))].join('  ');
  const body = rows.map(row =>
    'problem' in row
      ? `${row.name.padEnd(nameWidth)}  not timed: ${row.problem}`
      : text(cells(row)) + warning(row.comparison),
  );
  return `${[text(headings), ...body].join('\n')}\n\n${legend}`;
}

function cells({name, flops, comparison}: TimedRow): string[] {
  const {ours, stock, ratio, ratioMad} = comparison;
  const perSecond = (ms: number) => (flops === undefined ? '–' : threeDigits(flops / ms / 1e6));
  return [
    name,
    `${threeDigits(ours.median)} ± ${threeDigits(ours.mad)}`,
    `${threeDigits(stock.median)} ± ${threeDigits(stock.mad)}`,
    `${threeDigits(ratio)} ± ${threeDigits(ratioMad)}`,
    perSecond(ours.median),
    perSecond(stock.median),
    String(ours.n),
    String(stock.n),
  ];
}

function warning({tooWide, roundRatios}: Comparison): string {
  if (!tooWide) return '';
  const [low, high] = [Math.min(...roundRatios), Math.max(...roundRatios)].map(threeDigits);
  return `  spread too wide to quote the ratio: rounds from ${low} to ${high}`;
}

/** 123.4 -> "123", 12.34 -> "12.3", 1.234 -> "1.23" */
function threeDigits(x: number): string {
  return x.toFixed(x >= 99.95 ? 0 : x >= 9.995 ? 1 : 2);
}
