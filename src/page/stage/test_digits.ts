// Beside the pad: the test digits one by one, one that the network gets wrong, and the label.
import type {App} from '../app.ts';
import {create, element, setEnabled, setText} from '../dom.ts';
import type {Inside} from '../inside/inside.ts';
import {testSize} from '../settings.ts';
import type {TextKey} from '../texts.ts';
import type {Pad} from './pad.ts';

/** Test digits that the network is asked about at once. */
const PORTION = 100;

export function makeTestDigits(inside: Inside, pad: Pad): () => void {
  const {app} = inside;
  const [previous, next, wrong] = ['previous-digit', 'next-digit', 'wrong-digit'].map(id =>
    element(id),
  );
  const labels = makeLabels(inside);
  /** The test digit that was last asked for, here or elsewhere on the page. */
  let index = -1;
  let shownIndex: number | undefined;
  let isSearching = false;
  let note: TextKey | undefined;

  /** Whoever draws meanwhile, or asks for another digit, keeps that one. */
  async function show(to: number): Promise<void> {
    index = to;
    const {image} = inside;
    const found = await app.ask({kind: 'testImages', indices: [to]});
    note = found ? undefined : 'noTestDigits';
    if (found && index === to && inside.image === image)
      pad.show(found.pixels, found.labels[0], to);
    inside.changed();
  }

  /** The next one that the network takes for another digit, after the one that is shown. */
  async function findWrong(): Promise<number | undefined> {
    const {evaluation} = app;
    const known = evaluation && (await app.ask({kind: 'testLabels'}));
    const after = Array.from({length: testSize}, (_, i) => (index + 1 + i) % testSize);
    const likely = after.filter(i => known && evaluation?.predictions[i] !== known[i]);
    // The weights may have changed since that evaluation, so that each has to be asked about again.
    for (const indices of [likely, after]) {
      for (let i = 0; i < indices.length; i += PORTION) {
        const portion = indices.slice(i, i + PORTION);
        const answers = await app.ask({kind: 'testImages', indices: portion});
        if (!answers?.probabilities) return -1;
        const {labels, probabilities} = answers;
        const found = portion.findIndex((_, k) => {
          const shares = probabilities.subarray(10 * k, 10 * (k + 1));
          return shares.indexOf(Math.max(...shares)) !== labels[k];
        });
        if (found >= 0) return portion[found];
      }
    }
    return undefined;
  }

  async function showWrong(): Promise<void> {
    if (isSearching) return;
    isSearching = true;
    note = 'searchingWrong';
    inside.changed();
    const {image} = inside;
    const found = await findWrong();
    isSearching = false;
    if (inside.image !== image) note = undefined;
    else if (found === undefined) note = 'noWrongDigit';
    else if (found < 0) note = 'noTestDigits';
    else await show(found);
    inside.changed();
  }

  previous.addEventListener('click', () => show((index <= 0 ? testSize : index) - 1));
  next.addEventListener('click', () => show((index + 1) % testSize));
  wrong.addEventListener('click', showWrong);
  element('gallery').addEventListener('click', ({target}) => {
    const item = (target as Element).closest<HTMLElement>('[data-index]');
    if (item) void show(Number(item.dataset.index));
  });

  return () => {
    const hasArrived = app.arrived > 0 && app.phase !== 'lost';
    for (const button of [previous, next, wrong]) setEnabled(button, hasArrived);
    const {testIndex} = inside;
    if (testIndex !== shownIndex) index = testIndex ?? index;
    shownIndex = testIndex;
    const at = testIndex === undefined ? undefined : app.number(testIndex);
    setText(element('test-digit'), at ? app.say('testDigitAt', {index: at}) : app.say('testDigit'));
    setText(element('digit-note'), note ? app.say(note) : '');
    labels(app);
  };
}

/** Ten choices. */
function makeLabels(inside: Inside): (app: App) => void {
  const inputs = Array.from({length: 10}, (_, digit) => {
    const input = create('input', {type: 'radio', name: 'label', value: String(digit)});
    element('labels').append(create('label', {}, input, create('span', {}, String(digit))));
    input.addEventListener('change', () => {
      inside.isLabelled = true;
      inside.show(inside.image, digit, inside.testIndex);
    });
    return input;
  });
  return app => {
    const help = element('label-help');
    const isLabelled = inside.isLabelled || inside.stop !== undefined;
    help.classList.toggle('unlabelled', !isLabelled);
    setText(help, app.say(isLabelled ? 'labelHelp' : 'labelMissing', {label: inside.label}));
    const label = inside.stop ? inside.look?.label : inside.label;
    // None is chosen for a drawing without a label: a choice of the one that stands is a change, too.
    for (const [digit, input] of inputs.entries()) input.checked = isLabelled && digit === label;
  };
}
