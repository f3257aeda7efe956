// The bench's report: from its JSON, what a person wants to see. In a browser only; the same in the file that
// `npm run bench` writes and on the page that runs the bench.

import css from './charts.css';
import {
  byCase,
  fastestFirst,
  listed,
  partsOf,
  ratioOf,
  reigns,
  threeDigits,
  totalOf,
  usualRows,
} from './findings.ts';
import {howToRead} from './how_to_read.ts';
import {count, measuredWhere, whereOf} from './measured_where.ts';
import {bars, curves, type Draw} from './plots.ts';
import {
  batchSize,
  isOurs,
  measuredOf,
  type Name,
  type PlaceResults,
  type Results,
  type Roof,
  type Row,
  type Split,
} from './results.ts';
import {codeColors, type RoofDot, roofDots, roofline} from './roofline.ts';
import {splitColors, stacks} from './splits.ts';
import {
  element,
  firstStepTable,
  nameOf,
  peerTable,
  phaseTable,
  splitTable,
  winnerTable,
} from './tables.ts';

/** Shows them in that element, instead of what is in it. Needs `color-scheme: light dark` on the page to be dark where the rest is. */
export function showResults(results: Results, into: HTMLElement): void {
  const {places, peers = []} = results;
  const sections = [
    section('What was measured where', measuredWhere(results)),
    section('Who is the fastest', places.flatMap(winners)),
    section(
      'The time of each kernel',
      places.flatMap(place => grid(kernelTimes(place))),
    ),
    section('Over the batch size', grid(places.flatMap(overBatches))),
    section('Under the roofline', grid(places.flatMap(underRoofs))),
    section('Where the time of a step goes', grid(stepSplits(places))),
    section('Phases of a run', places.flatMap(phases)),
    section('Beside other libraries', peers.length ? [peerTable(peers)] : []),
    section('How to read this', howToRead()),
  ];
  into.replaceChildren(
    element('style', {}, css),
    element('article', {class: 'bench-results'}, ...sections.flat()),
  );
}

/** Without anything to show there is none. */
const section = (heading: string, content: HTMLElement[]): HTMLElement[] =>
  content.length ? [element('section', {}, element('h2', {}, heading), ...content)] : [];

// ---- who is the fastest

function winners(place: PlaceResults): HTMLElement[] {
  const software = place.software ? ' with a renderer in software' : '';
  const caption = `The fastest of our backends ${whereOf(place)}${software}, batches of ${batchSize}`;
  const found = winnerTable(place, caption);
  return found ? [...firstFinding(place), found] : [];
}

/** A sentence about the first case that is a whole step, or about the first. */
function firstFinding(place: PlaceResults): HTMLElement[] {
  const rows = usualRows(place.rows).filter(row => fastestFirst(row, isOurs).length);
  const row = rows.find(({name}) => name.endsWith('/step')) ?? rows[0];
  const [[best, {steady}], next] = fastestFirst(row, isOurs);
  const others = [next, ...fastestFirst(row, name => !isOurs(name))].flatMap(each => {
    const ratio = each && ratioOf(row, each[0], best);
    return ratio && !ratio.tooWide ? [`${each[0]} ${threeDigits(ratio.ratio)} times as long`] : [];
  });
  const where = place.place === 'node' ? 'In Node' : 'In the browser';
  return [
    element(
      'p',
      {class: 'finding'},
      `${where}, ${row.name} on a batch of ${row.batch} takes ${threeDigits(steady.median)} ms on ${best}` +
        `${others.length ? `; ${listed(others)}` : ''}.`,
    ),
  ];
}

// ---- the charts

/** Drawn anew whenever the width that there is for it changes. */
function figure(heading: string, finding: string, draw: Draw, legend: readonly HTMLElement[] = []) {
  const box = element('div', {class: 'plot'});
  let drawn = 0;
  new ResizeObserver(([{contentRect}]) => {
    const width = Math.max(300, Math.floor(contentRect.width));
    if (contentRect.width === 0 || width === drawn) return;
    drawn = width;
    const chart = draw(width);
    chart.setAttribute('role', 'img');
    // Plot names each kind of mark, and only what has a role can have a name.
    for (const marks of chart.querySelectorAll('g[aria-label]'))
      marks.setAttribute('role', 'group');
    box.replaceChildren(chart);
  }).observe(box);
  return element(
    'figure',
    {},
    element('h3', {}, heading),
    ...(legend.length ? [element('p', {class: 'legend'}, ...legend)] : []),
    box,
    element('figcaption', {}, finding),
  );
}

const grid = (figures: HTMLElement[]) =>
  figures.length ? [element('div', {class: 'figures'}, ...figures)] : [];

const namesOf = (rows: readonly Row[]): Name[] => [
  ...new Set(rows.flatMap(row => measuredOf(row).map(([name]) => name))),
];

const grouped = <T>(values: readonly T[], key: (value: T) => string): [string, T[]][] => {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return [...groups];
};

function kernelTimes(place: PlaceResults): HTMLElement[] {
  const rows = usualRows(place.rows).filter(row => measuredOf(row).length);
  const networks = grouped(rows, ({name}) => partsOf(name).network);
  return networks.map(([network, found]) => {
    const firsts = grouped(
      found.flatMap(row => fastestFirst(row, isOurs).slice(0, 1)),
      ([name]) => name,
    );
    const shares = firsts
      .sort(([, a], [, b]) => b.length - a.length)
      .map(([name, {length}]) => `${name} in ${length}`);
    const ours = `The fastest of ours is ${listed(shares)} of ${count(found.length, 'case')}. `;
    const finding = `${firsts.length ? ours : ''}Bars are medians, the ticks on them ± the median absolute deviation.`;
    return figure(`${network} ${whereOf(place)}`, finding, bars(found, finding));
  });
}

/** Each case with two batch sizes, if it is a whole step or inference, or three. */
function overBatches(place: PlaceResults): HTMLElement[] {
  const cases = byCase(place.rows.filter(row => measuredOf(row).length)).filter(
    ([{name}, ...others]) => others.length >= (/\/(step|inference)$/.test(name) ? 1 : 2),
  );
  return cases.map(rows => {
    const finding = crossings(rows);
    return figure(
      `${rows[0].name} ${whereOf(place)}`,
      finding,
      curves(rows, finding),
      namesOf(rows).map(nameOf),
    );
  });
}

function crossings(rows: readonly Row[]): string {
  const found = reigns(rows);
  const size = (batch: number) => batch.toLocaleString('en-US');
  if (found.length === 0) return 'None of ours has a time here.';
  if (found.length === 1) {
    const [{name, from, to}] = found;
    return `${name} is the fastest of ours at every measured size, from ${size(from)} to ${size(to)}: no crossing.`;
  }
  const parts = found.map(({name, from, to}, i) => {
    if (i === 0) return `${name} up to ${size(to)}`;
    if (i === found.length - 1) return `${name} from ${size(from)} on`;
    return from === to ? `${name} at ${size(from)}` : `${name} from ${size(from)} to ${size(to)}`;
  });
  const between = found
    .slice(1)
    .map(({from}, i) => `between ${size(found[i].to)} and ${size(from)}`);
  return `The fastest of ours is ${listed(parts)}; the curves cross ${listed(between)}.`;
}

function underRoofs(place: PlaceResults): HTMLElement[] {
  const dots = roofDots(place.rows, place.roofs);
  if (dots.length === 0 || place.roofs.length === 0) return [];
  const names = [...new Set(dots.map(({name}) => name))];
  const finding = nearest(dots);
  return [
    figure(`Our kernels ${whereOf(place)}`, finding, roofline(dots, place.roofs, finding), [
      ...names.map(nameOf),
      ...place.roofs.map(roofLegend),
    ]),
  ];
}

const roofLegend = ({code, gflops, gbytes}: Roof) =>
  element(
    'span',
    {class: 'name roof', style: `--color: ${codeColors[code]}`},
    `roof of ${code} code: ${threeDigits(gflops)} GFLOP/s, ${threeDigits(gbytes)} GB/s`,
  );

function nearest(dots: readonly RoofDot[]): string {
  // At small batches a kernel's start counts more than the machine.
  const usual = dots.filter(({batch}) => batch === batchSize);
  const sorted = (usual.length ? usual : dots)
    .filter(({part}) => part !== undefined)
    .sort((a, b) => b.part! - a.part!);
  if (sorted.length === 0) return 'None of these has a roof of its own kind of code.';
  const words = ({kernel, batch, name, part}: RoofDot) =>
    `${kernel} on ${name} with ${Math.round(100 * part!)} %${batch === batchSize ? '' : ` (batch ${batch})`}`;
  const [best, worst] = [sorted[0], sorted[sorted.length - 1]];
  return `Nearest to its roof comes ${words(best)}; furthest from it stays ${words(worst)}.`;
}

function stepSplits(places: readonly PlaceResults[]): HTMLElement[] {
  const colors = splitColors(places.flatMap(({splits}) => splits));
  return places.flatMap(place => placeSplits(place, colors));
}

function placeSplits(place: PlaceResults, colors: Map<string, string>): HTMLElement[] {
  return grouped(place.splits, ({network}) => network).map(([network, splits]) => {
    const finding = `${splits.map(largest).join('; ')}.`;
    const heading = `${network} ${whereOf(place)}`;
    const made = figure(heading, finding, stacks(splits, colors, finding));
    made.append(
      element(
        'p',
        {class: 'legend'},
        ...[...colors, ['other kernels', 'var(--other)'], ['rest', 'var(--rest)']].map(
          ([kernel, color]) =>
            element('span', {class: 'name kernel', style: `--color: ${color}`}, kernel),
        ),
      ),
      element(
        'details',
        {},
        element('summary', {}, 'In ms and percent'),
        splitTable(splits, `A step of ${heading}, by kernel, batches of ${batchSize}`),
      ),
    );
    return made;
  });
}

function largest(split: Split): string {
  const percent = (ms: number) => `${Math.round((100 * ms) / totalOf(split))} %`;
  const [first] = split.kernels.toSorted((a, b) => b.ms - a.ms);
  if (!first) return `${split.name} calls no kernel`;
  return `${split.name} spends ${percent(first.ms)} in ${first.kernel} and ${percent(split.rest)} between kernels`;
}

function phases(place: PlaceResults): HTMLElement[] {
  const steps = phaseTable(place, `Whole networks ${whereOf(place)}`);
  return [steps, firstStepTable(place.firstSteps)].filter(found => found !== undefined);
}
