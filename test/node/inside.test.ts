// When the page's stage asks for numbers: a page and a worker made here.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import type {App} from '../../src/page/app.ts';
import {Inside} from '../../src/page/inside/inside.ts';
import type {Look} from '../../src/page/protocol.ts';

Object.assign(globalThis, {requestAnimationFrame: (draw: () => void) => setTimeout(draw)});

/** A page with these weights, whose looks are answered by hand. */
function fakeApp() {
  const answers: ((look: unknown) => void)[] = [];
  const app = {
    phase: 'ready',
    weightsKey: 'first',
    isBusy: false,
    settings: {preset: 'tutorial'},
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

/** The milliseconds until weights that change are looked at again, after a look that took 150. */
async function pause({isBusy}: {isBusy: boolean}): Promise<number> {
  const {app, answers, inside} = fakeApp();
  app.isBusy = isBusy;
  inside.show(new Uint8Array(784), 3);
  answers[0]({ms: 150});
  await settled();
  const start = performance.now();
  app.weightsKey = 'next';
  app.changed();
  while (answers.length < 2) await new Promise(resolve => setTimeout(resolve, 10));
  return 150 + performance.now() - start;
}

test('inside: looks take a tenth of the time while the network trains, and all that they need at rest', async () => {
  const [training, resting] = [await pause({isBusy: true}), await pause({isBusy: false})];
  assert.ok(training > 1400, `${training} ms`);
  assert.ok(resting < 1000, `${resting} ms`);
});

test('inside: one slow look does not hold up the next for long', async () => {
  const {app, answers, inside} = fakeApp();
  app.isBusy = true;
  inside.show(new Uint8Array(784), 3);
  answers[0]({ms: 5000}); // WebGL compiles
  await settled();
  app.weightsKey = 'next';
  app.changed();
  const start = performance.now();
  while (answers.length < 2 && performance.now() - start < 8000) await settled();
  assert.is(answers.length, 2); // a tenth of the time would be after 50 seconds
});

test('inside: the numbers of slow motion stay until it ends, then the image is looked at anew', async () => {
  const {answers, inside} = fakeApp();
  inside.show(new Uint8Array(784), 3);
  const [slow, late, anew] = [1, 2, 3].map(batch => ({batch, ms: 1}) as Look);
  inside.set({elsewhere: [late]});
  inside.freeze(slow, {station: 'conv1', direction: 'forward'});
  assert.equal(inside.elsewhere, [], 'of other numbers');
  answers[0](late);
  await settled();
  assert.is(inside.look, slow);
  assert.is(answers.length, 1);
  inside.freeze();
  answers[1](anew);
  await settled();
  assert.equal([inside.look, inside.stop], [anew, undefined]);
});

test('inside: a cell that the other network does not have is selected no longer, nor is the film shown', async () => {
  const {app, answers, inside} = fakeApp();
  const show = async (preset: string) => {
    app.settings.preset = preset;
    inside.show(new Uint8Array(784), 3);
    answers.at(-1)!({preset, ms: 1});
    await settled();
  };
  await show('mnist-core');
  const common = {of: 'relu2', at: [3, 3, 5], isGradient: false};
  inside.select({of: 'dense.weights', at: [700, 3], isGradient: true});
  inside.hover(common);
  inside.set({term: 1, film: {batch: 1, weights: [], velocities: []}});
  await show('mnist-core');
  assert.equal([inside.cell?.at, inside.term, inside.film?.batch], [[700, 3], 1, 1]);
  await show('tutorial');
  assert.equal([inside.cell, inside.term, inside.film], [undefined, undefined, undefined]);
  assert.equal(inside.hovered, common);
});

test('inside: a link’s cell outlives a look at the network that is there before the link’s', async () => {
  const {app, answers, inside} = fakeApp();
  const cell = {of: 'dense.weights', at: [700, 3], isGradient: true};
  inside.select(cell);
  app.settings.preset = 'mnist-core';
  inside.show(new Uint8Array(784), 3);
  answers[0]({preset: 'tutorial', ms: 1});
  await settled();
  assert.equal(inside.cell, cell);
});

test.run();
