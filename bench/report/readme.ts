// The tables in README files, made of the bench's numbers: what stands between the marks of each block.
import {readFile, writeFile} from 'node:fs/promises';
import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';
import {
  type Column,
  caseColumn,
  ofPeak,
  peerTable,
  ratio,
  type Table,
  tableOf,
  time,
} from './columns.ts';
import {byCase, rowsOfUsualSize, winnersText} from './findings.ts';
import {batchSize, isMeasured, type PlaceResults, type Results, type Row} from './results.ts';

/** What a file of numbers has blocks for, and in which README. */
const blocks: Record<string, Record<string, (results: Results) => string>> = {
  'readme.json': {
    'README.md': stepText,
    'bench/README.md': results =>
      [
        ...results.places.map(place => placeText(place, results)),
        markdown(peerTable(timedPeers(results), false)),
      ].join('\n'),
  },
  'gpu.json': {
    'bench/README.md': results =>
      results.places
        .filter(({place}) => place === 'browser')
        .map(place => sweepText(place, results))
        .join('\n'),
  },
};

const timedPeers = ({peers = []}: Results) => peers.filter(({measured}) => measured);

/** Writes the tables of the numbers in that file into the README files that have blocks for it. */
export async function writeReadme(results: Results, file: string): Promise<void> {
  const name = basename(file);
  for (const readme of Object.keys(blocks[name] ?? {'bench/README.md': ''})) {
    const path = fileURLToPath(new URL(`../../${readme}`, import.meta.url)); // from dist/bench
    await writeFile(path, withTables(await readFile(path, 'utf8'), results, name, readme));
  }
}

/** The text of that README with the tables of these results, which a file of that name holds. */
export function withTables(text: string, results: Results, name: string, readme: string): string {
  const first = `<!-- made by \`npm run bench -- --from bench/${name} --readme\` -->`;
  const last = '<!-- until here -->';
  const from = text.indexOf(first);
  const to = text.indexOf(last, from);
  const made = blocks[name]?.[readme];
  if (from < 0 || to < from || !made) {
    throw new Error(
      `${readme}: expected tables of ${Object.keys(blocks).join(' or ')} between the lines ${first} and ${last}, found none`,
    );
  }
  return `${text.slice(0, from + first.length)}\n\n${made(results)}\n${text.slice(to)}`;
}

/** What takes whole images, of both networks, and the passes of `tutorial` that take longest. The report has them all. */
const isShown = ({name, batch, images, flops}: Row): boolean =>
  batch === batchSize &&
  (images !== undefined ||
    /^tutorial\/pool1/.test(name) ||
    (flops !== undefined && /^tutorial/.test(name)));

function placeText(place: PlaceResults, results: Results): string {
  const shown = place.rows.filter(isShown);
  const columns =
    place.place === 'node'
      ? [
          ...(['simd', 'cpu', 'stock cpu'] as const).map(time),
          ratio('stock cpu', 'simd'),
          ratio('stock cpu', 'cpu'),
          ofPeak,
        ]
      : [
          ...(['simd', 'cpu', 'webgl', 'wasm', 'webgpu'] as const).map(time),
          ratio('stock webgl', 'webgl'),
          ratio('layers webgl', 'webgl'),
        ];
  const winners = winnersText(rowsOfUsualSize(place.rows));
  return `${rowsText(shown, columns, place, results)}\n${winners}\n`;
}

/** What takes whole images, at every batch size. */
const sweepText = (place: PlaceResults, results: Results): string =>
  rowsText(
    byCase(place.rows.filter(({name}) => /\/(step|inference)$/.test(name))).flat(),
    [
      ...(['simd', 'webgl', 'stock webgl', 'layers webgl'] as const).map(time),
      ratio('simd', 'webgl'),
      ratio('stock webgl', 'webgl'),
    ],
    place,
    results,
  );

const rowsText = (
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  place: PlaceResults,
  results: Results,
): string =>
  `${markdown(tableOf('', [caseColumn(rows), ...columns], rows))}\n${whereText(place, results)}\n`;

function whereText({runtime, renderer, software}: PlaceResults, {machine, date}: Results): string {
  const webgl = software ? `${renderer}, which is a renderer in software` : renderer;
  const day = new Date(date).toLocaleDateString('en-GB', {dateStyle: 'long', timeZone: 'UTC'});
  return (
    `${runtime}${webgl ? `, WebGL on ${webgl}` : ''}; ${machine.cpu}, ${machine.cores} cores, one thread; ` +
    `TensorFlow.js ${machine.tfjs}; ${day}.`
  );
}

/** The step of `tutorial` in stock TensorFlow.js and in PyTorch, beside ours. */
function stepText(results: Results): string {
  const steps = results.places[0].rows.find(
    ({name, batch}) => name === 'tutorial/step' && batch === batchSize,
  );
  const {simd, 'stock cpu': stock} = steps?.contenders ?? {};
  if (!isMeasured(simd) || !isMeasured(stock))
    throw new Error('expected a step on simd and stock cpu, found none');
  const measured = {theirs: stock.steady, ours: simd.steady, ratio: stock.ratio!};
  const pytorch = timedPeers(results).filter(({name}) => name.startsWith('PyTorch'));
  return markdown(
    peerTable([{name: 'TensorFlow.js, its backend cpu', measured}, ...pytorch], false),
  );
}

/** The first column is code, where it is a path. */
const markdown = ({columns, lines}: Table): string =>
  [
    columns.map(({heading}) => heading),
    columns.map(({words}) => (words ? '---' : '---:')),
    ...lines.map(([first, ...cells]) => [first.replace(/^\S+\/[^\s,]+/, '`$&`'), ...cells]),
  ]
    .map(cells => `| ${cells.join(' | ')} |\n`)
    .join('');
