// The page's pad: what the network sees of a drawing or a picture, and what it reads.
import * as assert from 'uvu/assert';
import {readJpeg} from '../../src/cli/predict/jpeg.ts';
import {type Picture, seen as seenByPredict} from '../../src/cli/predict/picture.ts';
import {readPng} from '../../src/cli/predict/png.ts';
import type {Inside} from '../../src/page/inside/inside.ts';
import {drawnDigits} from '../drawn_digits.ts';
import {type Colour, coloured, encodePng, inkOfStrokes, pngKinds, pngOf} from '../pictures.ts';
import {runVisits, type VisitedPage, visit} from '../visit.ts';

/** Half the width of the pad's pen, in parts of its side. */
const PEN = 10 / 280;

const reads = (page: VisitedPage, digit: number) => page.shows('verdict', `reads a ${digit}`);

/** The image that the network sees. */
const seen = (page: VisitedPage) =>
  page.evaluate(async () => {
    await new Promise(requestAnimationFrame);
    const copy = new OffscreenCanvas(28, 28).getContext('2d', {willReadFrequently: true})!;
    copy.drawImage(document.getElementById('small') as HTMLCanvasElement, 0, 0);
    const {data} = copy.getImageData(0, 0, 28, 28);
    return Array.from({length: 28 * 28}, (_, i) => data[4 * i]);
  });
/** The sum of the ink in a row of the network's image, in pixels. */
const inkIn = (image: number[], row: number) =>
  image.slice(28 * row, 28 * (row + 1)).reduce((sum, value) => sum + value / 255, 0);
/** The left, top, right and bottom edge of the ink on the pad, in parts of its side. */
const inkBox = (page: VisitedPage) =>
  page.evaluate(() => {
    const pad = document.getElementById('pad') as HTMLCanvasElement;
    const {data} = pad.getContext('2d')!.getImageData(0, 0, pad.width, pad.height);
    const inked = [...data.keys()].filter(i => i % 4 === 3 && data[i] > 127).map(i => (i - 3) / 4);
    const [xs, ys] = [inked.map(i => i % pad.width), inked.map(i => Math.floor(i / pad.width))];
    const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
    return box.map(edge => edge / pad.width);
  });
/** Checks that the ink's box is that of a line between these edges. */
async function expectLine(page: VisitedPage, ...[left, top, right, bottom]: number[]) {
  const found = await inkBox(page);
  const edges = [left - PEN, top - PEN, right + PEN, bottom + PEN];
  const expected = edges.map(edge => Math.max(0, edge));
  found.forEach((edge, i) => {
    assert.ok(Math.abs(edge - expected[i]) < 0.02, `ink in ${found}, not in ${expected}`);
  });
}

const trained = {hash: '#batches=400'};
visit(
  'draw: a 1 from pointer, keys or picture is read; a blank pad is not',
  trained,
  async page => {
    await page.phase('done');
    await reads(page, 3); // the digit that is there at first
    await page.draw('52,15 48,85');
    await reads(page, 1);
    assert.match(await page.text('verdict'), /^It reads a 1 \((> )?\d+\.\d %\)\.$/);
    const bars = await page.locator('#probabilities li').allTextContents();
    const shares = bars.map(bar => Number(/^\d[<>]? ?(\d+\.\d) %$/.exec(bar)![1]));
    const sum = shares.reduce((total, share) => total + share); // "< 0.1 %" counts as 0.1
    assert.ok(Math.abs(sum - 100) <= 1, bars.join());

    await page.click('#clear');
    await page.shows('verdict', 'The pad is blank.');
    // By keyboard: down from the middle's top.
    await page.focus('#pad');
    for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press(' ');
    for (let i = 0; i < 16; i++) await page.keyboard.press('ArrowDown');
    await reads(page, 1);
    await page.keyboard.press('Delete');
    await page.shows('verdict', 'The pad is blank.');

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
    await page.upload('picture', 'one.png', 'image/png', picture);
    await reads(page, 1);
    await page.click('#clear');
    await page.evaluate(bytes => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([Uint8Array.from(bytes)], 'one.png', {type: 'image/png'}));
      document.body.dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true}));
    }, picture);
    await reads(page, 1);
    await page.upload('picture', 'notes.txt', 'text/plain', [65]);
    await page.notice('noPicture');
    assert.match(await page.text('verdict'), 'reads a 1');
  },
);

visit('draw: lines are seen equally thick, however large a digit is drawn', {}, async page => {
  for (const height of [80, 12]) {
    await page.draw(`50,10 50,${10 + height}`);
    const image = await seen(page);
    for (let row = 6; row < 22; row++) {
      const ink = inkIn(image, row);
      const message = `${ink} pixels of ink in row ${row}, of ${height} % of the pad`;
      assert.ok(ink > 2.2 && ink < 3, message);
    }
    assert.is(Math.max(...image.slice(0, 28 * 4), ...image.slice(28 * 24)), 0);
    await page.click('#clear');
  }
});

visit('draw: a stroke is whole whatever the browser coalesces', {}, async page => {
  const stroke = '30,20 70,20 45,85';
  await page.draw(stroke);
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
    await page.draw(stroke);
    assert.equal(await seen(page), expected, name);
    await expectLine(page, 0.3, 0.2, 0.7, 0.85);
  }
});

visit('draw: the line is under the pointer, on a zoomed or scaled page too', {}, async page => {
  for (const [property, value] of [
    ['zoom', '1'],
    ['zoom', '0.8'],
    ['zoom', '1.7'],
    ['transform', 'scale(0.6)'],
    ['borderWidth', '20px'],
  ] as const) {
    await page.click('#clear'); // which may scroll
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
    // Without its border.
    const edge = property === 'borderWidth' ? 20 : 1;
    const to = (x: number, y: number) =>
      page.mouse.move(left + edge + x * (width - 2 * edge), top + edge + y * (height - 2 * edge));
    await to(0.2, 0.3);
    await page.mouse.down();
    await to(0.9, 0.8);
    await page.mouse.up();
    await expectLine(page, 0.2, 0.3, 0.9, 0.8);
  }
});

visit('draw: only the first pointer draws, until it is lifted', {hasTouch: true}, async page => {
  const box = (await page.locator('#pad').boundingBox())!;
  const lifted = await page.evaluateHandle(() => {
    const ids: number[] = [];
    document.addEventListener('pointerup', ({pointerId}) => ids.push(pointerId));
    return ids;
  });
  const session = await page.context().newCDPSession(page);
  type Finger = [id: number, x: number, y: number];
  const touch = (type: 'Start' | 'Move' | 'End' | 'Cancel', ...down: Finger[]) =>
    session.send('Input.dispatchTouchEvent', {
      type: `touch${type}`,
      touchPoints: down.map(([id, x, y]) => ({
        id,
        x: box.x + x * box.width,
        y: box.y + y * box.height,
      })),
    });
  await touch('Start', [0, 0.5, 0.1]);
  await touch('Move', [0, 0.5, 0.4]);
  await touch('Start', [0, 0.5, 0.4], [1, 0.9, 0.5]);
  await touch('Move', [0, 0.5, 0.5], [1, 0.8, 0.9]);
  await touch('End', [1, 0.8, 0.9]);
  await touch('Move', [0, 0.5, 0.8]);
  assert.is((await lifted.jsonValue()).length, 1, 'fingers that are lifted');
  await touch('End');
  assert.is((await lifted.jsonValue()).length, 2, 'fingers that are lifted');
  await expectLine(page, 0.5, 0.1, 0.5, 0.8);

  // What the system takes away from the page ends the stroke; the next one is another.
  await page.click('#clear');
  await touch('Start', [0, 0.3, 0.2]);
  await touch('Move', [0, 0.3, 0.5]);
  await touch('Cancel');
  await touch('Start', [0, 0.6, 0.2]);
  await touch('Move', [0, 0.6, 0.5]);
  await touch('End');
  const image = await seen(page);
  assert.is(image[28 * 14 + 14], 0, 'nothing between two strokes');
  await expectLine(page, 0.3, 0.2, 0.6, 0.5);
});

visit('draw: only the part of a stroke that is on the pad is seen', {}, async page => {
  await page.draw('60,70 30,70 -40,70 -40,30 30,30 60,30');
  await expectLine(page, 0, 0.3, 0.6, 0.7);
  const image = await seen(page);
  const inked = [...image.keys()].filter(i => image[i] > 0).map(i => Math.floor(i / 28));
  const [first, last] = [Math.min(...inked), Math.max(...inked)];
  assert.not.ok(inked.includes(Math.round((first + last) / 2)), 'two lines with nothing between');
  // The part on the pad is 0.6 of it wide, which becomes 20 pixels, and 0.4 high. With the part beyond the pad, 1 would become 20.
  assert.ok(last - first >= 13, `from row ${first} to row ${last}`);
});

visit('draw: a stroke ends with its button, and when the pad is cleared', {}, async page => {
  const box = (await page.locator('#pad').boundingBox())!;
  const to = (x: number, y: number) =>
    page.mouse.move(box.x + x * box.width, box.y + y * box.height);
  await to(0.3, 0.2);
  await page.mouse.down();
  await to(0.3, 0.6);
  // Released while another button is down, which is no pointerup.
  await page.evaluate(
    ([clientX, clientY]) => {
      const move = {pointerId: 1, buttons: 4, clientX, clientY};
      document.getElementById('pad')!.dispatchEvent(new PointerEvent('pointermove', move));
    },
    [box.x + 0.8 * box.width, box.y + 0.6 * box.height],
  );
  await to(0.8, 0.6);
  await page.mouse.up();
  await expectLine(page, 0.3, 0.2, 0.3, 0.6);

  await to(0.3, 0.2);
  await page.mouse.down();
  await to(0.3, 0.3);
  await page.keyboard.press('Delete');
  await to(0.3, 0.4);
  await page.mouse.up();
  await page.shows('verdict', 'The pad is blank.');
  assert.is((await inkBox(page))[0], Infinity, 'no ink');
});

visit('picture: a photo and an SVG are read, an empty page is refused', trained, async page => {
  await page.phase('done');
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
  await page.upload('picture', 'seven.jpg', 'image/jpeg', await photo(true));
  await reads(page, 7);
  await page.upload('picture', 'empty.jpg', 'image/jpeg', await photo(false));
  await page.notice('noInk');
  await page.drawn();
  assert.match(await page.text('notice'), 'empty.jpg should show a digit');
  await reads(page, 7);

  const svg = (name: string, size: string, path: string) => {
    const line = `<path d="${path}" fill="none" stroke="#123" stroke-width="3"/>`;
    const picture = `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 28 28">${line}</svg>`;
    return page.upload('picture', name, 'image/svg+xml', picture);
  };
  await svg('one.svg', 'width="28" height="28"', 'M14 4V24');
  await reads(page, 1);
  assert.is(await page.evaluate(() => mnist.notice), undefined);
  const image = await seen(page);
  // It is drawn at the pad's size: the edge of its line is sharp.
  assert.is(image.filter(value => value > 0 && value < 255).length, 0, 'no grey');
  await svg('seven.svg', '', 'M7 5H20L12 24');
  await reads(page, 7);
  await page.upload('picture', 'broken.svg', 'image/svg+xml', '<svg');
  await page.notice('noPicture');
  await reads(page, 7);

  // What is drawn after a picture is strokes again.
  await page.click('#clear');
  await page.draw('50,40 50,50');
  const ink = inkIn(await seen(page), 14);
  assert.ok(ink < 3, `${ink} pixels of ink`);
});

/** Pages of this many pixels a side with a drawn 5: PNGs. */
function drawings(side: number): Record<string, Buffer> {
  const {strokes} = drawnDigits(1, 1).find(each => each.shape === '5 in two strokes')!;
  const scaled = strokes.map(stroke =>
    stroke.map(({x, y}) => ({x: (x * side) / 280, y: (y * side) / 280})),
  );
  const ink = inkOfStrokes(scaled, side, side / 28);
  const png = (strokes: Colour, paper: Colour) => pngOf(coloured(ink, strokes, paper), side, side);
  const light = (i: number) => 220 - (100 * ((i >> 2) % side)) / side - (ink[i >> 2] ? 90 : 0);
  const photo = Uint8Array.from({length: 4 * ink.length}, (_, i) => (i % 4 === 3 ? 255 : light(i)));
  return {
    'dark.png': png([10, 20, 90, 255], [240, 240, 210, 255]),
    'light.png': png([250, 250, 250, 255], [20, 40, 20, 255]),
    'transparent.png': png([90, 0, 0, 200], [255, 255, 255, 0]),
    'photo.png': pngOf(photo, side, side),
  };
}

visit('picture: the page and `npm run predict` see the same', {}, async page => {
  /** The network's image of a picture on the page. */
  const seenByPage = async (name: string, bytes: Uint8Array) => {
    await page.click('#clear');
    await page.upload('picture', name, `image/${name.split('.')[1]}`, bytes);
    const image = await page.waitForFunction(() => {
      const {image} = (globalThis as unknown as {inside: Inside}).inside;
      return image.some(level => level > 0) && Array.from(image);
    });
    return image.jsonValue() as Promise<number[]>;
  };
  for (const [name, bytes] of Object.entries(drawings(280))) {
    assert.equal(
      await seenByPage(name, bytes),
      [...seenByPredict(readPng(bytes, name), name)],
      name,
    );
  }
  // The browser scales in its own way, and decodes JPEG in its own. The digit may then lie a pixel off, as it is moved by whole pixels.
  const expectNear = async (name: string, bytes: Uint8Array, picture: Picture) => {
    const [onPage, here] = [await seenByPage(name, bytes), seenByPredict(picture, name)];
    const shifts = [-1, 0, 1].flatMap(rows => [-1, 0, 1].map(columns => 28 * rows + columns));
    const apart = (shift: number) =>
      onPage.reduce((sum, level, i) => sum + Math.abs(level - (here[i + shift] ?? 0)), 0) / 28 ** 2;
    const levels = Math.min(...shifts.map(apart));
    assert.ok(levels < 2, `${name}: ${levels} levels apart on average`);
  };
  for (const side of [90, 700]) {
    for (const [name, bytes] of Object.entries(drawings(side))) {
      await expectNear(name, bytes, readPng(bytes, name));
    }
  }
  const jpeg = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(320, 240);
    const context = canvas.getContext('2d')!;
    context.fillStyle = '#cdb';
    context.fillRect(0, 0, 320, 240);
    context.lineWidth = 20;
    context.strokeStyle = '#225';
    context.stroke(new Path2D('M110 60H200L150 200'));
    const blob = await canvas.convertToBlob({type: 'image/jpeg', quality: 0.8});
    return Array.from(new Uint8Array(await blob.arrayBuffer()));
  });
  const bytes = Uint8Array.from(jpeg);
  await expectNear('seven.jpeg', bytes, readJpeg(bytes, 'seven.jpeg'));
});

visit(
  'PNG: the browser and `npm run predict` decode every kind to the same pixels',
  {},
  async page => {
    for (const {name, png} of pngKinds()) {
      const bytes = encodePng(png);
      const onPage = await page.evaluate(async bytes => {
        const image = await createImageBitmap(new Blob([Uint8Array.from(bytes)]));
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext('2d')!;
        context.drawImage(image, 0, 0);
        return Array.from(context.getImageData(0, 0, image.width, image.height).data);
      }, Array.from(bytes));
      for (const [i, level] of readPng(bytes, name).rgba.entries()) {
        const alpha = onPage[i - (i % 4) + 3];
        // A canvas rounds colours times alpha, and has none where nothing is opaque.
        const tolerance = i % 4 === 3 ? 0 : Math.ceil(255 / alpha) - 1;
        const found = `${level} at ${i}, with alpha ${alpha}; the browser has ${onPage[i]}`;
        assert.ok(Math.abs(level - onPage[i]) <= tolerance, `${name}: ${found}`);
      }
    }
  },
);

runVisits();
