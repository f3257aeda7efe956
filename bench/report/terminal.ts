// What a bench says in a terminal: for each place what it is, then one table that names the winners.
import {
  nextBest,
  ratioHeading,
  ratioOf,
  ratioText,
  threeDigits,
  timingText,
  winner,
  winsFrom,
} from './findings.ts';
import {
  backendOf,
  codeOf,
  isMeasured,
  isOurs,
  type Machine,
  type Measured,
  type Name,
  type PlaceResults,
  type Results,
  type Row,
  rate,
} from './results.ts';

export const machineText = ({cpu, cores, load, tfjs}: Machine, date: string): string =>
  `${cpu}, ${cores} cores${load === undefined ? '' : `, load ${load.toFixed(1)}`}; TensorFlow.js ${tfjs}; ${date}\n`;

export function placeText({
  runtime,
  build,
  renderer,
  software,
  roofs,
  missing,
}: Omit<PlaceResults, 'rows'>): string {
  const drawing = renderer
    ? `; WebGL on ${renderer}${software ? ', a renderer in software: this says nothing about a GPU' : ''}`
    : '';
  const lines = [`${runtime}, one thread${build ? `, WebAssembly build: ${build}` : ''}${drawing}`];
  for (const {code, gflops, gbytes} of roofs) {
    lines.push(
      `at most, ${code}: ${threeDigits(gflops)} GFLOP/s, ${threeDigits(gbytes)} GB/s copied`,
    );
  }
  for (const {backend, why} of missing) lines.push(`${backend}: not measured, ${why}`);
  return `${lines.join('\n')}\n`;
}

export const legend = `simd, cpu, webgl: our kernels; wasm, webgpu: our ops in reference kernels; stock: TensorFlow.js's own ops; layers: an unmodified
tf.layers model
ms: the median of one run in the steady state, its result awaited inside the clock; ratios: of medians, in turns in one process
~: a ratio that differs from round to round by more than a tenth: not to be quoted; ¹: of one round, so that
nothing tells by how much it differs
from batch: who wins at which of the measured batch sizes (– where one size was measured)
GFLOP/s: of the fastest, from the products with pixels inside the image, zeros included; % roof: of the most that this machine's
roofline lets such a kernel have; % peak: of the multiply-adds that one core reached around each block of simd's runs
`;

type Column = [heading: string, cell: (row: Row) => string];

/** The rows of one batch size, all in one table; then the sweep over batch sizes. */
export function placeTable(found: PlaceResults, batch: number): string {
  const {rows} = found;
  const main = rows.filter(row => row.batch === batch);
  const swept = rows
    .filter(({name}) => rows.filter(row => row.name === name).length > 2)
    .sort((a, b) => a.name.localeCompare(b.name) || a.batch - b.batch);
  const parts = [table(main.length ? main : rows, mainColumns(found))];
  if (main.length && swept.length) parts.push(table(swept, sweepColumns(found)));
  for (const {network, first, second, n} of found.firstSteps) {
    const times = Object.entries(first).map(
      ([name, ms]) =>
        `${name} ${threeDigits(ms)}, then ${threeDigits(second[name as Name] ?? Number.NaN)}`,
    );
    parts.push(
      `${network}, the first steps of a fresh browser, all programs to compile, ms: ${times.join('; ')} (medians of ${n})\n`,
    );
  }
  return parts.join('\n');
}

const namesOf = (rows: readonly Row[]): Name[] => [
  ...new Set(rows.flatMap(({contenders}) => Object.keys(contenders) as Name[])),
];

const time = (name: Name): Column => [
  `${name} ms`,
  row => {
    const found = row.contenders[name];
    if (!found) return none;
    if (!isMeasured(found)) return found.wrong ? 'WRONG' : none;
    return threeDigits(found.steady.median);
  },
];

const ratio = (other: Name, one: Name): Column => [
  ratioHeading(other, one),
  row => {
    const found = ratioOf(row, other, one);
    return found ? ratioText(found) : none;
  },
];

function mainColumns({rows, roofs, place}: PlaceResults): Column[] {
  const names = namesOf(rows);
  const ours = names.filter(isOurs);
  const pairs = names.filter(name => !isOurs(name)).map(name => [name, backendOf(name)] as const);
  const ofFastest = (row: Row, cell: (name: Name, found: Measured) => string) => {
    const fastest = winner(row);
    return fastest ? cell(fastest, row.contenders[fastest] as Measured) : none;
  };
  const roofOf = (name: Name) => roofs.find(({code}) => code === codeOf(name));
  return [
    ['fastest', row => winner(row) ?? none],
    ['next', nextText],
    ...(place === 'browser'
      ? [['from batch', (row: Row) => winsFrom(row, rows) ?? none] as Column]
      : []),
    ...ours.map(time),
    ...pairs.map(([name, one]) => ratio(name, one)),
    ...(ours.includes('simd') && names.includes('stock cpu') ? [ratio('stock cpu', 'simd')] : []),
    [
      'GFLOP/s',
      row =>
        ofFastest(row, (name, found) => {
          const reached = rate(row, found, roofOf(name));
          return reached ? threeDigits(reached.gflops) : none;
        }),
    ],
    [
      '% roof',
      row =>
        ofFastest(row, (name, found) => {
          const reached = rate(row, found, roofOf(name));
          return reached?.most ? percent(reached.gflops / reached.most) : none;
        }),
    ],
    [
      '% peak',
      ({contenders: {simd}}) =>
        isMeasured(simd) && simd.ofPeak
          ? `${percent(simd.ofPeak.median)}${simd.ofPeak.n > 1 ? ` ± ${percent(simd.ofPeak.mad)}` : '¹'}`
          : none,
    ],
    ...(names.includes('webgl')
      ? [
          [
            'draws',
            ({contenders: {webgl}}: Row) => (isMeasured(webgl) && webgl.draws?.toString()) || none,
          ] as Column,
        ]
      : []),
  ];
}

const sweepColumns = ({rows}: PlaceResults): Column[] => {
  const ours = namesOf(rows).filter(isOurs);
  const perImage = (name: Name): Column => [
    `${name} µs/image`,
    ({contenders, batch}) => {
      const found = contenders[name];
      return isMeasured(found) ? threeDigits((1000 * found.steady.median) / batch) : none;
    },
  ];
  return [
    ['batch', ({batch}) => String(batch)],
    ['fastest', row => winner(row) ?? none],
    ['next', nextText],
    ...ours.map(perImage),
  ];
};

function nextText(row: Row): string {
  const next = nextBest(row);
  return next ? `${ratioText(next.ratio)} × ${next.name}` : none;
}

/** One line a row, and below it who has no time, and why. */
function table(rows: readonly Row[], shown: readonly Column[]): string {
  const sizes = new Set(rows.map(({batch}) => batch));
  const label = ({name, batch}: Row) =>
    sizes.size > 1 && shown[0][0] !== 'batch' ? `${name}, batch ${batch}` : name;
  const filled = shown.filter(([, cell]) => rows.some(row => cell(row) !== none));
  const [heading, ...lines] = aligned([
    ['case', ...filled.map(([heading]) => heading)],
    ...rows.map(row => [label(row), ...filled.map(([, cell]) => cell(row))]),
  ]);
  const body = lines.flatMap((line, i) => [
    line,
    ...remarks(rows[i]).map(remark => `    ${remark}`),
  ]);
  return `${[heading, ...body].join('\n')}\n`;
}

const remarks = ({contenders}: Row): string[] =>
  Object.entries(contenders).flatMap(([name, found]) =>
    isMeasured(found) ? [] : [`${name}: not timed, ${found.why}`],
  );

/** Lines of equal width: the first column to the left, the others to the right. */
export function aligned(lines: string[][]): string[] {
  const widths = lines[0].map((_, i) => Math.max(...lines.map(line => line[i].length)));
  return lines.map(line =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
}

/** The step of `tutorial` in other libraries. */
export function peersTable({peers = []}: Results): string {
  const lines = peers.map(({name, measured, notMeasured}) =>
    measured
      ? [
          name,
          timingText(measured.theirs),
          timingText(measured.ours),
          ratioText(measured.ratio),
          String(measured.theirs.n),
        ]
      : [`${name}: not timed, ${notMeasured?.why}`, '', '', '', ''],
  );
  const heading = ['tutorial/step, in turns', 'ms', 'simd ms', '/simd', 'n'];
  return `${aligned([heading, ...lines]).join('\n')}\n`;
}

const none = '–';

export const percent = (part: number): string => String(Math.round(100 * part));
