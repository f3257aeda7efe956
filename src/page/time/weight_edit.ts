// The selected weight, to be changed by hand; a filter can be replaced as a whole. Each change can be undone.
import {weightShapes} from '../../presets.ts';
import {create, element, setEnabled, setText} from '../dom.ts';
import {cellText, indexOf} from '../inside/cells.ts';
import {filterKinds, setFilter} from '../inside/filters.ts';
import type {Inside} from '../inside/inside.ts';
import {PageError} from '../page_error.ts';
import type {Command} from '../protocol.ts';
import {number} from '../settings.ts';

/** Many times what training reaches, and the loss stays finite. */
const checkWeight = number([-1000, 1000]);

export function weightEdit(inside: Inside): void {
  const {app} = inside;
  const row = element('time');
  const input = element<HTMLInputElement>('weight-value');
  const undo = element('undo');
  const buttons = filterKinds.map(kind => {
    const button = create('button', {type: 'button', id: `set-${kind}`});
    button.dataset.text = kind;
    button.addEventListener('click', () => {
      const weight = selected();
      if (!weight) return;
      const {of, shape, at} = weight;
      void change(of, values => setFilter(kind, values, shape, at[3]));
    });
    return button;
  });
  element('set-filter').append(...buttons);
  /** Which weight the input shows, and as which text. */
  let shown = {cell: '', text: ''};
  let last: Promise<unknown> = Promise.resolve();
  /** Commands that are sent from here. */
  let own = 0;

  function selected() {
    const {cell, look} = inside;
    if (!cell || !look || cell.isGradient) return undefined;
    const shape = weightShapes[look.preset][cell.of];
    const value = shape && look.values[cell.of][indexOf(shape, cell.at)];
    return shape && {...cell, shape, value};
  }

  function send(command: Command): void {
    own++;
    app.send(command);
  }

  /**
   * Changes values of a weight as they are once training has paused: those on the stage may be older. One change at a time; a
   * command from elsewhere that comes in between, such as Reset, has the last word.
   */
  function change(of: string, edit: (values: Float32Array) => void): Promise<unknown> {
    inside.set({film: undefined});
    if (app.isBusy) send({kind: 'pause'});
    const others = app.sent - own;
    last = last.then(async () => {
      await app.ask({kind: 'rest'});
      const {settings, weights} = (await app.ask({kind: 'save'})) ?? {};
      if (!settings || !weights || app.sent - own !== others) return;
      const before = weights[Object.keys(weightShapes[settings.preset]).indexOf(of)];
      const values = before.slice();
      edit(values);
      if (values.every((value, i) => value === before[i])) return;
      send({kind: 'edit', weights: {[of]: values}});
      await app.ask({kind: 'rest'});
    });
    return last;
  }

  function apply(): void {
    const weight = selected();
    if (!weight) return;
    const {of, shape, at} = weight;
    try {
      const value = checkWeight(shown.cell, input.value.trim());
      input.removeAttribute('aria-invalid');
      shown.text = input.value; // what the worker makes of it may be shown
      void change(of, values => {
        values[indexOf(shape, at)] = value;
      });
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
      input.setAttribute('aria-invalid', 'true');
      app.notice = {key: error.key, values: error.values};
      app.changed();
    }
  }

  const takeBack = () => {
    if (app.undoable > 0) app.send({kind: 'undo'});
  };

  input.addEventListener('keydown', event => {
    if (event.key === 'Enter') apply();
    else if (event.key === 'Escape')
      shown.cell = ''; // shows the value anew
    else return;
    event.preventDefault();
    event.stopPropagation();
    inside.changed();
  });
  undo.addEventListener('click', takeBack);
  row.addEventListener('keydown', event => {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === 'z';
    const isTyped = event.target === input && input.value !== shown.text;
    if (!isUndo || isTyped || inside.stop) return;
    event.preventDefault();
    takeBack();
  });

  inside.onChange(() => {
    const weight = selected();
    element('weight').hidden = !weight;
    row.classList.toggle('weight', weight !== undefined);
    if (weight) {
      const cell = cellText(weight);
      const text = shortest(weight.value);
      // A value that training changes would take the visitor's selection away.
      const isHeld = input === document.activeElement && (app.isBusy || input.value !== shown.text);
      if (cell !== shown.cell || (text !== shown.text && !isHeld)) {
        shown = {cell, text};
        input.value = text;
        input.removeAttribute('aria-invalid');
      }
      setText(element('weight-name'), cell);
      input.title = app.say('weightHint');
      const isFilter = weight.shape.length === 4;
      element('set-filter').hidden = !isFilter;
      const filter = `${weight.of}[:, :, :, ${weight.at[3]}]`;
      if (isFilter) setText(element('set-to'), app.say('setTo', {filter}));
    }
    const {undoable} = app;
    undo.hidden = undoable === 0 && !weight && undo !== document.activeElement;
    setEnabled(undo, undoable > 0);
    const count = app.number(undoable);
    setText(undo, app.say('undo', {count}));
    undo.title = app.say('undoHint');
    const hasEdits = app.edits > 0 && !undo.hidden;
    const said = undoable > 0 ? app.say('edited', {count}) : hasEdits ? app.say('notEdited') : '';
    setText(element('edits'), said);
  });
}

/** The shortest text of this float32. */
function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}
