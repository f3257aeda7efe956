// The built page, as a visitor uses it: in a browser, from a file server that does nothing but serve dist/site. Screenshots of it
// stay in dist/screenshots.
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer, type ServerResponse} from 'node:http';
import {createRequire} from 'node:module';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {gunzipSync} from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import type {Browser, BrowserContextOptions, Page, Route} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {folderReader, serve} from '../src/cli/serve.ts';
import {readMnist} from '../src/data/node.ts';
import {createNetwork, MnistData, train as trainNetwork} from '../src/index.ts';
import {registerSimdBackend} from '../src/kernels/simd/backend/register.ts';
import {wilsonInterval} from '../src/numbers.ts';
import type {App} from '../src/page/app.ts';
import type {Phase} from '../src/page/protocol.ts';
import {writeWeights} from '../src/page/weights_file.ts';
import {MortalBrowser} from './mortal_browser.ts';

declare const mnist: App;

const site = fileURLToPath(new URL('../site/', import.meta.url));
const screenshots = fileURLToPath(new URL('../screenshots/', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Many times what the slowest step takes: what takes longer hangs. */
const timeout = 60_000;

const served = await serve(folderReader(site));
const browser = new MortalBrowser();

interface Visit {
  page: Page;
  /** What went wrong without the visitor noticing: errors in the console, requests to elsewhere. */
  problems: string[];
}

interface Opening extends BrowserContextOptions {
  hash?: string;
  origin?: string;
  /** Answers a request in the server's place. */
  routes?: Record<string, (route: Route) => unknown>;
}

const open = (opening: Opening, visit: (page: Page, visit: Visit) => Promise<void>) =>
  browser.lend(browser => openIn(browser, opening, visit));

async function openIn(
  browser: Browser,
  opening: Opening,
  visit: (page: Page, visit: Visit) => Promise<void>,
) {
  const {hash = '', origin = served.origin, routes = {}, ...options} = opening;
  const context = await browser.newContext({
    viewport: {width: 1366, height: 768},
    locale: 'en-GB',
    ...options,
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(timeout);
    const problems: string[] = [];
    page.on('pageerror', error => problems.push(error.message));
    page.on('console', message => {
      const driver = message.text().includes('GL Driver Message'); // its remarks on performance
      if (['error', 'warning'].includes(message.type()) && !driver) problems.push(message.text());
    });
    page.on('request', request => {
      const {hostname, protocol} = new URL(request.url());
      if (protocol.startsWith('http') && hostname !== '127.0.0.1') problems.push(request.url());
    });
    for (const [path, answer] of Object.entries(routes)) await page.route(path, answer);
    await page.goto(`${origin}/${hash}`);
    await page.waitForFunction(() => mnist.phase !== 'starting');
    await drawn(page);
    await visit(page, {page, problems});
    assert.equal(problems, []);
  } finally {
    await context.close();
  }
}

/** A test of the page in one visit to it. */
const visitTest = (
  name: string,
  opening: Opening,
  visit: (page: Page, visit: Visit) => Promise<void>,
) => test(name, () => open(opening, visit));

/** Waits until the page has drawn what it knows by now. */
const drawn = (page: Page) =>
  page.evaluate(async () => {
    await new Promise<void>(resolve => {
      mnist.onChange(resolve);
      mnist.changed();
    });
  });
async function phase(page: Page, wanted: Phase): Promise<void> {
  await page.waitForFunction(wanted => mnist.phase === wanted, wanted);
  await drawn(page);
}
/** Waits for the end of a run of so many batches. */
async function done(page: Page, batches: number): Promise<void> {
  await page.waitForFunction(n => mnist.phase === 'done' && mnist.batch === n, batches);
  await drawn(page);
}
const batch = (page: Page, wanted: number) =>
  page.waitForFunction(wanted => mnist.batch >= wanted, wanted);
/** Clicks a button as soon as so many batches are trained: through the driver, that would be later on a fast machine. */
const clickAt = (page: Page, wanted: number, id: string) =>
  page.waitForFunction(
    ({wanted, id}) => {
      if (mnist.batch < wanted) return false;
      document.getElementById(id)!.click();
      return true;
    },
    {wanted, id},
  );
const losses = (page: Page) => page.evaluate(() => mnist.losses);
const text = async (page: Page, id: string) => (await page.textContent(`#${id}`)) ?? '';
const choose = (page: Page, backend: string) =>
  page.check(`#backends input[value=${backend}]`, {force: true});

async function train(page: Page, batches: number): Promise<void> {
  await page.fill('#length', String(batches));
  await page.click('#start');
}

/** Moves the pointer along these points of the pad, in parts of its side. */
async function draw(page: Page, points: [number, number][]): Promise<void> {
  const box = (await page.locator('#pad').boundingBox())!;
  const to = ([x, y]: [number, number], steps = 1) =>
    page.mouse.move(box.x + x * box.width, box.y + y * box.height, {steps});
  await to(points[0]);
  await page.mouse.down();
  for (const point of points.slice(1)) await to(point, 10);
  await page.mouse.up();
}

visitTest('100 batches on simd reach 85 % of the held-out images', {}, async page => {
  await train(page, 100);
  await phase(page, 'done');
  const {correct, total} = (await page.evaluate(() => mnist.evaluation))!;
  assert.is(total, 10_000);
  assert.ok(correct / total >= 0.85, `${correct} of ${total}`);
  const said = await text(page, 'accuracy');
  assert.match(said, `${(correct / 100).toFixed(2)} % of all test images`);
  const [low, high] = wilsonInterval(correct, total).map(share => `${(100 * share).toFixed(2)} %`);
  assert.match(said, `95 % interval ${low} to ${high}`);
  assert.is(await text(page, 'batch'), '100 / 100');
  assert.match(await text(page, 'ms'), /^[\d.]+ ms$/);
  assert.match(await text(page, 'speed'), /^[\d,]+ images\/s$/);
  assert.is((await losses(page)).length, 100);
  assert.is((await page.evaluate(() => mnist.tests)).length, 100 / 20 + 1);
  const last = (await losses(page)).slice(80);
  const mean = last.reduce((sum, loss) => sum + loss, 0) / 20;
  await page.click('#numbers summary');
  await page.waitForSelector('#numbers tbody tr');
  const cells = await page.locator('#numbers tbody tr:last-child td').allTextContents();
  assert.equal(cells, ['100', mean.toFixed(4), `${(correct / 100).toFixed(1)} %`]);
  await page.waitForFunction(() =>
    /The loss went from 2\.\d+ to 0\.\d+ nats.* 100 batches/.test(
      document.getElementById('loss-text')!.textContent!,
    ),
  );
});

visitTest('the run moves to webgl and back: the curve goes on', {}, async page => {
  const phases = await page.evaluateHandle(() => {
    const seen: string[] = [];
    mnist.onChange(() => void (seen.at(-1) === mnist.phase || seen.push(mnist.phase)));
    return seen;
  });
  await train(page, 2000);
  await batch(page, 60);
  await choose(page, 'webgl');
  await page.waitForFunction(
    () => mnist.moves.length === 2 && mnist.batch >= mnist.moves[1].batch + 12,
  );
  await choose(page, 'simd');
  await page.waitForFunction(
    () => mnist.moves.length === 3 && mnist.batch >= mnist.moves[2].batch + 30,
  );
  await page.click('#start');
  await phase(page, 'paused');
  const moves = await page.evaluate(() => mnist.moves);
  assert.equal(
    moves.map(({backend}) => backend),
    ['simd', 'webgl', 'simd'],
  );
  assert.ok((await phases.evaluate(seen => seen)).includes('compiling'));
  assert.match(await text(page, 'compiled'), /^\d+ shaders compiled in [\d.]+ s\.$/);
  const all = await losses(page);
  assert.is(all.filter(Number.isFinite).length, await page.evaluate(() => mnist.batch));
  const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
  assert.ok(mean(all.slice(moves[1].batch)) < mean(all.slice(0, 60)), 'it still learns');

  const heads = await page.locator('#kernels thead th').allTextContents();
  assert.equal(heads, ['Kernel', 'simd, ms', 'webgl, ms']);
  const convolution = page.locator('#kernels tbody tr', {hasText: 'Conv2D [64,12,12,8]'}).first();
  const times = (await convolution.locator('td').allTextContents()).map(Number);
  const measured = await page.evaluate(() =>
    ['simd', 'webgl'].map(backend => {
      const {kernels} = mnist.splits.find(split => split.backend === backend)!;
      return kernels.find(({kernel}) => kernel.startsWith('Conv2D [64,12,12,8]'))!.ms;
    }),
  );
  for (const i of [0, 1]) assert.ok(Math.abs(times[i] - measured[i]) <= 0.05, `${times}`);
  assert.ok(measured.every(ms => ms > 0));
  const rows = await page
    .locator('#kernels tbody tr')
    .evaluateAll(rows => rows.map(row => Number(row.querySelector('td')!.textContent)));
  const [whole, rest] = [rows.pop()!, rows.pop()!];
  const inKernels = rows.reduce((total, ms) => total + ms, 0);
  assert.ok(
    Math.abs(rest - Math.max(0, whole - inKernels)) <= 0.001 * rows.length,
    `${inKernels} and ${rest} of ${whole} ms`,
  );
  assert.is(
    await page.locator('#kernels tbody tr:nth-last-child(2) th').textContent(),
    'everything else',
  );
});

visitTest('a run that went through two backends has the losses of one', {}, async page => {
  await train(page, 12);
  await phase(page, 'done');
  const expected = await losses(page);
  await page.click('#reset');
  await phase(page, 'ready');
  for (let i = 1; i <= 4; i++) {
    await page.click('#one');
    await page.waitForFunction(i => mnist.batch === i && mnist.phase === 'paused', i);
  }
  await choose(page, 'webgl');
  await page.waitForFunction(() => mnist.settings.backend === 'webgl' && mnist.phase === 'paused');
  await page.click('#start');
  await phase(page, 'done');
  const found = await losses(page);
  assert.equal(found.slice(0, 4), expected.slice(0, 4));
  for (let i = 4; i < 12; i++) {
    assert.ok(
      Math.abs(found[i] / expected[i] - 1) < 1e-3,
      `batch ${i + 1}: ${found[i]}, ${expected[i]}`,
    );
  }
});

visitTest(
  'a 1 that is drawn is read as a 1; a blank pad as nothing',
  {hash: '#batches=400'},
  async page => {
    await phase(page, 'done');
    assert.is(await text(page, 'verdict'), 'The pad is blank.');
    await draw(page, [
      [0.52, 0.15],
      [0.48, 0.85],
    ]);
    await page.waitForFunction(() =>
      document.getElementById('verdict')!.textContent!.includes('reads'),
    );
    assert.match(await text(page, 'verdict'), /^It reads a 1 \(\d+\.\d %\)\.$/);
    const bars = await page.locator('#probabilities li').allTextContents();
    const sum = bars.reduce((total, bar) => total + Number.parseFloat(bar.slice(1)), 0);
    assert.ok(Math.abs(sum - 100) < 1, bars.join());

    await page.click('#clear');
    assert.is(await text(page, 'verdict'), 'The pad is blank.');
    // By keyboard: down from the middle's top.
    await page.focus('#pad');
    for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press(' ');
    for (let i = 0; i < 16; i++) await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() =>
      document.getElementById('verdict')!.textContent!.includes('reads a 1'),
    );
    await page.keyboard.press('Delete');
    assert.is(await text(page, 'verdict'), 'The pad is blank.');

    // A picture of a dark 1 on grey paper.
    const picture = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(300, 200);
      const context = canvas.getContext('2d')!;
      context.fillStyle = '#ccc';
      context.fillRect(0, 0, 300, 200);
      context.fillStyle = '#222';
      context.fillRect(140, 30, 18, 140);
      const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
      return Array.from(bytes);
    });
    const upload = (name: string, mimeType: string, bytes: number[]) =>
      page.setInputFiles('#picture', {name, mimeType, buffer: Buffer.from(bytes)});
    await upload('one.png', 'image/png', picture);
    await page.waitForFunction(() =>
      document.getElementById('verdict')!.textContent!.includes('reads a 1'),
    );
    await page.click('#clear');
    await page.evaluate(bytes => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([Uint8Array.from(bytes)], 'one.png', {type: 'image/png'}));
      document.body.dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true}));
    }, picture);
    await page.waitForFunction(() =>
      document.getElementById('verdict')!.textContent!.includes('reads a 1'),
    );
    await upload('notes.txt', 'text/plain', [65]);
    await page.waitForFunction(() => mnist.notice?.key === 'noPicture');
    assert.match(await text(page, 'verdict'), 'reads a 1');
  },
);

/** What the network sees. */
const seen = (page: Page) =>
  page.evaluate(() => {
    const copy = new OffscreenCanvas(28, 28).getContext('2d', {willReadFrequently: true})!;
    copy.drawImage(document.getElementById('small') as HTMLCanvasElement, 0, 0);
    const {data} = copy.getImageData(0, 0, 28, 28);
    return Array.from({length: 28 * 28}, (_, i) => data[4 * i]);
  });
/** The box of the ink on the pad, in parts of its side: left, top, right, bottom. */
const inkBox = (page: Page) =>
  page.evaluate(() => {
    const pad = document.getElementById('pad') as HTMLCanvasElement;
    const {data} = pad.getContext('2d')!.getImageData(0, 0, pad.width, pad.height);
    const inked = [...data.keys()].filter(i => i % 4 === 3 && data[i] > 127).map(i => (i - 3) / 4);
    const [xs, ys] = [inked.map(i => i % pad.width), inked.map(i => Math.floor(i / pad.width))];
    const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
    return box.map(edge => edge / pad.width);
  });
function expectBox(found: number[], expected: number[]): void {
  found.forEach((edge, i) => {
    assert.ok(Math.abs(edge - expected[i]) < 0.02, `ink in ${found}, not in ${expected}`);
  });
}
/** Half the width of the pad's pen, in parts of its side. */
const PEN = 10 / 280;

visitTest(
  'a digit is seen with lines of one thickness, however large it is drawn',
  {},
  async page => {
    for (const height of [0.8, 0.12]) {
      await draw(page, [
        [0.5, 0.1],
        [0.5, 0.1 + height],
      ]);
      const image = await seen(page);
      for (let row = 6; row < 22; row++) {
        const ink = image
          .slice(28 * row, 28 * (row + 1))
          .reduce((sum, value) => sum + value / 255, 0);
        assert.ok(
          ink > 2.2 && ink < 3,
          `${ink} pixels of ink in row ${row}, of ${height} of the pad`,
        );
      }
      assert.is(Math.max(...image.slice(0, 28 * 4), ...image.slice(28 * 24)), 0);
      await page.click('#clear');
    }
  },
);

visitTest('a stroke is whole whatever the browser coalesces', {}, async page => {
  const points: [number, number][] = [
    [0.3, 0.2],
    [0.7, 0.2],
    [0.45, 0.85],
  ];
  await draw(page, points);
  const expected = await seen(page);
  const browsers: Record<string, () => void> = {
    'an empty list: Firefox on Android, Safari 18.2': () => {
      PointerEvent.prototype.getCoalescedEvents = () => [];
    },
    'events without a target': () => {
      PointerEvent.prototype.getCoalescedEvents = function () {
        return [new PointerEvent('pointermove', {clientX: this.clientX, clientY: this.clientY})];
      };
    },
    'no list': () => {
      PointerEvent.prototype.getCoalescedEvents = undefined as never;
    },
  };
  for (const [name, pretend] of Object.entries(browsers)) {
    await page.evaluate(pretend);
    await page.click('#clear');
    await draw(page, points);
    assert.equal(await seen(page), expected, name);
    expectBox(await inkBox(page), [0.3 - PEN, 0.2 - PEN, 0.7 + PEN, 0.85 + PEN]);
  }
});

visitTest('the line is under the pointer, on a zoomed and on a scaled page too', {}, async page => {
  for (const [property, value] of [
    ['zoom', '1'],
    ['zoom', '0.8'],
    ['zoom', '1.7'],
    ['transform', 'scale(0.6)'],
    ['borderWidth', '20px'],
  ] as const) {
    const [left, top, width, height] = await page.evaluate(
      ({property, value}) => {
        const pad = document.getElementById('pad')!;
        pad.removeAttribute('style');
        document.body.removeAttribute('style');
        (property === 'borderWidth' ? pad : document.body).style[property] = value;
        pad.scrollIntoView();
        const {left, top, width, height} = pad.getBoundingClientRect();
        return [left, top, width, height];
      },
      {property, value},
    );
    await page.click('#clear');
    // Without its border.
    const edge = property === 'borderWidth' ? 20 : 1;
    const to = (x: number, y: number) =>
      page.mouse.move(left + edge + x * (width - 2 * edge), top + edge + y * (height - 2 * edge));
    await to(0.2, 0.3);
    await page.mouse.down();
    await to(0.9, 0.8);
    await page.mouse.up();
    expectBox(await inkBox(page), [0.2 - PEN, 0.3 - PEN, 0.9 + PEN, 0.8 + PEN]);
  }
});

visitTest('only the pointer that began draws, until it is lifted', {hasTouch: true}, async page => {
  const box = (await page.locator('#pad').boundingBox())!;
  const lifted = await page.evaluateHandle(() => {
    const ids: number[] = [];
    document.addEventListener('pointerup', ({pointerId}) => ids.push(pointerId));
    return ids;
  });
  const session = await page.context().newCDPSession(page);
  type Finger = [id: number, x: number, y: number];
  const touch = (
    type: 'touchStart' | 'touchMove' | 'touchEnd' | 'touchCancel',
    ...down: Finger[]
  ) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: down.map(([id, x, y]) => ({
        id,
        x: box.x + x * box.width,
        y: box.y + y * box.height,
      })),
    });
  await touch('touchStart', [0, 0.5, 0.1]);
  await touch('touchMove', [0, 0.5, 0.4]);
  await touch('touchStart', [0, 0.5, 0.4], [1, 0.9, 0.5]);
  await touch('touchMove', [0, 0.5, 0.5], [1, 0.8, 0.9]);
  await touch('touchEnd', [1, 0.8, 0.9]);
  await touch('touchMove', [0, 0.5, 0.8]);
  assert.is((await lifted.jsonValue()).length, 1, 'fingers that are lifted');
  await touch('touchEnd');
  assert.is((await lifted.jsonValue()).length, 2, 'fingers that are lifted');
  expectBox(await inkBox(page), [0.5 - PEN, 0.1 - PEN, 0.5 + PEN, 0.8 + PEN]);

  // What the system takes away from the page ends the stroke; the next one is another.
  await page.click('#clear');
  await touch('touchStart', [0, 0.3, 0.2]);
  await touch('touchMove', [0, 0.3, 0.5]);
  await touch('touchCancel');
  await touch('touchStart', [0, 0.6, 0.2]);
  await touch('touchMove', [0, 0.6, 0.5]);
  await touch('touchEnd');
  const image = await seen(page);
  assert.is(image[28 * 14 + 14], 0, 'nothing between two strokes');
  expectBox(await inkBox(page), [0.3 - PEN, 0.2 - PEN, 0.6 + PEN, 0.5 + PEN]);
});

visitTest(
  'of a stroke that leaves the pad and comes back, what is on the pad is seen',
  {},
  async page => {
    await draw(page, [
      [0.6, 0.7],
      [0.3, 0.7],
      [-0.4, 0.7],
      [-0.4, 0.3],
      [0.3, 0.3],
      [0.6, 0.3],
    ]);
    expectBox(await inkBox(page), [0, 0.3 - PEN, 0.6 + PEN, 0.7 + PEN]);
    const image = await seen(page);
    const inked = [...image.keys()].filter(i => image[i] > 0).map(i => Math.floor(i / 28));
    const [first, last] = [Math.min(...inked), Math.max(...inked)];
    assert.not.ok(inked.includes(Math.round((first + last) / 2)), 'two lines with nothing between');
    // 0.4 of the pad high and 0.6 wide, of which 0.6 becomes 20 pixels. With what is beyond the pad, 1 would.
    assert.ok(last - first >= 13, `from row ${first} to row ${last}`);
  },
);

visitTest('a stroke ends with its button, and with a pad that is cleared', {}, async page => {
  const box = (await page.locator('#pad').boundingBox())!;
  const to = (x: number, y: number) =>
    page.mouse.move(box.x + x * box.width, box.y + y * box.height);
  await to(0.3, 0.2);
  await page.mouse.down();
  await to(0.3, 0.6);
  // Released while another button is down, which is no pointerup.
  await page.evaluate(
    ([clientX, clientY]) => {
      const pad = document.getElementById('pad')!;
      const move = {pointerId: 1, buttons: 4, clientX, clientY};
      pad.dispatchEvent(new PointerEvent('pointermove', move));
    },
    [box.x + 0.8 * box.width, box.y + 0.6 * box.height],
  );
  await to(0.8, 0.6);
  await page.mouse.up();
  expectBox(await inkBox(page), [0.3 - PEN, 0.2 - PEN, 0.3 + PEN, 0.6 + PEN]);

  await to(0.3, 0.2);
  await page.mouse.down();
  await to(0.3, 0.3);
  await page.keyboard.press('Delete');
  await to(0.3, 0.4);
  await page.mouse.up();
  assert.is(await text(page, 'verdict'), 'The pad is blank.');
  assert.is((await inkBox(page))[0], Infinity, 'no ink');
});

visitTest(
  'pictures: a photo in falling light and an SVG are read; of an empty page, it is said so',
  {hash: '#batches=400'},
  async page => {
    await phase(page, 'done');
    const upload = (name: string, mimeType: string, bytes: number[] | string) =>
      page.setInputFiles('#picture', {name, mimeType, buffer: Buffer.from(bytes as string)});
    /** A page in the light of a window on its left, with a 7 or without. */
    const photo = (digit: boolean) =>
      page.evaluate(async digit => {
        const canvas = new OffscreenCanvas(400, 400);
        const context = canvas.getContext('2d')!;
        const light = context.createLinearGradient(0, 0, 480, 120);
        light.addColorStop(0, '#e6e2da');
        light.addColorStop(1, '#4a4844');
        context.fillStyle = light;
        context.fillRect(0, 0, 400, 400);
        context.strokeStyle = 'rgb(0 0 30 / 0.75)';
        context.lineWidth = 26;
        if (digit) context.stroke(new Path2D('M110 90H300L180 330'));
        const blob = await canvas.convertToBlob({type: 'image/jpeg', quality: 0.8});
        return Array.from(new Uint8Array(await blob.arrayBuffer()));
      }, digit);
    const reads = (digit: number) =>
      page.waitForFunction(
        digit => document.getElementById('verdict')!.textContent!.includes(`reads a ${digit}`),
        digit,
      );
    await upload('seven.jpg', 'image/jpeg', await photo(true));
    await reads(7);
    await upload('empty.jpg', 'image/jpeg', await photo(false));
    await page.waitForFunction(() => mnist.notice?.key === 'noInk');
    await drawn(page);
    assert.match(await text(page, 'notice'), 'empty.jpg should show a digit');
    await reads(7);

    const svg = (size: string, path: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 28 28"><path d="${path}" fill="none" stroke="#123" stroke-width="3"/></svg>`;
    await upload('one.svg', 'image/svg+xml', svg('width="28" height="28"', 'M14 4V24'));
    await reads(1);
    assert.is(await page.evaluate(() => mnist.notice), undefined);
    const image = await seen(page);
    // It is drawn at the pad's size: the edge of its line is sharp.
    assert.is(image.filter(value => value > 0 && value < 255).length, 0, 'no grey');
    await upload('seven.svg', 'image/svg+xml', svg('', 'M7 5H20L12 24'));
    await reads(7);
    await upload('broken.svg', 'image/svg+xml', '<svg');
    await page.waitForFunction(() => mnist.notice?.key === 'noPicture');
    await reads(7);

    // What is drawn after a picture is strokes again.
    await page.click('#clear');
    await draw(page, [
      [0.5, 0.4],
      [0.5, 0.5],
    ]);
    const middle = (await seen(page)).slice(28 * 14, 28 * 15);
    assert.ok(middle.reduce((sum, value) => sum + value / 255, 0) < 3, `${middle}`);
  },
);

test('a link trains the same run again', async () => {
  let link = '';
  let expected: number[] = [];
  await open({permissions: ['clipboard-read', 'clipboard-write']}, async page => {
    await page.selectOption('#preset', 'mnist-core');
    await page.fill('#seed', '7');
    await page.fill('#batchSize', '32');
    await page.fill('#learningRate', '0.05');
    await train(page, 1000);
    await clickAt(page, 20, 'start'); // pauses it
    await phase(page, 'paused');
    expected = await losses(page);
    await page.click('#copy');
    await page.waitForFunction(() => mnist.notice?.key === 'copied');
    link = await page.evaluate(() => navigator.clipboard.readText());
  });
  const {hash} = new URL(link);
  assert.match(
    hash,
    `#net=mnist-core&seed=7&batch-size=32&learning-rate=0.05&backend=simd&batches=${expected.length}`,
  );
  await open({hash}, async page => {
    await phase(page, 'done');
    assert.equal(await losses(page), expected);
    assert.is(await page.inputValue('#link'), link);
  });
});

test('a link with the plain build trains as Node does on it, to the last bit', async () => {
  registerSimdBackend('plain', {build: 'simd'});
  await tf.setBackend('plain');
  const blockSize = 6000; // which the page has arrived before it begins
  const data = new MnistData(await readMnist(), {seed: 3, blockSize});
  const network = createNetwork('tutorial', {seed: 3});
  const expected: number[] = [];
  for await (const event of trainNetwork(network, data, {
    batches: 30,
    batchSize: 64,
    learningRate: 0.15,
  })) {
    if (event.kind === 'batch') expected.push(event.loss);
  }
  await open({hash: '#seed=3&batches=30&wasm=plain'}, async page => {
    await done(page, 30);
    assert.equal(await losses(page), expected);
    assert.match(await page.inputValue('#link'), /&wasm=plain$/);
  });
});

visitTest('weights that were saved go on where they were', {}, async page => {
  await train(page, 50);
  await phase(page, 'done');
  const expected = await losses(page);
  await page.click('#reset');
  await phase(page, 'ready');
  await train(page, 30);
  await phase(page, 'done');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
  assert.is(download.suggestedFilename(), 'mnist-ops-tutorial-30.safetensors');
  const file = await download.path();
  await page.click('#reset');
  await phase(page, 'ready');
  await page.setInputFiles('#upload', file);
  await page.waitForFunction(() => mnist.phase === 'paused' && mnist.batch === 30);
  await train(page, 50);
  await done(page, 50);
  assert.equal((await losses(page)).slice(30), expected.slice(30));

  await page.setInputFiles('#upload', {
    name: 'x',
    mimeType: '',
    buffer: Buffer.from('no weights at all'),
  });
  await page.waitForFunction(() => mnist.notice?.key === 'fileHeaderLength');
  await drawn(page);
  assert.match(await text(page, 'notice'), 'This is no weights file');
  assert.is(await page.evaluate(() => mnist.batch), 50);
});

visitTest(
  'a lost context stops training, which goes on from the last good weights',
  {hash: '#backend=webgl&batches=40'},
  async page => {
    await clickAt(page, 14, 'lose');
    await phase(page, 'lost');
    const {at, back} = await page.evaluate(() => ({
      at: Number(mnist.why!.values!.at),
      back: mnist.batch,
    }));
    assert.ok(back % 10 === 0 && back >= 10 && at >= back && at < back + 10, `${at}, ${back}`);
    assert.match(
      await text(page, 'why'),
      `lost after batch ${at}; the weights are those of batch ${back} again`,
    );
    const before = await losses(page);
    assert.is(before.length, back);
    assert.is(await text(page, 'start'), 'Go on');
    await page.click('#start');
    await phase(page, 'done');
    const after = await losses(page);
    assert.equal(after.slice(0, back), before);
    assert.is(await text(page, 'why'), '');
    await page.click('#reset');
    await phase(page, 'ready');
    await train(page, 40);
    await done(page, 40);
    assert.equal(after, await losses(page), 'as if it had not been lost');

    // And while nothing is trained: another backend takes over.
    await page.click('#lose');
    await phase(page, 'lost');
    await choose(page, 'simd');
    await phase(page, 'done');
    await train(page, 60);
    await done(page, 60);
    // Back on webgl, the context is a new one.
    await choose(page, 'webgl');
    await page.waitForFunction(() => mnist.settings.backend === 'webgl' && mnist.phase === 'done');
    await train(page, 65);
    await done(page, 65);
    assert.ok((await losses(page)).every(Number.isFinite));
    assert.ok((await losses(page)).at(-1)! < 1.5);
  },
);

visitTest(
  'a loss that the browser reports after training has noticed costs nothing more',
  {
    hash: '#backend=webgl&batches=40',
    routes: {
      '**/worker.js': async route => {
        const response = await route.fetch();
        // On a message of this channel, every canvas hears of a loss.
        const prelude = `
          const canvases = [];
          const {getContext} = OffscreenCanvas.prototype;
          OffscreenCanvas.prototype.getContext = function (...values) {
            canvases.push(this);
            return getContext.apply(this, values);
          };
          new BroadcastChannel('losses').onmessage = () => {
            for (const canvas of canvases) canvas.dispatchEvent(new Event('webglcontextlost'));
          };`;
        await route.fulfill({response, body: `{${prelude}}${await response.text()}`});
      },
    },
  },
  async page => {
    await clickAt(page, 14, 'lose');
    await phase(page, 'lost');
    const state = () => page.evaluate(() => [mnist.phase, mnist.batch, mnist.why!.values!.at]);
    const before = await state();
    assert.ok((before[1] as number) >= 10, `${before}`);
    await page.evaluate(async () => {
      new BroadcastChannel('losses').postMessage('');
      await new Promise(resolve => setTimeout(resolve, 200));
      await mnist.ask({kind: 'testLabels'});
    });
    assert.equal(await state(), before);
  },
);

visitTest(
  'a learning rate that is too large stops at the first loss that is not finite',
  {},
  async page => {
    await page.selectOption('#preset', 'mnist-core');
    await page.fill('#learningRate', '500');
    await train(page, 200);
    await phase(page, 'diverged');
    assert.match(
      await text(page, 'why'),
      /The loss became (NaN|Infinity) at batch \d+: a learning rate of 500 is too large/,
    );
    assert.ok(await page.isDisabled('#start'));
    await page.click('#reset');
    await phase(page, 'ready');
    assert.is(await text(page, 'why'), '');
  },
);

visitTest('a link that makes no sense is refused, and the run goes on', {}, async page => {
  await train(page, 30);
  await phase(page, 'done');
  for (const [hash, sentence] of [
    ['#batches=-3', 'batches should be a whole number from 1 to 1000000, and is “-3”.'],
    ['#backend=abacus', 'backend should be one of simd, cpu, webgl, wasm, and is “abacus”.'],
    ['#colour=red', 'A link can set'],
  ]) {
    await page.evaluate(hash => {
      location.hash = hash;
    }, hash);
    await page.waitForFunction(() => mnist.notice !== undefined);
    await page.waitForFunction(
      sentence => document.getElementById('notice')!.textContent!.includes(sentence),
      sentence.replace('1000000', '1,000,000'),
    );
    assert.is(await page.evaluate(() => mnist.batch), 30);
  }
});

visitTest('each field says what is wrong with it; a reset forgives all', {}, async page => {
  await page.fill('#batchSize', '0');
  await page.fill('#learningRate', 'fast');
  await drawn(page);
  assert.match(
    await text(page, 'refused'),
    'Batch size should be a whole number from 1 to 4,096, and is “0”.',
  );
  assert.ok(await page.isDisabled('#start'));
  await page.fill('#batchSize', '16');
  await drawn(page);
  assert.match(
    await text(page, 'refused'),
    'Learning rate should be a number from 0.000001 to 1,000, and is “fast”.',
  );
  assert.ok(await page.isDisabled('#start'));
  await page.click('#reset');
  await drawn(page);
  assert.is(await text(page, 'refused'), '');
  const values = ['#batchSize', '#learningRate'].map(id => page.inputValue(id));
  assert.equal(await Promise.all(values), ['16', '0.15']);
  assert.ok(await page.isEnabled('#start'));
});

visitTest(
  'a link that makes no sense says so when it opens the page',
  {hash: '#seed=one'},
  async page => {
    await phase(page, 'ready');
    assert.match(await text(page, 'notice'), 'seed should be a whole number');
    assert.equal(await losses(page), []);
  },
);

visitTest(
  'without WebGL the backend can’t be chosen, and the page says why',
  {
    hash: '#backend=webgl&batches=5',
    routes: {
      '**/worker.js': async route => {
        const response = await route.fetch();
        await route.fulfill({
          response,
          body: `delete self.OffscreenCanvas;${await response.text()}`,
        });
      },
    },
  },
  async page => {
    await phase(page, 'done');
    assert.is(await page.evaluate(() => mnist.settings.backend), 'simd');
    assert.ok(await page.isDisabled('#backends input[value=webgl]'));
    assert.match(await text(page, 'missing'), 'webgl: this browser gives a worker no WebGL 2.');
  },
);

test('images that fail to load: what and why, and another attempt', async () => {
  let failing = true;
  const answer = (route: Route) => (failing ? route.fulfill({status: 503}) : route.continue());
  await open({routes: {'**/train-images*': answer}}, async (page, {problems}) => {
    await page.waitForFunction(() => mnist.noData !== undefined);
    const sentence = 'The images could not be loaded: train-images-idx3-ubyte.gz got status 503.';
    await page.waitForFunction(() => !document.getElementById('retry')!.hidden);
    assert.is(await text(page, 'why'), sentence);
    await page.click('#start');
    await phase(page, 'failed');
    failing = false;
    await page.click('#retry');
    await page.waitForFunction(() => mnist.arrived === 60_000);
    await done(page, 938); // what was begun goes on
    assert.is(await text(page, 'why'), '');
    assert.ok(problems.every(problem => problem.includes('503')));
    problems.length = 0;
  });
});

visitTest(
  'a server that unpacks the images itself is as good',
  {
    hash: '#batches=5',
    routes: {
      '**/*.gz': route => {
        const {pathname} = new URL(route.request().url());
        return route.fulfill({body: gunzipSync(readFileSync(join(site, pathname)))});
      },
    },
  },
  async page => {
    await phase(page, 'done');
    await page.waitForFunction(() => mnist.arrived === 60_000);
  },
);

test('training starts on the first images, outlives a broken connection, and has the losses that it has with all of them', async () => {
  let held: ServerResponse | undefined;
  const read = folderReader(site);
  const server = createServer(async (request, response) => {
    const path = new URL(request.url!, 'http://127.0.0.1').pathname;
    const type = {html: 'text/html', css: 'text/css'}[path.split('.').at(-1)!] ?? 'text/javascript';
    response.setHeader('content-type', path === '/' ? 'text/html' : type);
    const bytes = await read(path);
    if (!path.includes('train-images') || held) return void response.end(bytes);
    held = response;
    response.write(bytes!.subarray(0, 2_500_000));
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let early: number[] = [];
  try {
    await open({origin}, async (page, {problems}) => {
      await train(page, 187); // of 12,000 / 64
      await done(page, 187); // the test at its end needs no more images
      const arrived = await page.evaluate(() => mnist.arrived);
      assert.ok(arrived >= 12_000 && arrived < 18_000, `${arrived} images`);
      await train(page, 250);
      await phase(page, 'waiting');
      assert.is(await page.evaluate(() => mnist.batch), 187);
      assert.match(await text(page, 'images'), /^Images: 1\d,\d+ \/ 60,000$/);
      held!.destroy(); // the connection breaks
      await phase(page, 'failed');
      const broken = 'train-images-idx3-ubyte.gz is not a whole file';
      await page.waitForFunction(
        broken => document.getElementById('why')!.textContent!.includes(broken),
        broken,
      );
      await page.click('#retry');
      await done(page, 250);
      problems.length = 0; // the console has the broken connection
      early = await losses(page);
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
  await open({}, async page => {
    await page.waitForFunction(() => mnist.arrived === 60_000);
    await train(page, 250);
    await phase(page, 'done');
    assert.equal(early, await losses(page));
  });
});

visitTest(
  'the gallery: right and wrong, mistakes by digit, known wrong labels, the matrix',
  {hash: '#batches=150'},
  async page => {
    await phase(page, 'done');
    const evaluation = (await page.evaluate(() => mnist.evaluation))!;
    await page.waitForFunction(() => document.querySelectorAll('#gallery li.right').length > 20);
    await page.selectOption('#filter', 'mistakes');
    await page.selectOption('#digit', '5');
    await page.waitForFunction(() => document.querySelectorAll('#gallery li.wrong').length > 3);
    await page.waitForTimeout(100);
    const wrongFives = Array.from({length: 10}, (_, answer) => answer)
      .filter(answer => answer !== 5)
      .reduce((sum, answer) => sum + evaluation.confusion[50 + answer], 0);
    await page.waitForFunction(
      total => document.getElementById('range')!.textContent!.endsWith(`/ ${total}`),
      wrongFives,
    );
    assert.is(await page.locator('#gallery li.right:visible').count(), 0);
    const titles = await page
      .locator('#gallery li:visible')
      .evaluateAll(items => items.map(item => (item as HTMLElement).title));
    for (const title of titles) {
      assert.match(title, /^Test image [\d,]+, labelled 5\. Taken for an? [^5] \(\d+\.\d %\)\./);
    }
    await page.selectOption('#digit', '');
    await page.selectOption('#filter', 'wrong');
    await page.waitForFunction(
      () => document.querySelectorAll('#gallery li.doubt:not([hidden])').length === 15,
    );
    assert.match(
      (await page.locator('#gallery li').first().getAttribute('title'))!,
      /^Test image 947, labelled 8\..*suggest 9/,
    );

    await page.focus('#digits-tab');
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('#confusion tbody tr');
    const cells = (await page.locator('#confusion tbody td').allTextContents()).map(cell =>
      cell === '·' ? 0 : Number(cell),
    );
    assert.equal(cells, Object.values(evaluation.confusion));
  },
);

visitTest('a length in epochs is so many batches, whatever their size', {}, async page => {
  await page.selectOption('#unit', 'epochs');
  await page.fill('#length', '2');
  const batches = () => page.evaluate(() => mnist.settings.batches);
  assert.is(await batches(), 2 * 938);
  await page.fill('#batchSize', '128');
  assert.is(await batches(), 2 * 469);
  await page.fill('#length', '500');
  await page.fill('#batchSize', '1');
  assert.is(await batches(), 1_000_000, 'no more than a link may have');
  await page.fill('#batchSize', '128');
  await page.fill('#length', '0.1');
  assert.is(await batches(), 47);
  await page.focus('#unit');
  await page.selectOption('#unit', 'batches');
  await drawn(page);
  assert.is(await page.inputValue('#length'), '47');
});

visitTest('a reset in the middle leaves nothing of the run', {}, async page => {
  await train(page, 5000);
  await batch(page, 100);
  await page.click('#reset');
  await phase(page, 'ready');
  const left = await page.evaluate(() => {
    const {batch, losses, tests, moves, evaluation, memory, speed} = mnist;
    return {batch, losses, tests, moves, evaluation, memory, speed};
  });
  assert.equal(left, {
    batch: 0,
    losses: [],
    tests: [],
    moves: [],
    evaluation: undefined,
    memory: undefined,
    speed: undefined,
  });
  await page.waitForFunction(
    () => document.getElementById('loss-text')!.textContent === 'Nothing was trained here yet.',
  );
});

visitTest(
  'being asked all the time makes no step leave a tensor behind, on webgl',
  {},
  async page => {
    const left = await page.evaluateHandle(() => {
      const counts = new Set<number>();
      const {worker} = mnist as unknown as {worker: Worker};
      worker.addEventListener('message', ({data}) => {
        if (data.kind === 'batch') counts.add(data.memory.left);
      });
      const ask = async () => {
        await mnist.ask({kind: 'predict', images: new Uint8Array(784).fill(9)});
        void ask();
      };
      void ask();
      return counts;
    });
    await choose(page, 'webgl');
    await train(page, 25);
    await done(page, 25);
    assert.equal(await left.evaluate(counts => [...counts]), [0]);
  },
);

visitTest(
  'steps leave no tensor behind, and the meter is red if one does',
  {hash: '#batches=30'},
  async page => {
    await phase(page, 'done');
    const memory = (await page.evaluate(() => mnist.memory))!;
    assert.is(memory.left, 0);
    assert.ok(memory.tensors > 5 && memory.bytes > 4 * 5994);
    assert.not.ok(await page.evaluate(() => document.getElementById('meter')!.matches('.leaks')));
    await page.evaluate(() => {
      mnist.memory!.left = 3;
      mnist.changed();
    });
    await page.waitForSelector('#meter.leaks');
    assert.is(await text(page, 'left-behind'), '3');
  },
);

/** The durations of the page's tasks of more than 50 ms in the next three seconds. */
const longTasks = (page: Page) =>
  page.evaluate(async () => {
    const durations: number[] = [];
    const observer = new PerformanceObserver(list => {
      durations.push(...list.getEntries().map(({duration}) => duration));
    });
    observer.observe({type: 'longtask'});
    await new Promise(resolve => setTimeout(resolve, 3000));
    observer.disconnect();
    return durations;
  });

visitTest('no task of the page takes more than 50 ms while it trains', {}, async page => {
  await page.waitForFunction(() => mnist.arrived === 60_000);
  await train(page, 100_000);
  await batch(page, 100);
  for (const backend of ['simd', 'webgl']) {
    await choose(page, backend);
    // Other programs may hold up any task on a shared machine: one of these spans has to be free of long ones.
    const spans: number[][] = [];
    do spans.push(await longTasks(page));
    while (spans.at(-1)!.length > 0 && spans.length < 5);
    assert.is(spans.at(-1)!.length, 0, `${backend}: ${JSON.stringify(spans)}`);
    await page.waitForFunction(
      backend => mnist.moves.at(-1)!.backend === backend && mnist.batch > mnist.moves.at(-1)!.batch,
      backend,
    );
  }
});

const looks: Record<string, BrowserContextOptions> = {
  light: {},
  dark: {colorScheme: 'dark'},
  phone: {
    viewport: {width: 390, height: 844},
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
  },
  chinese: {locale: 'zh-CN'},
};
for (const [name, options] of Object.entries(looks)) {
  visitTest(
    `${name}: a screenshot, nothing to scroll sideways, nothing that axe finds serious`,
    {...options, hash: '#batches=120'},
    async page => {
      await phase(page, 'done');
      await choose(page, 'cpu');
      await train(page, 130);
      await done(page, 130);
      await page.locator('#pad').scrollIntoViewIfNeeded();
      await draw(page, [
        [0.3, 0.2],
        [0.7, 0.2],
        [0.45, 0.85],
      ]);
      await page.waitForFunction(() => document.querySelectorAll('#gallery li.right').length > 20);
      await page.waitForTimeout(500);
      mkdirSync(screenshots, {recursive: true});
      writeFileSync(join(screenshots, `${name}.png`), await page.screenshot({fullPage: true}));
      const {scrollWidth, scrollHeight} = await page.evaluate(() => {
        const {scrollWidth, scrollHeight} = document.documentElement;
        return {scrollWidth, scrollHeight};
      });
      const {width, height} = page.viewportSize()!;
      assert.is(scrollWidth, width);
      if (name !== 'phone') assert.is(scrollHeight, height, 'one screen');
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => {
        const {axe} = globalThis as unknown as {axe: {run(): Promise<{violations: Violation[]}>}};
        return (await axe.run()).violations;
      });
      const serious = violations.filter(
        ({id, impact}) => impact === 'serious' || impact === 'critical' || id === 'landmark-unique',
      );
      const found = serious.map(
        ({id, nodes}) => `${id}: ${nodes.map(({html}) => html.slice(0, 120))}`,
      );
      assert.equal(found, []);
      const left = await page.evaluate(() =>
        document.body.textContent!.match(/\{\w+\}|undefined|NaN/),
      );
      assert.is(left, null);
    },
  );
}

interface Violation {
  id: string;
  impact: string;
  nodes: {html: string}[];
}

visitTest(
  'the language: the browser’s, until the switch is used, and then for good',
  {},
  async page => {
    assert.is(await page.getAttribute('html', 'lang'), 'en');
    await page.click('#language');
    await page.waitForFunction(() =>
      document.getElementById('phase')!.textContent!.includes('就绪'),
    );
    await page.reload();
    await page.waitForFunction(() => document.documentElement.lang === 'zh');
    assert.is(await text(page, 'train-title'), '训练');
  },
);

visitTest('the keyboard reaches every control, and one sees where it is', {}, async page => {
  const reached = new Set<string>();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const {activeElement} = document;
      const outlined = activeElement?.matches('.hidden')
        ? activeElement.parentElement!
        : activeElement?.matches('#backends input')
          ? activeElement.nextElementSibling!
          : activeElement!;
      const {outlineStyle, outlineWidth} = getComputedStyle(outlined);
      const visible = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
      return {
        id: activeElement?.id || activeElement?.getAttribute('value') || activeElement?.tagName,
        visible,
      };
    });
    if (at.id === 'BODY') break;
    assert.ok(at.visible, `focus on ${at.id} is not to be seen`);
    reached.add(at.id!);
  }
  for (const id of 'language preset batchSize learningRate seed length unit simd start one reset pad clear picture digits-tab filter digit next link copy save upload'.split(
    ' ',
  )) {
    assert.ok(reached.has(id), `${id} is not reached: ${[...reached]}`);
  }
});

visitTest('a button that goes off keeps the focus, and does nothing', {}, async page => {
  const focused = () => page.evaluate(() => document.activeElement!.id);
  const commands = await page.evaluateHandle(() => {
    const {worker} = mnist as unknown as {worker: Worker};
    const sent: string[] = [];
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (message: {kind: string}) => {
      if (['train', 'trainOne', 'pause'].includes(message.kind)) sent.push(message.kind);
      post(message);
    };
    return sent;
  });
  await page.fill('#length', '2');
  await page.press('#length', 'Enter');
  await done(page, 2);
  assert.is(await focused(), 'length');
  await page.press('#length', 'Enter');
  for (const [id, batches] of [
    ['start', 3],
    ['one', 4],
  ] as const) {
    await page.fill('#length', String(batches));
    await drawn(page);
    await page.press(`#${id}`, 'Enter');
    await done(page, batches);
    assert.is(await focused(), id);
    assert.ok(await page.isDisabled(`#${id}`));
    await page.keyboard.press('Enter');
  }
  assert.equal(await commands.jsonValue(), ['train', 'train', 'trainOne']);
  await page.focus('#next');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('range')!.textContent!.startsWith('33'));
  await page.focus('#previous');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('range')!.textContent!.startsWith('1–'));
  assert.is(await focused(), 'previous');
  assert.ok(await page.isDisabled('#previous'));
});

visitTest('a link fills the field that has the focus too', {}, async page => {
  await page.fill('#seed', '5');
  await page.evaluate(() => {
    location.hash = '#seed=9&batches=3';
  });
  await done(page, 3);
  assert.equal([await page.inputValue('#seed'), await page.inputValue('#length')], ['9', '3']);
  assert.is(await page.evaluate(() => document.activeElement!.id), 'seed');
});

visitTest('weights of the same settings, untrained, have their own answers', {}, async page => {
  await draw(page, [
    [0.5, 0.2],
    [0.5, 0.8],
  ]);
  const shares = () => page.locator('#probabilities li').allTextContents();
  await page.waitForFunction(
    () => !document.getElementById('probabilities')!.textContent!.includes('–'),
  );
  const before = await shares();
  const run = (await page.evaluate(async () => {
    const run = (await mnist.ask({kind: 'save'}))!;
    return {...run, weights: run.weights.map(values => Array.from(values, value => -value))};
  }))!;
  const {settings, batch, weights} = run;
  const file = writeWeights({
    settings,
    batch,
    weights: weights.map(values => Float32Array.from(values)),
  });
  await page.setInputFiles('#upload', {name: 'w', mimeType: '', buffer: Buffer.from(file)});
  await page.waitForFunction(
    before =>
      !before.every(
        (text, i) => document.querySelectorAll('#probabilities li')[i].textContent === text,
      ),
    before,
  );
});

test('less than 400 kB of script before the data, and no request elsewhere', async () => {
  assert.ok(existsSync(join(site, 'index.html')));
  const scripts: string[] = [];
  let beforeData = true;
  const routes = {
    '**/*': (route: Route) => {
      const {pathname} = new URL(route.request().url());
      if (pathname.startsWith('/mnist/')) beforeData = false;
      if (beforeData && pathname.endsWith('.js')) scripts.push(pathname.slice(1));
      return route.continue();
    },
  };
  await open({routes}, async page => {
    await page.waitForFunction(() => mnist.arrived === 60_000);
  });
  const bytes = scripts.reduce((sum, name) => sum + readFileSync(join(site, name)).length, 0);
  console.log(`${scripts.join(', ')}: ${bytes} bytes of script before the data`);
  assert.ok(scripts.includes('main.js') && scripts.includes('worker.js'));
  assert.ok(bytes < 400_000);
});

visitTest(
  'a page whose policy forbids WebAssembly says so, and trains on cpu',
  {
    hash: '#batches=2',
    routes: {
      '**/*': async route => {
        const response = await route.fetch();
        const policy = "script-src 'self'"; // without 'wasm-unsafe-eval'
        const headers = {...response.headers(), 'content-security-policy': policy};
        await route.fulfill({response, headers});
      },
    },
  },
  async (page, visit) => {
    await phase(page, 'done');
    assert.is(await page.evaluate(() => mnist.settings.backend), 'cpu');
    assert.match(
      await text(page, 'missing'),
      'simd: this page’s Content-Security-Policy forbids WebAssembly.',
    );
    visit.problems.length = 0; // the browser's own remarks on the policy
  },
);

visitTest(
  'where simd is there and does not start, the page says why, and cpu trains',
  {
    routes: {
      '**/worker.js': async route => {
        const response = await route.fetch();
        // No engine gives it any memory.
        const body = `WebAssembly.Memory = class {constructor() {throw new RangeError('no memory')}};${await response.text()}`;
        await route.fulfill({response, body});
      },
    },
  },
  async (page, {problems}) => {
    await phase(page, 'ready');
    assert.match(await text(page, 'why'), /^The backend simd did not start \(.*\)\.$/);
    await train(page, 3);
    await phase(page, 'done');
    assert.is(await page.evaluate(() => mnist.settings.backend), 'cpu');
    assert.is((await losses(page)).length, 3);
    problems.length = 0; // TensorFlow.js warns of it
  },
);

test('a page that is opened from a file says what it needs', () =>
  browser.lend(async browser => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(site, 'index.html')).href);
    assert.match(await text(page, 'phase'), /run “npm start”/);
    await page.close();
  }));

visitTest(
  'a run at its end can have one epoch more',
  {hash: '#batches=3&batch-size=1000'},
  async page => {
    await phase(page, 'done');
    await page.getByRole('button', {name: 'One epoch more'}).click();
    await done(page, 3 + 60);
    assert.is(await page.inputValue('#length'), '63');
    await page.press('#length', 'Enter'); // not by accident
    assert.is(await page.evaluate(() => mnist.settings.batches), 63);
  },
);

visitTest(
  'for a class: the text grows with a window that is larger both ways, and all stays on one screen',
  {viewport: {width: 1920, height: 1080}, hash: '#batches=20'},
  async page => {
    await phase(page, 'done');
    const sizes = await page.evaluate(() => {
      const font = (selector: string) =>
        Number.parseFloat(getComputedStyle(document.querySelector(selector)!).fontSize);
      const {scrollWidth, scrollHeight} = document.documentElement;
      const pad = document.querySelector('#pad')!.clientWidth;
      return {text: font('html'), gallery: font('#gallery li'), pad, scrollWidth, scrollHeight};
    });
    assert.ok(sizes.text > 19 && sizes.gallery > 13 && sizes.pad > 220, JSON.stringify(sizes));
    assert.equal([sizes.scrollWidth, sizes.scrollHeight], [1920, 1080]);
    for (const words of [
      'each batch',
      '1,000 test images, drawn at random',
      'all 10,000 test images',
    ]) {
      assert.ok(await page.getByText(words).isVisible(), words);
    }
  },
);

visitTest('text twice as large leaves the curves as high as they were', {}, async page => {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setFontSizes' as never, {fontSizes: {standard: 32}} as never);
  await page.waitForFunction(() => getComputedStyle(document.documentElement).fontSize === '28px');
  const heights = await page.evaluate(() =>
    ['loss-chart', 'test-chart'].map(id => document.getElementById(id)!.clientHeight),
  );
  assert.ok(Math.min(...heights) > 120, `${heights}`);
  assert.is(await page.evaluate(() => document.documentElement.scrollWidth), 1366);
});

for (const colorScheme of ['light', 'dark'] as const) {
  visitTest(
    `${colorScheme}: bars and the loss of each batch stand out from the panel by 3 to 1`,
    {colorScheme},
    async page => {
      const ratios = await page.evaluate(() => {
        const probe = document.body.appendChild(document.createElement('i'));
        const luminance = (name: string) => {
          probe.style.color = `var(${name})`;
          const [r, g, b] = getComputedStyle(probe)
            .color.match(/[\d.]+/g)!
            .map(value => Number(value) / 255)
            .map(value => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const panel = luminance('--panel') + 0.05;
        return ['--faint', '--accent', '--good'].map(name => {
          const ratio = (luminance(name) + 0.05) / panel;
          return Math.max(ratio, 1 / ratio);
        });
      });
      for (const ratio of ratios) assert.ok(ratio >= 3, `${ratios}`);
      const bars = await page.evaluate(
        () => getComputedStyle(document.querySelector('#probabilities li')!).backgroundImage,
      );
      assert.is(bars.match(/gradient/g)?.length, 2, 'a shade and its foot');
    },
  );
}

visitTest(
  'forced colours: what is chosen looks other than what is not',
  {forcedColors: 'active', hash: '#batches=2'},
  async page => {
    await phase(page, 'done');
    const pairs = await page.evaluate(() =>
      [
        ['#backends input:checked + span', '#backends input:not(:checked) + span'],
        ['[role="tab"][aria-selected="true"]', '[role="tab"][aria-selected="false"]'],
      ].map(pair =>
        pair.map(each => getComputedStyle(document.querySelector(each)!).backgroundColor),
      ),
    );
    for (const [chosen, other] of pairs) assert.is.not(chosen, other);
  },
);

visitTest(
  'where the net agrees with the people who were asked, its answer has no cross; a mistake tells its label',
  {hash: '#batches=300'},
  async page => {
    await phase(page, 'done');
    await page.locator('#filter').selectOption('wrong');
    await page.waitForFunction(() => document.querySelectorAll('#gallery li.doubt').length >= 15);
    const items = await page.evaluate(() =>
      [...document.querySelectorAll('#gallery li')].map(({className, textContent}) => ({
        className,
        textContent: textContent ?? '',
      })),
    );
    const agreeing = items.filter(({textContent}) => textContent.includes('≈'));
    assert.ok(agreeing.length > 3, `${agreeing.length}`);
    for (const {className} of agreeing) assert.not.match(className, /wrong|right/);
    for (const {className, textContent} of items) {
      if (/wrong/.test(className)) assert.match(textContent, /\d✗\d/);
    }
    assert.is(await page.locator('#accuracy').getAttribute('aria-live'), 'polite');
  },
);

test.after(async () => {
  served.close();
  await browser.close();
});
test.run();
