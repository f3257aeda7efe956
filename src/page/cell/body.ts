// What stands below a number: one sentence, the arithmetic in a line, the formula, and the terms.
import {create} from '../dom.ts';
import type {Drawing} from './drawing.ts';
import {cut, formulaOf, letters} from './formula.ts';
import {drawReason} from './reason.ts';
import {drawNudge, drawUpdate} from './weight.ts';
import {sentenceOf} from './words.ts';

export function drawBody(drawing: Drawing): Node[] {
  const {inside, explanation} = drawing;
  const {cell} = explanation;
  const {arithmetic, details} = drawReason(drawing);
  const terms = (...nodes: Node[]) => {
    const group = create('div', {className: 'terms'}, ...nodes);
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', inside.app.say('cellTermsLabel'));
    return nodes.length > 0 ? [group] : [];
  };
  const isWeight = cell.of.includes('.');
  const parts: Node[] = [
    drawSentence(drawing),
    ...terms(...arithmetic),
    ...drawFormula(drawing),
    ...(isWeight ? drawUpdate(drawing) : []),
    ...(isWeight && cell.isGradient ? drawNudge(drawing) : []),
  ];
  if (explanation.goesTo) {
    const place = drawing.place(() => drawing.explanation.goesTo!);
    place.tabIndex = 0;
    parts.push(create('p', {}, drawing.say('cellGoesTo', {cell: place})));
  }
  return [...parts, ...terms(...details)];
}

function drawSentence(drawing: Drawing): HTMLElement {
  let now = sentenceOf(drawing.explanation);
  drawing.live(() => {
    now = sentenceOf(drawing.explanation);
  });
  const values = Object.fromEntries(
    Object.entries(now.values).map(([name, value]) => [
      name,
      typeof value === 'number'
        ? drawing.number(() => now.values[name] as number, 4)
        : drawing.text(() => String(now.values[name])),
    ]),
  );
  return create('p', {id: 'cell-sentence'}, drawing.say(now.key, values));
}

function drawFormula(drawing: Drawing): Node[] {
  const formula = formulaOf(drawing.preset, drawing.explanation.cell);
  if (!formula) return [];
  return [formula.letters, formula.places].map(text => {
    const parts = cut(text).map((part, i) => {
      if (i % 2 === 0 || !letters.has(part)) return part;
      const letter = create('var', {textContent: part});
      letter.dataset.letter = part;
      return letter;
    });
    return create('p', {className: 'formula'}, ...parts);
  });
}
