// One step in slow motion. The step is taken at its last stop, and taken back on the way back from there.
import {weightShapes} from '../../presets.ts';
import type {App} from '../app.ts';
import {create, element, setEnabled, setText} from '../dom.ts';
import {cellText, coordinatesOf} from '../inside/cells.ts';
import type {Inside, Mode} from '../inside/inside.ts';
import {parameters} from '../inside/stations.ts';
import type {Look, SlowStep, SlowStop} from '../protocol.ts';
import {paint} from '../stage/image.ts';
import type {TextKey} from '../texts.ts';

/** Milliseconds that a stop lasts while it plays. */
const STOP_MS = 1000;
const SIDE = 28;

/** A step that is shown. */
interface Motion {
  step: SlowStep;
  /** Index of the stop. */
  at: number;
  /** The same image after the step was taken. */
  after?: Look;
  /** What the visitor saw before. */
  before: {mode: Mode; image: Uint8Array; label: number; runs: number};
}

export function slowMotion(inside: Inside): void {
  const {app} = inside;
  const bar = element('slow-bar');
  const [start, back, play, next, leave] = ['start', 'back', 'play', 'next', 'leave'].map(name =>
    element(`slow-${name}`),
  );
  const strip = element('slow-strip');
  let motion: Motion | undefined;
  /** What is waited for. */
  let working: TextKey | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const stopOf = ({step, at}: Motion) => step.stops[at];
  /** Batches trained at a stop. */
  const batchAt = ({step}: Motion, {direction}: SlowStop) =>
    step.batch - (direction === 'update' ? 0 : 1);
  /** True if the run is still that of the step. */
  const isOurs = (shown: Motion, batch: number) =>
    app.batch === batch &&
    app.runs === shown.before.runs &&
    app.settings.backend === shown.step.look.backend &&
    inside.image === shown.before.image &&
    inside.label === shown.before.label &&
    !['lost', 'failed', 'diverged'].includes(app.phase);

  /** Waits for the worker. Meanwhile no key and no button of the bar does anything. */
  async function waiting<T>(key: TextKey, work: () => Promise<T>): Promise<T> {
    working = key;
    inside.changed();
    const result = await work();
    working = undefined;
    inside.changed();
    return result;
  }

  async function open(): Promise<void> {
    if (working) return;
    inside.set({film: undefined});
    const step = await waiting('slowComputing', () => app.ask({kind: 'slowStep'}));
    if (!step) {
      app.notice = {key: 'slowFailed'};
      app.changed();
      return;
    }
    const {mode, image, label} = inside;
    motion = {step, at: 0, before: {mode, image, label, runs: app.runs}};
    drawStrip(strip, step);
    element('time').classList.add('slow');
    bar.hidden = false; // only what is shown can take the focus
    play.focus();
    show(motion);
  }

  function show(shown: Motion): void {
    const stop = stopOf(shown);
    inside.set({mode: stop.direction === 'backward' ? 'gradients' : 'values'});
    const {station, direction} = stop;
    inside.freeze(direction === 'update' ? shown.after : shown.step.look, {station, direction});
  }

  async function go(by: number): Promise<void> {
    const shown = motion;
    const to = shown?.step.stops[shown.at + by];
    if (!shown || !to || working) return;
    if (to.direction === 'update') await waiting('slowTaking', () => take(shown));
    else if (stopOf(shown).direction === 'update') {
      await waiting('slowReturning', () => takeBack(shown.step));
    }
    if (motion !== shown) return; // it was left meanwhile
    if (!isOurs(shown, batchAt(shown, to))) return end();
    shown.at += by;
    show(shown);
  }

  async function take(shown: Motion): Promise<void> {
    const {batch, look} = shown.step;
    app.send({kind: 'trainOne', batches: Math.max(app.settings.batches, batch)});
    await app.ask({kind: 'rest'});
    shown.after = await app.ask({kind: 'look', image: look.image, label: look.label});
  }

  function takeBack({batch, look}: SlowStep): Promise<unknown> {
    const weights = Object.keys(weightShapes[look.preset]).map(name => look.values[name]);
    app.send({kind: 'returnTo', batch: batch - 1, weights});
    return app.ask({kind: 'rest'});
  }

  function end(): void {
    if (!motion) return;
    const {mode} = motion.before;
    const hadFocus = bar.contains(document.activeElement);
    motion = undefined;
    pause();
    element('time').classList.remove('slow');
    inside.freeze();
    inside.set({mode});
    start.hidden = false;
    if (hadFocus) start.focus();
  }

  function pause(): void {
    clearTimeout(timer);
    timer = undefined;
    inside.changed();
  }

  function begin(): void {
    const tick = async () => {
      await go(1);
      if (timer === undefined) return;
      if (motion && motion.at < motion.step.stops.length - 1) timer = setTimeout(tick, STOP_MS);
      else pause();
    };
    timer = setTimeout(tick, STOP_MS);
    inside.changed();
  }

  const playOrPause = () => (timer === undefined ? begin() : pause());

  start.addEventListener('click', open);
  back.addEventListener('click', () => go(-1));
  next.addEventListener('click', () => go(1));
  play.addEventListener('click', playOrPause);
  leave.addEventListener('click', end);
  bar.addEventListener('keydown', event => {
    const action = {
      ArrowLeft: () => void go(-1),
      ArrowRight: () => void go(1),
      Escape: end,
      // On a button, the space bar clicks it.
      ' ': event.target === bar ? playOrPause : undefined,
    }[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });

  app.onChange(() => {
    if (motion && !working && (app.isBusy || !isOurs(motion, batchAt(motion, stopOf(motion))))) {
      end();
    }
  });

  inside.onChange(() => {
    const shown = motion;
    bar.hidden = !shown;
    start.hidden = shown !== undefined;
    element('slow-hint').hidden = shown !== undefined || working !== undefined;
    setEnabled(start, !working && !['starting', 'diverged'].includes(app.phase));
    setText(element('slow-text'), working ? app.say(working) : shown ? sentence(app, shown) : '');
    if (!shown) {
      setText(element('slow-at'), '');
      return;
    }
    const {length} = shown.step.stops;
    setEnabled(back, shown.at > 0 && !working);
    setEnabled(next, shown.at < length - 1 && !working);
    setEnabled(play, shown.at < length - 1);
    setText(play, app.say(timer === undefined ? 'play' : 'stopPlaying'));
    setText(element('slow-at'), `${shown.at + 1} / ${length}`);
    strip.hidden = shown.at > 0;
    const digits = [...shown.step.labels].join(', ');
    strip.setAttribute('aria-label', app.say('slowStrip', {digits}));
  });
}

function drawStrip(strip: HTMLElement, {pixels, labels}: SlowStep): void {
  const images = Array.from(labels, (_, b) => {
    const canvas = create('canvas', {width: SIDE, height: SIDE});
    paint(canvas, pixels.subarray(b * SIDE * SIDE, (b + 1) * SIDE * SIDE));
    return canvas;
  });
  strip.replaceChildren(...images);
}

/** What flows at the stop. */
function sentence(app: App, {step, at, after}: Motion): string {
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
  const flow = {name, file, shapes, bytes, ms: time};
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
  return app.say('slowUpdate', {
    file: stops.at(-1)!.file,
    count: app.number(parameters(look.preset)),
    bytes,
    cell: cellText({of: name, at, isGradient: false}),
    before: significant(app, look.values[name][index]),
    rate: significant(app, learningRate),
    gradient: gradient < 0 ? `(${significant(app, gradient)})` : significant(app, gradient),
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
