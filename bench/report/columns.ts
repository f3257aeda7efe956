// The columns of every table of a bench, and what they mean: the terminal, README files and the report show the same ones.
import {
  fastestFirst,
  nextBest,
  onceText,
  ratioOf,
  ratioText,
  rowsOfUsualSize,
  threeDigits,
  timingText,
  totalOf,
  winsFrom,
} from './findings.ts';
import {
  backendOf,
  batchSize,
  codeOf,
  type FirstSteps,
  isMeasured,
  isOurs,
  type Measured,
  measuredOf,
  type Name,
  namesOf,
  type PeerRow,
  type PlaceResults,
  type Roof,
  type Row,
  rate,
  type Split,
} from './results.ts';

export interface Column<T> {
  heading: string;
  /** `none` where there is nothing; `precise`, with its deviation, where there is room for it. */
  text(row: T, precise: boolean): string;
  /** What its numbers are, where the heading alone doesn't tell. */
  means?: string;
  /** Set to the left. */
  words?: true;
}

/** What any renderer shows: texts alone. */
export interface Table {
  caption: string;
  columns: Omit<Column<never>, 'text'>[];
  lines: string[][];
}

const none = '–';
const maybe = <T>(value: T | undefined, text: (value: T) => string): string =>
  value === undefined ? none : text(value);

/** A line for each row. Columns in which no row has anything are left out. */
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

// ---- of a row

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
    'ms: the median of one run in the steady state, its result awaited inside the clock (± the median absolute deviation)',
  text({contenders}, precise) {
    const found = contenders[name];
    if (!isMeasured(found)) return found?.wrong && isOurs(name) ? 'WRONG' : none;
    return precise ? timingText(found.steady) : threeDigits(found.steady.median);
  },
});

export const ratio = (other: Name, one: Name): Column<Row> => ({
  heading: `${backendOf(other) === one ? other.split(' ')[0] : other} / ${one}`,
  means:
    'a / b: how many times as long a takes as b, by their medians, in turns in one process. ~: the rounds differ by more than a ' +
    'tenth, so that it is not to be quoted; ¹: of one round, so that nothing tells by how much they differ',
  text: (row, precise) => maybe(ratioOf(row, other, one), found => ratioText(found, precise)),
});

const next: Column<Row> = {
  heading: 'next',
  means: 'next: the second of ours, and how many times as long as the fastest it takes',
  text: row => maybe(nextBest(row), ({name, ratio}) => `${ratioText(ratio)} × ${name}`),
};

/** The rate of the fastest of ours, and what its roof lets it have. */
function rateOf(row: Row, roofs: readonly Roof[]) {
  const [[name, measured] = []] = fastestFirst(row);
  return (
    name &&
    rate(
      row,
      measured!,
      roofs.find(({code}) => code === codeOf(name)),
    )
  );
}

export const ofPeak: Column<Row> = {
  heading: '% peak',
  means: "% peak: of the multiply-adds that one core reached around each block of simd's runs",
  text: ({contenders: {simd}}) =>
    maybe(isMeasured(simd) ? simd.ofPeak : undefined, ({median, mad, n}) =>
      n > 1 ? `${percent(median)} ± ${percent(mad)}` : `${percent(median)}¹`,
    ),
};

/** The rows of the usual batch size. */
export function mainTable({rows, roofs, place}: PlaceResults, precise = false): Table {
  const shown = rowsOfUsualSize(rows);
  const names = namesOf(rows);
  const ours = names.filter(isOurs);
  const columns: Column<Row>[] = [
    caseColumn(shown),
    next,
    {
      heading: 'from batch',
      means: 'from batch: which of ours is the fastest at which of the measured batch sizes',
      text: row => (place === 'browser' ? maybe(winsFrom(row, rows), text => text) : none),
    },
    ...ours.map(time),
    ...names.filter(name => !isOurs(name)).map(name => ratio(name, backendOf(name))),
    ...(names.includes('stock cpu') ? [ratio('stock cpu', 'simd')] : []),
    {
      heading: 'GFLOP/s',
      means:
        'GFLOP/s: of the fastest of ours, from the products with pixels inside the image, zeros included',
      text: row => maybe(rateOf(row, roofs), ({gflops}) => threeDigits(gflops)),
    },
    {
      heading: '% roof',
      means: "% roof: of the most that this machine's roofline lets such a kernel have",
      text: row =>
        maybe(rateOf(row, roofs), ({gflops, most}) => maybe(most, most => percent(gflops / most))),
    },
    ofPeak,
    {
      heading: 'draws',
      means: 'draws: draw calls of one run on webgl, to read the result included',
      text: ({contenders: {webgl}}) => maybe(isMeasured(webgl) ? webgl.draws : undefined, String),
    },
  ];
  return tableOf('our backends', columns, shown, precise);
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

// ---- of a contender

/** What comes before and after the own time of a step, and of inference. */
export function phaseTable(rows: readonly Row[], tick: number | undefined): Table {
  type Line = {row: Row; name: Name; measured: Measured};
  const lines: Line[] = rows
    .filter(({name}) => /\/(step|inference)$/.test(name))
    .flatMap(row => measuredOf(row).map(([name, measured]) => ({row, name, measured})));
  const sized = caseColumn(rows);
  const once = (
    phase: 'first' | 'upload' | 'readBack' | 'gpu',
    heading: string,
    means: string,
  ) => ({
    heading: `${heading}, ms`,
    means: `${heading}: ${means}`,
    text: ({measured}: Line) => maybe(measured[phase], ms => onceText(ms, tick)),
  });
  const columns: Column<Line>[] = [
    {...sized, text: ({row}, precise) => sized.text(row, precise)},
    {heading: 'who', text: ({name}) => name, words: true},
    once(
      'first',
      'first run',
      'the very first in this process or page; on a GPU it compiles each program that no earlier case has used',
    ),
    once('upload', 'upload', 'moving the inputs to where the backend computes'),
    {
      heading: 'steady, ms',
      means: 'steady: one run once everything is compiled. All ratios and charts are of this',
      text: ({measured}) => timingText(measured.steady),
    },
    once(
      'readBack',
      'read-back',
      'fetching a result that is there from the GPU; a part of a step, which reads its loss',
    ),
    once('gpu', 'GPU clock', 'one run by the GPU’s own clock, where it can be asked'),
    {heading: 'draw calls', text: ({measured}) => maybe(measured.draws, String)},
  ];
  const ticks = `“<”: limited by the clock, which ticks every ${threeDigits(tick ?? 0)} ms`;
  return tableOf(`whole networks; ${ticks}`, columns, lines);
}

/** Of pages in fresh browsers. */
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
  return tableOf(
    'the first steps of fresh browsers, with all programs to compile; medians',
    columns,
    lines,
  );
}

/** A step's time by kernel: a column for each contender, of one network. */
export function splitTable(splits: readonly Split[]): Table {
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
      text: (kernel: string | undefined) =>
        kernel === undefined
          ? part(split, split.rest)
          : maybe(
              split.kernels.find(each => each.kernel === kernel),
              ({ms, calls}) => part(split, ms, `, ${calls} ×`),
            ),
    })),
  ];
  return tableOf(`a step of ${splits[0].network}, by kernel`, columns, [...kernels, undefined]);
}

/** The step of `tutorial` in other libraries, and why there is none where there is none. */
export function peerTable(peers: readonly PeerRow[], precise = true): Table {
  const timed = (timing: Measured['steady']) =>
    precise ? timingText(timing) : threeDigits(timing.median);
  const columns: Column<PeerRow>[] = [
    {heading: `a step of ${batchSize} images in`, text: ({name}) => name, words: true},
    {heading: 'its ms', text: ({measured}) => maybe(measured, ({theirs}) => timed(theirs))},
    {heading: 'simd ms', text: ({measured}) => maybe(measured, ({ours}) => timed(ours))},
    {
      heading: 'library / simd',
      text: ({measured}) => maybe(measured, ({ratio}) => ratioText(ratio, precise)),
    },
    {
      heading: 'n',
      text: ({measured}) => maybe(precise ? measured : undefined, ({theirs}) => String(theirs.n)),
    },
    {
      heading: 'not timed',
      text: ({notMeasured}) =>
        maybe(notMeasured, ({wrong, why}) => (wrong ? `WRONG: ${why}` : why)),
      words: true,
    },
  ];
  return tableOf(
    'tutorial/step in other libraries, each in turns with ours on simd',
    columns,
    peers,
  );
}

// ---- words

export const nameTerms: [string, string][] = [
  [
    'simd, cpu, webgl',
    'our hand-written kernels on that backend: WebAssembly with 128-bit vectors on one thread, JavaScript, fragment shaders',
  ],
  [
    'wasm, webgpu',
    'our ops in reference kernels, made of that backend’s own slices, concatenations and matrix products',
  ],
  [
    'stock …, layers …',
    'TensorFlow.js’s own ops; an unmodified tf.layers model, trained by trainOnBatch',
  ],
];

/** What the columns of these tables mean, each once. */
export const meaningsOf = (tables: readonly Table[]): string[] => [
  ...new Set(tables.flatMap(({columns}) => columns.flatMap(({means}) => means ?? []))),
];
