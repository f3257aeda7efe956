// The charts of times, each as a function of the width in pixels that there is for it. Colours are custom properties of
// ./charts.css: one a backend, the same in all charts; TensorFlow.js's own are paler than ours, with an outline.
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
import {partsOf, threeDigits, timingText} from './findings.ts';
import {type Backend, backendOf, isOurs, measuredOf, type Name, type Row} from './results.ts';

export type Draw = (width: number) => SVGSVGElement | HTMLElement;

const colorOf = (name: Name) => `var(--${backendOf(name)})`;

/** Beside its colour, a backend has a shape. */
const symbols = {
  simd: 'circle',
  cpu: 'square',
  webgl: 'triangle',
  wasm: 'diamond',
  webgpu: 'star',
} as const satisfies Record<Backend, string>;

type Named = {name: Name};
export const fillOf = ({name}: Named) => colorOf(name);
export const symbolOf = ({name}: Named) =>
  name.startsWith('layers ') ? 'cross' : symbols[backendOf(name)];

/** Ours filled; stock outlined; tf.layers outlined with dashes. */
const styles = [
  {has: isOurs, fillOpacity: 1, strokeDasharray: undefined},
  {has: (name: Name) => name.startsWith('stock '), fillOpacity: 0.22, strokeDasharray: undefined},
  {has: (name: Name) => name.startsWith('layers '), fillOpacity: 0.22, strokeDasharray: '4 2'},
];

export const font = {fontFamily: 'inherit', fontSize: '12px', fontVariantNumeric: 'tabular-nums'};
export const faint = {stroke: 'currentColor', strokeOpacity: 0.15};

/** Powers of ten, and their doubles and halves where there are few. */
export function logTicks(low: number, high: number): number[] {
  const powers = Array.from({length: 19}, (_, i) => 10 ** (i - 9));
  const within = (ticks: number[]) => ticks.filter(tick => tick >= low && tick <= high);
  const coarse = within(powers);
  return coarse.length > 2 ? coarse : within(powers.flatMap(p => [p, 2 * p, 5 * p]));
}

export const plain = (x: number) => x.toLocaleString('en-US', {maximumFractionDigits: 9});

/** Median ± mad, for a logarithmic axis. */
const spread = ({median, mad}: {median: number; mad: number}) => ({
  low: Math.max(median - mad, median / 10),
  high: median + mad,
});

/** One bar a contender, in groups below the names of their kernels: ms a run. */
export const bars =
  (rows: readonly Row[], label: string): Draw =>
  width => {
    const lines = rows.flatMap(row => [
      {title: partsOf(row.name).kernel},
      ...measuredOf(row).map(([name, {steady}]) => ({
        name,
        median: steady.median,
        ...spread(steady),
        title: `${row.name}, ${name}: ${timingText(steady)} ms, n = ${steady.n}`,
      })),
    ]);
    const numbered = lines.map((each, y) => ({...each, y}));
    const headings = numbered.filter(each => !('name' in each));
    const measured = numbered.filter(each => 'name' in each);
    const low = Math.min(...measured.map(each => each.low)) / 1.6;
    const high = Math.max(...measured.map(each => each.high)) * 1.05;
    const ticks = logTicks(low, high);
    const marginLeft = 88;
    return plot({
      width,
      height: lines.length * 18 + 50,
      marginLeft,
      marginRight: 52,
      marginTop: 36,
      marginBottom: 14,
      style: font,
      ariaLabel: label,
      x: {type: 'log', domain: [low, high]},
      y: {type: 'band', domain: numbered.map(each => each.y), axis: null, paddingInner: 0.2},
      marks: [
        gridX(ticks, faint),
        axisX(ticks, {anchor: 'top', label: 'ms a run, logarithmic →', text: plain}),
        ...styles.map(({has, ...style}) =>
          barX(
            measured.filter(({name}) => has(name)),
            {
              ...style,
              x1: low,
              x2: 'median',
              y: 'y',
              fill: fillOf,
              stroke: fillOf,
              title: 'title',
              tip: true,
            },
          ),
        ),
        ruleY(measured, {x1: 'low', x2: 'high', y: 'y', marker: 'tick', strokeWidth: 1.2}),
        text(measured, {
          x: 'high',
          y: 'y',
          text: each => threeDigits(each.median),
          textAnchor: 'start',
          dx: 7,
        }),
        text(measured, {y: 'y', text: 'name', frameAnchor: 'left', textAnchor: 'end', dx: -6}),
        text(headings, {
          y: 'y',
          text: 'title',
          frameAnchor: 'left',
          textAnchor: 'start',
          dx: -marginLeft,
          dy: 2,
          fontWeight: 600,
        }),
      ],
    });
  };

/** One line a contender: ms an image, or a run where it takes no whole images, over the batch size. */
export const curves =
  (rows: readonly Row[], label: string): Draw =>
  width => {
    const points = rows.flatMap(row =>
      measuredOf(row).map(([name, {steady}]) => {
        const images = row.images ?? 1;
        const {low, high} = spread(steady);
        return {
          name,
          batch: row.batch,
          ms: steady.median / images,
          low: low / images,
          high: high / images,
          title: `${name}, batch ${row.batch}: ${threeDigits(steady.median / images)} ms${row.images ? ' an image' : ' a run'}`,
        };
      }),
    );
    const ms = points.flatMap(({low, high}) => [low, high]);
    const domain = [Math.min(...ms) / 1.4, Math.max(...ms) * 1.4];
    const ticks = logTicks(domain[0], domain[1]);
    const batches = [...new Set(rows.map(({batch}) => batch))];
    return plot({
      width,
      height: Math.min(360, Math.max(260, width * 0.62)),
      marginLeft: 52,
      marginRight: 20,
      marginTop: 28,
      marginBottom: 46,
      style: font,
      ariaLabel: label,
      x: {type: 'log', domain: [batches[0], batches[batches.length - 1]], inset: 10},
      y: {type: 'log', domain},
      marks: [
        gridY(ticks, faint),
        axisX(batches, {label: 'images in a batch, logarithmic →', text: plain}),
        axisY(ticks, {
          label: `↑ ms ${rows[0].images ? 'an image' : 'a run'}, logarithmic`,
          text: plain,
        }),
        ...styles.flatMap(({has, strokeDasharray, fillOpacity}): Markish[] => {
          const drawn = points.filter(({name}) => has(name));
          return [
            line(drawn, {
              x: 'batch',
              y: 'ms',
              z: 'name',
              stroke: fillOf,
              strokeWidth: fillOpacity === 1 ? 2.2 : 1.2,
              strokeDasharray: strokeDasharray ?? (fillOpacity === 1 ? undefined : '1 3'),
            }),
            ruleX(drawn, {x: 'batch', y1: 'low', y2: 'high', stroke: fillOf, marker: 'tick'}),
            dot(drawn, {
              x: 'batch',
              y: 'ms',
              symbol: symbolOf,
              r: 4,
              fill: fillOpacity === 1 ? fillOf : 'var(--paper)',
              stroke: fillOf,
              title: 'title',
              tip: true,
            }),
          ];
        }),
      ],
    });
  };
