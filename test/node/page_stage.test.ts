// The page's stage: what flows through the network, its gradients, the marks of a cell, and the keys that walk from cell to cell.
import * as assert from 'uvu/assert';
import type {Inside} from '../../src/page/inside/inside.ts';
import {defaults} from '../../src/page/settings.ts';
import {weightShapes} from '../../src/presets.ts';
import {writeRun} from '../saved_file.ts';
import {runVisits, type VisitedPage, visit} from '../visit.ts';

type Page = VisitedPage;

/** The view of a station, a weight, or of the gradient of one. */
const view = (page: Page, of: string) => page.locator(`.view[data-of="${of}"]`);
/** What is marked there. */
const marked = (page: Page, of: string) =>
  view(page, of).evaluate(({dataset}) => ({...(dataset as Record<string, string>)}));

/** Waits until the stage shows the image that flows, and its marks. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    const {look, image, label} = inside;
    return look?.label === label && look.image.every((value, i) => value === image[i]);
  });
  await page.evaluate(() => new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn))));
}

/** The address of the cell under the pointer or the keys, and of the selected one. */
const cells = (page: Page) =>
  page.evaluate(() => {
    const {hovered, cell} = (globalThis as unknown as {inside: Inside}).inside;
    return [hovered, cell].map(each => each && `${each.of}[${each.at}]`);
  });

/** The point of a cell of maps on the window. */
async function pointOf(page: Page, of: string, [row, column, channel]: number[]) {
  const box = (await view(page, of).boundingBox())!;
  const [rows, columns, across, down] = {
    conv1: [24, 24, 2, 4],
    pool1: [12, 12, 2, 4],
    conv2: [8, 8, 4, 4],
  }[of]!;
  const right = (channel % across) + (column + 0.5) / columns;
  const below = Math.floor(channel / across) + (row + 0.5) / rows;
  return [box.x + (box.width * right) / across, box.y + (box.height * below) / down] as const;
}

/** Pixels of a view's picture: red, green, blue and opacity by turns. */
const pixels = (page: Page, of: string) =>
  view(page, of).evaluate(box => {
    const canvas = box.querySelector('canvas')!;
    const {width, height} = canvas;
    const copy = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true})!;
    copy.drawImage(canvas, 0, 0);
    return Array.from(copy.getImageData(0, 0, width, height).data);
  });

visit('stage: a digit flows before anything is done', {}, async page => {
  await settled(page);
  assert.match(await page.text('stage-title'), '5,994');
  const names = await page.locator('.station b:first-child').allTextContents();
  const stations = names.filter(name => Number.isNaN(Number(name)));
  const expected = 'image conv1 pool1 relu1 conv2 pool2 relu2 dense softmax loss';
  assert.is(stations.join(' '), expected);
  const bars = await page.locator('#probabilities li span').allTextContents();
  const sum = bars.reduce((total, bar) => total + Number.parseFloat(bar), 0);
  assert.ok(Math.abs(sum - 100) < 1, bars.join());
  assert.match(await page.text('verdict'), /^It reads an? \d \(/);
  for (const of of ['conv1', 'relu1', 'conv2', 'pool2', 'conv1.filter', 'dense.weights']) {
    const found = new Set(await pixels(page, of));
    assert.ok(found.size > 20, `${of} has ${found.size} levels`);
  }
  const conv1 = page.locator('[data-station=conv1]');
  const label = 'conv1: convolution, 24 × 24 × 8, 208 parameters';
  assert.is(await conv1.getAttribute('aria-label'), label);
  assert.match((await page.locator('.values .bars.loss').textContent()) ?? '', /^\d\.\d+$/);
});

visit('stage: the largest value has the colour at the end of its scale', {}, async page => {
  await settled(page);
  const colour = await page.evaluate(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    const values = Array.from(inside.look!.values.relu1);
    const at = values.indexOf(Math.max(...values));
    const [channel, column, row] = [at % 8, Math.floor(at / 8) % 12, Math.floor(at / 96)];
    const canvas = document.querySelector<HTMLCanvasElement>('[data-of=relu1] canvas')!;
    // Two maps in a row, four below one another.
    const x = ((channel % 2) + (column + 0.5) / 12) * (canvas.width / 2);
    const y = (Math.floor(channel / 2) + (row + 0.5) / 12) * (canvas.height / 4);
    return Array.from(canvas.getContext('2d')!.getImageData(x, y, 1, 1).data);
  });
  assert.equal(colour, [15, 100, 45, 255]);
});

visit('stage: what is drawn changes every map, and blank paper flows too', {}, async page => {
  await settled(page);
  const before = await pixels(page, 'conv2');
  await page.draw('30,20 70,20 45,85');
  await settled(page);
  assert.not.equal(await pixels(page, 'conv2'), before);
  await page.click('#clear');
  await settled(page);
  assert.is(await page.text('verdict'), 'The pad is blank.');
  const most = await page.evaluate(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    return Math.max(...inside.look!.values.image);
  });
  assert.is(most, 0);
});

visit('stage: the maps follow the pen within 50 ms', {}, async page => {
  await settled(page);
  await page.evaluate(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    const delays: number[] = [];
    let waiting: {image: Uint8Array; since: number}[] = [];
    const show = inside.show.bind(inside);
    inside.show = (image, ...rest) => {
      waiting.push({image, since: performance.now()});
      show(image, ...rest);
    };
    // Called after the stage's own listener, which has drawn by then.
    inside.onChange(() => {
      const drawn = inside.look!.image;
      const at = waiting.findIndex(({image}) => image.every((value, i) => value === drawn[i]));
      for (const {since} of waiting.slice(0, at + 1)) delays.push(performance.now() - since);
      waiting = waiting.slice(at + 1);
    });
    Object.assign(globalThis, {delays});
  });
  for (const stroke of ['10,10 90,20 10,30 90,40', '90,50 10,60 90,70 10,80']) {
    await page.draw(stroke);
    await settled(page);
  }
  const delays = await page.evaluate(() => (globalThis as unknown as {delays: number[]}).delays);
  assert.ok(delays.length >= 60, `${delays.length} points`);
  const median = delays.sort((a, b) => a - b)[delays.length >> 1];
  assert.ok(median < 50, `${delays.map(Math.round)}`); // the slowest are those of a busy machine
});

visit('stage: a switch turns every picture into its gradient', {}, async page => {
  await settled(page);
  await page.check('#modes [value=gradients]', {force: true});
  await page.drawn();
  assert.not.ok(await view(page, 'conv1').isVisible());
  for (const of of ['dconv1.filter', 'dconv1', 'drelu2', 'ddense.weights', 'dimage']) {
    assert.ok(await view(page, of).isVisible(), of);
    const caption = view(page, of).locator('xpath=preceding-sibling::p[1]');
    assert.match((await caption.textContent())!, /∂ −[\d.e−]+ … [\d.e−]+$/, of);
    assert.ok(new Set(await pixels(page, of)).size > 20, of);
  }
  const logits = await page.locator('.gradients .bars.dense span').allTextContents();
  assert.is(logits.filter(text => text.startsWith('−')).length, 1, `p − label: ${logits}`);
  assert.ok(await page.getByText('its gradient is that of the logits').isVisible());
  await page.check('#modes [value=both]', {force: true});
  await page.drawn();
  for (const of of ['conv1', 'dconv1']) assert.ok(await view(page, of).isVisible(), of);
});

visit('stage: the label decides loss and gradients alone', {}, async page => {
  await settled(page);
  const numbers = () =>
    page.evaluate(() => {
      const {look} = (globalThis as unknown as {inside: Inside}).inside;
      return [look!.values.dense, look!.gradients.dense].map(each => Array.from(each));
    });
  const [logits, before] = await numbers();
  await page.check('#labels [value="5"]', {force: true});
  await settled(page);
  const [same, after] = await numbers();
  assert.equal(same, logits);
  assert.ok(before[3] < 0 && after[3] > 0 && after[5] < 0, `${before}, ${after}`);
});

visit('stage: the window moves with the pointer over a convolution', {}, async page => {
  await settled(page);
  await page.mouse.move(...(await pointOf(page, 'conv1', [10, 8, 3])));
  await settled(page);
  assert.equal(await cells(page), ['conv1[10,8,3]', undefined]);
  const image = await marked(page, 'image');
  assert.is(image.window, '10,8,14,12');
  assert.is(image.marked, '25');
  assert.is((await marked(page, 'conv1.filter')).marked, '25');
  assert.match(await page.text('stage-at'), 'conv1[10,8,3] is');
  await page.mouse.move(...(await pointOf(page, 'conv1', [11, 8, 3])));
  await settled(page);
  assert.is((await marked(page, 'image')).window, '11,8,15,12');

  await page.mouse.move(...(await pointOf(page, 'conv2', [3, 4, 5])));
  await settled(page);
  assert.is((await marked(page, 'relu1')).marked, '200');
  assert.is((await marked(page, 'relu1')).window, '3,4,7,8');
  assert.is((await marked(page, 'image')).marked, '0');

  await page.mouse.move(...(await pointOf(page, 'pool1', [4, 5, 2])));
  await settled(page);
  const conv1 = await marked(page, 'conv1');
  assert.is(conv1.window, '8,10,9,11');
  const [row, column] = conv1.winner.split(',').map(Number);
  assert.ok([8, 9].includes(row) && [10, 11].includes(column), conv1.winner);

  await page.mouse.click(...(await pointOf(page, 'pool1', [4, 5, 2])));
  await page.mouse.move(5, 5);
  await settled(page);
  assert.equal(await cells(page), [undefined, 'pool1[4,5,2]']);
  assert.is((await marked(page, 'conv1')).window, '8,10,9,11', 'of the selected cell');
});

visit('stage: keys walk through a map, to others, and into a cell', {}, async page => {
  await settled(page);
  await page.focus('[data-station=conv1] .body');
  const after = async (keys: string) => {
    for (const key of keys.split(' ')) await page.keyboard.press(key);
    return (await cells(page)).map(each => each ?? '').join(' ');
  };
  assert.is(await after('ArrowRight ArrowDown ArrowDown'), 'conv1[2,1,0] ');
  assert.is(await after('PageDown'), 'conv1[2,1,1] ');
  assert.is(await after('Shift+ArrowRight'), 'conv1[2,1,2] ');
  assert.is(await after('ArrowLeft ArrowLeft'), 'conv1[2,0,2] ', 'it stops at the edge');
  await settled(page);
  assert.match(await page.text('stage-said'), /^conv1\[2,0,2\] is −?[\d.]+$/);
  assert.is(await after('ArrowUp ArrowUp ArrowUp'), 'conv1.bias[2] ');
  assert.is(await after('ArrowUp'), 'conv1.filter[4,0,0,2] ');
  assert.is(await after('Enter'), 'conv1.filter[4,0,0,2] conv1.filter[4,0,0,2]');
  assert.is(await after('ArrowRight'), 'conv1.filter[4,1,0,2] conv1.filter[4,1,0,2]');
  assert.is(await after('Escape'), 'conv1.filter[4,1,0,2] ');

  // A station is one stop of the Tab key; conv2 has a choice beside it.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  const station = () =>
    page.evaluate(() => document.activeElement!.closest<HTMLElement>('.station')!.dataset.station);
  assert.is(await station(), 'conv2');
  await page.focus('[data-station=dense] .body');
  assert.is(await after('ArrowDown'), 'dense[1] ');
  await settled(page);
  assert.is(await page.locator('[data-station=dense] select').inputValue(), '1');
});

visit('stage: keys lead from values to gradients, and to another slice', {}, async page => {
  await settled(page);
  await page.check('#modes [value=both]', {force: true});
  await page.mouse.move(0, 0); // or it hovers what moves under it
  await page.drawn();
  const hover = (of: string, ...at: number[]) =>
    page.evaluate(
      ([of, at]) => {
        const {inside} = globalThis as unknown as {inside: Inside};
        inside.hover({of, at, isGradient: false});
      },
      [of, at] as const,
    );
  const after = async (key: string) => {
    await page.keyboard.press(key);
    return page.evaluate(() => {
      const {of, at, isGradient} = (globalThis as unknown as {inside: Inside}).inside.hovered!;
      return `${isGradient ? 'd' : ''}${of}[${at}]`;
    });
  };
  await page.focus('[data-station=conv2] .body');
  await hover('conv2.filter', 4, 0, 0, 1);
  assert.is(await after('ArrowLeft'), 'conv2.filter[4,0,0,1]', 'nothing is left of the values');
  assert.is(await after('Shift+ArrowDown'), 'conv2.filter[4,0,1,1]');
  await page.evaluate(() => (globalThis as unknown as {inside: Inside}).inside.hover(undefined));
  assert.is(
    await after('ArrowRight'),
    'conv2.filter[4,1,1,1]',
    'a pointer that leaves takes nothing',
  );
  // A key that comes before the picture has followed to the cell's slice, 0: it still shows 1.
  await page.drawn();
  const entered = await page.evaluate(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    inside.hover({of: 'conv2.filter', at: [4, 4, 0, 1], isGradient: false});
    const key = new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true});
    document.activeElement!.dispatchEvent(key);
    return `${inside.hovered!.isGradient ? 'd' : ''}${inside.hovered!.of}[${inside.hovered!.at}]`;
  });
  assert.is(entered, 'dconv2.filter[4,0,0,1]');
  // The channel of the input is the slice of the filters.
  await hover('relu1', 2, 3, 5);
  await settled(page);
  assert.is(await page.locator('[data-station=conv2] select').inputValue(), '5');
});

visit('stage: test digits one by one, and one that it gets wrong', {}, async page => {
  await page.waitForFunction(() => mnist.arrived > 0);
  await page.drawn();
  const shown = () =>
    page.evaluate(() => {
      const {inside} = globalThis as unknown as {inside: Inside};
      return [inside.testIndex, inside.label];
    });
  const at = (index: number) => page.shows('test-digit', `Test digit ${index}`);
  await page.click('#next-digit');
  await at(0);
  assert.equal(await shown(), [0, 7], 'MNIST’s first test digit is a 7');
  assert.ok(await page.isChecked('#labels [value="7"]'));
  await page.click('#next-digit');
  await at(1);
  assert.equal(await shown(), [1, 2]);
  await page.click('#previous-digit');
  await at(0);
  await page.click('#wrong-digit');
  await page.waitForFunction(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    return inside.testIndex !== 0;
  });
  await settled(page);
  const [answer, label] = await page.evaluate(() => {
    const {look} = (globalThis as unknown as {inside: Inside}).inside;
    const shares = Array.from(look!.values.softmax);
    return [shares.indexOf(Math.max(...shares)), look!.label];
  });
  assert.is.not(answer, label);

  await page.draw('20,20 80,80');
  assert.is((await shown())[0], undefined, 'drawn over, it is no test digit');
});

visit('stage: it says when the network gets no test digit wrong', {}, async page => {
  await page.waitForFunction(() => mnist.arrived > 0);
  await page.evaluate(() => {
    const ask = mnist.ask.bind(mnist);
    mnist.ask = (async (question: Parameters<typeof ask>[0]) => {
      const answer = await ask(question);
      if (question.kind !== 'testImages' || !answer) return answer;
      const {labels} = answer as {labels: Uint8Array};
      const probabilities = new Float32Array(10 * labels.length);
      for (const [i, label] of labels.entries()) probabilities[10 * i + label] = 1;
      return {...(answer as object), probabilities};
    }) as never;
  });
  await page.drawn();
  await page.click('#wrong-digit');
  await page.shows('digit-note', 'all 10,000 test digits right');
});

visit('stage: a dead channel is crossed out, and what that means is said', {}, async page => {
  const weights = Object.entries(weightShapes.tutorial).map(([name, shape]) => {
    const size = shape.reduce((product, each) => product * each, 1);
    if (name === 'conv1.bias') return Float32Array.from([0, 0, -1e6, 0, 0, 0, 0, 0]);
    return Float32Array.from({length: size}, (_, i) => Math.sin(i) / 10);
  });
  await page.waitForFunction(() => mnist.arrived > 0);
  const file = writeRun({settings: defaults(), batch: 1, weights, velocities: []});
  await page.upload('upload', 'dead.safetensors', '', file);
  await page.shows('stage-note', 'of relu1 is 0 for all of the first 64 test images');
  assert.match(await page.text('stage-note'), 'Channel 2 of relu1');
  assert.is(await page.locator('[data-station=relu1] .dead').textContent(), 'dead: 2');
  assert.is((await marked(page, 'relu1')).dead, '2');
});

visit('stage: without the GPU it keeps the last numbers, and comes back', {}, async page => {
  await page.waitForFunction(() => mnist.arrived > 0);
  await page.choose('webgl');
  await page.trainAll(2);
  await settled(page);
  const before = await pixels(page, 'conv1');
  await page.click('#memory-tab');
  await page.click('#lose');
  await page.phase('lost');
  await page.shows('stage-note', 'The GPU was lost');
  assert.equal(await pixels(page, 'conv1'), before);
  const opacity = () => view(page, 'conv1').evaluate(box => getComputedStyle(box).opacity);
  assert.is(await opacity(), '0.5');
  await page.choose('simd');
  await page.trainAll(3);
  await page.draw('30,20 70,20 45,85');
  await settled(page);
  assert.is(await page.text('stage-note'), '');
  assert.is(await opacity(), '1');
  assert.not.equal(await pixels(page, 'conv1'), before);
});

visit('stage: other backends are asked about a lost GPU without harm', {}, async page => {
  await page.waitForFunction(() => mnist.arrived > 0);
  await page.choose('webgl');
  await page.waitForFunction(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    return inside.look?.backend === 'webgl';
  });
  const others = (lose: boolean) =>
    page.evaluate(async lose => {
      const {inside} = globalThis as unknown as {inside: Inside};
      const {image, label} = inside;
      if (lose) mnist.send({kind: 'loseContext'});
      const looks = await mnist.ask({kind: 'lookElsewhere', image, label});
      return looks?.map(({backend}) => backend);
    }, lose);
  assert.is(await others(true), undefined, 'it is lost before it is asked');
  await page.phase('lost');
  await page.choose('simd');
  await page.phase('ready');
  assert.ok((await others(false))!.includes('webgl'), 'in a new context');
  assert.equal(await page.evaluate(() => [mnist.phase, mnist.settings.backend]), ['ready', 'simd']);
  await page.waitForFunction(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    return inside.look?.backend === 'simd';
  });
});

visit('stage: it is lost in the middle of live looks and comes back, webgl', {}, async page => {
  await page.allImages();
  await page.choose('webgl');
  await page.evaluate(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    inside.set({mode: 'both'});
    inside.select({of: 'conv1', at: [1, 2, 3], isGradient: true});
  });
  await page.train(100_000);
  const look = (batch: number) =>
    page.waitForFunction(batch => {
      const {inside} = globalThis as unknown as {inside: Inside};
      return inside.look!.batch > batch;
    }, batch);
  await look(3);
  await page.evaluate(() => {
    // Looks follow one another without a pause, so that one is under way.
    const {inside} = globalThis as unknown as {inside: Inside};
    for (let i = 0; i < 5; i++) void mnist.ask({kind: 'look', image: inside.image, label: i});
    mnist.send({kind: 'loseContext'});
    for (let i = 0; i < 5; i++) void mnist.ask({kind: 'look', image: inside.image, label: i});
  });
  await page.phase('lost');
  await page.shows('stage-note', 'The GPU was lost');
  const batch = await page.evaluate(() => mnist.batch);
  await page.click('#start');
  await look(batch + 3);
  await page.drawn();
  assert.is(await page.text('stage-note'), '');
  assert.is(await page.evaluate(() => mnist.memory!.left), 0);
});

visit(
  'stage: 200 looks and questions about dead channels leave no tensor, webgl',
  {},
  async page => {
    await page.allImages();
    await page.choose('webgl');
    const tensors = async (batch: number) => {
      await page.click('#one');
      await page.batch(batch);
      await page.phase('paused');
      return page.evaluate(() => mnist.memory!.tensors);
    };
    const before = await tensors(1);
    await page.evaluate(async () => {
      const {image} = (globalThis as unknown as {inside: Inside}).inside;
      for (let i = 0; i < 200; i++) {
        await mnist.ask({kind: 'look', image, label: i % 10});
        if (i % 10 === 0) await mnist.ask({kind: 'dead'});
      }
    });
    assert.is(await tensors(2), before);
    assert.is(await page.evaluate(() => mnist.memory!.left), 0);
  },
);

visit(
  'worker: an answer that fails for no lost GPU is an error in the console',
  {},
  async (page, problems) => {
    await page.waitForFunction(() => mnist.arrived > 0);
    const image = new Uint8Array(10);
    assert.is(
      await page.evaluate(
        image => mnist.ask({kind: 'look', image: new Uint8Array(image), label: 1}),
        [...image],
      ),
      undefined,
    );
    await page.drawn();
    assert.is(problems.length, 1);
    assert.match(problems.pop()!, 'Error');
  },
);

visit(
  'stage: what one draws while a test digit is fetched stays, and three clicks go three on',
  {},
  async page => {
    await page.waitForFunction(() => mnist.arrived > 0);
    await page.drawn();
    const after = (...ids: string[]) =>
      page.evaluate(async ids => {
        for (const id of ids) document.getElementById(id)!.click();
        await mnist.ask({kind: 'testImages', indices: [0]});
        const {inside} = globalThis as unknown as {inside: Inside};
        return inside.testIndex;
      }, ids);
    assert.is(await after('next-digit', 'next-digit', 'next-digit'), 2);
    assert.is(await after('next-digit', 'clear'), undefined);
    await page.evaluate(() => {
      document.getElementById('wrong-digit')!.click();
      document.getElementById('clear')!.click();
    });
    await page.waitForFunction(() => document.getElementById('digit-note')!.textContent === '');
    assert.is(await after(), undefined);
  },
);

const trained = {hash: '#batches=30'};
visit('stage: the film’s network and the stop of slow motion are shown', trained, async page => {
  await page.phase('done');
  await settled(page);
  const before = await pixels(page, 'conv1.filter');
  const maps = await pixels(page, 'conv1');
  await page.fill('#film-slider', '1');
  await page.shows('stage-note', 'as it was after batch 10');
  await page.waitForFunction(
    () => (globalThis as unknown as {inside: Inside}).inside.look?.batch === 10,
  );
  await page.drawn();
  const said = await page.evaluate(async () => {
    const {inside} = globalThis as unknown as {inside: Inside};
    inside.select({of: 'conv1.filter', at: [0, 0, 0, 0], isGradient: false});
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    const text = document.getElementById('stage-at')!.textContent!;
    inside.select(undefined);
    const number = Number(text.split(' is ')[1].replace('−', '-'));
    return [number, inside.film!.weights[0][0]];
  });
  assert.ok(Math.abs(said[0] - said[1]) < 0.005 * Math.abs(said[1]), `${said}`);
  assert.not.equal(await pixels(page, 'conv1.filter'), before);
  assert.not.equal(await pixels(page, 'conv1'), maps);
  await page.evaluate(() => {
    const {inside} = globalThis as unknown as {inside: Inside};
    inside.freeze(inside.look, {station: 'pool1', direction: 'backward'});
  });
  await page.waitForSelector('[data-station=pool1].here');
  assert.is(await page.locator('.station.here').count(), 1);
  assert.is(await page.locator('[data-station=pool1] .arrow').textContent(), '←');
});

visit(
  'stage: a drawing asks for its label, and the one that stands can be chosen',
  {},
  async page => {
    await settled(page);
    const help = () => page.text('label-help');
    const chosen = () => page.locator('#labels input:checked').count();
    assert.match(await help(), 'The label: what it should be.');
    assert.is(await chosen(), 1, 'the first digit has a label');
    await page.draw('30,20 70,20 45,85');
    await page.shows('label-help', 'Choose the digit that you drew');
    assert.is(await chosen(), 0);
    await page.check('#labels input[value="3"]', {force: true});
    await page.shows('label-help', 'The label: what it should be.');
    assert.is(await chosen(), 1);
  },
);

visit('stage: a letter marks its axis', {}, async page => {
  await settled(page);
  const axes = (letter: string) =>
    page.evaluate(async letter => {
      const {inside} = globalThis as unknown as {inside: Inside};
      inside.select({of: 'conv2', at: [3, 4, 5], isGradient: false});
      inside.set({letter});
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      const found = document.querySelectorAll<HTMLElement>('[data-axis]');
      return Array.from(found, ({dataset}) => dataset.of).join(' ');
    }, letter);
  assert.is(await axes('xR'), 'relu1');
  assert.is(await axes('yC'), 'conv2');
  assert.is(await axes('wR'), 'conv2.filter');
  assert.is(await axes('d1'), 'relu1');
  assert.is(await axes('d2'), 'conv2');
});

runVisits();
