// The columns of every table of a bench, and what they mean: the terminal, README files and the report show the same ones.
import {
  fastestFirst,
  listed,
  nextBest,
  onceText,
  ratioOf,
  ratioText,
  threeDigits,
  timingText,
  totalOf,
  winsFrom,
} from './findings.ts';
import {
  backendOf,
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
  columns: {heading: string; means?: string; words?: true}[];
  lines: string[][];
}

export const none = '–';

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

export const percent = (part: number): string => String(Math.round(100 * part));

// ---- of a row

export const caseColumn = (rows: readonly Row[]): Column<Row> => {
  const [size, ...others] = new Set(rows.map(({batch}) => batch));
  return {
    heading: others.length ? 'case' : `in batches of ${size}`,
    text: ({name, batch}) => (others.length ? `${name}, batch ${batch}` : name),
    words: true,
  };
};

export const time = (name: Name): Column<Row> => ({
  heading: `${name} ms`,
  means:
    'ms: the median of one run in the steady state, its result awaited inside the clock (± the median absolute deviation)',
  text({contenders}, precise) {
    const found = contenders[name];
    if (!isMeasured(found)) return found?.wrong ? 'WRONG' : none;
    return precise ? timingText(found.steady) : threeDigits(found.steady.median);
  },
});

export const ratio = (other: Name, one: Name): Column<Row> => ({
  heading: `${backendOf(other) === one ? other.split(' ')[0] : other} / ${one}`,
  means:
    'a / b: how many times as long a takes as b, by their medians, in turns in one process. ~: the rounds differ by more than a ' +
    'tenth, so that it is not to be quoted; ¹: of one round, so that nothing tells by how much they differ',
  text(row, precise) {
    const found = ratioOf(row, other, one);
    return found ? ratioText(found, precise) : none;
  },
});

const next: Column<Row> = {
  heading: 'next',
  means: 'next: the second of ours, and how many times as long as the fastest it takes',
  text(row) {
    const found = nextBest(row);
    return found ? `${ratioText(found.ratio)} × ${found.name}` : none;
  },
};

const fromBatch = (rows: readonly Row[]): Column<Row> => ({
  heading: 'from batch',
  means: 'from batch: which of ours is the fastest at which of the measured batch sizes',
  text: row => winsFrom(row, rows) ?? none,
});

/** Of the fastest of ours. */
const reached = (
  heading: string,
  means: string,
  roofs: readonly Roof[],
  text: (found: NonNullable<ReturnType<typeof rate>>) => string,
): Column<Row> => ({
  heading,
  means: `${heading}: ${means}`,
  text(row) {
    const [[name, measured] = []] = fastestFirst(row, isOurs);
    const roof = name && roofs.find(({code}) => code === codeOf(name));
    const found = measured && rate(row, measured, roof);
    return found ? text(found) : none;
  },
});

export const ofPeak: Column<Row> = {
  heading: '% peak',
  means: "% peak: of the multiply-adds that one core reached around each block of simd's runs",
  text: ({contenders: {simd}}) =>
    isMeasured(simd) && simd.ofPeak
      ? `${percent(simd.ofPeak.median)}${simd.ofPeak.n > 1 ? ` ± ${percent(simd.ofPeak.mad)}` : '¹'}`
      : none,
};

const draws: Column<Row> = {
  heading: 'draws',
  means: 'draws: draw calls of one run on webgl, to read the result included',
  text: ({contenders: {webgl}}) => (isMeasured(webgl) && webgl.draws?.toString()) || none,
};

/** The rows of one batch size. */
export function mainTable(
  {rows, roofs, place}: PlaceResults,
  batch: number,
  precise = false,
): Table {
  const sized = rows.filter(row => row.batch === batch);
  const shown = sized.length ? sized : rows;
  const names = namesOf(rows);
  const ours = names.filter(isOurs);
  return tableOf(
    `our backends, in batches of ${batch}`,
    [
      caseColumn(shown),
      next,
      ...(place === 'browser' ? [fromBatch(rows)] : []),
      ...ours.map(time),
      ...names.filter(name => !isOurs(name)).map(name => ratio(name, backendOf(name))),
      ...(ours.includes('simd') && names.includes('stock cpu') ? [ratio('stock cpu', 'simd')] : []),
      reached(
        'GFLOP/s',
        'of the fastest of ours, from the products with pixels inside the image, zeros included',
        roofs,
        ({gflops}) => threeDigits(gflops),
      ),
      reached(
        '% roof',
        "of the most that this machine's roofline lets such a kernel have",
        roofs,
        ({gflops, most}) => (most ? percent(gflops / most) : none),
      ),
      ofPeak,
      draws,
    ],
    shown,
    precise,
  );
}

/** The rows of the cases with more than two batch sizes. */
export function sweepTable({rows}: PlaceResults): Table | undefined {
  const swept = rows
    .filter(({name}) => rows.filter(row => row.name === name).length > 2)
    .sort((a, b) => a.name.localeCompare(b.name) || a.batch - b.batch);
  if (swept.length === 0) return undefined;
  const perImage = (name: Name): Column<Row> => ({
    heading: `${name} µs/image`,
    text({contenders, batch}) {
      const found = contenders[name];
      return isMeasured(found) ? threeDigits((1000 * found.steady.median) / batch) : none;
    },
  });
  return tableOf(
    'over the batch size',
    [
      {heading: 'case', text: ({name}) => name, words: true},
      {heading: 'batch', text: ({batch}) => String(batch)},
      next,
      ...namesOf(rows).filter(isOurs).map(perImage),
    ],
    swept,
  );
}

// ---- of a contender

/** What comes before and after the own time of a step, and of inference. */
export function phaseTable(rows: readonly Row[], tick: number | undefined): Table | undefined {
  type Line = {row: Row; name: Name; measured: Measured};
  const lines: Line[] = rows
    .filter(({name}) => /\/(step|inference)$/.test(name))
    .flatMap(row => measuredOf(row).map(([name, measured]) => ({row, name, measured})));
  if (lines.length === 0) return undefined;
  const once = (
    heading: string,
    means: string,
    of: (measured: Measured) => number | undefined,
  ) => ({
    heading: `${heading}, ms`,
    means: `${heading}: ${means}`,
    text({measured}: Line) {
      const ms = of(measured);
      return ms === undefined ? none : onceText(ms, tick);
    },
  });
  const sized = caseColumn(rows);
  return tableOf<Line>(
    `whole networks; “<”: limited by the clock, which ticks every ${threeDigits(tick ?? 0)} ms`,
    [
      {...sized, text: ({row}, precise) => sized.text(row, precise)},
      {heading: 'who', text: ({name}) => name, words: true},
      once(
        'first run',
        'the very first in this process or page; on a GPU it compiles each program that no earlier case has used',
        ({first}) => first,
      ),
      once('upload', 'moving the inputs to where the backend computes', ({upload}) => upload),
      {
        heading: 'steady, ms',
        means: 'steady: one run once everything is compiled. All ratios and charts are of this',
        text: ({measured}) => timingText(measured.steady),
      },
      once(
        'read-back',
        'fetching a result that is there from the GPU; a part of a step, which reads its loss',
        ({readBack}) => readBack,
      ),
      once('GPU clock', 'one run by the GPU’s own clock, where it can be asked', ({gpu}) => gpu),
      {heading: 'draw calls', text: ({measured}) => measured.draws?.toString() ?? none},
    ],
    lines,
  );
}

/** Of pages in fresh browsers. */
export function firstStepTable(found: readonly FirstSteps[]): Table | undefined {
  const lines = found.flatMap(steps =>
    (Object.keys(steps.first) as Name[]).map(name => ({...steps, name})),
  );
  if (lines.length === 0) return undefined;
  return tableOf<(typeof lines)[number]>(
    'the first steps of a fresh browser, with all programs to compile; medians',
    [
      {heading: 'network', text: ({network}) => network, words: true},
      {heading: 'who', text: ({name}) => name, words: true},
      {heading: 'first step, ms', text: ({first, name}) => threeDigits(first[name]!)},
      {
        heading: 'second step, ms',
        text: ({second, name}) => (second[name] === undefined ? none : threeDigits(second[name])),
      },
      {heading: 'browsers', text: ({n}) => String(n)},
    ],
    lines,
  );
}

/** A step's time by kernel: a column for each contender, of one network. */
export function splitTable(splits: readonly Split[]): Table {
  const kernels = [...new Set(splits.flatMap(split => split.kernels.map(({kernel}) => kernel)))];
  const part = (split: Split, ms: number) =>
    `${threeDigits(ms)} ms, ${threeDigits((100 * ms) / totalOf(split))} %`;
  return tableOf<string | undefined>(
    `a step of ${splits[0].network}, by kernel`,
    [
      {heading: 'kernel', text: kernel => kernel ?? 'rest, between kernels', words: true},
      ...splits.map(split => ({
        heading: `${split.name}: ${threeDigits(totalOf(split))} ms`,
        text(kernel: string | undefined) {
          if (kernel === undefined) return part(split, split.rest);
          const found = split.kernels.find(each => each.kernel === kernel);
          return found ? `${part(split, found.ms)}, ${found.calls} ×` : none;
        },
      })),
    ],
    [...kernels, undefined],
  );
}

/** The step of `tutorial` in other libraries, and why there is none where there is none. */
export const peerTable = (peers: readonly PeerRow[], precise = true): Table => {
  const of = (
    heading: string,
    text: (measured: NonNullable<PeerRow['measured']>) => string,
  ): Column<PeerRow> => ({heading, text: ({measured}) => (measured ? text(measured) : none)});
  const timed = (timing: Measured['steady']) =>
    precise ? timingText(timing) : threeDigits(timing.median);
  return tableOf<PeerRow>(
    'tutorial/step in other libraries, each in turns with ours on simd',
    [
      {
        heading: 'library',
        text: ({name, version = ''}) => (name.includes(version) ? name : `${name} (${version})`),
        words: true,
      },
      of('its ms', ({theirs}) => timed(theirs)),
      of('simd ms', ({ours}) => timed(ours)),
      of('library / simd', ({ratio}) => ratioText(ratio, precise)),
      of('n', ({theirs}) => (precise ? String(theirs.n) : none)),
      {
        heading: 'not timed',
        text: ({notMeasured}) =>
          notMeasured ? `${notMeasured.wrong ? 'WRONG: ' : ''}${notMeasured.why}` : none,
        words: true,
      },
    ],
    peers,
  );
};

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

/** Who wins, instead of a column that would say the same in almost all rows. */
export function winnersText(rows: readonly Row[]): string {
  const wins = new Map<Name, string[]>();
  for (const row of rows) {
    const [[name] = []] = fastestFirst(row, isOurs);
    if (name) wins.set(name, [...(wins.get(name) ?? []), row.name]);
  }
  const [[first, most] = [], ...others] = [...wins].sort(([, a], [, b]) => b.length - a.length);
  if (!first || !most) return 'None of ours has a time.';
  const total = [...wins.values()].flat().length;
  if (others.length === 0)
    return `The fastest of ours is ${first} in ${total === 1 ? 'this case' : `all ${total} cases`}.`;
  const rest = others.map(([name, cases]) => `${name} in ${listed(cases)}`);
  return `The fastest of ours is ${first} in ${most.length} of ${total} cases, ${listed(rest)}.`;
}
