// How near a kernel comes to what the machine lets it have: the roofline of Williams, Waterman and Patterson (2009).
//   most = min(peak, intensity · bandwidth)   in GFLOP/s; intensity: operations for each byte that has to move
import {axisX, axisY, dot, gridX, gridY, line, type Markish, plot, text} from '@observablehq/plot';
import {partsOf, threeDigits} from './findings.ts';
import {type Draw, faint, fillOf, frame, logTicks, margins, plain, symbolOf} from './plots.ts';
import {codeOf, isOurs, measuredOf, type Name, type Roof, type Row, rate} from './results.ts';

/** The backend of a roof's colour. */
const codeColors = {scalar: 'var(--cpu)', simd: 'var(--simd)', gpu: 'var(--webgl)'};

interface RoofDot {
  name: Name;
  kernel: string;
  batch: number;
  gflops: number;
  intensity: number;
  /** Of what the roof lets it have; absent where there is no such roof. */
  part: number | undefined;
}

/** Ours with both counts. */
export const roofDots = (rows: readonly Row[], roofs: readonly Roof[]): RoofDot[] =>
  rows.flatMap(row =>
    measuredOf(row).flatMap(([name, measured]) => {
      const roof = roofs.find(({code}) => code === codeOf(name));
      const found = rate(row, measured, roof);
      if (!isOurs(name) || !found || row.bytes === undefined) return [];
      const intensity = row.flops! / row.bytes;
      const part = found.most === undefined ? undefined : found.gflops / found.most;
      return {name, kernel: row.name, batch: row.batch, gflops: found.gflops, intensity, part};
    }),
  );

/** Colour and words. */
export const roofLegend = ({code, gflops, gbytes}: Roof): [style: string, text: string] => [
  `--color: ${codeColors[code]}`,
  `roof of ${code} code: ${threeDigits(gflops)} GFLOP/s, ${threeDigits(gbytes)} GB/s`,
];

/** A line for the roof of each kind of code, a dot for each of our measured rows. */
export const roofline =
  (dots: readonly RoofDot[], roofs: readonly Roof[], label: string): Draw =>
  width => {
    const x = [
      Math.min(...dots.map(each => each.intensity)) / 2,
      Math.max(...dots.map(each => each.intensity), ...roofs.map(r => r.gflops / r.gbytes)) * 2,
    ];
    const least = Math.min(...dots.map(each => each.gflops));
    const most = Math.max(...dots.map(each => each.gflops), ...roofs.map(each => each.gflops));
    const y = [least / 2, most * 2];
    const [xTicks, yTicks] = [logTicks(x[0], x[1]), logTicks(y[0], y[1])];
    const height = Math.min(460, Math.max(320, width * 0.7));
    const titled = dots.map(each => ({
      ...each,
      title:
        `${each.kernel}, batch ${each.batch}, ${each.name}: ${threeDigits(each.gflops)} GFLOP/s` +
        (each.part === undefined ? '' : `, ${Math.round(100 * each.part)} % of its roof`),
    }));
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
        axisX(xTicks, {
          label: 'operations for each byte that has to move, logarithmic →',
          text: plain,
        }),
        axisY(yTicks, {label: '↑ GFLOP/s, logarithmic', text: plain}),
        ...roofs.flatMap(({code, gflops, gbytes}): Markish[] => [
          line(
            [x[0], gflops / gbytes, x[1]].map(at => [at, Math.min(gflops, at * gbytes)]),
            {stroke: codeColors[code], strokeWidth: 1.5},
          ),
          text([code], {
            x: x[1],
            y: gflops,
            textAnchor: 'end',
            dx: -2,
            dy: -7,
            fontStyle: 'italic',
          }),
        ]),
        dot(titled, {
          x: 'intensity',
          y: 'gflops',
          symbol: symbolOf,
          r: 4.5,
          fill: fillOf,
          stroke: 'var(--paper)',
          strokeWidth: 0.8,
          title: 'title',
          tip: true,
        }),
        text(labelled(titled, across, down, x[0]), {
          x: 'intensity',
          y: 'gflops',
          text: ({kernel}) => partsOf(kernel).kernel,
          textAnchor: 'end',
          dx: -8,
          fontSize: 10.5,
          stroke: 'var(--paper)',
          strokeWidth: 3,
          fill: 'currentColor',
        }),
      ],
    });
  };

/** The highest dot of a kernel gets its name, if that covers no other name or dot; the rest tell theirs when pointed at. */
function labelled(
  dots: readonly RoofDot[],
  across: number,
  down: number,
  least: number,
): RoofDot[] {
  const nameOf = ({kernel}: RoofDot) => partsOf(kernel).kernel;
  const x = ({intensity}: RoofDot) => across * Math.log(intensity / least);
  const y = ({gflops}: RoofDot) => down * Math.log(gflops);
  const left = (dot: RoofDot) => x(dot) - 8 - 6 * nameOf(dot).length;
  const chosen: RoofDot[] = [];
  const near = (a: RoofDot, b: RoofDot) => Math.abs(y(a) - y(b)) < 12;
  const free = (dot: RoofDot) =>
    left(dot) > 0 &&
    dots.every(each => !near(each, dot) || x(each) < left(dot) - 5 || x(each) > x(dot) - 7) &&
    chosen.every(each => !near(each, dot) || x(each) < left(dot) || left(each) > x(dot));
  for (const dot of dots.toSorted((a, b) => b.gflops - a.gflops)) {
    if (!chosen.some(each => nameOf(each) === nameOf(dot)) && free(dot)) chosen.push(dot);
  }
  return chosen;
}
