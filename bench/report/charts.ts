// The bench's report in a browser: the file that `npm run bench` writes and the page that runs the bench show the same.
import css from './charts.css';
import {
  firstStepTable,
  isWholeNetwork,
  mainTable,
  meaningsOf,
  modelTable,
  nameTerms,
  phaseTable,
  splitTable,
  type Table,
} from './columns.ts';
import {byCase, grouped, usualRows, winnersText, winsFrom} from './findings.ts';
import {element, factsElement, listElement, nameElement, tableElement} from './html.ts';
import {peerTable} from './peers.ts';
import {bars, curves, type Draw} from './plots.ts';
import {isModel, measuredOf, namesOf, type PlaceResults, type Results} from './results.ts';
import {roofDots, roofLegend, roofline} from './roofline.ts';
import {absencesIn, type Facts, hasLines, machineFacts, placeFacts} from './terminal.ts';

/** Replaces the content of the element with the results. To follow a dark page they need `color-scheme: light dark` on it. */
export function showResults(results: Results, into: HTMLElement): void {
  const {places, peers = []} = results;
  const measured = places.filter(({rows}) => rows.some(row => measuredOf(row).length));
  const main = measured.map(place => titled(mainTable(place, true), place));
  const models = measured.map(place => titled(modelTable(place, true), place)).filter(hasLines);
  const phasesOf = ({rows, tick, firstSteps}: PlaceResults) =>
    [phaseTable(usualRows(rows), tick), firstStepTable(firstSteps)].filter(hasLines);
  const phases = measured.flatMap(phasesOf);
  const splits = measured.flatMap(place =>
    grouped(place.splits, ({network}) => network).map(split => titled(splitTable(split), place)),
  );
  const tables = [...main, ...models, ...phases];
  const how = factsElement([...nameTerms, ...terms], {class: 'how'});
  const fastest = measured.flatMap((place, i) => {
    if (!hasLines(main[i])) return [];
    const finding = `${whereOf(place).replace('in', 'In')}: ${winnersText(usualRows(place.rows))}`;
    return [element('p', {class: 'finding'}, finding), tableElement(main[i])];
  });
  const sections = [
    section('What was measured where', measuredWhere(results)),
    section('Who is the fastest', [...fastest, ...models.map(tableElement)]),
    section('The time of each kernel', grid(measured.flatMap(kernelTimes))),
    section('Over the batch size', grid(measured.flatMap(overBatches))),
    section('Under the roofline', grid(measured.flatMap(underRoofs))),
    section('Where the time of a step goes', grid(splits.map(tableElement))),
    section('Phases of a run', phases.map(tableElement)),
    section('Beside other libraries', peers.length ? [tableElement(peerTable(peers))] : []),
    section('How to read this', [how, listElement(meaningsOf(tables))]),
  ];
  const article = element('article', {class: 'bench-results'}, ...sections.flat());
  into.replaceChildren(element('style', {}, css), article);
}

/** A section; none without content. */
const section = (heading: string, content: HTMLElement[]): HTMLElement[] =>
  content.length ? [element('section', {}, element('h2', {}, heading), ...content)] : [];

const whereOf = ({place}: PlaceResults) => (place === 'node' ? 'in Node' : 'in the browser');

const titled = (table: Table, place: PlaceResults): Table => ({
  ...table,
  caption: `${table.caption}, ${whereOf(place)}${place.software ? ' with a renderer in software' : ''}`,
});

const terms: Facts = [
  [
    'Ratios before milliseconds',
    'All contenders of a row run in turns in one process or page: what disturbs the machine disturbs all of them. A ratio ' +
      'therefore stays true on other days and similar machines more often than a time.',
  ],
  [
    'Median ± median absolute deviation',
    'Half of the runs take less than the median, and half of the runs differ from it by less than the deviation. One slow run changes neither.',
  ],
  [
    'Renderer in software',
    'A program that does a GPU’s work on the processor. Its ratios compare the amount of work of two ways of drawing; its ' +
      'milliseconds say nothing about a GPU.',
  ],
  [
    'Roofline',
    'The level part of a roof is the highest rate of multiply-adds without memory. The slanted part is the limit of memory: ' +
      'a kernel with more operations for each byte can reach a higher rate. The same run measures both. A dot far below its ' +
      'roof could be faster. The bytes are the least that has to move; a kernel whose data stays in a cache can lie above the ' +
      'slanted part.',
  ],
];

// ---- what was measured where

function measuredWhere(results: Results): HTMLElement[] {
  const {places, incomplete} = results;
  const absences = places.flatMap(place =>
    absencesIn(place).map(({wrong, text}) => ({wrong, text: `${text}, ${whereOf(place)}`})),
  );
  const wrong = absences.filter(({wrong}) => wrong).map(({text}) => text);
  const missing = absences.filter(({wrong}) => !wrong).map(({text}) => text);
  const card = (heading: string, facts: Facts, ...more: HTMLElement[]) =>
    element('div', {class: 'card'}, element('h3', {}, heading), factsElement(facts), ...more);
  const cards = places.map(place => {
    const legend = element('p', {class: 'legend'}, ...namesOf(place.rows).map(nameElement));
    return card(place.place === 'node' ? 'Node' : 'The browser', placeFacts(place), legend);
  });
  const interrupted = 'The run was interrupted: the rest of the rows is missing.';
  const bug = element('strong', {}, 'Wrong, a bug:');
  const summary = element('summary', {}, 'Not measured, and why');
  const alert = {class: 'note wrong', role: 'alert'};
  return [
    ...(incomplete ? [element('p', {class: 'note'}, interrupted)] : []),
    ...(wrong.length ? [element('div', alert, bug, listElement(wrong))] : []),
    element('div', {class: 'cards'}, card('The machine', machineFacts(results)), ...cards),
    ...(missing.length ? [element('details', {}, summary, listElement(missing))] : []),
  ];
}

// ---- the charts

/** A chart that is drawn anew whenever its width changes. */
export function figure(
  heading: string,
  finding: string,
  draw: Draw,
  legend: readonly HTMLElement[] = [],
) {
  const box = element('div', {class: 'plot'});
  let drawn = 0;
  new ResizeObserver(([{contentRect}]) => {
    const width = Math.max(300, Math.floor(contentRect.width));
    if (contentRect.width === 0 || width === drawn) return;
    drawn = width;
    const chart = draw(width);
    chart.setAttribute('role', 'img');
    // Plot labels each group of marks, and a label needs a role.
    for (const marks of chart.querySelectorAll('g[aria-label]'))
      marks.setAttribute('role', 'group');
    box.replaceChildren(chart);
  }).observe(box);
  const above = legend.length ? [element('p', {class: 'legend'}, ...legend)] : [];
  const caption = element('figcaption', {}, finding);
  return element('figure', {}, element('h3', {}, heading), ...above, box, caption);
}

const grid = (figures: HTMLElement[]) =>
  figures.length ? [element('div', {class: 'figures'}, ...figures)] : [];

function kernelTimes(place: PlaceResults): HTMLElement[] {
  const rows = usualRows(place.rows).filter(row => measuredOf(row).length && !isModel(row.name));
  return grouped(rows, ({name}) => name.split('/')[0]).map(found => {
    const finding = `${winnersText(found)} Bars are medians, the ticks on them ± the median absolute deviation.`;
    const heading = `${found[0].name.split('/')[0]} ${whereOf(place)}`;
    return figure(heading, finding, bars(found, finding));
  });
}

/** A figure for each case with at least three batch sizes; for a step or inference two are enough. */
function overBatches(place: PlaceResults): HTMLElement[] {
  const cases = byCase(place.rows.filter(row => measuredOf(row).length)).filter(
    rows => rows.length >= (isWholeNetwork(rows[0]) ? 2 : 3),
  );
  return cases.map(rows => {
    const finding = `The fastest of ours: ${winsFrom(rows[0], rows) ?? 'none has a time'}.`;
    const heading = `${rows[0].name} ${whereOf(place)}`;
    return figure(heading, finding, curves(rows, finding), namesOf(rows).map(nameElement));
  });
}

function underRoofs(place: PlaceResults): HTMLElement[] {
  const {rows, roofs} = place;
  const dots = roofDots(rows, roofs);
  if (dots.length === 0 || roofs.length === 0) return [];
  const finding =
    'Each dot is one of our kernels at one batch size: the nearer to its roof, the better.';
  const legend = [
    ...[...new Set(dots.map(({name}) => name))].map(nameElement),
    ...roofs.map(roofLegend),
  ];
  return [figure(`Our kernels ${whereOf(place)}`, finding, roofline(dots, roofs, finding), legend)];
}
