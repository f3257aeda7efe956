// The run that the browser keeps: a reload goes on where it was, each tab has its own, and a button forgets it.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {writeRun} from '../saved_file.ts';
import {inPage, open, openTab, runVisits, type VisitedPage, visit} from '../visit.ts';

/** Waits until the browser keeps the run up to this batch, or further. */
const keptUpTo = (page: VisitedPage, batch: number) =>
  page.waitForFunction(batch => {
    const [, kept] =
      /up to batch ([\d,]+)/.exec(document.getElementById('kept')!.textContent) ?? [];
    return Number(kept?.replace(',', '')) >= batch;
  }, batch);

/** What a run has shown and learnt. The losses before a file's batch are null. */
const stateOf = (page: VisitedPage) =>
  page.evaluate(async () => {
    const {weights} = (await mnist.ask({kind: 'save'}))!;
    const {batch, losses, tests, moves, evaluation, settings, hasOwnWeights} = mnist;
    const bits = weights.map(({buffer}) => [...new Uint32Array(buffer)]);
    const shown = {correct: evaluation?.correct, predictions: [...(evaluation?.predictions ?? [])]};
    return {batch, losses, tests, moves, settings, hasOwnWeights, bits, ...shown};
  });

const phaseOf = (page: VisitedPage) => page.evaluate(() => mnist.phase);

for (const [preset, hash] of [
  ['tutorial', ''],
  ['tutorial with the recipe fast', '#recipe=fast&batches=300'],
  ['mnist-core', '#net=mnist-core&seed=3&batch-size=16&batches=300'],
]) {
  test(`kept run: a reload in the middle goes on, and ends with the weights of an unbroken run, ${preset}`, async () => {
    const batches = 300;
    const begin = (page: VisitedPage) => (hash ? undefined : page.train(batches));
    let expected: Awaited<ReturnType<typeof stateOf>> | undefined;
    await open({hash}, async page => {
      await begin(page);
      await page.done(batches);
      expected = await stateOf(page);
    });
    await open({hash}, async page => {
      await begin(page);
      await keptUpTo(page, 10);
      await page.again();
      assert.match(
        await page.text('notice'),
        /^Kept by this browser: the run is back at batch \d+\./,
      );
      const first = await page.evaluate(() => mnist.losses.findIndex(loss => loss !== undefined));
      assert.is(first, 0, 'the curve has its beginning');
      await page.done(batches);
      const {tests, ...found} = await stateOf(page);
      const {tests: unbroken, ...rest} = expected!;
      assert.equal(found, rest);
      const batchesOf = (of: typeof tests) => of.map(({batch}) => batch);
      assert.equal(batchesOf(tests), batchesOf(unbroken));
    });
  });
}

visit('kept run: one that rests is as it was', {}, async page => {
  await page.train(1000);
  await page.clickAt(37, 'start'); // pauses it
  await page.phase('paused');
  const paused = await stateOf(page);
  await keptUpTo(page, paused.batch);
  await page.again();
  await page.phase('paused');
  assert.equal(await stateOf(page), paused);
  assert.is(await page.text('start'), 'Go on');
  assert.match(await page.text('batch'), / \/ 1,000$/);

  await page.enter('length', String(paused.batch + 3));
  await page.click('#start');
  await page.done(paused.batch + 3);
  const done = await stateOf(page);
  const accuracy = await page.text('accuracy');
  await keptUpTo(page, done.batch);
  await page.again();
  await page.phase('done');
  assert.equal(await stateOf(page), done);
  assert.is(await page.text('accuracy'), accuracy);
  await page.click('#more');
  await page.batch(done.batch + 1);
});

visit(
  'kept run: weights changed by hand are kept, and that no link leads to them',
  {},
  async page => {
    await page.evaluate(() =>
      mnist.send({kind: 'edit', weights: {'dense.bias': new Float32Array(10).fill(0.5)}}),
    );
    await keptUpTo(page, 0);
    await page.again();
    const {bits, hasOwnWeights, batch} = await stateOf(page);
    assert.equal([bits[5], hasOwnWeights, batch], [new Array(10).fill(0x3f000000), true, 0]);
    await page.trainAll(3);
    assert.is(await page.evaluate(() => mnist.hasOwnWeights), true);
  },
);

visit('kept run: an opened file takes the place of the run, and is kept', {}, async page => {
  await page.trainAll(20);
  await keptUpTo(page, 20);
  const {settings, weights} = await page.evaluate(async () => {
    const {settings, weights} = (await mnist.ask({kind: 'save'}))!;
    return {settings, weights: weights.map(values => [...values])};
  });
  const values = weights.map(each => Float32Array.from(each));
  const saved = {settings, batch: 7, weights: values, velocities: []};
  await page.upload('upload', 'w', '', writeRun(saved));
  await page.waitForFunction(() => mnist.batch === 7 && mnist.phase === 'paused');
  const opened = await stateOf(page);
  await page.waitForFunction(() =>
    /up to batch 7:/.test(document.getElementById('kept')!.textContent),
  );
  await page.again();
  await page.phase('paused');
  assert.equal(await stateOf(page), opened);
  assert.is(opened.hasOwnWeights, true);
});

visit('kept run: a reset and a reload begin a new one', {}, async page => {
  await page.trainAll(12);
  await keptUpTo(page, 12);
  await page.reset();
  await page.shows('kept', 'While a run trains, this browser keeps it');
  await page.again();
  assert.equal([await phaseOf(page), await page.losses()], ['ready', []]);
});

visit('kept run: a button forgets it, and it is kept no more', {}, async page => {
  await page.trainAll(12);
  await keptUpTo(page, 12);
  await page.click('#share-tab');
  await page.click('#forget');
  await page.shows('kept', 'Forgotten: this run is kept no more.');
  assert.ok(await page.isDisabled('#forget'));
  await page.trainAll(40);
  await page.again();
  assert.equal([await phaseOf(page), await page.losses()], ['ready', []]);
  await page.trainAll(11);
  await keptUpTo(page, 11); // the next run is kept again
});

visit(
  'kept run: a link begins its own run, and the way back leads to the one before',
  {},
  async page => {
    await page.trainAll(30);
    await keptUpTo(page, 30);
    const before = await stateOf(page);
    await page.evaluate(() => {
      location.hash = '#seed=9&batches=40';
    });
    await page.done(40);
    await keptUpTo(page, 40);
    const linked = await stateOf(page);
    await page.again();
    await page.phase('done');
    assert.equal(await stateOf(page), linked, 'a reload does not train the link again');
    await page.goBack();
    await page.done(30);
    assert.equal(await stateOf(page), before);
    await page.goForward();
    await page.done(40);
    assert.equal(await stateOf(page), linked);
  },
);

visit(
  'kept run: a new visit finds the last one, and rests; a link in its address wins',
  {},
  async page => {
    await page.train(5000);
    await keptUpTo(page, 10);
    const next = await openTab(page, {closing: true});
    assert.is(await phaseOf(next), 'paused');
    assert.ok((await stateOf(next)).batch >= 10);
    const linked = await openTab(next, {hash: '#seed=4&batches=11', closing: true});
    await linked.done(11);
    assert.is((await stateOf(linked)).settings.seed, 4);
  },
);

visit('kept run: each of two tabs keeps its own', {}, async page => {
  await page.trainAll(20);
  await keptUpTo(page, 20);
  const other = await openTab(page);
  assert.equal([await phaseOf(other), await other.losses()], ['ready', []]);
  await other.enter('seed', '2');
  await other.trainAll(30);
  await keptUpTo(other, 30);
  await page.again();
  await other.again();
  assert.equal([(await page.losses()).length, (await other.losses()).length], [20, 30]);
  await page.click('#share-tab');
  await page.click('#forget');
  await page.shows('kept', 'Forgotten');
  await other.again();
  assert.is((await other.losses()).length, 30, 'another tab’s run is not forgotten');

  // A browser that duplicates a tab copies its history.
  const twin = await openTab(other);
  const state = await other.evaluate(() => history.state);
  await twin.evaluate(state => history.replaceState(state, ''), state);
  await twin.again();
  assert.equal([await phaseOf(twin), await twin.losses()], ['ready', []]);
});

for (const [title, script, sentence] of [
  [
    'is refused',
    "indexedDB.open = () => {throw new DOMException('denied', 'SecurityError')};",
    'denied',
  ],
  ['gets no answer', 'indexedDB.open = () => ({});', 'no answer'],
  [
    'is full',
    "IDBObjectStore.prototype.put = () => {throw new DOMException('', 'QuotaExceededError')};",
    'QuotaExceededError',
  ],
]) {
  const routes = inPage(script.replace('indexedDB.open', 'IDBFactory.prototype.open'));
  visit(`kept run: where storage ${title}, the page says so and trains`, {routes}, async page => {
    await page.trainAll(30);
    const said = `This browser keeps nothing for this page (${sentence}): a reload begins anew.`;
    await page.shows('kept', said);
    assert.is(await page.text('notice'), '');
    await page.again();
    assert.equal([await phaseOf(page), await page.losses()], ['ready', []]);
  });
}

visit('kept run: a damaged one, or one of another version, is not read', {}, async page => {
  await page.trainAll(12);
  await keptUpTo(page, 12);
  await page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>(resolve => {
        request.onsuccess = () => resolve(request.result);
      });
    const database = await done(indexedDB.open('mnist-ops'));
    const store = database.transaction('runs', 'readwrite').objectStore('runs');
    const [record] = await done(store.getAll());
    await done(store.put({...record, version: 0}));
    database.close();
  });
  await page.again();
  assert.match(await page.text('notice'), 'The run that this browser has kept is damaged');
  assert.equal([await phaseOf(page), await page.losses()], ['ready', []]);
  await page.trainAll(12);
  await keptUpTo(page, 12); // in its place, another
});

runVisits();
