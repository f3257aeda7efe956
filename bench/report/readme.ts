// The tables of README.md, made of the bench's numbers: what stands between the marks of each file of them.
import {readFile, writeFile} from 'node:fs/promises';
import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';
import {
  byCase,
  ratioHeading,
  ratioOf,
  ratioText,
  threeDigits,
  winner,
  winsFrom,
} from './findings.ts';
import {
  batchSize,
  isMeasured,
  type Name,
  type PlaceResults,
  type Results,
  type Row,
} from './results.ts';
import {percent} from './terminal.ts';

const tables: Record<string, (results: Results) => string> = {
  'readme.json': results =>
    [...results.places.map(place => placeTable(place, results)), peersTable(results)].join('\n'),
  'gpu.json': results =>
    results.places
      .filter(({place}) => place === 'browser')
      .map(place => sweepTable(place, results))
      .join('\n'),
};

/** Writes the tables of the numbers in that file into README.md. */
export async function writeReadme(results: Results, file: string): Promise<void> {
  const readme = fileURLToPath(new URL('../../README.md', import.meta.url)); // from dist/bench
  await writeFile(readme, withTables(await readFile(readme, 'utf8'), results, basename(file)));
}

/** The text with the tables of these results, which a file of that name holds. */
export function withTables(text: string, results: Results, name: string): string {
  const first = `<!-- made by \`npm run bench -- --from bench/${name} --readme\` -->`;
  const last = '<!-- until here -->';
  const from = text.indexOf(first);
  const to = text.indexOf(last, from);
  if (from < 0 || to < from || !tables[name]) {
    throw new Error(
      `README.md: expected tables of ${Object.keys(tables).join(' or ')} between the lines ${first} and ${last}, found none`,
    );
  }
  return `${text.slice(0, from + first.length)}\n\n${tables[name](results)}\n${text.slice(to)}`;
}

type Column = [heading: string, cell: (row: Row) => string];

/** What takes whole images, of both networks, and the passes of `tutorial` that take longest. The report has them all. */
const isShown = ({name, batch, images, flops}: Row): boolean =>
  batch === batchSize &&
  (images !== undefined ||
    /^tutorial\/pool1/.test(name) ||
    (flops !== undefined && /^tutorial/.test(name)));

const placeTable = (place: PlaceResults, results: Results): string =>
  table(
    'batches of 64, ms',
    place.rows.filter(isShown),
    row => `\`${row.name}\``,
    place.place === 'node' ? nodeColumns : browserColumns(place),
    place,
    results,
  );

/** What takes whole images, at every batch size. */
const sweepTable = (place: PlaceResults, results: Results): string =>
  table(
    'ms',
    byCase(place.rows.filter(({name}) => /\/(step|inference)$/.test(name))).flat(),
    ({name, batch}) => `\`${name}\`, ${batch === 1 ? 'one image' : `batches of ${batch}`}`,
    [
      ...(['simd', 'webgl', 'stock webgl', 'layers webgl'] as const).map(time),
      ratio('simd', 'webgl'),
      ratio('stock webgl', 'webgl'),
    ],
    place,
    results,
  );

function table(
  heading: string,
  shown: readonly Row[],
  label: (row: Row) => string,
  all: readonly Column[],
  place: PlaceResults,
  {machine, date}: Results,
): string {
  const columns = all.filter(([, cell]) => shown.some(row => cell(row) !== none));
  const where = place.renderer
    ? `${place.runtime}, WebGL on ${place.renderer}${place.software ? ', which is a renderer in software' : ''}`
    : place.runtime;
  const day = new Date(date).toLocaleDateString('en-GB', {dateStyle: 'long', timeZone: 'UTC'});
  return `${[
    `| ${[heading, ...columns.map(([heading]) => heading)].join(' | ')} |`,
    `|${'---|'.repeat(columns.length + 1)}`,
    ...shown.map(row => `| ${[label(row), ...columns.map(([, cell]) => cell(row))].join(' | ')} |`),
  ].join(
    '\n',
  )}\n\n${where}; ${machine.cpu}, ${machine.cores} cores, one thread; TensorFlow.js ${machine.tfjs}; ${day}.\n`;
}

/** The step of `tutorial` in other libraries. */
function peersTable({peers = []}: Results): string {
  const lines = peers.flatMap(({name, measured}) =>
    measured
      ? [
          `| ${name} | ${threeDigits(measured.theirs.median)} | ${threeDigits(measured.ours.median)} | ` +
            `${ratioText(measured.ratio)} |`,
        ]
      : [],
  );
  if (lines.length === 0) return '';
  return `${['| `tutorial/step` in turns, ms | | simd | times as long |', '|---|---|---|---|', ...lines].join('\n')}\n`;
}

const none = '–';

const time = (name: Name): Column => [
  name,
  ({contenders}) => {
    const found = contenders[name];
    return isMeasured(found) ? threeDigits(found.steady.median) : none;
  },
];

const ratio = (other: Name, one: Name): Column => [
  ratioHeading(other, one),
  row => {
    const found = ratioOf(row, other, one);
    return found ? ratioText(found) : none;
  },
];

const nodeColumns: Column[] = [
  time('simd'),
  time('cpu'),
  time('stock cpu'),
  ratio('stock cpu', 'simd'),
  ratio('stock cpu', 'cpu'),
  [
    '% of peak',
    ({contenders: {simd}, bytes}) =>
      isMeasured(simd) && simd.ofPeak && bytes ? percent(simd.ofPeak.median) : none,
  ],
];

function fastest(row: Row, rows: readonly Row[]): string {
  const from = winsFrom(row, rows);
  return from?.includes(',') ? from : [winner(row) ?? none, from].filter(Boolean).join(' ');
}

const browserColumns = ({rows}: PlaceResults): Column[] => [
  ...(['simd', 'cpu', 'webgl', 'wasm', 'webgpu'] as const).map(time),
  ratio('stock webgl', 'webgl'),
  ratio('layers webgl', 'webgl'),
  ['fastest', row => fastest(row, rows)],
];
