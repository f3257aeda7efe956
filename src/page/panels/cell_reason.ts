// How a number came about, as elements: one function for each kind of reason.
import {create} from '../dom.ts';
import type {Operand, Reason} from '../inside/explanation.ts';
import type {Drawing} from './cell_drawing.ts';
import {drawNow, drawWindows, isOfWindows} from './cell_windows.ts';

export const drawReason = (drawing: Drawing): Node[] =>
  drawers[drawing.explanation.reason.kind](drawing);

const drawers: Record<Reason['kind'], (drawing: Drawing) => Node[]> = {
  given: () => [],
  sum: drawing => (isOfWindows(drawing.explanation) ? drawWindows(drawing) : drawList(drawing)),
  largest: drawLargest,
  gate: drawGate,
  routed: drawRouted,
  share: drawShares,
  log: drawing => [drawEquation(drawing, '−log ', () => drawing.reason('log').p)],
  difference: drawing => {
    const isLabel = drawing.explanation.cell.at[0] === drawing.reason('difference').label;
    const p = () => drawing.reason('difference').p;
    return [drawEquation(drawing, '', p, isLabel ? ' − 1' : ' − 0')];
  },
  inverse: drawing => {
    const {isLabel} = drawing.reason('inverse');
    const p = () => drawing.reason('inverse').p;
    return [drawEquation(drawing, isLabel ? '−1 / ' : '−0 / ', p)];
  },
};

function drawEquation(drawing: Drawing, before: string, of: () => Operand, after = ''): Node {
  const operand = drawing.asTerm(drawing.operand(of), () => 0);
  drawing.rows.push([operand]);
  const result = drawing.number(() => drawing.explanation.definition, 4);
  return create('p', {className: 'equation'}, before, operand, `${after} = `, result);
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
  if (left === 0) return [list];
  const sum = drawing.number(() => {
    const isShown = new Set(order.slice(0, count));
    return terms().reduce((sum, {value}, i) => (isShown.has(i) ? sum : sum + value), 0);
  });
  const more = create('button', {type: 'button', textContent: drawing.inside.app.say('showMore')});
  more.dataset.action = 'more';
  const rest = drawing.say('andMore', {count: drawing.inside.app.number(left), sum});
  return [list, create('p', {className: 'rest'}, rest, ' ', more)];
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
      drawing.tile(() => reason().candidates[i].value, largest),
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
    return [create('p', {}, drawing.say(isOpen ? 'above0' : 'notAbove0', {input}))];
  }
  const passed = drawing.asTerm(
    drawing.operand(() => reason().dy),
    () => 1,
  );
  drawing.rows.push([passed]);
  const values = {input, dy: passed};
  return [create('p', {}, drawing.say(isOpen ? 'passesBack' : 'stopsBack', values))];
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
    if (isHere) return create('p', {}, drawing.say('routedHere', {dy}));
    const winner = drawing.place(() => window().winner);
    return create('p', {}, drawing.say('routedElsewhere', {dy, winner}));
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
  const heads = [app.say('class'), 'logits[k]', 'exp z[k]', app.say('share')].map(column);
  const sum = create(
    'p',
    {},
    'Σ exp z = ',
    drawing.number(() => reason().sum, 4),
  );
  const table = create(
    'table',
    {},
    create('thead', {}, create('tr', {}, ...heads, create('td'))),
    create('tbody', {}, ...rows),
  );
  return [sum, table, create('p', {className: 'note', textContent: app.say('whyExp')})];
}
