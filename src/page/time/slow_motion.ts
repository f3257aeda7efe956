// One step in slow motion. The step is taken at its last stop, and taken back on the way back from there.
import {weightShapes} from '../../presets.ts';
import {create, element, setEnabled, setText} from '../dom.ts';
import type {Inside, Mode} from '../inside/inside.ts';
import type {Look, SlowStep, SlowStop} from '../protocol.ts';
import {paint} from '../stage/image.ts';
import type {TextKey} from '../texts.ts';
import {stopText} from './stop_text.ts';

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
    const names = Object.keys(weightShapes[look.preset]);
    const weights = names.map(name => look.values[name]);
    const velocities = names
      .filter(name => name in look.velocities)
      .map(name => look.velocities[name]);
    app.send({kind: 'returnTo', frame: {batch: batch - 1, weights, velocities}});
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

  inside.onChange(() => {
    // Training, another run or another image ends it.
    if (motion && !working && (app.isBusy || !isOurs(motion, batchAt(motion, stopOf(motion))))) {
      end();
    }
    const shown = motion;
    bar.hidden = !shown;
    start.hidden = shown !== undefined;
    element('slow-hint').hidden = shown !== undefined || working !== undefined;
    setEnabled(start, !working && !['starting', 'diverged'].includes(app.phase));
    setText(element('slow-text'), working ? app.say(working) : shown ? stopText(app, shown) : '');
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
