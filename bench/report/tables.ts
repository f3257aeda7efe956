// The tables of the report.

import {
  byCase,
  fastestFirst,
  fastestFrom,
  listed,
  onceText,
  ratioOf,
  reigns,
  threeDigits,
  timingText,
  totalOf,
  usualRows,
  withDeviation,
} from './findings.ts';
import {
  type Backend,
  backendOf,
  batchSize,
  type FirstSteps,
  isOurs,
  type Measured,
  measuredOf,
  type Name,
  type PeerRow,
  type PlaceResults,
  type Ratio,
  type Row,
  type Split,
} from './results.ts';

type Child = Node | string;

/** An element; strings become text, never markup. */
export function element<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: Record<string, string>,
  ...children: Child[]
): HTMLElementTagNameMap[T] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const none = '–';

/** With its colour. */
export const nameOf = (name: Name): HTMLElement =>
  element(
    'span',
    {class: `name ${isOurs(name) ? 'ours' : name.split(' ')[0]} ${backendOf(name)}`},
    name,
  );

/** Too wide a spread is told instead of a number that it would make doubtful. */
function ratioCell(found: Ratio | undefined): Child {
  if (!found) return none;
  if (found.rounds.length === 1) return `${threeDigits(found.ratio)} (one round)`;
  if (!found.tooWide) return withDeviation(found.ratio, found.mad);
  const [low, high] = [Math.min(...found.rounds), Math.max(...found.rounds)].map(threeDigits);
  return element('span', {class: 'wide'}, `${low} to ${high}:\nspread too wide`);
}

interface Column<T> {
  heading: string;
  cell: (row: T) => Child;
  /** Text, to the left. */
  words?: true;
}

/** It scrolls sideways by itself where it is too wide. Columns in which no row has anything are left out. */
function table<T>(caption: string, columns: Column<T>[], rows: readonly T[]): HTMLElement {
  const cells = rows.map(row => columns.map(({cell}) => cell(row)));
  const shown = columns.map((_, i) => i === 0 || cells.some(row => row[i] !== none));
  const filled = <V>(of: readonly V[]) => of.filter((_, i) => shown[i]);
  const sides = filled(columns).map(({words}) => (words ? 'words' : 'number'));
  return element(
    'div',
    {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption},
    element(
      'table',
      {},
      element('caption', {}, caption),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...filled(columns).map(({heading}, i) =>
            element('th', {scope: 'col', class: sides[i]}, heading),
          ),
        ),
      ),
      element(
        'tbody',
        {},
        ...cells.map(row =>
          element(
            'tr',
            {},
            ...filled(row).map((cell, i) =>
              i === 0
                ? element('th', {scope: 'row', class: 'words'}, cell)
                : element('td', {class: sides[i]}, cell),
            ),
          ),
        ),
      ),
    ),
  );
}

const caseText = ({name, batch}: Row): string =>
  batch === batchSize ? name : `${name} (batch ${batch.toLocaleString('en-US')})`;

/** One row a case of which any of ours has a time. */
export function winnerTable({rows}: PlaceResults, caption: string): HTMLElement | undefined {
  const cases = byCase(rows);
  const shown = usualRows(rows).filter(row => fastestFirst(row, isOurs).length > 0);
  if (shown.length === 0) return undefined;
  const best = (row: Row) => fastestFirst(row, isOurs)[0];
  const next = (row: Row) => fastestFirst(row, isOurs)[1]?.[0];
  const stock = (row: Row) => fastestFirst(row, name => name.startsWith('stock '))[0]?.[0];
  const paired = (['simd', 'cpu', 'wasm', 'webgl', 'webgpu'] as Backend[]).filter(backend =>
    shown.some(row => ratioOf(row, `stock ${backend}`, backend)),
  );
  return table(
    caption,
    [
      {heading: 'case', cell: caseText, words: true},
      {heading: 'fastest of ours', cell: row => nameOf(best(row)[0]), words: true},
      {heading: 'ms', cell: row => timingText(best(row)[1].steady)},
      {heading: 'next of ours', cell: row => (next(row) ? nameOf(next(row)) : none), words: true},
      {
        heading: 'times as long',
        cell: row => (next(row) ? ratioCell(ratioOf(row, next(row), best(row)[0])) : none),
      },
      {
        heading: 'fastest from batch',
        cell(row) {
          const found = cases.find(([{name}]) => name === row.name)!;
          if (found.length < 2) return none;
          const from = fastestFrom(found, best(row)[0]);
          if (from === undefined)
            return `not at ${found.at(-1)!.batch}: ${reigns(found).at(-1)!.name}`;
          return from === found[0].batch ? `${from} (all)` : String(from);
        },
      },
      ...paired.map(backend => ({
        heading: `stock ${backend} / ${backend}`,
        cell: (row: Row) => ratioCell(ratioOf(row, `stock ${backend}`, backend)),
      })),
      {
        heading: 'fastest stock',
        cell: row => (stock(row) ? nameOf(stock(row)) : none),
        words: true,
      },
      {
        heading: 'fastest stock / fastest of ours',
        cell: row => (stock(row) ? ratioCell(ratioOf(row, stock(row), best(row)[0])) : none),
      },
    ],
    shown,
  );
}

/** What comes before and after the own time of a step, and of inference. */
export function phaseTable(
  {rows, tick}: Pick<PlaceResults, 'rows' | 'tick'>,
  caption: string,
): HTMLElement | undefined {
  const lines = usualRows(rows)
    .filter(({name}) => /\/(step|inference)$/.test(name))
    .flatMap(row => measuredOf(row).map(([name, measured]) => ({row, name, measured})));
  if (lines.length === 0) return undefined;
  const ms = (value: number | undefined) => (value === undefined ? none : onceText(value, tick));
  const limited = lines.some(({measured: {first, upload = first, readBack = first}}) =>
    [first, upload, readBack].some(time => time < 10 * (tick ?? 0)),
  );
  const of = (pick: (measured: Measured) => number | undefined) => (line: (typeof lines)[number]) =>
    ms(pick(line.measured));
  return table(
    limited
      ? `${caption}; “<”: limited by the clock, which ticks every ${threeDigits(tick!)} ms`
      : caption,
    [
      {heading: 'case', cell: ({row}) => caseText(row), words: true},
      {heading: 'who', cell: ({name}) => nameOf(name), words: true},
      {heading: 'first run, ms', cell: of(({first}) => first)},
      {heading: 'upload, ms', cell: of(({upload}) => upload)},
      {heading: 'steady, ms', cell: ({measured}) => timingText(measured.steady)},
      {heading: 'read-back, ms', cell: of(({readBack}) => readBack)},
      {
        heading: 'GPU clock, ms',
        cell: ({measured: {gpu}}) => (gpu === undefined ? none : threeDigits(gpu)),
      },
      {heading: 'draw calls', cell: ({measured}) => measured.draws?.toString() ?? none},
    ],
    lines,
  );
}

/** One row a network and contender. */
export function firstStepTable(found: readonly FirstSteps[]): HTMLElement | undefined {
  const lines = found.flatMap(({network, first, second}) =>
    (Object.keys(first) as Name[]).map(name => ({
      network,
      name,
      first: first[name]!,
      second: second[name],
    })),
  );
  if (lines.length === 0) return undefined;
  const browsers = listed([...new Set(found.map(({n}) => String(n)))]);
  return table(
    `The first steps of a page, every program to compile; medians of ${browsers} fresh browsers each`,
    [
      {heading: 'network', cell: ({network}) => network, words: true},
      {heading: 'who', cell: ({name}) => nameOf(name), words: true},
      {heading: 'first step, ms', cell: ({first}) => threeDigits(first)},
      {
        heading: 'second step, ms',
        cell: ({second}) => (second === undefined ? none : threeDigits(second)),
      },
    ],
    lines,
  );
}

/** One row a kernel, in each contender's ms and percent. */
export function splitTable(splits: readonly Split[], caption: string): HTMLElement {
  const kernels = [...new Set(splits.flatMap(split => split.kernels.map(({kernel}) => kernel)))];
  const cell = (split: Split, ms: number, calls?: number) =>
    `${threeDigits(ms)} ms, ${threeDigits((100 * ms) / totalOf(split))} %` +
    (calls === undefined ? '' : `, ${calls} ×`);
  return table<string | undefined>(
    caption,
    [
      {heading: 'kernel', cell: kernel => kernel ?? 'rest, between kernels', words: true},
      ...splits.map(split => ({
        heading: split.name,
        cell(kernel: string | undefined) {
          if (kernel === undefined) return cell(split, split.rest);
          const found = split.kernels.find(each => each.kernel === kernel);
          return found ? cell(split, found.ms, found.calls) : none;
        },
      })),
    ],
    [...kernels, undefined],
  );
}

/** In other libraries, and why there is none where there is none. */
export const peerTable = (peers: readonly PeerRow[]): HTMLElement =>
  table(
    'A training step of tutorial in other libraries, each in turns with ours on simd',
    [
      {
        heading: 'library',
        cell: ({name, version}) =>
          version && !name.includes(version) ? `${name} (${version})` : name,
        words: true,
      },
      {
        heading: 'theirs, ms',
        cell: ({measured}) => (measured ? timingText(measured.theirs) : none),
      },
      {heading: 'ours, ms', cell: ({measured}) => (measured ? timingText(measured.ours) : none)},
      {heading: 'theirs / ours', cell: ({measured}) => ratioCell(measured?.ratio)},
      {
        heading: 'not measured',
        cell: ({notMeasured}) =>
          notMeasured ? `${notMeasured.wrong ? 'WRONG: ' : ''}${notMeasured.why}` : none,
        words: true,
      },
    ],
    peers,
  );
