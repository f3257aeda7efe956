// Where the time of a step goes, by kernel.
import {axisX, barX, plot, text} from '@observablehq/plot';
import {threeDigits, totalOf} from './findings.ts';
import {type Draw, font} from './plots.ts';
import type {Split} from './results.ts';

/** The kernels that take most, with a colour each; further ones share a grey. */
export function splitColors(splits: readonly Split[]): Map<string, string> {
  const parts = new Map<string, number>();
  for (const split of splits) {
    for (const {kernel, ms} of split.kernels) {
      parts.set(kernel, Math.max(parts.get(kernel) ?? 0, ms / totalOf(split)));
    }
  }
  const largest = [...parts].sort(([, a], [, b]) => b - a).slice(0, 8);
  return new Map(largest.map(([kernel], i) => [kernel, `var(--kernel-${i + 1})`]));
}

/** A bar for each contender, as long as the others: where its own time goes. */
export const stacks =
  (splits: readonly Split[], colors: Map<string, string>, label: string): Draw =>
  width => {
    const segments = splits.flatMap((split, i) => {
      const total = totalOf(split);
      let from = 0;
      return [...split.kernels, {kernel: 'rest', ms: split.rest, calls: 0}].map(({kernel, ms}) => {
        const start = from;
        from += ms;
        return {
          y: 2 * i + 1,
          from: (100 * start) / total,
          to: (100 * from) / total,
          kernel,
          fill: kernel === 'rest' ? 'var(--rest)' : (colors.get(kernel) ?? 'var(--other)'),
          title: `${split.name}, ${kernel}: ${threeDigits(ms)} ms, ${threeDigits((100 * ms) / total)} %`,
        };
      });
    });
    const pixels = (width - 20) / 100;
    return plot({
      width,
      height: splits.length * 52 + 50,
      marginLeft: 4,
      marginRight: 16,
      marginTop: 2,
      marginBottom: 46,
      style: font,
      ariaLabel: label,
      x: {domain: [0, 100]},
      y: {
        type: 'band',
        domain: splits.flatMap((_, i) => [2 * i, 2 * i + 1]),
        axis: null,
        padding: 0,
      },
      marks: [
        axisX({label: 'percent of a step →', ticks: [0, 20, 40, 60, 80, 100]}),
        barX(segments, {
          x1: 'from',
          x2: 'to',
          y: 'y',
          fill: 'fill',
          stroke: 'var(--paper)',
          strokeWidth: 1,
          title: 'title',
          tip: true,
        }),
        text(
          segments.filter(({from, to, kernel}) => (to - from) * pixels > 6.2 * kernel.length + 6),
          {
            x: ({from, to}) => (from + to) / 2,
            y: 'y',
            text: 'kernel',
            fill: '#111',
            fontSize: 10.5,
          },
        ),
        text(splits, {
          y: (_, i) => 2 * i,
          text: split => `${split.name}: ${threeDigits(totalOf(split))} ms a step`,
          frameAnchor: 'left',
          textAnchor: 'start',
          dy: 5,
          fontWeight: 600,
        }),
      ],
    });
  };
