// The tables of README.md, made of the bench's numbers: what stands between its two marks.
import {readFile, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {ratioHeading, ratioOf, ratioText, threeDigits, winner, winsFrom} from './findings.ts';
import {percent} from './report.ts';
import {
  batchSize,
  isMeasured,
  type Name,
  type PlaceResults,
  type Results,
  type Row,
} from './results.ts';

const first = '<!-- made by `npm run bench -- --from bench/readme.json --readme` -->';
const last = '<!-- until here -->';

/** Writes the tables into README.md. */
export async function writeReadme(results: Results): Promise<void> {
  const file = fileURLToPath(new URL('../../README.md', import.meta.url)); // from dist/bench
  await writeFile(file, withTables(await readFile(file, 'utf8'), results));
}

/** The text with the tables of these results. */
export function withTables(text: string, results: Results): string {
  const [from, to] = [text.indexOf(first), text.indexOf(last)];
  if (from < 0 || to < from) {
    throw new Error(`README.md: expected the lines ${first} and ${last}, found not both`);
  }
  return `${text.slice(0, from + first.length)}\n\n${readmeTables(results)}\n${text.slice(to)}`;
}

const readmeTables = (results: Results): string =>
  [...results.places.map(place => placeTable(place, results)), peersTable(results)].join('\n');

type Column = [heading: string, cell: (row: Row) => string];

/** What takes whole images, of both networks, and the passes of `tutorial` that take longest. The report has them all. */
const isShown = ({name, batch, images, flops}: Row): boolean =>
  batch === batchSize &&
  (images !== undefined ||
    /^tutorial\/pool1/.test(name) ||
    (flops !== undefined && /^tutorial/.test(name)));

function placeTable(place: PlaceResults, {machine, date}: Results): string {
  const shown = place.rows.filter(isShown);
  const all = place.place === 'node' ? nodeColumns : browserColumns(place);
  const columns = all.filter(([, cell]) => shown.some(row => cell(row) !== none));
  const where = place.renderer
    ? `${place.runtime}, WebGL on ${place.renderer}${place.software ? ', which is a renderer in software' : ''}`
    : place.runtime;
  const day = new Date(date).toLocaleDateString('en-GB', {dateStyle: 'long', timeZone: 'UTC'});
  return `${[
    `| ${['batches of 64, ms', ...columns.map(([heading]) => heading)].join(' | ')} |`,
    `|${'---|'.repeat(columns.length + 1)}`,
    ...shown.map(
      row => `| ${[`\`${row.name}\``, ...columns.map(([, cell]) => cell(row))].join(' | ')} |`,
    ),
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
