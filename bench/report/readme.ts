// The tables in the README files: each stands between two marks, and is made from a file of numbers.
import {readFile, writeFile} from 'node:fs/promises';
import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';
import {
  type Column,
  caseColumn,
  isWholeNetwork,
  modelTable,
  ofPeak,
  ratio,
  type Table,
  tableOf,
  time,
} from './columns.ts';
import {byCase, rowsOfUsualSize, usualRows, winnersText} from './findings.ts';
import {peerTable} from './peers.ts';
import {
  batchSize,
  isMeasured,
  isModel,
  type Name,
  type PlaceResults,
  type Results,
  type Row,
} from './results.ts';
import {simdThreadsText} from './texts.ts';

/** For each file of numbers: the README files with its tables, and what makes those. */
const blocks: Record<string, Record<string, (results: Results) => string>> = {
  'readme.json': {'README.md': stepText, 'bench/README.md': placesText},
  'gpu.json': {'bench/README.md': sweepText},
};

const timedPeers = ({peers = []}: Results) => peers.filter(({measured}) => measured);

function placesText(results: Results): string {
  const texts = results.places.map(place => `${placeText(place, results)}\n`);
  return texts.join('') + markdown(peerTable(timedPeers(results), false));
}

/** Writes the tables of these results into the README files; `file` is the file of numbers. */
export async function writeReadme(results: Results, file: string): Promise<void> {
  const name = basename(file);
  for (const readme of Object.keys(blocks[name] ?? {'bench/README.md': ''})) {
    const path = fileURLToPath(new URL(`../../${readme}`, import.meta.url)); // from dist/bench
    await writeFile(path, withTables(await readFile(path, 'utf8'), results, name, readme));
  }
}

/** The README's text with the tables of these results; `name` is the name of their file of numbers. */
export function withTables(text: string, results: Results, name: string, readme: string): string {
  const first = `<!-- made by \`npm run bench -- --from bench/${name} --readme\` -->`;
  const last = '<!-- until here -->';
  const from = text.indexOf(first);
  const to = text.indexOf(last, from);
  const made = blocks[name]?.[readme];
  if (from < 0 || to < from || !made) {
    const tables = `tables of ${Object.keys(blocks).join(' or ')}`;
    throw new Error(
      `${readme}: expected ${tables} between the lines ${first} and ${last}, found none`,
    );
  }
  return `${text.slice(0, from + first.length)}\n\n${made(results)}\n${text.slice(to)}`;
}

/** The cases on whole images, and the slowest passes of `tutorial`; the report has all cases. */
const isShown = ({name, batch, images, flops}: Row): boolean =>
  batch === batchSize &&
  !isModel(name) &&
  (images !== undefined ||
    /^tutorial\/pool1/.test(name) ||
    (flops !== undefined && /^tutorial/.test(name)));

function placeText(place: PlaceResults, results: Results): string {
  const shown = place.rows.filter(isShown);
  const [names, others] = {
    node: [
      ['simd', 'cpu', 'stock cpu'],
      [ratio('stock cpu', 'simd'), ratio('stock cpu', 'cpu'), ofPeak],
    ],
    browser: [
      ['simd', 'cpu', 'webgl', 'wasm', 'webgpu'],
      [ratio('stock webgl', 'webgl'), ratio('layers webgl', 'webgl')],
    ],
  }[place.place] as [Name[], Column<Row>[]];
  const table = rowsText(shown, [...names.map(time), ...others]);
  const models = modelTable(place);
  return [
    `${table}\n${whereText(place, results)}\n\n${winnersText(rowsOfUsualSize(place.rows))}\n`,
    ...(models.lines.length ? [markdown(models)] : []),
  ].join('\n');
}

/** The browser's steps and inference at every batch size. */
function sweepText(results: Results): string {
  const [place] = results.places.filter(({place}) => place === 'browser');
  const names: Name[] = ['simd', 'webgl', 'stock webgl', 'layers webgl'];
  const ratios = [ratio('simd', 'webgl'), ratio('stock webgl', 'webgl')];
  const rows = byCase(place.rows.filter(isWholeNetwork)).flat();
  return `${rowsText(rows, [...names.map(time), ...ratios])}\n${whereText(place, results)}\n`;
}

const rowsText = (rows: readonly Row[], columns: readonly Column<Row>[]): string =>
  markdown(tableOf('', [caseColumn(rows), ...columns], rows));

function whereText(place: PlaceResults, {machine, date}: Results): string {
  const {runtime, renderer, software} = place;
  const webgl = software ? `${renderer}, which is a renderer in software` : renderer;
  const day = new Date(date).toLocaleDateString('en-GB', {dateStyle: 'long', timeZone: 'UTC'});
  const where = `${runtime}${webgl ? `, WebGL on ${webgl}` : ''}; ${machine.cpu}, ${machine.cores} cores`;
  return `${where}, ${simdThreadsText(place)}; TensorFlow.js ${machine.tfjs}; ${day}.`;
}

/** The step of `tutorial` in stock TensorFlow.js and in PyTorch, beside ours. */
function stepText(results: Results): string {
  const steps = usualRows(results.places[0].rows).find(({name}) => name === 'tutorial/step');
  const {simd, 'stock cpu': stock} = steps?.contenders ?? {};
  if (!isMeasured(simd) || !isMeasured(stock))
    throw new Error('expected a step on simd and stock cpu, found none');
  const measured = {theirs: stock.steady, ours: simd.steady, ratio: stock.ratio!};
  const pytorch = timedPeers(results).filter(
    ({name, what}) => what === 'tutorial/step' && name.startsWith('PyTorch'),
  );
  const tensorflow = {name: 'TensorFlow.js, its backend cpu', what: 'tutorial/step', measured};
  return markdown(peerTable([tensorflow, ...pytorch], false));
}

/** A table in Markdown. A first cell that is a path is set as code. */
const markdown = ({columns, lines}: Table): string =>
  [
    columns.map(({heading}) => heading),
    columns.map(({words}) => (words ? '---' : '---:')),
    ...lines.map(([first, ...cells]) => [first.replace(/^\S+\/[^\s,]+/, '`$&`'), ...cells]),
  ]
    .map(cells => `| ${cells.join(' | ')} |\n`)
    .join('');
