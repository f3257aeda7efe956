// The report of `npm run bench -- --seeds N` in a browser: a dot for each seed.
import {axisX, dodgeY, dot, gridX, plot, rectX, ruleX, text} from '@observablehq/plot';
import {percent} from '../../src/format.ts';
import css from './charts.css';
import {figure} from './charts.ts';
import {element, factsElement, tableElement} from './html.ts';
import {type Draw, faint, frame} from './plots.ts';
import {accuraciesOf, type Moment, moments, quantile, type Seeds, seedsTable} from './seeds.ts';
import {machineFacts} from './terminal.ts';

/** Replaces the content of the element with the results. To follow a dark page they need `color-scheme: light dark` on it. */
export function showSeeds(seeds: Seeds, into: HTMLElement): void {
  const table = seedsTable(seeds);
  const finding =
    'A dot is a seed. The line is the median; nine tenths of the seeds lie in the band.';
  const facts = factsElement([...machineFacts(seeds), ['runtime', seeds.runtime]]);
  const chart = figure(table.caption, finding, accuracies(seeds, `${table.caption}. ${finding}`));
  const article = element('article', {class: 'bench-results'}, facts, chart, tableElement(table));
  into.replaceChildren(element('style', {}, css), article);
}

/** The accuracies at both moments on one axis, in percent. */
const accuracies =
  (seeds: Seeds, label: string): Draw =>
  width => {
    const names = Object.entries(moments) as [Moment, string][];
    const dots = names.flatMap(([moment, name]) =>
      accuraciesOf(seeds, moment).map((share, i) => ({
        name,
        accuracy: 100 * share,
        title: `seed ${seeds.runs[i].seed}: ${percent(share)} ${name}`,
      })),
    );
    const bands = names.map(([moment, name]) => {
      const [low, median, high] = [0.05, 0.5, 0.95].map(
        share => 100 * quantile(accuraciesOf(seeds, moment), share),
      );
      const [from, middle, to] = [low, median, high].map(accuracy => percent(accuracy / 100));
      const text = `${name}: median ${middle}, nine tenths from ${from} to ${to}`;
      return {name, low, median, high, text};
    });
    const all = dots.map(({accuracy}) => accuracy);
    const [lowest, highest] = [Math.floor(Math.min(...all)), Math.ceil(Math.max(...all))];
    const ticks = Array.from({length: highest - lowest + 1}, (_, i) => lowest + i);
    const color = 'var(--simd)';
    return plot({
      ...frame(width, 320, label),
      ...{marginLeft: 12, marginRight: 18, marginTop: 8, marginBottom: 44},
      x: {domain: [lowest, highest]},
      fy: {domain: names.map(([, name]) => name), axis: null, padding: 0.08},
      marks: [
        gridX(ticks, faint),
        axisX(ticks, {label: '% of the test images recognised →', tickFormat: String}),
        rectX(bands, {fy: 'name', x1: 'low', x2: 'high', fill: color, fillOpacity: 0.14}),
        ruleX(bands, {fy: 'name', x: 'median', stroke: color, strokeWidth: 1.5}),
        dot(
          dots,
          dodgeY({fy: 'name', x: 'accuracy', r: 2.2, fill: color, title: 'title', tip: true}),
        ),
        text(bands, {fy: 'name', text: 'text', frameAnchor: 'top-left', dy: 5}),
      ],
    });
  };
