// How a number came about, as elements: one function for each kind of reason.
import {create} from '../dom.ts';
import type {Reason} from '../inside/explanation.ts';
import type {Drawing, Drawn, ReasonOf} from './drawing.ts';
import {drawNow, drawTotal, drawWindows, isBias, isOfWindows} from './windows.ts';

export const drawReason = (drawing: Drawing): Drawn =>
  drawers[drawing.explanation.reason.kind](drawing);

const drawers: Record<Reason['kind'], (drawing: Drawing) => Drawn> = {
  given: () => ({arithmetic: [], details: []}),
  sum: drawing => {
    if (isOfWindows(drawing.explanation)) return drawWindows(drawing);
    return drawing.reason('sum').terms.length > 1 ? drawList(drawing) : drawProduct(drawing);
  },
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
function drawEquation(drawing: Drawing, before: string, after: string): Drawn {
  const reason = () => drawing.explanation.reason as ReasonOf<'log' | 'difference' | 'inverse'>;
  const operand = drawing.asTerm(
    drawing.operand(() => reason().p),
    () => 0,
  );
  drawing.rows.push([operand]);
  const share = drawing.number(() => reason().share, 9);
  const result = drawing.number(() => drawing.explanation.definition, 9);
  const line = create('p', {className: 'equation'}, before, share, `${after} = `, result);
  return {
    arithmetic: [line],
    details: [create('p', {}, drawing.say('cellInDouble', {p: operand}))],
  };
}

/** A sum of one term, or of none. */
function drawProduct(drawing: Drawing): Drawn {
  const terms = () => drawing.reason('sum').terms;
  if (terms().length === 0) return {arithmetic: [], details: []};
  const factors = terms()[0].factors.flatMap((_, i) => {
    const factor = drawing.operand(
      () => terms()[0].factors[i],
      () => 0,
    );
    factor.tabIndex = 0;
    return i === 0 ? [factor] : [' × ', factor];
  });
  const product = drawing.asTerm(
    drawing.number(() => terms()[0].value, 4),
    () => 0,
  );
  drawing.rows.push([product]);
  return {
    arithmetic: [create('p', {className: 'equation'}, ...factors, ' = ', product)],
    details: [],
  };
}

/** The terms from the largest to the smallest, each with a bar, and the sum of those that are left out. A bias stands in the line above. */
function drawList(drawing: Drawing): Drawn {
  const terms = () => drawing.reason('sum').terms;
  const arithmetic = [drawTotal(drawing)];
  const hasBias = isBias(terms()[0]);
  const count = Math.min(drawing.shown + Number(hasBias), terms().length);
  let order: number[] = [];
  drawing.live(() => {
    const sizes = terms().map(({value}) => Math.abs(value));
    if (hasBias) sizes[0] = Number.POSITIVE_INFINITY;
    order = [...sizes.keys()].sort((i, j) => sizes[j] - sizes[i]);
  });
  const largest = () => Math.abs(terms()[order[hasBias ? 1 : 0]].value);
  const list = create('ol', {className: 'list'});
  for (let row = Number(hasBias); row < count; row++) {
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
  if (left === 0) return {arithmetic, details: [list]};
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
  return {arithmetic, details: [list, create('p', {className: 'rest'}, rest, ' ', more)]};
}

/** maxPool: the window, with its winner framed. */
function drawLargest(drawing: Drawing): Drawn {
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
  const numbers = reason().candidates.flatMap((_, i) => {
    const number = drawing.number(() => reason().candidates[i].value);
    return i === 0 ? [number] : [', ', number];
  });
  const result = drawing.number(() => drawing.explanation.definition);
  const line = create('p', {className: 'equation'}, 'max(', ...numbers, ') = ', result);
  const now = drawNow(drawing, () => [reason().candidates[drawing.term]]);
  return {arithmetic: [line], details: [now, grid]};
}

function drawGate(drawing: Drawing): Drawn {
  const reason = () => drawing.reason('gate');
  const {isOpen, dy} = reason();
  const input = drawing.asTerm(
    drawing.operand(() => reason().input),
    () => 0,
  );
  const line = create('p', {className: 'equation'});
  const result = drawing.number(() => drawing.explanation.definition);
  const note = (text: Node) => create('p', {className: 'note'}, text);
  if (!dy) {
    drawing.rows.push([input]);
    line.append('max(', input, ', 0) = ', result);
    return {
      arithmetic: [line],
      details: [note(drawing.say(isOpen ? 'cellAbove0' : 'cellNotAbove0'))],
    };
  }
  const passed = drawing.asTerm(
    drawing.operand(() => reason().dy),
    () => 1,
  );
  drawing.rows.push([passed, input]);
  line.append(passed, ' × [', input, ` > 0] = `, result);
  return {
    arithmetic: [line],
    details: [note(drawing.say(isOpen ? 'cellPassesBack' : 'cellStopsBack'))],
  };
}

function drawRouted(drawing: Drawing): Drawn {
  const {windows} = drawing.reason('routed');
  const arithmetic = windows.map(({isHere}, i) => {
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
  return {arithmetic, details: []};
}

/** softmax: exp of each class's z, and its share of their sum. */
function drawShares(drawing: Drawing): Drawn {
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
  const mine = () => reason().parts[reason().mine];
  const line = create('p', {className: 'equation'});
  line.append(
    'exp ',
    drawing.number(() => mine().logit.value - reason().shift),
    ' / Σ exp logits = ',
  );
  line.append(
    drawing.number(() => mine().exp, 4),
    ' / ',
    drawing.number(() => reason().sum, 4),
    ' = ',
  );
  line.append(drawing.number(() => drawing.explanation.definition, 4));
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
  return {arithmetic: [line, shift], details: [table]};
}
