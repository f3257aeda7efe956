// The numbers behind the curves: what each chart shows of a run, however long, and the ticks of the loss's axis.
import type uPlot from 'uplot';
import type {App} from './app.ts';
import {testSize} from './settings.ts';

/** The thick line is the mean of this many losses. */
const WINDOW = 20;
/** A longer run is drawn in this many spans: about the chart's width in pixels. */
const SPANS = 1000;
/** Least pixels between two ticks of the loss. */
const TICK_ROOM = 14;

/** What the curves are made of. If a file began the run, the losses before it are unknown. */
type Numbers = Pick<App, 'losses' | 'tests' | 'settings' | 'batch'>;
type Column = (number | null | undefined)[];

/** Batches, losses, and the mean of the last losses up to each; of a long run, each span's lowest and highest loss. */
export function lossData({losses, settings, batch}: Numbers): uPlot.AlignedData {
  const [batches, values, means]: [number[], Column, Column] = [[], [], []];
  const span = Math.ceil(losses.length / SPANS);
  let [low, high] = [0, 0];
  for (let i = 0; i < losses.length; i++) {
    if (i % span === 0) low = high = i;
    if (!(losses[i] >= losses[low])) low = i;
    if (!(losses[i] <= losses[high])) high = i;
    if ((i + 1) % span !== 0 && i + 1 < losses.length) continue;
    const mean = meanLoss(losses, i + 1) ?? null;
    for (const at of new Set([Math.min(low, high), Math.max(low, high)])) {
      batches.push(at + 1);
      values.push(losses[at]);
      means.push(mean);
    }
  }
  return padded([batches, values, means], Math.max(settings.batches, batch));
}

/** Batches, percentages of samples, and percentages of all test images; a long run leaves out samples. */
export function testData({tests, settings, batch}: Numbers): uPlot.AlignedData {
  // After the last batch, both a sample and all images are tested.
  const [batches, samples, whole]: [number[], Column, Column] = [[], [], []];
  const every = Math.ceil(tests.length / SPANS);
  for (const [i, {batch, correct, total}] of tests.entries()) {
    if (total < testSize && (tests.length - 1 - i) % every !== 0) continue;
    if (batches.at(-1) !== batch) batches.push(batch);
    const column = total < testSize ? samples : whole;
    column[batches.length - 1] = (100 * correct) / total;
  }
  samples.length = whole.length = batches.length;
  return padded([batches, samples, whole], Math.max(settings.batches, batch));
}

/** Extends the horizontal axis to the run's end. */
const padded = ([x, ...ys]: [number[], ...Column[]], end: number): uPlot.AlignedData =>
  [x.at(-1) === end ? x : [...x, end], ...ys] as uPlot.AlignedData;

/** The mean of the last losses up to this batch; undefined if none is known. */
export function meanLoss(losses: number[], batch: number): number | undefined {
  const last = losses.slice(Math.max(0, batch - WINDOW), batch).filter(loss => loss !== undefined);
  return last.length ? last.reduce((sum, loss) => sum + loss, 0) / last.length : undefined;
}

/** The ticks of a logarithmic axis that have room: all, those at 1, 2 and 5, or some of the powers of ten; null for the rest. */
export function roomyTicks(ticks: number[], pixelsPerDecade: number): (number | null)[] {
  const places = ticks.map(tick => Math.log10(tick));
  const every = Math.ceil(TICK_ROOM / pixelsPerDecade);
  const digit = (place: number) => Math.round(10 ** (place - Math.floor(place + 1e-9)));
  const choices = [
    () => true,
    (place: number) => [1, 2, 5].includes(digit(place)),
    (place: number) => digit(place) === 1 && Math.round(place) % every === 0,
  ];
  const choice = choices.find(choice => {
    const kept = places.filter(choice);
    const gaps = kept.slice(1).map((place, i) => place - kept[i]);
    return gaps.every(gap => gap * pixelsPerDecade >= TICK_ROOM);
  });
  return ticks.map((tick, i) => (choice?.(places[i]) ? tick : null));
}
