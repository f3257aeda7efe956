// How a number came about, as elements: one function for each kind of reason.
import {create} from '../dom.ts';
import type {Reason} from '../inside/explanation.ts';
import type {Drawing, ReasonOf} from './drawing.ts';
import {drawNow, drawWindows, isOfWindows} from './windows.ts';

export const drawReason = (drawing: Drawing): Node[] =>
  drawers[drawing.explanation.reason.kind](drawing);

const drawers: Record<Reason['kind'], (drawing: Drawing) => Node[]> = {
  given: () => [],
  sum: drawing => (isOfWindows(drawing.explanation) ? drawWindows(drawing) : drawList(drawing)),
  largest: drawLargest,
  gate: drawGate,
  routed: drawRouted,
  share: drawShares,
  log: drawing => drawEquation(drawing, '−log ', ''),
  difference: drawing => {
    const isLabel = drawing.explanation.cell.at[0] === drawing.reason('difference').label;
    return drawEquation(drawing, '', isLabel ? ' − 1' : ' − 0');
  },
  inverse: drawing =>
    drawEquation(drawing, drawing.reason('inverse').isLabel ? '−1 / ' : '−0 / ', ''),
};

/** A number that follows from one probability p, which is there in float32, and in float64 from the logits. */
function drawEquation(drawing: Drawing, before: string, after: string): Node[] {
  const reason = () => drawing.explanation.reason as ReasonOf<'log' | 'difference' | 'inverse'>;
  const operand = drawing.asTerm(
    drawing.operand(() => reason().p),
    () => 0,
  );
  drawing.rows.push([operand]);
  const share = drawing.number(() => reason().share, 9);
  const result = drawing.number(() => drawing.explanation.definition, 9);
  const line = create('p', {className: 'equation'}, before, share, `${after} = `, result);
  return [create('p', {}, drawing.say('cellInDouble', {p: operand})), line];
}

/** The terms from the largest to the smallest, each with a bar, and the sum of those that are left out. A bias stays at the top. */
function drawList(drawing: Drawing): Node[] {
  const terms = () => drawing.reason('sum').terms;
  const count = Math.min(drawing.shown, terms().length);
  if (count === 0) return [];
  const hasBias = terms()[0].factors.length === 1 && terms().length > 1 && terms()[1].factors[1];
  let order: number[] = [];
  drawing.live(() => {
    const sizes = terms().map(({value}) => Math.abs(value));
    if (hasBias) sizes[0] = Number.POSITIVE_INFINITY;
    order = [...sizes.keys()].sort((i, j) => sizes[j] - sizes[i]);
  });
  const largest = () => Math.abs(terms()[order[hasBias && order.length > 1 ? 1 : 0]].value);
  const list = create('ol', {className: 'list'});
  for (let row = 0; row < count; row++) {
    const index = () => order[row];
    const term = () => terms()[index()];
    const product = drawing.asTerm(
      drawing.number(() => term().value),
      index,
    );
    const bar = create('span', {className: 'share'});
    drawing.live(() => {
      const share = term().value / largest() || 0;
      bar.style.setProperty('--share', `${Math.min(100, 100 * Math.abs(share)).toFixed(1)}%`);
      bar.classList.toggle('negative', share < 0);
    });
    const factors = term().factors.flatMap((_, i) => {
      const factor = drawing.operand(() => term().factors[i], index);
      return i === 0 ? [factor] : [' × ', factor];
    });
    drawing.rows.push([product]);
    list.append(create('li', {}, product, bar, create('span', {}, ...factors)));
  }
  const left = terms().length - count;
  const total = create(
    'p',
    {},
    'Σ = ',
    drawing.number(() => drawing.explanation.definition, 4),
  );
  if (left === 0) return terms().length > 1 ? [list, total] : [list];
  const sum = drawing.number(() => {
    const isShown = new Set(order.slice(0, count));
    return terms().reduce((sum, {value}, i) => (isShown.has(i) ? sum : sum + value), 0);
  });
  const more = create('button', {
    type: 'button',
    textContent: drawing.inside.app.say('cellShowMore'),
  });
  more.dataset.action = 'more';
  const rest = drawing.say('cellAndMore', {count: drawing.inside.app.number(left), sum});
  return [list, create('p', {className: 'rest'}, rest, ' ', more), total];
}

/** maxPool: the window, with its winner framed. */
function drawLargest(drawing: Drawing): Node[] {
  const reason = () => drawing.reason('largest');
  const rows = new Set(reason().candidates.map(({cell}) => cell.at[0])).size;
  const columns = Math.ceil(reason().candidates.length / rows);
  const grid = create('div', {className: 'tiles large'});
  grid.style.setProperty('--columns', String(columns));
  const largest = () => Math.max(...reason().candidates.map(({value}) => Math.abs(value)));
  for (const i of reason().candidates.keys()) {
    const tile = drawing.asTerm(
      drawing.tile(() => reason().candidates[i].value, largest, 3),
      () => i,
    );
    drawing.live(() => tile.classList.toggle('winner', i === reason().winner));
    if (i % columns === 0) drawing.rows.push([]);
    drawing.rows.at(-1)!.push(tile);
    grid.append(tile);
  }
  const result = drawing.number(() => drawing.explanation.definition, 4);
  const line = create(
    'div',
    {className: 'windows'},
    grid,
    '→',
    create('span', {}, 'max = ', result),
  );
  return [drawNow(drawing, () => [reason().candidates[drawing.term]]), line];
}

function drawGate(drawing: Drawing): Node[] {
  const reason = () => drawing.reason('gate');
  const input = drawing.asTerm(
    drawing.operand(() => reason().input),
    () => 0,
  );
  drawing.rows.push([input]);
  const {isOpen, dy} = reason();
  if (!dy) {
    return [create('p', {}, drawing.say(isOpen ? 'cellAbove0' : 'cellNotAbove0', {input}))];
  }
  const passed = drawing.asTerm(
    drawing.operand(() => reason().dy),
    () => 1,
  );
  drawing.rows.push([passed]);
  const values = {input, dy: passed};
  return [create('p', {}, drawing.say(isOpen ? 'cellPassesBack' : 'cellStopsBack', values))];
}

function drawRouted(drawing: Drawing): Node[] {
  const {windows} = drawing.reason('routed');
  return windows.map(({isHere}, i) => {
    const window = () => drawing.reason('routed').windows[i];
    const dy = drawing.asTerm(
      drawing.operand(() => window().dy),
      () => i,
    );
    drawing.rows.push([dy]);
    if (isHere) return create('p', {}, drawing.say('cellRoutedHere', {dy}));
    const winner = drawing.place(() => window().winner);
    return create('p', {}, drawing.say('cellRoutedElsewhere', {dy, winner}));
  });
}

/** softmax: exp of each class's z, and its share of their sum. */
function drawShares(drawing: Drawing): Node[] {
  const reason = () => drawing.reason('share');
  const {app} = drawing.inside;
  const rows = reason().parts.map(({logit}, i) => {
    const part = () => reason().parts[i];
    const term = drawing.asTerm(
      drawing.operand(() => part().logit),
      () => i,
    );
    drawing.rows.push([term]);
    const share = () => part().exp / reason().sum;
    const bar = create('span', {className: 'share'});
    drawing.live(() => bar.style.setProperty('--share', `${(100 * share()).toFixed(1)}%`));
    const cells = [
      create('td', {}, term),
      create(
        'td',
        {},
        drawing.number(() => part().exp),
      ),
      create('td', {}, drawing.number(share)),
      create('td', {}, bar),
    ];
    const head = create('th', {scope: 'row', textContent: String(logit.cell.at[0])});
    return create('tr', {className: i === reason().mine ? 'mine' : ''}, head, ...cells);
  });
  const column = (text: string) => create('th', {scope: 'col', textContent: text});
  const heads = [app.say('cellClass'), 'logits[k]', 'exp logits[k]', app.say('cellShare')].map(
    column,
  );
  const sum = create(
    'p',
    {},
    'Σ exp logits = ',
    drawing.number(() => reason().sum, 4),
  );
  const table = create(
    'table',
    {},
    create('thead', {}, create('tr', {}, ...heads, create('td'))),
    create('tbody', {}, ...rows),
  );
  const shift = drawing.say('cellShift', {shift: drawing.number(() => reason().shift)});
  drawing.live(() => {
    shift.hidden = reason().shift === 0;
  });
  return [sum, shift, table];
}
