// How near a kernel comes to the most that the machine allows: the roofline of Williams, Waterman and Patterson (2009).
//   most = min(peak, intensity · bandwidth)   in GFLOP/s; intensity: operations for each byte that has to move
import {axisX, axisY, dot, gridX, gridY, line, type Markish, plot, text} from '@observablehq/plot';
import {rate} from './findings.ts';
import {legendElement} from './html.ts';
import {
  colorOf,
  type Draw,
  faint,
  fillOf,
  frame,
  logTicks,
  margins,
  plain,
  symbolOf,
} from './plots.ts';
import {isOurs, measuredOf, type Roof, type Row} from './results.ts';
import {kernelOf, threeDigits} from './texts.ts';

const codeColors = {scalar: colorOf('cpu'), simd: colorOf('simd'), gpu: colorOf('webgl')};

type RoofDot = ReturnType<typeof roofDots>[number];

/** Our measured kernels of which both operations and bytes are known. */
export const roofDots = (rows: readonly Row[], roofs: readonly Roof[]) =>
  rows.flatMap(row =>
    measuredOf(row).flatMap(([name, measured]) => {
      const {gflops = 0, intensity, part} = rate(row, name, measured, roofs) ?? {};
      if (!isOurs(name) || !intensity) return [];
      const percent = part === undefined ? '' : `, ${Math.round(100 * part)} % of its roof`;
      const title = `${row.name}, batch ${row.batch}, ${name}: ${threeDigits(gflops)} GFLOP/s${percent}`;
      return {name, kernel: kernelOf(row.name), gflops, intensity, title};
    }),
  );

export const roofLegend = ({code, gflops, gbytes}: Roof): HTMLElement => {
  const text = `roof of ${code} code: ${threeDigits(gflops)} GFLOP/s, ${threeDigits(gbytes)} GB/s`;
  return legendElement(text, codeColors[code], '—');
};

/** A line for the roof of each kind of code, and a dot for each of our measured rows. */
export const roofline =
  (dots: readonly RoofDot[], roofs: readonly Roof[], label: string): Draw =>
  width => {
    const intensities = dots.map(({intensity}) => intensity);
    const rates = dots.map(({gflops}) => gflops);
    const corners = roofs.map(({gflops, gbytes}) => gflops / gbytes);
    const peaks = roofs.map(({gflops}) => gflops);
    const x = [Math.min(...intensities) / 2, Math.max(...intensities, ...corners) * 2];
    const y = [Math.min(...rates) / 2, Math.max(...rates, ...peaks) * 2];
    const [xTicks, yTicks] = [logTicks(x[0], x[1]), logTicks(y[0], y[1])];
    const byBytes = 'operations for each byte that has to move, logarithmic →';
    const place = {x: 'intensity', y: 'gflops'};
    const outline = {stroke: 'var(--paper)', strokeWidth: 0.8};
    const roofName = {textAnchor: 'end', dx: -2, dy: -7, fontStyle: 'italic'} as const;
    const kernelName = {text: 'kernel', textAnchor: 'end', dx: -8, fontSize: 10.5} as const;
    const halo = {stroke: 'var(--paper)', strokeWidth: 3, fill: 'currentColor'};
    const height = Math.min(460, Math.max(320, width * 0.7));
    const across = (width - margins.marginLeft - margins.marginRight) / Math.log(x[1] / x[0]);
    const down = (height - margins.marginTop - margins.marginBottom) / Math.log(y[1] / y[0]);
    return plot({
      ...frame(width, height, label),
      ...margins,
      clip: true,
      x: {type: 'log', domain: x},
      y: {type: 'log', domain: y},
      marks: [
        gridX(xTicks, faint),
        gridY(yTicks, faint),
        axisX(xTicks, {label: byBytes, text: plain}),
        axisY(yTicks, {label: '↑ GFLOP/s, logarithmic', text: plain}),
        ...roofs.flatMap(({code, gflops, gbytes}): Markish[] => [
          line(
            [x[0], gflops / gbytes, x[1]].map(at => [at, Math.min(gflops, at * gbytes)]),
            {stroke: codeColors[code], strokeWidth: 1.5},
          ),
          text([code], {...roofName, x: x[1], y: gflops}),
        ]),
        dot(dots, {
          ...place,
          ...outline,
          symbol: symbolOf,
          r: 4.5,
          fill: fillOf,
          title: 'title',
          tip: true,
        }),
        text(labelled(dots, across, down, x[0]), {...place, ...kernelName, ...halo}),
      ],
    });
  };

/** The dots with a name: the highest of each kernel, if its name covers no other name or dot. The others show theirs as a tip. */
function labelled(dots: readonly RoofDot[], across: number, down: number, least: number) {
  const x = ({intensity}: RoofDot) => across * Math.log(intensity / least);
  const y = ({gflops}: RoofDot) => down * Math.log(gflops);
  const left = (dot: RoofDot) => x(dot) - 8 - 6 * dot.kernel.length;
  const chosen: RoofDot[] = [];
  const near = (a: RoofDot, b: RoofDot) => Math.abs(y(a) - y(b)) < 12;
  const free = (dot: RoofDot) =>
    left(dot) > 0 &&
    dots.every(each => !near(each, dot) || x(each) < left(dot) - 5 || x(each) > x(dot) - 7) &&
    chosen.every(each => !near(each, dot) || x(each) < left(dot) || left(each) > x(dot));
  for (const dot of dots.toSorted((a, b) => b.gflops - a.gflops)) {
    if (!chosen.some(({kernel}) => kernel === dot.kernel) && free(dot)) chosen.push(dot);
  }
  return chosen;
}
