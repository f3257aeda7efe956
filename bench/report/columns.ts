// The columns of all tables, and what they mean. The terminal, the README files and the report share them.
import {fastestFirst, nextBest, rate, ratioOf, rowsOfUsualSize, winsFrom} from './findings.ts';
import type {FirstSteps, Measured, Name, PlaceResults, Row, Split} from './results.ts';
import {backendOf, isMeasured, isModel, isOurs, measuredOf, namesOf} from './results.ts';
import {onceText, ratioText, threeDigits, timingText} from './texts.ts';

export interface Column<T> {
  heading: string;
  /** The cell, or `none`; `precise` adds the deviation. */
  text(row: T, precise: boolean): string;
  /** Explains the numbers. */
  means?: string;
  /** Words are aligned to the left, numbers to the right. */
  words?: true;
}

/** A table as texts, for any renderer. */
export interface Table {
  caption: string;
  columns: Omit<Column<never>, 'text'>[];
  lines: string[][];
}

const none = '–';
export const maybe = <T>(value: T | undefined, text: (value: T) => string): string =>
  value === undefined ? none : text(value);

/** A line for each row, without the columns that are empty in all rows. */
export function tableOf<T>(
  caption: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  precise = false,
): Table {
  const cells = rows.map(row => columns.map(({text}) => text(row, precise)));
  const shown = columns.map((_, i) => i === 0 || cells.some(line => line[i] !== none));
  const filled = <V>(of: readonly V[]) => of.filter((_, i) => shown[i]);
  return {caption, columns: filled(columns), lines: cells.map(filled)};
}

const percent = (part: number): string => String(Math.round(100 * part));

export const isWholeNetwork = ({name}: Row): boolean => /\/(step|inference)$/.test(name);

// ---- tables of rows

export function caseColumn(rows: readonly Row[]): Column<Row> {
  const [size, ...others] = new Set(rows.map(({batch}) => batch));
  return {
    heading: others.length ? 'case' : `in batches of ${size}`,
    text: ({name, batch}) => (others.length ? `${name}, batch ${batch}` : name),
    words: true,
  };
}

export const time = (name: Name): Column<Row> => ({
  heading: `${name} ms`,
  means:
    'ms: the median time of one run once everything is compiled; the clock includes awaiting the result (± the median absolute deviation)',
  text({contenders}, precise) {
    const found = contenders[name];
    if (!isMeasured(found)) return found?.wrong && isOurs(name) ? 'WRONG' : none;
    return precise ? timingText(found.steady) : threeDigits(found.steady.median);
  },
});

export const ratio = (other: Name, one: Name): Column<Row> => ({
  heading: `${backendOf(other) === one ? other.split(' ')[0] : other} / ${one}`,
  means:
    'a / b: the median of a divided by the median of b, measured in turns in one process. ~: the rounds differ by more than a ' +
    'tenth, so do not quote the ratio; ¹: there was one round, so its spread is unknown',
  text: (row, precise) => maybe(ratioOf(row, other, one), found => ratioText(found, precise)),
});

const next: Column<Row> = {
  heading: 'next',
  means: 'next: our second fastest backend, and its time divided by that of the fastest',
  text: row => maybe(nextBest(row), ({name, ratio}) => `${ratioText(ratio)} × ${name}`),
};

export const ofPeak: Column<Row> = {
  heading: '% peak',
  means:
    "% peak: of the multiply-add rate of one core, measured before and after each block of simd's runs",
  text: ({contenders: {simd}}) =>
    maybe(isMeasured(simd) ? simd.ofPeak : undefined, ({median, mad, n}) =>
      n > 1 ? `${percent(median)} ± ${percent(mad)}` : `${percent(median)}¹`,
    ),
};

/** The rows of the usual batch size. */
export function mainTable({rows, roofs, place}: PlaceResults, precise = false): Table {
  const fastestRate = (row: Row) => {
    const [[name, measured] = []] = fastestFirst(row);
    return name && rate(row, name, measured!, roofs);
  };
  const shown = rowsOfUsualSize(rows).filter(({name}) => !isModel(name));
  const names = namesOf(rows);
  const ours = names.filter(isOurs);
  const columns: Column<Row>[] = [
    caseColumn(shown),
    next,
    {
      heading: 'from batch',
      means: 'from batch: our fastest backend at each measured batch size',
      text: row => (place === 'browser' ? maybe(winsFrom(row, rows), text => text) : none),
    },
    ...ours.map(time),
    ...names.filter(name => !isOurs(name)).map(name => ratio(name, backendOf(name))),
    ...(names.includes('stock cpu') ? [ratio('stock cpu', 'simd')] : []),
    {
      heading: 'GFLOP/s',
      means:
        'GFLOP/s: the rate of our fastest backend; it counts the products with pixels inside the image, also those that are zero',
      text: row => maybe(fastestRate(row), ({gflops}) => threeDigits(gflops)),
    },
    {
      heading: '% roof',
      means: "% roof: of the most that this machine's roofline allows such a kernel",
      text: row => maybe(fastestRate(row)?.part, percent),
    },
    ofPeak,
    {
      heading: 'draws',
      means: 'draws: draw calls of one run on webgl, including those that read the result',
      text: ({contenders: {webgl}}) => maybe(isMeasured(webgl) ? webgl.draws : undefined, String),
    },
  ];
  return tableOf('our backends', columns, shown, precise);
}

/** A step of other people's Layers models. */
export function modelTable({rows}: PlaceResults, precise = false): Table {
  const shown = rows.filter(({name}) => isModel(name));
  const names = ['layers simd', 'layers cpu'] as const;
  const columns = [caseColumn(shown), ...names.map(time), ratio('layers cpu', 'layers simd')];
  return tableOf('a step of Layers models, by trainOnBatch', columns, shown, precise);
}

/** The rows of the cases with more than two batch sizes. */
export function sweepTable({rows}: PlaceResults): Table {
  const swept = rows
    .filter(({name}) => rows.filter(row => row.name === name).length > 2)
    .sort((a, b) => a.name.localeCompare(b.name) || a.batch - b.batch);
  const perImage = (name: Name): Column<Row> => ({
    heading: `${name} µs/image`,
    text: ({contenders: {[name]: found}, batch}) =>
      isMeasured(found) ? threeDigits((1000 * found.steady.median) / batch) : none,
  });
  const columns: Column<Row>[] = [
    {heading: 'case', text: ({name}) => name, words: true},
    {heading: 'batch', text: ({batch}) => String(batch)},
    next,
    ...namesOf(rows).filter(isOurs).map(perImage),
  ];
  return tableOf('over the batch size', columns, swept);
}

// ---- tables of contenders

/** The phases of a step and of inference: what comes before and after the steady time too. */
export function phaseTable(rows: readonly Row[], tick: number | undefined): Table {
  type Line = {row: Row; name: Name; measured: Measured};
  const lines: Line[] = rows
    .filter(isWholeNetwork)
    .flatMap(row => measuredOf(row).map(([name, measured]) => ({row, name, measured})));
  const sized = caseColumn(rows);
  const once = (phase: 'first' | 'upload' | 'readBack' | 'gpu', means: string) => ({
    heading: `${means.split(':')[0]}, ms`,
    means,
    text: ({measured}: Line) => maybe(measured[phase], ms => onceText(ms, tick)),
  });
  const columns: Column<Line>[] = [
    {...sized, text: ({row}, precise) => sized.text(row, precise)},
    {heading: 'who', text: ({name}) => name, words: true},
    once(
      'first',
      'first run: the very first in this process or page; on a GPU it compiles each program that no earlier case has used',
    ),
    once('upload', 'upload: moving the inputs to the backend'),
    {
      heading: 'steady, ms',
      means: 'steady: one run once everything is compiled. All ratios and charts use it',
      text: ({measured}) => timingText(measured.steady),
    },
    once('readBack', 'read-back: fetching a computed result from the GPU; a step includes it'),
    once('gpu', 'GPU clock: one run by the GPU’s own clock, if the backend can read it'),
    {heading: 'draw calls', text: ({measured}) => maybe(measured.draws, String)},
  ];
  const ticks = `“<”: limited by the clock, which ticks every ${threeDigits(tick ?? 0)} ms`;
  return tableOf(`whole networks; ${ticks}`, columns, lines);
}

/** The first two steps of pages in fresh browsers. */
export function firstStepTable(found: readonly FirstSteps[]): Table {
  const lines = found.flatMap(steps =>
    (Object.keys(steps.first) as Name[]).map(name => ({...steps, name})),
  );
  const columns: Column<(typeof lines)[number]>[] = [
    {heading: 'network', text: ({network}) => network, words: true},
    {heading: 'who', text: ({name}) => name, words: true},
    {heading: 'first step, ms', text: ({first, name}) => maybe(first[name], threeDigits)},
    {heading: 'second step, ms', text: ({second, name}) => maybe(second[name], threeDigits)},
    {heading: 'browsers', text: ({n}) => String(n)},
  ];
  const caption = 'the first steps of fresh browsers, which compile all programs; medians';
  return tableOf(caption, columns, lines);
}

/** A step's time by kernel: one network, a column for each contender. */
export function splitTable(splits: readonly Split[]): Table {
  const totalOf = ({kernels, rest}: Split) => kernels.reduce((sum, {ms}) => sum + ms, rest);
  const parts = splits.flatMap(split =>
    split.kernels.map(({kernel, ms}) => ({kernel, part: ms / totalOf(split)})),
  );
  const kernels = new Set(parts.sort((a, b) => b.part - a.part).map(({kernel}) => kernel));
  const part = (split: Split, ms: number, calls = '') =>
    `${threeDigits(ms)} ms, ${threeDigits((100 * ms) / totalOf(split))} %${calls}`;
  const columns: Column<string | undefined>[] = [
    {heading: 'kernel', text: kernel => kernel ?? 'rest, between kernels', words: true},
    ...splits.map(split => ({
      heading: `${split.name}: ${threeDigits(totalOf(split))} ms`,
      text(kernel: string | undefined) {
        if (kernel === undefined) return part(split, split.rest);
        const found = split.kernels.find(each => each.kernel === kernel);
        return maybe(found, ({ms, calls}) => part(split, ms, `, ${calls} ×`));
      },
    })),
  ];
  return tableOf(`a step of ${splits[0].network}, by kernel`, columns, [...kernels, undefined]);
}

// ---- words

export const nameTerms: [string, string][] = [
  [
    'simd, cpu, webgl',
    'our own kernels on that backend: WebAssembly with 128-bit vectors, JavaScript, fragment shaders',
  ],
  [
    'wasm, webgpu',
    'our ops on reference kernels, which call that backend’s own slices, concatenations and matrix products',
  ],
  [
    'stock …, layers …',
    'TensorFlow.js’s own ops; an unmodified tf.layers model, trained by trainOnBatch',
  ],
];

/** The meanings of the tables' columns, each once. */
export const meaningsOf = (tables: readonly Table[]): string[] => [
  ...new Set(tables.flatMap(({columns}) => columns.flatMap(({means}) => means ?? []))),
];
