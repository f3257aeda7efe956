// The charts of times, each a function of its width in pixels. Colours are custom properties of ./charts.css, one a backend,
// the same in all charts; TensorFlow.js's own ops are paler than ours, with an outline.
import {
  axisX,
  axisY,
  barX,
  dot,
  gridX,
  gridY,
  line,
  type Markish,
  plot,
  ruleX,
  ruleY,
  text,
} from '@observablehq/plot';
import type {Backend, Name, Row, Timing} from './results.ts';
import {backendOf, isLayers, isOurs, isStock, measuredOf} from './results.ts';
import {kernelOf, threeDigits, timingText} from './texts.ts';

export type Draw = (width: number) => SVGSVGElement | HTMLElement;

/** A backend's symbol in charts, and in text for our ops and for stock ones, which are hollow. */
const symbols = {
  simd: ['circle', '●', '○'],
  cpu: ['square', '■', '□'],
  webgl: ['triangle', '▲', '△'],
  wasm: ['diamond', '◆', '◇'],
  webgpu: ['star', '★', '☆'],
} as const satisfies Record<Backend, readonly string[]>;

export const symbolsOf = (name: Name) =>
  isLayers(name) ? (['cross', '✚', '✚'] as const) : symbols[backendOf(name)];

export const colorOf = (name: Name): string => `var(--${backendOf(name)})`;

type Named = {name: Name};
export const fillOf = ({name}: Named) => colorOf(name);
export const symbolOf = ({name}: Named) => symbolsOf(name)[0];

/** Our bars are filled; stock ones are outlined; those of tf.layers are outlined with dashes. */
const styles = [
  {has: isOurs, fillOpacity: 1, strokeDasharray: undefined},
  {has: isStock, fillOpacity: 0.22, strokeDasharray: undefined},
  {has: isLayers, fillOpacity: 0.22, strokeDasharray: '4 2'},
];

const font = {fontFamily: 'inherit', fontSize: '12px', fontVariantNumeric: 'tabular-nums'};
export const faint = {stroke: 'currentColor', strokeOpacity: 0.15};
/** The margins of a chart with an axis at the bottom and one at the left. */
export const margins = {marginLeft: 52, marginRight: 18, marginTop: 28, marginBottom: 46};
export const frame = (width: number, height: number, ariaLabel: string) => ({
  width,
  height,
  ariaLabel,
  style: font,
});

/** Powers of ten; if fewer than three are in the range, their multiples by two and five too. */
export function logTicks(low: number, high: number): number[] {
  const powers = Array.from({length: 19}, (_, i) => 10 ** (i - 9));
  const within = (ticks: number[]) => ticks.filter(tick => tick >= low && tick <= high);
  const coarse = within(powers);
  return coarse.length > 2 ? coarse : within(powers.flatMap(p => [p, 2 * p, 5 * p]));
}

export const plain = (x: number) => x.toLocaleString('en-US', {maximumFractionDigits: 9});

/** Median ± mad of a run, divided by its number of images, for a logarithmic axis. */
const spread = ({median, mad}: Timing, images = 1) => ({
  ms: median / images,
  low: Math.max(median - mad, median / 10) / images,
  high: (median + mad) / images,
});

/** Milliseconds a run: one bar for each contender, grouped by kernel. */
export const bars =
  (rows: readonly Row[], label: string): Draw =>
  width => {
    const lines = rows
      .flatMap(row => [
        {title: kernelOf(row.name)},
        ...measuredOf(row).map(([name, {steady}]) => ({
          name,
          ...spread(steady),
          title: `${row.name}, ${name}: ${timingText(steady)} ms, n = ${steady.n}`,
        })),
      ])
      .map((each, y) => ({...each, y}));
    const headings = lines.filter(each => !('name' in each));
    const measured = lines.filter(each => 'name' in each);
    const low = Math.min(...measured.map(each => each.low)) / 1.6;
    const high = Math.max(...measured.map(each => each.high)) * 1.05;
    const ticks = logTicks(low, high);
    const marginLeft = 88;
    const left = {frameAnchor: 'left', y: 'y'} as const;
    const names = {...left, text: 'name', textAnchor: 'end', dx: -6} as const;
    const kernels = {...left, text: 'title', textAnchor: 'start', dx: -marginLeft, dy: 2} as const;
    const right = {x: 'high', y: 'y', textAnchor: 'start', dx: 7} as const;
    return plot({
      ...frame(width, lines.length * 18 + 50, label),
      ...{marginLeft, marginRight: 52, marginTop: 36, marginBottom: 14},
      x: {type: 'log', domain: [low, high]},
      y: {type: 'band', domain: lines.map(({y}) => y), axis: null, paddingInner: 0.2},
      marks: [
        gridX(ticks, faint),
        axisX(ticks, {anchor: 'top', label: 'ms a run, logarithmic →', text: plain}),
        ...styles.map(({has, ...style}) => {
          const colors = {fill: fillOf, stroke: fillOf, title: 'title', tip: true};
          const drawn = measured.filter(({name}) => has(name));
          return barX(drawn, {...style, ...colors, x1: low, x2: 'ms', y: 'y'});
        }),
        ruleY(measured, {x1: 'low', x2: 'high', y: 'y', marker: 'tick', strokeWidth: 1.2}),
        text(measured, {...right, text: ({ms}) => threeDigits(ms)}),
        text(measured, names),
        text(headings, {...kernels, fontWeight: 600}),
      ],
    });
  };

/** Milliseconds an image over the batch size (a run, if it takes no whole images): one line for each contender. */
export const curves =
  (rows: readonly Row[], label: string): Draw =>
  width => {
    const unit = rows[0].images ? 'an image' : 'a run';
    const points = rows.flatMap(({batch, images, ...row}) =>
      measuredOf({batch, ...row}).map(([name, {steady}]) => {
        const times = spread(steady, images);
        const title = `${name}, batch ${batch}: ${threeDigits(times.ms)} ms ${unit}`;
        return {name, batch, ...times, title};
      }),
    );
    const domain = [
      Math.min(...points.map(({low}) => low)) / 1.4,
      Math.max(...points.map(({high}) => high)) * 1.4,
    ];
    const ticks = logTicks(domain[0], domain[1]);
    const batches = [...new Set(rows.map(({batch}) => batch))];
    return plot({
      ...frame(width, Math.min(360, Math.max(260, width * 0.62)), label),
      ...margins,
      x: {type: 'log', domain: [batches[0], batches[batches.length - 1]], inset: 10},
      y: {type: 'log', domain},
      marks: [
        gridY(ticks, faint),
        axisX(batches, {label: 'images in a batch, logarithmic →', text: plain}),
        axisY(ticks, {label: `↑ ms ${unit}, logarithmic`, text: plain}),
        ...styles.flatMap(({has, strokeDasharray}): Markish[] => {
          const drawn = points.filter(({name}) => has(name));
          const ours = has === isOurs;
          const stroke = {x: 'batch', stroke: fillOf};
          const dashes = ours ? undefined : (strokeDasharray ?? '1 3');
          const width = {strokeWidth: ours ? 2.2 : 1.2, strokeDasharray: dashes};
          const marker = {symbol: symbolOf, r: 4, fill: ours ? fillOf : 'var(--paper)'};
          return [
            line(drawn, {...stroke, ...width, y: 'ms', z: 'name'}),
            ruleX(drawn, {...stroke, y1: 'low', y2: 'high', marker: 'tick'}),
            dot(drawn, {...stroke, ...marker, y: 'ms', title: 'title', tip: true}),
          ];
        }),
      ],
    });
  };
