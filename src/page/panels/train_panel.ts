// The form, the run's state, and its speed. Settings that decide the weights can be changed until something is trained.
import './train_panel.css';
import {clock} from '../../format.ts';
import {wilsonInterval} from '../../statistics.ts';
import type {App} from '../app.ts';
import {create, element, setEnabled, setText} from '../dom.ts';
import {PageError} from '../page_error.ts';
import {
  type Backend,
  backends,
  batchesPerEpoch,
  checkSetting,
  number,
  ranges,
  type Settings,
  trainSize,
  usualRate,
} from '../settings.ts';
import type {TextKey} from '../texts.ts';

export function trainPanel(app: App): void {
  const form = element<HTMLFormElement>('settings');
  const preset = element<HTMLSelectElement>('preset');
  const recipe = element<HTMLSelectElement>('recipe');
  const fields = (['batchSize', 'learningRate', 'seed'] as const).map(name => ({
    name,
    input: element<HTMLInputElement>(name),
  }));
  const threads = element<HTMLSelectElement>('threads');
  const length = element<HTMLInputElement>('length');
  const unit = element<HTMLSelectElement>('unit');
  const [start, one, more, reset] = ['start', 'one', 'more', 'reset'].map(id => element(id));
  const radios = makeRadios(app);
  makeDisclosure(element<HTMLDetailsElement>('settings-more'));

  let shown: Settings | undefined;
  /** Writes into a field, unless somebody is typing there. */
  const write = (input: HTMLInputElement, value: string) => {
    const isTyped = input === document.activeElement && !input.readOnly;
    if (!isTyped && !errors.has(input)) input.value = value;
  };
  /** What is wrong with each field whose text is no setting. */
  const errors = new Map<HTMLInputElement, PageError>();
  function clearError(input: HTMLInputElement): void {
    errors.delete(input);
    input.removeAttribute('aria-invalid');
    shown = undefined;
  }

  /** Changes the settings to those that `readField` reads from a field, or shows the field's error. */
  function read(input: HTMLInputElement, readField: () => Partial<Settings>): void {
    try {
      const settings = readField();
      clearError(input);
      changeWithRate(settings);
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
      errors.set(input, error);
      input.setAttribute('aria-invalid', 'true');
      app.changed();
    }
  }

  /** A fresh run begins anew with every change; one that has begun can only change its length. */
  function change(settings: Partial<Settings>): void {
    const decides = Object.keys(settings).some(key => key !== 'batches');
    app.settings = {...app.settings, ...settings};
    if (decides) app.reset();
    else app.changed();
  }

  /** Changes settings on which the usual learning rate depends. The visitor's own rate stays. */
  function changeWithRate(settings: Partial<Settings>): void {
    const {learningRate} = app.settings;
    const isOwn = learningRate !== usualRate(app.settings);
    const usual = usualRate({...app.settings, ...settings});
    change(isOwn || usual === learningRate ? settings : {...settings, learningRate: usual});
  }

  preset.addEventListener('change', () =>
    changeWithRate({preset: preset.value as Settings['preset']}),
  );
  recipe.addEventListener('change', () =>
    changeWithRate({recipe: recipe.value as Settings['recipe']}),
  );
  threads.addEventListener('change', () =>
    app.send({kind: 'threads', threads: Number(threads.value)}),
  );
  for (const {name, input} of fields) {
    input.addEventListener('input', () =>
      read(input, () => {
        const value = checkSetting(name, input.value.trim());
        if (name !== 'batchSize' || unit.value !== 'epochs') return {[name]: value};
        const epochs = app.settings.batches / batchesPerEpoch(app.settings.batchSize);
        const batches = Math.ceil(epochs * batchesPerEpoch(value));
        return {batchSize: value, batches: Math.min(ranges.batches[1], batches)};
      }),
    );
  }
  length.addEventListener('input', () =>
    read(length, () => {
      const text = length.value.trim();
      if (unit.value === 'batches') return {batches: checkSetting('batches', text)};
      const perEpoch = batchesPerEpoch(app.settings.batchSize);
      const most = Math.floor(ranges.batches[1] / perEpoch);
      const epochs = number([0.001, most])('epochs', text);
      return {batches: Math.max(1, Math.round(epochs * perEpoch))};
    }),
  );
  unit.addEventListener('change', () => {
    shown = undefined;
    app.changed();
  });

  form.addEventListener('submit', event => {
    event.preventDefault();
    if (app.isBusy) app.send({kind: 'pause'});
    else if (errors.size === 0) app.train();
  });
  more.addEventListener('click', () => app.trainOneEpochMore());
  one.addEventListener('click', () => {
    const batches = Math.max(app.settings.batches, app.batch + 1);
    app.send({kind: 'trainOne', batches});
  });
  reset.addEventListener('click', () => {
    for (const input of [...errors.keys()]) clearError(input);
    app.reset();
  });
  element('retry').addEventListener('click', () => {
    app.send({kind: 'load'});
    if (app.phase === 'failed') app.train(); // which waits for the images again
  });

  app.onChange(() => {
    const {settings, phase} = app;
    // Wrong text stays in its field, until a run, a link or a file sets the field.
    for (const input of [...errors.keys()]) {
      if (input === length ? length.readOnly : !app.isFresh) clearError(input);
    }
    // Read-only fields keep the focus: Enter in one of them starts the training.
    if (preset.disabled === app.isFresh) shown = undefined; // nothing is being typed any more
    preset.disabled = recipe.disabled = !app.isFresh;
    for (const {input} of fields) input.readOnly = !app.isFresh;
    for (const control of [preset, recipe, ...fields.map(({input}) => input)]) {
      control.title = app.isFresh ? '' : app.say('resetToChange');
    }
    length.readOnly = app.isBusy || app.hasFixedLength;
    length.title = app.hasFixedLength ? app.say('resetToChange') : '';
    if (settings !== shown) {
      const perUnit = unit.value === 'epochs' ? batchesPerEpoch(settings.batchSize) : 1;
      preset.value = settings.preset;
      recipe.value = settings.recipe;
      for (const {name, input} of fields) write(input, String(settings[name]));
      write(length, String(Number((settings.batches / perUnit).toFixed(3))));
      shown = settings;
    }
    for (const {backend, radio} of radios) {
      radio.checked = backend === settings.backend;
      radio.disabled = backend in app.missing;
    }
    showMissing(app);
    showThreads(app, threads);
    element('recipe-note').hidden = settings.recipe !== 'fast';
    const [error] = errors;
    setText(element('wrong'), error ? fieldSentence(app, ...error) : '');

    const key = app.isBusy ? 'pause' : app.batch > 0 || phase === 'lost' ? 'goOn' : 'start';
    setText(start, app.say(key));
    const canTrain = phase !== 'starting' && phase !== 'diverged' && !error && !isAtEnd(app);
    setEnabled(start, canTrain);
    setEnabled(one, canTrain);
    more.hidden = !isAtEnd(app) || !app.canTrainOneEpochMore;
    setEnabled(reset, phase !== 'starting');
    showRun(app);
  });
}

/** Names the field by its label, where a link's sentence has the setting's name. */
const fieldSentence = (app: App, {id}: HTMLInputElement, {key, values}: PageError): string =>
  app.sentence({key, values: {...values, name: app.say(id as TextKey)}});

/** True if only a longer run can go on. */
const isAtEnd = ({phase, batch, settings}: App): boolean =>
  phase === 'done' && batch >= settings.batches;

/** The settings close on Escape, and when the visitor goes elsewhere. */
function makeDisclosure(details: HTMLDetailsElement): void {
  const closeOutside = (target: EventTarget | null) => {
    const isAmong = target instanceof Element && target.closest('#settings-more, .choice');
    if (!isAmong) details.open = false;
  };
  document.addEventListener('pointerdown', ({target}) => closeOutside(target));
  document.addEventListener('focusin', ({target}) => closeOutside(target));
  details.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !details.open) return;
    event.stopPropagation(); // it closes nothing else
    details.open = false;
    details.querySelector('summary')?.focus();
  });
}

function makeRadios(app: App): {backend: Backend; radio: HTMLInputElement}[] {
  return backends.map(backend => {
    const radio = create('input', {type: 'radio', name: 'backend', value: backend});
    radio.addEventListener('change', () => app.moveTo(backend));
    element('backends').append(create('label', {}, radio, create('span', {textContent: backend})));
    return {backend, radio};
  });
}

function showMissing(app: App): void {
  const missing = Object.entries(app.missing) as [Backend, TextKey][];
  const reasons = missing.map(([backend, why]) => `${backend}: ${app.say(why)}`);
  element('missing').hidden = reasons.length === 0;
  setText(element('missing'), reasons.join(' '));
}

/** A choice from one to as many as there may be, which is the reason's place if that is one. */
function showThreads(app: App, select: HTMLSelectElement): void {
  const {threads, most, why} = app.threads;
  if (select.length !== most) {
    const all = Array.from({length: most}, (_, i) => String(i + 1));
    select.replaceChildren(...all.map(textContent => create('option', {textContent})));
  }
  if (select !== document.activeElement) select.value = String(threads);
  select.disabled = most === 1 || app.settings.backend !== 'simd';
  const note = element('threads-why');
  note.hidden = !why;
  setText(note, why ? app.say(`oneThread_${why}`) : '');
}

function showRun(app: App): void {
  const {settings, phase, batch, speed, timeLeft} = app;
  document.body.dataset.phase = phase;
  setText(element('phase'), app.say(`phase_${phase}`, {backend: app.backendName}));
  const why = app.noData ?? app.why ?? app.failure;
  setText(element('why'), why ? app.sentence(why) : '');
  element('retry').hidden = !app.noData;

  const progress = element<HTMLProgressElement>('progress');
  progress.max = Math.max(settings.batches, batch);
  progress.value = batch;
  const of = (n: number, total: number) => `${app.number(n)} / ${app.number(total)}`;
  setText(element('batch'), of(batch, Math.max(settings.batches, batch)));
  setText(element('left'), timeLeft === undefined ? '' : clock(timeLeft));
  setText(element('ms'), speed ? `${app.number(speed.ms, speed.ms < 10 ? 2 : 1)} ms` : '–');
  const perSecond = speed && app.number(Math.round(speed.imagesPerSecond));
  setText(element('speed'), perSecond ? `${perSecond} ${app.say('imagesPerSecond')}` : '–');

  showAccuracy(app);
  const compiled = element('compiled');
  compiled.hidden = !app.compiled;
  if (app.compiled) {
    const {programs, ms} = app.compiled;
    setText(compiled, app.say('compiled', {programs, seconds: app.number(ms / 1000, 2)}));
  }
  const images = element('images');
  images.hidden = app.arrived >= trainSize;
  setText(images, app.say('imagesArrived', {images: of(app.arrived, trainSize)}));
}

function showAccuracy(app: App): void {
  const {evaluation} = app;
  let [accuracy, interval] = ['', app.say('noAccuracy')];
  if (evaluation) {
    const {correct, total, batch} = evaluation;
    const shares = [correct / total, ...wilsonInterval(correct, total)];
    const [share, low, high] = shares.map(value => app.percent(value));
    accuracy = app.say('accuracy', {share: app.percent(correct / total, 1)});
    interval = app.sentence({key: 'interval', values: {batch, share, correct, total, low, high}});
  }
  setText(element('accuracy'), accuracy);
  setText(element('interval'), interval);
}
