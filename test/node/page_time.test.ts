// The row of time on the page: a step in slow motion, weights changed by hand, and the film of the filters.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import * as assert from 'uvu/assert';
import type {Inside, Stop} from '../../src/page/inside/inside.ts';
import {runVisits, type VisitedPage, visit} from '../visit.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What the page shows, in the page. */
const stage = (page: VisitedPage) =>
  page.evaluate(() => {
    const {stop, mode, film, look} = (globalThis as unknown as {inside: Inside}).inside;
    return {
      stop: stop as Stop | undefined,
      mode,
      film: film?.batch,
      image: [...look!.image],
      batch: look!.batch,
      loss: look!.values.loss[0],
      maps: [...look!.values.conv2],
    };
  });
const select = (page: VisitedPage, of: string, ...at: number[]) =>
  page.evaluate(
    ([of, at]) => {
      const {inside} = globalThis as unknown as {inside: Inside};
      inside.select({of, at, isGradient: false});
    },
    [of, at] as const,
  );
const weightsOf = (page: VisitedPage) =>
  page.evaluate(async () => (await mnist.ask({kind: 'save'}))!.weights.map(each => [...each]));
/** Waits until the stage shows the network as it is. */
const fresh = (page: VisitedPage) =>
  page.waitForFunction(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    type Asking = {asked: {weights: string; image: Uint8Array}; isAsking: boolean};
    const {asked, isAsking} = inside as unknown as Asking;
    return !isAsking && asked.weights === mnist.weightsKey && asked.image === inside.image;
  });
const at = (page: VisitedPage, stop: number) => page.shows('slow-at', `${stop} / 18`);
async function beginSlowMotion(page: VisitedPage) {
  await page.allImages();
  await page.click('#slow-start');
  await at(page, 1);
}
async function seriousProblems(page: VisitedPage) {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    type Axe = {run(of: string): Promise<{violations: {id: string; impact: string}[]}>};
    const {violations} = await (globalThis as unknown as {axe: Axe}).axe.run('#time');
    return violations.filter(({impact}) => /serious|critical/.test(impact)).map(({id}) => id);
  });
}

async function begin(page: VisitedPage, backend: string) {
  await page.allImages();
  await page.choose(backend);
  await page.waitForFunction(backend => mnist.settings.backend === backend, backend);
}

async function trainOne(page: VisitedPage) {
  const batch = 1 + (await page.evaluate(() => mnist.batch));
  await page.click('#one');
  await page.batch(batch);
  await page.phase('paused');
}

for (const backend of ['simd', 'cpu', 'webgl']) {
  visit(`slow motion: a whole step and back are one batch and none, ${backend}`, {}, async page => {
    await begin(page, backend);
    const fresh = await weightsOf(page);
    await trainOne(page);
    const trained = await weightsOf(page);
    const tensors = () => page.evaluate(() => mnist.memory!.tensors);
    const before = await tensors();
    await trainOne(page);
    const unbroken = await page.losses();
    assert.is(unbroken.length, 2);
    await page.reset();

    await beginSlowMotion(page);
    for (let stop = 2; stop <= 17; stop++) {
      await page.keyboard.press('ArrowRight');
      await at(page, stop);
    }
    assert.equal(await weightsOf(page), fresh, 'nothing is trained before the update');
    assert.equal((await stage(page)).stop, {station: 'conv1', direction: 'backward'});
    await page.keyboard.press('ArrowRight');
    await at(page, 18);
    assert.equal(await weightsOf(page), trained);
    assert.is((await stage(page)).batch, 1);
    await page.keyboard.press('ArrowLeft');
    await at(page, 17);
    assert.equal(await weightsOf(page), fresh);
    assert.equal(await page.losses(), [], 'the page forgets its loss');
    await page.keyboard.press('ArrowRight');
    await at(page, 18);
    assert.equal(await weightsOf(page), trained, 'forward again');
    assert.is(await tensors(), before, 'no tensor stays');
    await page.keyboard.press('Escape');
    await page.waitForSelector('#slow-bar', {state: 'hidden'});
    assert.equal(await weightsOf(page), trained, 'leaving keeps the step');
    await trainOne(page);
    assert.equal(await page.losses(), unbroken);
    assert.is(await page.evaluate(() => mnist.memory!.left), 0);
  });
}

visit(
  'slow motion: values forward, gradients backward, and each stop says what flows',
  {},
  async page => {
    await fresh(page);
    const before = await stage(page);
    await beginSlowMotion(page);
    const first = await stage(page);
    assert.is.not(`${first.image}`, `${before.image}`, 'an image of the batch flows');
    assert.match(await page.text('slow-text'), 'Batch 1: src/data/mnist_data.ts, 64 images');
    assert.is(await page.locator('#slow-strip canvas').count(), 64);
    assert.equal(await seriousProblems(page), []);

    await page.keyboard.press('ArrowRight');
    await at(page, 2);
    const conv1 =
      /^conv1, forward: 8 filters slide over .* src\/ops\/conv2d\.ts, \[64, 28, 28, 1\] → \[64, 24, 24, 8\], 1\.2 MB, \d+(\.\d+)? ms$/;
    assert.match(await page.text('slow-text'), conv1);
    assert.equal((await stage(page)).stop, {station: 'conv1', direction: 'forward'});
    const later = () =>
      page.$$eval('.station.later', stations =>
        stations.map(station => (station as HTMLElement).dataset.station).join(' '),
      );
    assert.is(await later(), 'pool1 relu1 conv2 pool2 relu2 dense softmax loss');
    for (let stop = 3; stop <= 11; stop++) {
      await page.click('#slow-next');
      await at(page, stop);
      if (stop !== 9) continue;
      const loss = (await page.evaluate(() => mnist.ask({kind: 'slowStep'})))!.loss.toFixed(4);
      assert.match(await page.text('slow-text'), `Loss of the batch: ${loss}, the mean over 64`);
      assert.is((await stage(page)).mode, 'values');
    }
    assert.is((await stage(page)).mode, 'gradients');
    assert.match(await page.text('slow-text'), 'Gradient of dense.weights for the batch');
    assert.is(await later(), 'image conv1 pool1 relu1 conv2 pool2 relu2');
    await page.click('#slow-back');
    await page.click('#slow-back');
    await at(page, 9);
    assert.is((await stage(page)).mode, 'values');

    await page.click('#language');
    await page.shows('slow-text', '损失越小。src/ops/softmax_cross_entropy.ts');
    await page.click('#slow-next');
    await at(page, 10);
    await page.click('#slow-leave');
    await fresh(page);
    assert.equal(await stage(page), before, 'the visitor’s own image is back');
    const focus = () => page.evaluate(() => document.activeElement!.id);
    assert.is(await focus(), 'slow-start');
    assert.is(await page.evaluate(() => mnist.batch), 0);
  },
);

visit('slow motion: the update names the weight that changes most', {}, async page => {
  await beginSlowMotion(page);
  for (let stop = 2; stop <= 18; stop++) {
    await page.keyboard.press('ArrowRight');
    await at(page, stop);
  }
  const text = await page.text('slow-text');
  const [, before, rate, gradient, after] =
    / = ([−\d.-]+) − ([\d.]+) × \(?([−\d.-]+)\)? = ([−\d.-]+)\. /
      .exec(text)!
      .map(value => Number(value.replace('−', '-')));
  assert.is(rate, 0.15);
  assert.ok(Math.abs(before - rate * gradient - after) < 2e-5, text);
  const weights = await weightsOf(page);
  await page.keyboard.press('ArrowLeft');
  await at(page, 17);
  const changes = (await weightsOf(page)).map((values, w) =>
    Math.max(...values.map((value, i) => Math.abs(value - weights[w][i]))),
  );
  assert.ok(Math.abs(Math.max(...changes) - Math.abs(after - before)) < 2e-5, text);
});

visit(
  'slow motion: it plays a stop a second, and training or another image ends it',
  {},
  async page => {
    await beginSlowMotion(page);
    await page.keyboard.press(' ');
    await page.shows('slow-play', 'Pause');
    await at(page, 3);
    await page.keyboard.press(' ');
    await page.shows('slow-play', 'Play');
    const stop = await page.text('slow-at');
    await page.waitForTimeout(1200);
    assert.is(await page.text('slow-at'), stop);

    await page.click('#one');
    await page.waitForSelector('#slow-bar', {state: 'hidden'});
    await page.phase('paused');
    assert.is((await stage(page)).stop, undefined);
    await beginSlowMotion(page);
    await page.evaluate(() => {
      const {inside} = globalThis as unknown as {inside: Inside};
      inside.show(new Uint8Array(784).fill(50), 4);
    });
    await page.waitForSelector('#slow-bar', {state: 'hidden'});
    await fresh(page);
    assert.is((await stage(page)).image[0], 50);

    // It pauses what trains.
    await page.train(100_000);
    await page.batch(5);
    await page.click('#slow-start');
    await at(page, 1);
    const {batch, phase} = await page.evaluate(() => mnist);
    assert.is(phase, 'paused');
    assert.match(await page.text('slow-text'), `Batch ${batch + 1}: `);
  },
);

for (const backend of ['simd', 'webgl']) {
  const opening = {permissions: ['clipboard-read', 'clipboard-write']};
  visit(
    `edit: maps and loss follow a weight by hand, and undo brings them back, ${backend}`,
    opening,
    async page => {
      await begin(page, backend);
      await trainOne(page);
      await page.evaluate(() => {
        const {inside} = globalThis as unknown as {inside: Inside};
        inside.show(
          Uint8Array.from({length: 784}, (_, i) => (i * 37) % 256),
          4,
        );
      });
      await fresh(page);
      const [before, weights] = [await stage(page), await weightsOf(page)];
      assert.not.ok(await page.isVisible('#weight'));
      await select(page, 'conv2.filter', 0, 1, 0, 5);
      await page.waitForSelector('#weight', {state: 'visible'});
      assert.is(await page.text('weight-name'), 'conv2.filter[0,1,0,5]');
      const index = ((0 * 5 + 1) * 8 + 0) * 16 + 5;
      assert.is(Math.fround(Number(await page.inputValue('#weight-value'))), weights[2][index]);

      await page.fill('#weight-value', 'heavy');
      await page.keyboard.press('Enter');
      await page.shows(
        'notice',
        'conv2.filter[0,1,0,5] should be a number from -1,000 to 1,000, and is “heavy”.',
      );
      assert.is(await page.getAttribute('#weight-value', 'aria-invalid'), 'true');
      await page.fill('#weight-value', '2.5');
      await page.keyboard.press('Enter');
      await page.shows('undo', 'Undo (1)');
      await fresh(page);
      const edited = await weightsOf(page);
      assert.is(edited[2][index], 2.5);
      assert.is(edited[2].filter((value, i) => value !== weights[2][i]).length, 1);
      assert.is.not(`${(await stage(page)).maps}`, `${before.maps}`);
      assert.is(await page.getAttribute('#weight-value', 'aria-invalid'), null);

      for (const [i, kind] of ['edge', 'blur', 'zero'].entries()) {
        await page.click(`#set-${kind}`);
        await page.shows('undo', `Undo (${i + 2})`);
        await fresh(page);
        const filter = (await weightsOf(page))[2];
        const slice = filter.filter((_, i) => i % 16 === 5);
        const others = (values: number[]) => values.filter((_, i) => i % 16 !== 5);
        assert.equal(others(filter), others(weights[2]));
        if (kind === 'edge') {
          assert.ok(Math.abs(slice.reduce((sum, value) => sum + value, 0)) < 1e-5);
          const norm = (values: number[]) => Math.hypot(...values.filter((_, i) => i % 8 === 3));
          const old = edited[2].filter((_, i) => i % 16 === 5);
          assert.ok(Math.abs(norm(slice) - norm(old)) < 1e-5);
        } else assert.equal([...new Set(slice)], [kind === 'blur' ? Math.fround(1 / 25) : 0]);
      }
      assert.is.not((await stage(page)).loss, before.loss);
      assert.equal(await seriousProblems(page), []);
      await page.evaluate(() => document.getElementById('copy')!.click()); // no selected cell lets it be seen
      await page.notice('copiedSettings');
      assert.is(await page.evaluate(() => mnist.hasOwnWeights), true);

      await page.click('#undo');
      await page.shows('undo', 'Undo (3)');
      await page.focus('#weight-value');
      for (let left = 2; left >= 0; left--) {
        await page.keyboard.press('Control+z');
        await page.shows('undo', `Undo (${left})`);
      }
      await fresh(page);
      assert.equal(await weightsOf(page), weights);
      assert.equal(await stage(page), before);
      assert.is(await page.evaluate(() => mnist.hasOwnWeights), false);
      assert.match(await page.text('edits'), 'No change by hand can be undone.');
    },
  );
}

visit(
  'edit: a lost context costs no edit, and undo still works on another backend',
  {},
  async page => {
    await begin(page, 'webgl');
    await trainOne(page);
    const weights = await weightsOf(page);
    await select(page, 'dense.bias', 7);
    await page.waitForSelector('#weight', {state: 'visible'});
    await page.fill('#weight-value', '-3');
    await page.keyboard.press('Enter');
    await page.shows('undo', 'Undo (1)');
    const edited = await weightsOf(page);
    await page.evaluate(() => document.getElementById('lose')!.click());
    await page.phase('lost');
    await page.choose('simd');
    await page.phase('paused');
    assert.equal(await weightsOf(page), edited);
    await page.click('#undo');
    await page.shows('undo', 'Undo (0)');
    assert.equal(await weightsOf(page), weights);
  },
);

visit(
  'edit: it pauses training and changes the weights of that moment; training on clears undo',
  {},
  async page => {
    await page.train(100_000);
    await page.batch(3);
    await select(page, 'dense.bias', 7);
    await page.waitForSelector('#weight', {state: 'visible'});
    assert.not.ok(await page.isVisible('#set-filter'), 'a bias is no filter');
    await page.focus('#weight-value');
    const field = page.locator('#weight-value');
    await field.evaluate((input: HTMLInputElement) => input.select());
    const looked = () => page.evaluate(() => inside.look!.batch);
    for (const batch = await looked(); (await looked()) < batch + 20; ) await page.drawn();
    await page.keyboard.type('-3');
    assert.is(await field.inputValue(), '-3', 'it is replaced, though training changes it');
    await page.keyboard.press('Enter');
    await page.shows('undo', 'Undo (1)');
    await page.phase('paused');
    const weights = await weightsOf(page);
    assert.is(weights[5][7], -3);
    await page.click('#undo');
    await page.shows('undo', 'Undo (0)');
    const own = await weightsOf(page);
    assert.equal(own.slice(0, 5), weights.slice(0, 5));
    assert.ok(own[5][7] !== -3 && own[5].every((value, k) => k === 7 || value === weights[5][k]));

    await page.fill('#weight-value', '-3');
    await page.keyboard.press('Enter');
    await page.shows('undo', 'Undo (1)');
    await page.click('#one');
    await page.shows('undo', 'Undo (0)');
    assert.is(await page.evaluate(() => mnist.hasOwnWeights), true);
    await page.reset();
    assert.is(await page.evaluate(() => mnist.hasOwnWeights), false);
  },
);

for (const backend of ['simd', 'webgl']) {
  visit(
    `film: the network after every tenth batch, ${backend}`,
    {hash: `#backend=${backend}`},
    async page => {
      await page.clickAt(35, 'start');
      await page.phase('paused');
      const batch = await page.evaluate(() => mnist.batch);
      const batches = await page.evaluate(() => mnist.film.frames.map(({batch}) => batch));
      assert.equal(batches.slice(0, 4), [0, 10, 20, 30]);
      await page.fill('#film-slider', '2');
      await page.shows('film-text', `Film: batch 20 of ${batch}`);
      assert.is((await stage(page)).film, 20);
      const value = await page.getAttribute('#film-slider', 'aria-valuetext');
      assert.is(value, `Film: batch 20 of ${batch}`);
      await page.focus('#film-slider');
      await page.keyboard.press('ArrowLeft');
      await page.shows('film-text', 'Film: batch 10 of');
      await page.keyboard.press('Escape');
      await page.shows('film-text', `Film: now, batch ${batch}`);
      await page.keyboard.press('Home');
      await page.shows('film-text', 'Film: batch 0 of');
      await page.keyboard.press('End');
      await page.shows('film-text', 'Film: now');
      assert.is((await stage(page)).film, undefined);

      const seen = await page.evaluateHandle(() => {
        const {inside} = globalThis as unknown as {inside: Inside};
        const seen = new Set<number>();
        inside.onChange(() => {
          if (inside.film) seen.add(inside.film.batch);
        });
        document.getElementById('film-play')!.click();
        return seen;
      });
      await page.shows('film-play', '❚❚');
      await page.shows('film-play', '▶');
      assert.equal(
        await seen.evaluate(seen => [...seen]),
        batches.filter(each => each < batch),
      );
      assert.is((await stage(page)).film, undefined, 'it ends in the present');
      assert.equal(await seriousProblems(page), []);

      await page.fill('#film-slider', '1');
      await page.reset();
      await page.shows('film-text', 'Film: now, batch 0');
      assert.is(await page.getAttribute('#film-slider', 'aria-disabled'), 'true');
      assert.match(await page.text('film-why'), 'begins once a batch is trained');
      assert.is((await stage(page)).film, undefined);
    },
  );
}

visit('film: a reset stops it', {hash: '#batches=40'}, async page => {
  await page.phase('done');
  await page.click('#film-play');
  await page.shows('film-play', '❚❚');
  await page.reset();
  await page.shows('film-play', '▶');
  assert.is((await stage(page)).film, undefined);
});

visit('edit: what is clicked after it has the last word', {}, async page => {
  await page.allImages();
  await select(page, 'conv1.filter', 1, 1, 0, 2);
  await page.waitForSelector('#set-zero', {state: 'visible'});
  const fresh = await weightsOf(page);
  const both = (id: string) =>
    page.evaluate(id => {
      document.getElementById('set-zero')!.click();
      document.getElementById(id)!.click();
    }, id);
  await trainOne(page);
  await both('reset');
  await page.phase('ready');
  await page.evaluate(() => mnist.ask({kind: 'rest'}));
  await page.evaluate(() => mnist.ask({kind: 'rest'}));
  assert.equal(await weightsOf(page), fresh);
  assert.is(await page.evaluate(() => mnist.undoable), 0);
  // Twice in one moment, both count.
  await both('set-blur');
  await page.shows('undo', 'Undo (2)');
});

visit('slow motion: another run or another label ends it', {}, async page => {
  await beginSlowMotion(page);
  await page.evaluate(() => mnist.reset());
  await page.waitForSelector('#slow-bar', {state: 'hidden'});
  await beginSlowMotion(page);
  await page.evaluate(() => document.querySelector<HTMLElement>('#labels [value="9"]')!.click());
  await page.waitForSelector('#slow-bar', {state: 'hidden'});
  await fresh(page);
  const label = () => (globalThis as unknown as {inside: Inside}).inside.look!.label;
  assert.is(await page.evaluate(label), 9);
});

runVisits();
