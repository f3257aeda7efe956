// Two charts of the whole run: the loss of every batch with its running mean, and the share of test images that are recognised. A
// sentence and a table say the same.
import './curves_panel.css';
import uPlot from 'uplot';
import type {App} from '../app.ts';
import {lossData, meanLoss, roomyTicks, testData} from '../curves.ts';
import {create, element, setText} from '../dom.ts';

/** Milliseconds between two drawings. */
const INTERVAL = 250;
/** Most rows of the table. */
const ROWS = 12;

export function curvesPanel(app: App): void {
  const charts = [
    new Chart(element('loss-chart'), lossOptions, () => lossData(app), app),
    new Chart(element('test-chart'), testOptions, () => testData(app), app),
  ];
  const numbers = element<HTMLDetailsElement>('numbers');
  numbers.addEventListener('toggle', () => app.changed());
  let waiting = false;
  app.onChange(() => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      for (const chart of charts) chart.draw();
      describe(app);
      if (numbers.open) fillTable(app);
    }, INTERVAL);
  });
}

const lastBatch = ([batches]: uPlot.AlignedData): number => batches?.[batches.length - 1] ?? 1;
const wholeRun: uPlot.Scale = {time: false, range: ({data}) => [0, lastBatch(data)]};

/** Colours of the style sheet, by their names there. */
type Colours = Record<'accent' | 'faint' | 'good' | 'grid' | 'muted', string>;
type Options = (colours: Colours) => Pick<uPlot.Options, 'scales' | 'series' | 'axes'>;

/** The size of the charts' text in pixels, which grows with the page's. uPlot reads a fraction as another size. */
const small = (): number =>
  Math.round(0.8 * Number.parseFloat(getComputedStyle(document.documentElement).fontSize));

const allTicks: uPlot.Axis.Filter = (_, ticks) => ticks;
const axis = ({grid, muted}: Colours, {filter = allTicks, ...more}: uPlot.Axis): uPlot.Axis => ({
  stroke: muted,
  font: `${small()}px system-ui, sans-serif`,
  grid: {stroke: grid, width: 1, filter},
  ticks: {stroke: grid, width: 1, size: 4, filter},
  gap: 3,
  filter,
  ...more,
});

function lossTicks({bbox, scales: {y}}: uPlot, ticks: number[]): (number | null)[] {
  const decades = Math.log10(y.max! / y.min!);
  return roomyTicks(ticks, bbox.height / devicePixelRatio / decades);
}

const lossLabel = (tick: number | null): string =>
  tick === null ? '' : tick >= 1e4 ? tick.toExponential(0) : String(tick);

const lossOptions: Options = colours => ({
  scales: {x: wholeRun, y: {distr: 3}},
  series: [
    {},
    {stroke: colours.faint, width: 1, points: {show: false}},
    {stroke: colours.accent, width: 2, points: {show: false}},
  ],
  axes: [
    axis(colours, {size: 2.1 * small()}),
    axis(colours, {
      size: 4.1 * small(),
      filter: lossTicks,
      values: (_, ticks) => ticks.map(lossLabel),
    }),
  ],
});

const percents: uPlot.Scale = {
  range: (_, low, high) =>
    low === null ? [0, 100] : [Math.max(0, low - 2), Math.min(100, high + 1)],
};

const testOptions: Options = colours => ({
  scales: {x: wholeRun, y: percents},
  series: [
    {},
    {stroke: colours.accent, width: 2, spanGaps: true, points: {show: true, size: 4}},
    {stroke: colours.good, width: 0, points: {show: true, size: 8, fill: colours.good}},
  ],
  axes: [
    axis(colours, {size: 2.1 * small()}),
    axis(colours, {size: 4.1 * small(), values: (_, ticks) => ticks.map(tick => `${tick} %`)}),
  ],
});

class Chart {
  private plot?: uPlot;

  constructor(
    private readonly place: HTMLElement,
    private readonly options: Options,
    private readonly data: () => uPlot.AlignedData,
    private readonly app: App,
  ) {
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(place);
    // A plot is drawn in the page's colours.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.plot?.destroy();
      this.plot = undefined;
      this.draw();
    });
  }

  draw(): void {
    if (this.plot) this.plot.setData(this.data());
    else this.plot = this.create();
  }

  private size() {
    return {width: this.place.clientWidth, height: this.place.clientHeight};
  }

  private create(): uPlot {
    const {style} = this.place;
    const colour = (name: string) => {
      style.color = `var(--${name})`;
      return getComputedStyle(this.place).color;
    };
    const names = ['accent', 'faint', 'good', 'grid', 'muted'];
    const colours = Object.fromEntries(names.map(name => [name, colour(name)])) as Colours;
    const moves = (plot: uPlot) => drawMoves(plot, this.app, colours);
    const plain = {legend: {show: false}, cursor: {show: false}};
    const options = {...this.size(), ...this.options(colours), ...plain, hooks: {draw: [moves]}};
    return new uPlot(options, this.data(), this.place);
  }
}

/** Draws a line with the backend's name where the run moved to it. */
function drawMoves({ctx, bbox, valToPos}: uPlot, {moves}: App, {muted}: Colours): void {
  if (moves.length < 2) return;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = muted;
  ctx.font = `${small() * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.setLineDash([3, 3]);
  for (const [i, {batch, backend}] of moves.entries()) {
    const x = Math.round(valToPos(batch, 'x', true));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(backend, x + 4, bbox.top + (1 + 1.1 * (i % 3)) * small() * devicePixelRatio);
  }
  ctx.restore();
}

/** A loss of at least 1000 has an exponent. */
const lossNumber = (app: App, loss: number, decimals: number): string =>
  loss < 1000 ? app.number(loss, decimals) : loss.toExponential(2);

function describe(app: App): void {
  const {losses, tests} = app;
  let [lossNow, lossText, testNow, testText] = ['', app.say('noCurve'), '', app.say('noCurve')];
  const loss = meanLoss(losses, losses.length);
  if (loss !== undefined) {
    lossNow = lossNumber(app, loss, 4);
    const first = lossNumber(app, losses.find(value => value !== undefined)!, 3);
    const batch = app.number(app.batch);
    lossText = app.say('lossText', {first, last: lossNumber(app, loss, 3), batch});
  }
  const test = tests.at(-1);
  if (test) {
    testNow = app.percent(test.correct / test.total, 1);
    const best = app.percent(Math.max(...tests.map(({correct, total}) => correct / total)), 1);
    testText = app.say('testText', {last: testNow, batch: app.number(test.batch), best});
  }
  setText(element('loss-now'), lossNow);
  setText(element('loss-text'), lossText);
  setText(element('test-now'), testNow);
  setText(element('test-text'), testText);
}

/** Shows the run in a few rows: at its tests, or at batches before the first test. */
function fillTable(app: App): void {
  const {tests, losses} = app;
  const marks = tests.length ? tests : losses.map((_, i) => ({batch: i + 1, correct: 0, total: 0}));
  const step = Math.max(1, Math.ceil(marks.length / ROWS));
  const shown = marks.filter((_, i) => (marks.length - 1 - i) % step === 0);
  const rows = shown.map(({batch, correct, total}) => {
    const loss = meanLoss(losses, batch);
    const lossText = loss === undefined ? '–' : lossNumber(app, loss, 4);
    const share = total ? app.percent(correct / total, 1) : '–';
    const cells = [app.number(batch), lossText, share];
    return create('tr', {}, ...cells.map(cell => create('td', {}, cell)));
  });
  document.querySelector('#numbers tbody')!.replaceChildren(...rows);
}
