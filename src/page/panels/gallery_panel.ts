// Test digits, green where the network is right and red where it is wrong, and the confusion matrix of the last test of all images.
import './gallery_panel.css';
import type {App} from '../app.ts';
import {create, element, fillTable, heading, setEnabled, setText} from '../dom.ts';
import type {TestImages} from '../protocol.ts';
import {testSize} from '../settings.ts';
import {paint} from '../stage/image.ts';
import {wrongLabels} from '../wrong_labels.ts';
import {makeTabs} from './tabs.ts';

/** Digits per page. */
const PAGE = 32;
/** Milliseconds between two questions for answers. */
const INTERVAL = 1000;
const digits = [...Array(10).keys()];
const everyImage = [...Array(testSize).keys()];

export function galleryPanel(app: App): void {
  const filter = element<HTMLSelectElement>('filter');
  const digit = element<HTMLSelectElement>('digit');
  const cells = makeCells();
  let labels: Uint8Array | undefined;
  let page = 0;
  let resting = false;
  let shown = '';

  /** Indices of the images that the filters leave. */
  function chosen(): number[] {
    const predictions = app.evaluation?.predictions;
    const isOfDigit = (index: number) => !digit.value || labels?.[index] === Number(digit.value);
    if (filter.value === 'wrong') return wrongLabels.map(({index}) => index).filter(isOfDigit);
    const ofDigit = everyImage.filter(isOfDigit);
    if (filter.value === 'all') return ofDigit;
    return ofDigit.filter(i => predictions && labels && predictions[i] !== labels[i]);
  }

  async function update(): Promise<void> {
    if (resting) return;
    const all = chosen();
    page = Math.max(0, Math.min(page, Math.ceil(all.length / PAGE) - 1));
    const indices = all.slice(page * PAGE, (page + 1) * PAGE);
    // The answers change with every batch.
    const state = `${indices} ${app.weightsKey} ${app.arrived > 0}`;
    showRange(app, all.length, page);
    if (state === shown) return;
    resting = true;
    shown = state;
    labels ??= await app.ask({kind: 'testLabels'});
    const images = indices.length ? await app.ask({kind: 'testImages', indices}) : undefined;
    setTimeout(() => {
      resting = false;
      app.changed();
    }, INTERVAL);
    showDigits(app, cells, images);
    setText(element('gallery-note'), noteText(app, images !== undefined));
  }

  function choose(to: number): void {
    page = to;
    resting = false;
    void update();
  }
  filter.addEventListener('change', () => choose(0));
  digit.addEventListener('change', () => choose(0));
  element('previous').addEventListener('click', () => choose(page - 1));
  element('next').addEventListener('click', () => choose(page + 1));
  makeTabs(element('prediction-tabs'));

  let language = '';
  app.onChange(() => {
    if (language !== app.language) {
      language = app.language;
      shown = '';
      fillDigits(app, digit);
    }
    void update();
    showMatrix(app);
  });
}

function noteText(app: App, hasImages: boolean): string {
  if (hasImages) return app.say('galleryNote');
  const {value} = element<HTMLSelectElement>('filter');
  if (value !== 'mistakes') return app.say('noImages');
  return app.say(app.evaluation ? 'noMistakes' : 'mistakesLater');
}

const makeCells = () =>
  Array.from({length: PAGE}, () => {
    const canvas = create('canvas', {width: 28, height: 28});
    const text = create('span');
    const spoken = create('span', {className: 'hidden'}); // for a screen reader
    canvas.setAttribute('aria-hidden', 'true');
    text.setAttribute('aria-hidden', 'true');
    const item = create('li', {hidden: true}, canvas, text, spoken);
    element('gallery').append(item);
    return {item, canvas, text, spoken};
  });

function showDigits(app: App, cells: ReturnType<typeof makeCells>, images?: TestImages): void {
  for (const [i, {item, canvas, text, spoken}] of cells.entries()) {
    item.hidden = i >= (images?.indices.length ?? 0);
    if (!images || item.hidden) continue;
    const {indices, pixels, labels, probabilities} = images;
    paint(canvas, pixels.subarray(784 * i, 784 * (i + 1)));
    const shares = probabilities?.subarray(10 * i, 10 * (i + 1));
    const answer = shares?.indexOf(Math.max(...shares));
    const known = shares !== undefined && answer !== undefined && answer >= 0; // -1 if the weights are not finite
    const right = known && answer === labels[i];
    const doubt = wrongLabels.find(({index}) => index === indices[i]);
    const agrees = known && !right && answer === doubt?.suggested;
    item.className = known && !agrees ? (right ? 'right' : 'wrong') : '';
    item.classList.toggle('doubt', doubt !== undefined);
    const sign = right ? '✓' : agrees ? '≈' : `${labels[i]}✗`;
    setText(text, known ? `${sign}${answer} ${Math.floor(100 * shares[answer])}%` : '');
    const sentences = [
      app.say('imageText', {index: indices[i], label: labels[i]}),
      known ? app.say('answerText', {answer, share: app.percent(shares[answer], 1)}) : '',
      doubt ? app.say('doubtText', {suggested: doubt.suggested, votes: doubt.votes.join('/')}) : '',
    ];
    item.dataset.index = String(indices[i]);
    item.title = sentences.filter(Boolean).join(' ');
    setText(spoken, item.title);
  }
}

function showRange(app: App, total: number, page: number): void {
  const last = Math.min(total, (page + 1) * PAGE);
  const range = `${app.number(page * PAGE + 1)}–${app.number(last)} / ${app.number(total)}`;
  setText(element('range'), total ? range : '0');
  setEnabled(element('previous'), page > 0);
  setEnabled(element('next'), last < total);
}

function fillDigits(app: App, select: HTMLSelectElement): void {
  const {value} = select;
  const any = create('option', {value: ''}, app.say('anyDigit'));
  select.replaceChildren(any, ...digits.map(digit => create('option', {}, String(digit))));
  select.value = value;
}

function showMatrix(app: App): void {
  const table = element<HTMLTableElement>('confusion');
  const {evaluation} = app;
  const batch = app.number(evaluation?.batch ?? 0);
  setText(element('matrix-note'), app.say(evaluation ? 'matrixNote' : 'matrixLater', {batch}));
  table.hidden = !evaluation;
  const state = `${app.language} ${evaluation?.batch} ${evaluation?.correct}`;
  if (!evaluation || table.dataset.state === state) return;
  table.dataset.state = state;
  const {confusion} = evaluation;
  const most = Math.max(...confusion.filter((_, i) => i % 11 !== 0), 1);
  const cell = (label: number, answer: number) => {
    const count = confusion[10 * label + answer];
    const className = answer === label ? 'right' : count ? 'wrong' : '';
    const made = create('td', {className}, count ? String(count) : '·');
    made.style.setProperty('--share', String(count / most));
    return made;
  };
  const heads = digits.map(digit => heading('col', String(digit)));
  const rowOf = (label: number) => digits.map(answer => cell(label, answer));
  const rows = digits.map(label => [heading('row', String(label)), ...rowOf(label)]);
  fillTable(table, [create('td', {}, app.say('corner')), ...heads], rows);
}
