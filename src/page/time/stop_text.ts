// What slow motion says at a stop: what the op does, its file, and what flows.
import {MOMENTUM, weightShapes} from '../../presets.ts';
import type {App} from '../app.ts';
import {cellText, coordinatesOf} from '../inside/cells.ts';
import {parameters, stationsOf} from '../inside/stations.ts';
import type {Look, SlowStep} from '../protocol.ts';
import type {TextKey} from '../texts.ts';

/**
 * @param at the stop's index
 * @param after the first image once the step is taken
 */
export function stopText(
  app: App,
  {step, at, after}: {step: SlowStep; at: number; after?: Look},
): string {
  const {images, look} = step;
  const stop = step.stops[at];
  const {station, direction, file, input, outputs, ms} = stop;
  const bytes = bytesText(app, stop.bytes);
  const [batch, count] = [step.batch, images].map(value => app.number(value));
  if (station === 'image') {
    const values = {batch, file, images: count, shape: shapeText(outputs[0]), bytes};
    return app.say('slowBatch', {...values, digit: look.label});
  }
  if (direction === 'update') return updateText(app, step, after, bytes);

  const name = station === 'loss' ? 'softmax + loss' : station;
  const shapes = `${shapeText(input)} → ${outputs.map(shapeText).join(' + ')}`;
  const time = Number.isNaN(ms) ? '–' : app.number(ms, ms < 10 ? 2 : 1);
  const {op} = stationsOf(look.preset).find(({name}) => name === station)!;
  const what = app.say(`slow_${op}_${direction}` as TextKey, {count: outputs[0].at(-1) ?? 1});
  const flow = {name, what, file, shapes, bytes, ms: time};
  const sentences = [app.say(direction === 'forward' ? 'slowForward' : 'slowBackward', flow)];
  if (direction === 'forward' && station === 'relu2') sentences.push(app.say('slowFlatten'));
  if (station === 'loss') {
    const [loss, first] = [step.loss, look.values.loss[0]].map(value => app.number(value, 4));
    sentences.push(app.say('slowLoss', {loss, first, images: count}));
  }
  const weights = Object.keys(step.gradients).find(name => name.startsWith(`${station}.`));
  if (direction === 'backward' && weights) {
    const most = Math.abs(step.gradients[weights][largest(step.gradients[weights])]);
    const values = {name: weights, images: count, value: significant(app, most)};
    sentences.push(app.say('slowGradient', values));
  }
  return sentences.join(app.language === 'zh' ? '。' : '. ');
}

function updateText(app: App, step: SlowStep, after: Look | undefined, bytes: string): string {
  const {look, gradients, learningRate, stops} = step;
  const most = (name: string) => Math.abs(gradients[name][largest(gradients[name])]);
  const name = Object.keys(gradients).reduce((a, b) => (most(b) > most(a) ? b : a));
  const index = largest(gradients[name]);
  const at = coordinatesOf(weightShapes[look.preset][name], index);
  const gradient = gradients[name][index];
  const velocity = look.velocities[name]?.[index];
  const inBrackets = (value: number) =>
    value < 0 ? `(${significant(app, value)})` : significant(app, value);
  return app.say(velocity === undefined ? 'slowUpdate' : 'slowUpdateMomentum', {
    file: stops.at(-1)!.file,
    count: app.number(parameters(look.preset)),
    bytes,
    cell: cellText({of: name, at, isGradient: false}),
    before: significant(app, look.values[name][index]),
    rate: significant(app, learningRate),
    momentum: MOMENTUM,
    velocity: inBrackets(velocity ?? 0),
    gradient: inBrackets(gradient),
    after: after ? significant(app, after.values[name][index]) : '–',
    first: app.number(look.values.loss[0], 4),
    now: after ? app.number(after.values.loss[0], 4) : '–',
  });
}

/** The index of the value that is farthest from 0. */
const largest = (values: Float32Array): number =>
  values.reduce((best, value, i) => (Math.abs(value) > Math.abs(values[best]) ? i : best), 0);

const shapeText = (shape: number[]): string => `[${shape.join(', ')}]`;
const significant = (app: App, value: number): string => app.number(Number(value.toPrecision(5)));

function bytesText(app: App, bytes: number): string {
  if (bytes < 1000) return `${app.number(bytes)} B`;
  return bytes < 1e6 ? `${app.number(bytes / 1e3, 1)} kB` : `${app.number(bytes / 1e6, 1)} MB`;
}
