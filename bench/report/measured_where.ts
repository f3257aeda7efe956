// The report's first section: machine, runtimes, renderer, and what is missing or wrong.
import {
  isMeasured,
  measuredOf,
  type Name,
  type NotMeasured,
  type PlaceResults,
  type Results,
  type Row,
} from './results.ts';
import {element, nameOf} from './tables.ts';

export const whereOf = ({place}: PlaceResults) => (place === 'node' ? 'in Node' : 'in the browser');

export const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

const extents = {
  quick: 'a quick run: few rounds, so that spreads are wide',
  usual: 'the usual run',
  full: 'the full run',
};

export function measuredWhere({machine, date, extent, places, incomplete}: Results): HTMLElement[] {
  const notes: HTMLElement[] = [];
  if (incomplete) {
    notes.push(element('p', {class: 'note'}, 'Interrupted: rows that were to come are missing.'));
  }
  const wrong = absences(places).filter(({found}) => found.wrong);
  if (wrong.length) {
    notes.push(
      element(
        'div',
        {class: 'note wrong', role: 'alert'},
        element('strong', {}, `${count(wrong.length, 'result')} wrong, a bug:`),
        list(
          wrong.map(
            ({place, row, name, found}) =>
              `${row.name}, batch ${row.batch}, ${name} ${whereOf(place)}: ${found.why}`,
          ),
        ),
      ),
    );
  }
  const {cpu, cores, load, tfjs} = machine;
  const busy = (load ?? 0) > cores - 1 ? ': less than one core was free' : '';
  const facts: [string, string][] = [
    ['processor', `${cpu}, ${count(cores, 'core')}`],
    ...(load === undefined
      ? []
      : [['load before', `${load.toFixed(1)} processes wanted to run${busy}`] as [string, string]]),
    ['TensorFlow.js', tfjs],
    ['date', `${date.slice(0, 16).replace('T', ' ')} UTC`],
    ['extent', extents[extent]],
  ];
  return [
    ...notes,
    element(
      'div',
      {class: 'cards'},
      element('div', {class: 'card'}, element('h3', {}, 'The machine'), terms(facts)),
      ...places.map(placeCard),
    ),
    ...notMeasured(places),
  ];
}

function placeCard(place: PlaceResults): HTMLElement {
  const {runtime, build, renderer, software, missing} = place;
  const facts: [string, string][] = [['runtime', runtime]];
  if (build) facts.push(['build of simd', build]);
  if (renderer) facts.push(['renderer', renderer]);
  for (const {backend, why} of missing) facts.push([`no ${backend}`, why]);
  const names = new Set(place.rows.flatMap(row => measuredOf(row).map(([name]) => name)));
  return element(
    'div',
    {class: 'card'},
    element('h3', {}, place.place === 'node' ? 'Node' : 'The browser'),
    terms(facts),
    ...(software
      ? [
          element(
            'p',
            {class: 'software'},
            'A renderer in software: this says nothing about a GPU’s milliseconds.',
          ),
        ]
      : []),
    element('p', {class: 'legend'}, ...[...names].map(nameOf)),
  );
}

interface Absence {
  place: PlaceResults;
  row: Row;
  name: Name;
  found: NotMeasured;
}

const absences = (places: readonly PlaceResults[]): Absence[] =>
  places.flatMap(place =>
    place.rows.flatMap(row =>
      Object.entries(row.contenders).flatMap(([name, found]) =>
        isMeasured(found) ? [] : [{place, row, name: name as Name, found}],
      ),
    ),
  );

/** What can't be had, by its reason. */
function notMeasured(places: readonly PlaceResults[]): HTMLElement[] {
  const reasons = new Map<string, string[]>();
  for (const {place, row, name, found} of absences(places)) {
    if (found.wrong) continue;
    const reason = `${name} ${whereOf(place)}: ${found.why}`;
    reasons.set(reason, [...(reasons.get(reason) ?? []), `${row.name} (${row.batch})`]);
  }
  if (reasons.size === 0) return [];
  const lines = [...reasons].map(([reason, cases]) => `${reason} — ${cases.join(', ')}`);
  return [element('details', {}, element('summary', {}, 'Not measured, and why'), list(lines))];
}

const list = (lines: readonly string[]) =>
  element('ul', {}, ...lines.map(line => element('li', {}, line)));

const terms = (facts: readonly [string, string][]) =>
  element(
    'dl',
    {},
    ...facts.flatMap(([term, fact]) => [element('dt', {}, term), element('dd', {}, fact)]),
  );
