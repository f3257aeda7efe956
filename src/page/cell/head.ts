// The number itself: on the running backend, on the others where they were asked, and by the definition.
import {ulps} from '../arithmetic/ulp.ts';
import {create} from '../dom.ts';
import {type Cell, indexOf, shapesOf} from '../inside/cells.ts';
import type {Look} from '../protocol.ts';
import type {Drawing} from './drawing.ts';

/** @param looks first the running backend's */
export function drawHead(head: Drawing, looks: Look[]): Node[] {
  const {app} = head.inside;
  const definition = () => head.explanation.definition;
  const rows = looks.map((look, i) => {
    const {backend} = look;
    const read = () => (i === 0 ? head.explanation.value : valueIn(look, head.explanation.cell));
    if (read() === undefined) {
      const textContent = app.say('cellNoValue', {backend});
      return create('li', {className: 'note', textContent});
    }
    const away = head.say('cellUlps', {
      ulps: head.named('ulps', () => ulps(read()!, definition()), 3),
    });
    away.title = app.say('cellUlpMeans');
    return create('li', {}, `${backend} `, head.named('value', read, 9), ' ', away);
  });
  const number = head.named('definition', definition, 9);
  return [...rows, create('li', {}, `${app.say('cellByDefinition')} `, number)];
}

function valueIn(
  {preset, values, gradients}: Look,
  {of, at, isGradient}: Cell,
): number | undefined {
  return (isGradient ? gradients : values)[of]?.[indexOf(shapesOf(preset)[of], at)];
}
