// What has changed between two runs of the bench, as far as it is more than noise.
import {median} from '../../src/statistics.ts';
import {type Column, tableOf} from './columns.ts';
import {threeDigits} from './findings.ts';
import {isMeasured, measuredOf, type Results, type Timing} from './results.ts';
import {tableText} from './terminal.ts';

/** Names what isn't the same in both runs: there a change may be the machine's, or another browser's. */
function differencesText(before: Results, after: Results): string {
  const facts = ({
    machine: {cpu, cores, tfjs},
    places,
  }: Results): Record<string, string | undefined> =>
    Object.assign(
      {machine: `${cpu}, ${cores} cores`, 'TensorFlow.js': tfjs},
      ...places.map(({place, runtime, build, renderer}) => ({
        [`runtime, ${place}`]: runtime,
        [`WebAssembly build, ${place}`]: build,
        'WebGL on': renderer,
      })),
    );
  const [was, is] = [facts(before), facts(after)];
  const lines = Object.keys(is)
    .filter(fact => was[fact] && is[fact] && was[fact] !== is[fact])
    .map(fact => `  ${fact}: ${was[fact]}, now ${is[fact]}\n`);
  return lines.length ? `The two runs are not of the same kind:\n${lines.join('')}` : '';
}

interface Change {
  /** Where, which case, and who. */
  what: string;
  before: number;
  after: number;
  /** Of the medians, and of the least times: of noise, the least have less. */
  ratio: number;
  leastRatio: number;
  /** By what factor noise alone may move the medians' ratio. */
  noise: number;
}

/** A normal distribution's standard deviation is 1.48 times its median absolute deviation. */
const sigma = ({mad, median}: Timing) => (1.4826 * mad) / median;

/**
 * From run to run a time moves by more than its spread within a run tells. Of two runs of the same code on two shared cores,
 * 463 times, 90 in 100 were within that factor, and 3 in 100 are flagged all the same.
 */
const leastNoise = 1.25;

/** Every contender that was measured in both. */
export const changes = (before: Results, after: Results): Change[] =>
  after.places.flatMap(({place, rows}) => {
    const old = before.places.find(each => each.place === place);
    return rows.flatMap(row => {
      const oldRow = old?.rows.find(({name, batch}) => name === row.name && batch === row.batch);
      return measuredOf(row).flatMap(([name, {steady}]) => {
        const was = oldRow?.contenders[name];
        if (!isMeasured(was)) return [];
        const spread = 3 * Math.hypot(sigma(was.steady), sigma(steady));
        return {
          what: `${place}, ${row.name}, batch ${row.batch}: ${name}`,
          before: was.steady.median,
          after: steady.median,
          ratio: steady.median / was.steady.median,
          leastRatio: steady.least / was.steady.least,
          noise: Math.max(leastNoise, 1 + spread),
        };
      });
    });
  });

/**
 * Those whose ratio differs from the median of all ratios by more than noise: the machine as a whole may be faster or slower
 * than it was.
 */
export function changesText(before: Results, after: Results): string {
  const all = changes(before, after);
  const since = `${differencesText(before, after)}Since ${before.date}`;
  if (all.length === 0) return `${since}: nothing was measured in both\n`;
  const whole = median(all.map(({ratio}) => ratio));
  const flagged = all.filter(({ratio, leastRatio, noise}) => {
    const [change, leastChange] = [ratio, leastRatio].map(each => Math.log(each / whole));
    return (
      Math.abs(change) > Math.log(noise) &&
      Math.abs(leastChange) > Math.log(leastNoise) &&
      change * leastChange > 0
    );
  });
  const heading = `${since}, ${all.length} times: the median of all ratios after/before is ${threeDigits(whole)}`;
  if (flagged.length === 0)
    return `${heading}\nNo ratio differs from that median by more than noise\n`;
  const number = (heading: string, of: (change: Change) => number): Column<Change> => ({
    heading,
    text: change => threeDigits(of(change)),
  });
  const columns: Column<Change>[] = [
    {heading: 'changed by more than noise', text: ({what}) => what, words: true},
    number('before', ({before}) => before),
    number('after', ({after}) => after),
    number('ratio', ({ratio}) => ratio),
    number('to the median', ({ratio}) => ratio / whole),
    {heading: '', text: ({ratio}) => (ratio > whole ? 'slower' : 'faster')},
  ];
  return tableText(
    tableOf(
      heading,
      columns,
      flagged.sort((a, b) => b.ratio - a.ratio),
    ),
  );
}
