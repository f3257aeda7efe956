// What a weight's gradient means: the loss with the weight nudged, and the step that the recipe takes.
import {MOMENTUM} from '../../presets.ts';
import {update} from '../arithmetic/update.ts';
import {create, setText} from '../dom.ts';
import type {Nudge} from '../inside/explanation.ts';
import type {Look} from '../protocol.ts';
import type {Drawing} from './drawing.ts';
import {numberElement, setNumber} from './number.ts';

export function drawUpdate(drawing: Drawing): Node[] {
  const {inside, explanation} = drawing;
  const now = () => update(inside.look!, explanation.cell);
  const hasVelocity = now().velocity !== undefined;
  const line = drawing.say(hasVelocity ? 'cellUpdateMomentum' : 'cellUpdate', {
    before: drawing.named('before', () => now().before, 7),
    rate: drawing.named('rate', () => now().learningRate),
    momentum: String(MOMENTUM),
    ...(hasVelocity && {velocity: drawing.named('velocity', () => now().velocity!, 7)}),
    gradient: drawing.named('gradient', () => now().gradient, 7),
    after: drawing.named('after', () => now().after, 7),
  });
  line.dataset.part = 'update';
  const means = create('span', {className: 'note'}, drawing.say('cellUpdateMeans'));
  return [create('p', {}, line, ' ', means)];
}

/** Passes of the whole network in float64 take too long for ten times a second: they are made when training rests. */
export function drawNudge(drawing: Drawing): Node[] {
  const {inside, explanation} = drawing;
  const {app} = inside;
  const numbers: Record<
    'less' | 'below' | 'more' | 'above' | 'width' | 'quotient' | 'gradient',
    HTMLDataElement
  > = {
    less: numberElement(),
    below: numberElement(),
    more: numberElement(),
    above: numberElement(),
    width: numberElement(),
    quotient: numberElement(),
    gradient: numberElement(),
  };
  for (const [name, each] of Object.entries(numbers)) each.dataset.number = name;
  const line = drawing.say('cellNudge', numbers);
  const means = create('span', {className: 'note'});
  let of: Look | undefined;

  const show = ({epsilon, below, above, quotient, gradient, isKinked}: Nudge) => {
    const values = {
      less: epsilon,
      below,
      more: epsilon,
      above,
      width: 2 * epsilon,
      quotient,
      gradient,
    };
    for (const [name, value] of Object.entries(values)) {
      setNumber(numbers[name as keyof typeof numbers], value, 9);
    }
    line.dataset.part = 'nudge';
    line.hidden = false;
    setText(means, app.say(isKinked ? 'cellNudgeKinked' : 'cellNudgeMeans'));
  };
  drawing.live(() => {
    const {look} = inside;
    if (look === of) return;
    of = look;
    line.hidden = true;
    delete line.dataset.part;
    setText(means, app.say(app.isBusy ? 'cellNudgeLater' : 'cellNudgeSoon'));
    if (app.isBusy) return;
    if (!look) return;
    app.ask({kind: 'nudge', look, cell: explanation.cell}).then(nudge => {
      if (nudge && inside.look === look && line.isConnected) show(nudge);
    });
  });
  return [create('p', {}, line, ' ', means)];
}
