// The results in a terminal: for each place its facts, its fastest backend, and its tables.
import {
  firstStepTable,
  mainTable,
  meaningsOf,
  modelTable,
  nameTerms,
  sweepTable,
  type Table,
} from './columns.ts';
import {rowsOfUsualSize, winnersText} from './findings.ts';
import {peerTable} from './peers.ts';
import {isMeasured, type PlaceResults, type Results} from './results.ts';
import {simdThreadsText, threeDigits} from './texts.ts';

/** Terms and their texts; the report shows them too. */
export type Facts = [term: string, text: string][];

const known = (facts: [term: string, text: string | undefined][]): Facts =>
  facts.filter((fact): fact is Facts[number] => fact[1] !== undefined);

export const machineFacts = ({
  machine: {cpu, cores, load, tfjs},
  date,
}: Pick<Results, 'machine' | 'date'>): Facts =>
  known([
    ['processor', `${cpu}, ${cores} cores`],
    ['load before', load === undefined ? load : `${load.toFixed(1)} processes wanted to run`],
    ['TensorFlow.js', tfjs],
    ['date', `${date.slice(0, 16).replace('T', ' ')} UTC`],
  ]);

export function placeFacts(place: PlaceResults): Facts {
  const {runtime, build, renderer, software, roofs, missing} = place;
  const warning = software ? ', a renderer in software: this says nothing about a GPU' : '';
  return known([
    ['runtime', `${runtime}, ${simdThreadsText(place)}`],
    ['WebAssembly build', build],
    ['WebGL on', renderer && renderer + warning],
    ...roofs.map(({code, gflops, gbytes}): Facts[number] => [
      `at most, ${code}`,
      `${threeDigits(gflops)} GFLOP/s, ${threeDigits(gbytes)} GB/s copied`,
    ]),
    ...missing.map(({backend, why}): Facts[number] => [backend, `not measured, ${why}`]),
  ]);
}

export const factsText = (facts: Facts): string =>
  facts.map(([term, text]) => `${term}: ${text}\n`).join('');

export const hasLines = ({lines}: Table): boolean => lines.length > 0;

const tablesOf = (place: PlaceResults): Table[] =>
  [mainTable(place), modelTable(place), sweepTable(place), firstStepTable(place.firstSteps)].filter(
    hasLines,
  );

/** A sentence about the fastest backends, the tables, and the contenders without a time. */
export function placeText(place: PlaceResults): string {
  if (place.rows.length === 0) return '';
  const absent = absencesIn(place).map(({text}) => text);
  const isCompared = hasLines(mainTable(place));
  return [
    ...(isCompared ? [`${winnersText(rowsOfUsualSize(place.rows))}\n`] : []),
    ...tablesOf(place).map(tableText),
    ...(absent.length ? [`${absent.join('\n')}\n`] : []),
  ].join('\n');
}

/** The contenders without a time, and why. */
export const absencesIn = ({rows}: PlaceResults): {wrong: boolean; text: string}[] =>
  rows.flatMap(({name, batch, contenders}) =>
    Object.entries(contenders).flatMap(([who, found]) =>
      isMeasured(found)
        ? []
        : {wrong: found.wrong, text: `${name}, batch ${batch}, ${who}: not timed, ${found.why}`},
    ),
  );

export const peersText = ({peers = []}: Results): string =>
  peers.length ? tableText(peerTable(peers)) : '';

export const legend = ({places}: Results): string =>
  [...nameTerms.map(([term, text]) => `${term}: ${text}`), ...meaningsOf(places.flatMap(tablesOf))]
    .map(line => `${line}\n`)
    .join('');

/** A table with columns of equal width: words to the left, numbers to the right. */
export function tableText({caption, columns, lines}: Table): string {
  const all = [columns.map(({heading}) => heading), ...lines];
  const widths = columns.map((_, i) => Math.max(...all.map(line => line[i].length)));
  const texts = all.map(line =>
    line
      .map((cell, i) => (columns[i].words ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
  return `${caption}\n${texts.join('\n')}\n`;
}
