// When the page's stage asks for numbers: a page and a worker made here.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {App} from '../../src/page/app.ts';
import {Inside} from '../../src/page/inside/inside.ts';

Object.assign(globalThis, {requestAnimationFrame: (draw: () => void) => setTimeout(draw)});

/** A page with these weights, whose looks are answered by hand. */
function fakeApp() {
  const answers: ((look: unknown) => void)[] = [];
  const app = {
    phase: 'ready',
    weightsKey: 'first',
    onChange: (listener: () => void) => Object.assign(app, {changed: listener}),
    changed: () => {},
    ask: ({kind}: {kind: string}) =>
      new Promise(resolve => {
        if (kind === 'look') answers.push(resolve);
      }),
  };
  return {app, answers, inside: new Inside(app as unknown as App)};
}
const settled = () => new Promise(resolve => setTimeout(resolve, 150));

test('inside: weights that change while a look is asked for are looked at afterwards', async () => {
  const {app, answers, inside} = fakeApp();
  inside.show(new Uint8Array(784), 3);
  app.weightsKey = 'last'; // training ends, and says nothing more
  app.changed();
  assert.is(answers.length, 1);
  answers[0]({ms: 1});
  await settled();
  assert.is(answers.length, 2);
  answers[1]({ms: 1});
  await settled();
  assert.is(answers.length, 2);
});

test.run();
