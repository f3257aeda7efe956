// A stop of the guided reading: its text, its question, and the way on.
import {create, element, setText} from '../dom.ts';
import {cellText} from '../inside/cells.ts';
import type {Inside} from '../inside/inside.ts';
import {parameters, stationsOf} from '../inside/stations.ts';
import type {Progress} from '../panels/guide_panel.ts';
import {batchesPerEpoch} from '../settings.ts';
import {fill, type Values} from '../texts.ts';
import {BATCHES, GUESS, isAnswered, numberAt, type Seen, stopNames} from './questions.ts';
import {type Both, type Stop, stops} from './stops.ts';
import {Watch} from './watch.ts';

/** The share of test images that either network reads right after its first epoch, with the settings that are there at first. */
const ACCURACY = 0.98;
/** No line breaks within “5 × 5”. */
const TIMES = '\u00a0×\u00a0';

export class GuideView {
  private progress: Progress = {stop: 0, answered: []};
  private readonly watch: Watch;
  private readonly title = create('h2', {id: 'guide-title', tabIndex: -1});
  private readonly at = create('span', {className: 'note'});
  private readonly text = create('div', {id: 'guide-text'});
  private readonly question = create('p', {id: 'guide-question'});
  private readonly field = create('input', {id: 'guide-answer', autocomplete: 'off'});
  private readonly feedback = create('p', {id: 'guide-feedback'});
  private readonly files = create('p', {id: 'guide-files', className: 'note'});
  private readonly list = create('select', {id: 'guide-stops'});
  private readonly back = create('button', {type: 'button', id: 'guide-back', textContent: '‹'});
  private readonly next = create('button', {type: 'button', id: 'guide-next'});
  private readonly closer = create('button', {type: 'button', id: 'guide-close', textContent: '×'});
  private readonly scroller = create('div', {id: 'guide-scroll'});
  /** Leads to the question while that is out of sight. */
  private readonly down = create('button', {type: 'button', id: 'guide-down'});
  /** What is written: the stop, the language and the values in the sentences. */
  private written = '';
  private seen?: Seen;
  /** What flowed when the stop began. */
  private before = {image: new Uint8Array(), label: 0};

  constructor(
    private readonly inside: Inside,
    private readonly section: HTMLElement,
    private readonly keep: (progress: Progress) => void,
    leave: () => void,
  ) {
    this.watch = new Watch(inside);
    const {title, at, text, question, field, feedback, files, list, back, next, closer, down} =
      this;
    section.setAttribute('aria-labelledby', title.id);
    feedback.setAttribute('role', 'status');
    field.inputMode = 'numeric';
    field.setAttribute('aria-labelledby', question.id);
    const asks = create('div', {id: 'guide-asks'}, question, field, feedback);
    this.scroller.append(text, asks, files);
    list.append(...stopNames.map((_, i) => create('option', {value: String(i)})));
    section.replaceChildren(
      create('header', {}, title, at, closer),
      this.scroller,
      create('footer', {}, back, list, down, next),
    );
    closer.addEventListener('click', leave);
    back.addEventListener('click', () => this.go(this.progress.stop - 1));
    list.addEventListener('change', () => this.go(Number(list.value)));
    next.addEventListener('click', () => {
      if (this.progress.stop < stopNames.length - 1) return this.go(this.progress.stop + 1);
      this.keep({...this.progress, stop: 0});
      leave();
    });
    field.addEventListener('change', () => this.update());
    down.addEventListener('click', () => this.showQuestion());
    const options = {root: this.scroller, threshold: 0.9};
    new IntersectionObserver(([{isIntersecting}]) => {
      down.hidden = isIntersecting;
    }, options).observe(question);
    section.addEventListener('keydown', event => {
      if (event.key === 'Escape') leave();
    });
  }

  private get stop(): Stop {
    return stops[stopNames[this.progress.stop]];
  }

  open(progress: Progress): void {
    this.progress = progress;
    this.go(progress.stop);
  }

  close(): void {
    this.point('');
  }

  private go(to: number): void {
    const {inside, field, title, scroller, before} = this;
    // The wrong label that was tried for the loss would decide the next stop's gradients.
    const isTried = stopNames[this.progress.stop] === 'loss' && inside.image === before.image;
    if (isTried) inside.show(inside.image, before.label, inside.testIndex);
    this.before = {image: inside.image, label: inside.label};
    this.progress = {...this.progress, stop: to};
    field.value = '';
    inside.select(undefined);
    inside.set({mode: this.stop.mode});
    this.watch.begin();
    if (this.stop.tab) element(this.stop.tab).click();
    this.keep(this.progress);
    this.update();
    scroller.scrollTop = 0;
    title.focus({preventScroll: true});
    document.querySelector(this.stop.at)?.scrollIntoView({block: 'nearest', inline: 'center'});
  }

  /** Draws the stop, and looks whether its question is answered. */
  update(): void {
    const {section, progress, watch, field} = this;
    if (section.hidden) return;
    const name = stopNames[progress.stop];
    const seen = watch.see(field.value);
    if (seen) this.seen = seen;
    const answer = seen && watch.before && isAnswered[name](watch.before, seen);
    if (answer && !progress.answered.includes(name)) {
      this.progress = {...progress, answered: [...progress.answered, name]};
      this.keep(this.progress);
    }
    this.point(this.stop.at);
    this.write();
    this.writeAnswer(answer);
  }

  /** Marks what the stop points at: a network that is chosen anew has other elements. */
  private point(selector: string): void {
    for (const each of document.querySelectorAll('[data-guided]')) {
      if (!selector || !each.matches(selector)) each.removeAttribute('data-guided');
    }
    if (!selector) return;
    for (const each of document.querySelectorAll(selector)) each.setAttribute('data-guided', '');
  }

  private write(): void {
    const {inside, progress, stop, title, at, text, question, field, files} = this;
    const {app} = inside;
    const count = app.number(stopNames.length);
    const values = this.values();
    const written = JSON.stringify([progress.stop, app.language, values]);
    if (written === this.written) return;
    this.written = written;
    title.textContent = this.say(stop.title);
    at.textContent = app.say('guideAt', {at: app.number(progress.stop + 1), of: count});
    text.replaceChildren(
      ...stop.sentences.map(sentence => create('p', {}, ...withTerms(this.say(sentence, values)))),
    );
    question.textContent = this.say(stop.question, values);
    field.hidden = !stop.isTyped;
    const [before, between, after] = app.say('guideFiles', {file: '\n', test: '\n'}).split('\n');
    files.replaceChildren(before, linkTo(stop.file), between, linkTo(stop.test), after);
    this.down.textContent = `${app.say('guideQuestion')} ↓`;
    this.closer.setAttribute('aria-label', app.say('guideClose'));
    this.back.setAttribute('aria-label', app.say('guideBack'));
    this.list.setAttribute('aria-label', app.say('guideStops'));
  }

  private writeAnswer(answer?: boolean): void {
    const {inside, progress, stop, feedback, list, back, next} = this;
    const {app} = inside;
    const isDone = progress.answered.includes(stopNames[progress.stop]);
    const values = {...this.values(), ...this.tried()};
    const isWrong = answer === false && !isDone;
    const said = isDone
      ? `✓ ${this.say(stop.why, values)}`
      : isWrong
        ? this.say(stop.help, values)
        : '';
    if (said !== feedback.textContent) {
      feedback.textContent = said;
      if (said) this.showQuestion();
    }
    feedback.classList.toggle('done', isDone);
    const later = stopNames[progress.stop + 1];
    const nextText = isDone ? app.say('guideNext') : app.say('guideSkip');
    setText(next, later ? nextText : app.say('guideFinish'));
    next.classList.toggle('main', isDone);
    back.disabled = progress.stop === 0;
    for (const [i, option] of [...list.options].entries()) {
      const mark = progress.answered.includes(stopNames[i]) ? ' ✓' : '';
      setText(option, `${app.number(i + 1)} ${this.say(stops[stopNames[i]].title)}${mark}`);
    }
    list.value = String(progress.stop);
  }

  private showQuestion(): void {
    const {scroller, question} = this;
    scroller.scrollTop = question.offsetTop - scroller.offsetTop;
  }

  private say([en, zh]: Both, values: Values = {}): string {
    return fill(this.inside.app.language === 'en' ? en : zh, values);
  }

  /** What any sentence may name: sizes of the network, settings, and the page's buttons. */
  private values(): Values {
    const {app, look} = this.inside;
    const {settings} = app;
    const preset = look?.preset ?? settings.preset;
    const at = Object.fromEntries(stationsOf(preset).map(station => [station.name, station]));
    const size = (name: string) => at[name].shape.slice(0, 2).join(TIMES);
    const [first, pool, second] = ['conv1', 'pool1', 'conv2'].map(name => at[name].geometry!);
    /** Rows of the image that a cell of conv2 depends on. */
    const sight = first.kH + (pool.kH - 1) + (second.kH - 1) * pool.sH;
    return {
      window: `${first.kH}${TIMES}${first.kW}`,
      filters1: first.K,
      filters2: second.K,
      sight: `${sight}${TIMES}${sight}`,
      ...{conv1: size('conv1'), pool1: size('pool1'), conv2: size('conv2'), pool2: size('pool2')},
      inputs: app.number(at.relu2.shape.reduce((product, length) => product * length)),
      parameters: app.number(parameters(preset)),
      guess: app.number(GUESS, 1),
      rate: app.number(settings.learningRate),
      batchSize: app.number(settings.batchSize),
      perEpoch: app.number(batchesPerEpoch(settings.batchSize)),
      batches: BATCHES,
      accuracy: app.percent(ACCURACY, 0),
      start: app.say(app.phase === 'done' ? 'oneEpochMore' : app.batch > 0 ? 'goOn' : 'start'),
      oneBatch: app.say('oneBatch'),
      wrongDigit: app.say('wrongDigit'),
    };
  }

  /** What the reader has tried. */
  private tried(): Values {
    const {seen, watch} = this;
    const {app} = this.inside;
    if (!seen) return {};
    const {values, batch} = seen;
    const cell = seen.cells.at(-1);
    const short = (value = Number.NaN) =>
      app.number(Number(value.toPrecision(3))).replace('-', '−');
    return {
      cell: cell ? cellText(cell) : '',
      value: cell ? short(numberAt(seen, cell)) : '',
      largest: short(Math.max(...values.conv1)),
      score: short(Math.max(...values.dense)),
      loss: short(values.loss[0]),
      trained: app.number(batch - (watch.before?.batch ?? 0)),
    };
  }
}

const linkTo = (path: string) =>
  create('a', {href: `sources/${path}.txt`, target: '_blank', textContent: path.split('/').at(-1)});

/** Terms stand between asterisks. */
const withTerms = (sentence: string) =>
  sentence.split('*').map((part, i) => (i % 2 ? create('dfn', {textContent: part}) : part));
