// The changes between two runs of the bench that are larger than noise.
import {median} from '../../src/statistics.ts';
import {type Column, tableOf} from './columns.ts';
import {isMeasured, measuredOf, type Results, type Timing} from './results.ts';
import {tableText} from './terminal.ts';
import {threeDigits} from './texts.ts';

function factsOf({machine: {cpu, cores, tfjs}, places}: Results) {
  const facts: Record<string, string | undefined> = {machine: `${cpu}, ${cores} cores`};
  facts['TensorFlow.js'] = tfjs;
  for (const {place, runtime, build, threads = 1, renderer} of places) {
    facts[`runtime, ${place}`] = runtime;
    facts[`WebAssembly build, ${place}`] = build;
    facts[`threads of simd, ${place}`] = String(threads);
    facts['WebGL on'] = renderer;
  }
  return facts;
}

/** Names the facts that differ between the runs: they, and not the code, may be why a time changed. */
function differencesText(before: Results, after: Results): string {
  const [was, is] = [factsOf(before), factsOf(after)];
  const lines = Object.keys(is)
    .filter(fact => was[fact] && is[fact] && was[fact] !== is[fact])
    .map(fact => `  ${fact}: ${was[fact]}, now ${is[fact]}\n`);
  return lines.length ? `The two runs are not of the same kind:\n${lines.join('')}` : '';
}

interface Change {
  /** The place, the case and the contender. */
  what: string;
  before: number;
  after: number;
  /** after / before: of the medians, and of the least times, which have less noise. */
  ratio: number;
  leastRatio: number;
  /** The factor by which noise alone may change the medians' ratio. */
  noise: number;
}

/** A normal distribution's standard deviation is 1.48 times its median absolute deviation. */
const sigma = ({mad, median}: Timing) => (1.4826 * mad) / median;

/**
 * A time differs more between two runs than within one run. Measured on two shared cores in two runs of the same code: 90 % of
 * 463 times changed by less than this factor, and 3 % of them are flagged all the same.
 */
const leastNoise = 1.25;

/** The changes of all contenders that were measured in both runs. */
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

/** The times whose ratio differs by more than noise from the median of all ratios, which is the machine's own change of speed. */
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
  const columns: Column<Change>[] = [
    {heading: 'changed by more than noise', text: ({what}) => what, words: true},
    {heading: 'before', text: ({before}) => threeDigits(before)},
    {heading: 'after', text: ({after}) => threeDigits(after)},
    {heading: 'ratio', text: ({ratio}) => threeDigits(ratio)},
    {heading: 'to the median', text: ({ratio}) => threeDigits(ratio / whole)},
    {heading: '', text: ({ratio}) => (ratio > whole ? 'slower' : 'faster')},
  ];
  flagged.sort((a, b) => b.ratio - a.ratio);
  return tableText(tableOf(heading, columns, flagged));
}
