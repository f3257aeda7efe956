// The images that normalise makes of drawings: by hand, of random blobs, and of MNIST's own images. The ink of pictures.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {loadMnist} from '../../src/data/node.ts';
import {inkOf} from '../../src/digit/ink.ts';
import {normalise} from '../../src/digit/normalise.ts';
import {Random} from '../../src/random.ts';

tf.enableProdMode();

const SIDE = 28;
const DIGIT = 20;
/** The box of a drawing leaves out ink as faint as this. */
const FAINTEST_INK = 16;

type Paint = (row: number, column: number) => number;
const drawn = (height: number, width: number, paint: Paint) =>
  Uint8Array.from({length: height * width}, (_, i) => paint(Math.floor(i / width), i % width));

/** The rectangle of `value` from row `top` and column `left`. */
const filled =
  (top: number, left: number, height: number, width: number, value = 255): Paint =>
  (row, column) =>
    row >= top && row < top + height && column >= left && column < left + width ? value : 0;

function expectImage(actual: Uint8Array | undefined, paint: Paint): void {
  assert.ok(actual, 'expected an image');
  const expected = drawn(SIDE, SIDE, paint);
  assert.is(actual.length, expected.length);
  expected.forEach((value, i) => {
    assert.is(actual[i], value, `row ${Math.floor(i / SIDE)}, column ${i % SIDE}`);
  });
}

// By hand

test('normalise: a filled square becomes the middle 20×20 pixels, at any place and size', () => {
  for (const [top, left, size] of [
    [3, 7, 20],
    [0, 0, 40],
    [19, 29, 31],
    [12, 0, 5],
    [1, 1, 1],
  ]) {
    const ink = drawn(50, 60, filled(top, left, size, size));
    expectImage(normalise(ink, 60, 50), filled(4, 4, DIGIT, DIGIT));
  }
});

test('normalise: a bar becomes 20 high or wide, and its other side stays in proportion', () => {
  const upright = drawn(70, 50, filled(5, 30, 60, 6));
  expectImage(normalise(upright, 50, 70), filled(4, 13, DIGIT, 2));
  const lying = drawn(50, 70, filled(30, 5, 6, 60));
  expectImage(normalise(lying, 70, 50), filled(13, 4, 2, DIGIT));
});

test('normalise: a pixel is the mean of the ink under it, with parts of pixels by their area', () => {
  // 30 to 20: 1.5 drawn pixels a pixel. The bar of 4 covers two pixels and two thirds of the third.
  const bar = drawn(30, 30, filled(0, 10, 30, 4, 240));
  const columns = [240, 240, 160];
  expectImage(normalise(bar, 30, 30), (row, column) =>
    row >= 4 && row < 24 ? (columns[column - 13] ?? 0) : 0,
  );
  // 40 to 20: each pixel is the mean of 2×2.
  const grey = drawn(40, 40, (row, column) => [10, 20, 100, 250][(row % 2) * 2 + (column % 2)]);
  const inner = normalise(grey, 40, 40)!;
  assert.is(inner[14 * SIDE + 14], (10 + 20 + 100 + 250) / 4);
});

test('normalise: a small drawing is scaled up: of 2×2 pixels, each becomes 10×10', () => {
  const checkered =
    (top: number, left: number, size: number): Paint =>
    (row, column) =>
      filled(top, left, size, size, 255)(row, column) ||
      filled(top + size, left + size, size, size, 255)(row, column) ||
      filled(top, left, 2 * size, 2 * size, 50)(row, column);
  expectImage(normalise(drawn(9, 11, checkered(7, 9, 1)), 11, 9), checkered(4, 4, 10));
});

test('normalise: the centre of mass is centred, not the box, but no ink is pushed over the border', () => {
  // An L: its mass lies low and left, which moves it up and to the right.
  const stroke: Paint = (row, column) => (row >= 18 || column < 2 ? 255 : 0);
  const image = normalise(drawn(DIGIT, DIGIT, stroke), DIGIT, DIGIT)!;
  // 76 pixels of ink; rows: (18 · 2 · 8.5 + 20 · (18 + 19)) / 76 = 13.76, so 13.5 - 13.76 rounds up to 0 rows.
  expectImage(image, (row, column) => (row < DIGIT && column >= 8 ? stroke(row, column - 8) : 0));

  // Nearly all of the mass in the last row, at 18.4: centring it would cut off 4 rows of the faint stem.
  const foot: Paint = (row, column) => (row === 19 ? 255 : column === 10 ? 17 : 0);
  const clamped = normalise(drawn(DIGIT, DIGIT, foot), DIGIT, DIGIT)!;
  expectImage(clamped, (row, column) =>
    row < DIGIT && column >= 4 && column < 24 ? foot(row, column - 4) : 0,
  );
});

test('normalise: an empty drawing, traces of ink and too thin a line have no image', () => {
  assert.is(normalise(new Uint8Array(0), 0, 0), undefined);
  assert.is(normalise(new Uint8ClampedArray(300), 20, 15), undefined);
  assert.is(normalise(new Uint8Array(300).fill(FAINTEST_INK), 20, 15), undefined);
  assert.ok(normalise(new Uint8Array(300).fill(FAINTEST_INK + 1), 20, 15));
  assert.is(normalise(drawn(1000, 3, filled(0, 1, 1000, 1, 20)), 3, 1000), undefined);
});

test('normalise: traces of ink away from the drawing do not make it smaller', () => {
  const ink = drawn(50, 60, filled(10, 10, 25, 25));
  ink[0] = FAINTEST_INK;
  ink[50 * 60 - 1] = FAINTEST_INK;
  expectImage(normalise(ink, 60, 50), filled(4, 4, DIGIT, DIGIT));
});

// Random blobs

/** A drawing of rectangles of solid and of fainter ink, anywhere. */
const anySide = fc.integer({min: 1, max: 60});
const anyDrawing = fc.tuple(anySide, anySide).chain(([height, width]) => {
  const anyBlob = fc.tuple(
    fc.nat(height - 1),
    fc.nat(width - 1),
    fc.integer({min: 1, max: height}),
    fc.integer({min: 1, max: width}),
    fc.integer({min: FAINTEST_INK + 1, max: 255}),
  );
  return fc.array(anyBlob, {minLength: 1, maxLength: 5}).map(blobs => {
    const paint: Paint = (row, column) =>
      Math.max(...blobs.map(blob => filled(...blob)(row, column)));
    return {height, width, ink: drawn(height, width, paint)};
  });
});

/** The mass of the ink; along rows and along columns, the first and the last with ink and the centre of mass. */
function measure(ink: Uint8Array, width: number) {
  const mass = ink.reduce((sum, value) => sum + value, 0);
  const along = (placeOf: (i: number) => number) => {
    const places = [...ink.keys()].filter(i => ink[i] > 0).map(placeOf);
    const moment = ink.reduce((sum, value, i) => sum + value * placeOf(i), 0);
    return {first: Math.min(...places), last: Math.max(...places), centre: moment / mass};
  };
  return {mass, axes: [along(i => Math.floor(i / width)), along(i => i % width)]};
}

test('normalise: random drawings become 20 long, keep all ink, and are centred unless a border stops them', () => {
  const check = ({height, width, ink}: {height: number; width: number; ink: Uint8Array}) => {
    const before = measure(ink, width);
    const after = measure(normalise(ink, width, height)!, SIDE);
    const longer = Math.max(...before.axes.map(({first, last}) => last - first + 1));
    const mass = before.mass * (DIGIT / longer) ** 2;
    // Each of at most 400 pixels is rounded to a whole level once.
    const rounding = 0.5 * DIGIT * DIGIT;
    assert.ok(Math.abs(after.mass - mass) <= rounding, `ink ${after.mass} of ${mass}`);
    for (const {first, last, centre} of after.axes) {
      assert.ok(last - first < DIGIT, `from ${first} to ${last}`);
      const stopped = first === 0 || last === SIDE - 1;
      assert.ok(stopped || (centre >= 13.5 && centre < 14.5), `centre of mass at ${centre}`);
    }
  };
  fc.assert(fc.property(anyDrawing, check), {numRuns: 500});
});

// MNIST

test("normalise: MNIST's images, enlarged ten times, come back as they were", async () => {
  const [count, times] = [500, 10];
  const {xs, labels} = (await loadMnist()).testBatch(0, count);
  const pixels = Uint8Array.from(xs.dataSync(), x => Math.round(255 * x));
  tf.dispose([xs, labels]);
  let exact = 0;
  for (let b = 0; b < count; b++) {
    const image = pixels.subarray(b * SIDE * SIDE, (b + 1) * SIDE * SIDE);
    const at = (place: number) => Math.floor(place / times);
    const enlarged: Paint = (row, column) => image[at(row) * SIDE + at(column)];
    const large = drawn(times * SIDE, times * SIDE, enlarged);
    const back = normalise(large, times * SIDE, times * SIDE)!;
    // Only ink that the box leaves out may be missing.
    back.forEach((value, i) => {
      const fine = value === image[i] || (value === 0 && image[i] <= FAINTEST_INK);
      assert.ok(fine, `image ${b}, pixel ${i}: ${value}, not ${image[i]}`);
    });
    if (back.every((value, i) => value === image[i])) exact++;
  }
  assert.is(exact, 446, 'images of 500 with no ink so faint at the edge of their box');
});

// Pictures

type Colour = [number, number, number, number];
function picture(height: number, width: number, paint: (row: number, column: number) => Colour) {
  const pixels = [...Array(height * width).keys()];
  return Uint8ClampedArray.from(pixels.flatMap(i => paint(Math.floor(i / width), i % width)));
}
const grey = (level: number): Colour => [level, level, level, 255];
/** Three rows of a stroke in 9×8. */
const stroke = filled(3, 2, 3, 4);

test('ink: dark on light, light on dark, colours, and a transparent ground give the same ink', () => {
  const expected = [...drawn(9, 8, stroke)];
  const nothing: Colour = [0, 0, 0, 0];
  const pairs: [ink: Colour, paper: Colour][] = [
    [grey(0), grey(255)],
    [grey(255), grey(0)],
    [grey(60), grey(110)],
    [grey(110), grey(60)],
    [
      [200, 0, 0, 255],
      [255, 255, 200, 255],
    ], // red on yellow
    [grey(0), nothing],
    [grey(255), nothing],
    [
      [20, 20, 20, 128],
      [0, 255, 0, 0],
    ], // translucent
  ];
  for (const [ink, paper] of pairs) {
    const rgba = picture(9, 8, (row, column) => (stroke(row, column) ? ink : paper));
    assert.equal([...inkOf(rgba, 8, 9)], expected, `${ink} on ${paper}`);
  }
});

test('ink: a stroke may touch the border on any side, as long as most of the border is paper', () => {
  const [long, short] = [40, 3];
  // One of the long sides is paper, as are the ends of the other's neighbours: 42 pixels of 82.
  const right: Paint = (row, column) =>
    column === 0 || (column === 1 && row > 0 && row < long - 1) ? 255 : 0;
  const left: Paint = (row, column) => right(row, short - 1 - column);
  const bottom: Paint = (row, column) => right(column, row);
  const top: Paint = (row, column) => right(column, short - 1 - row);
  for (const [paint, height, width] of [
    [right, long, short],
    [left, long, short],
    [bottom, short, long],
    [top, short, long],
  ] as const) {
    const rgba = picture(height, width, (row, column) => grey(255 - paint(row, column)));
    assert.equal([...inkOf(rgba, width, height)], [...drawn(height, width, paint)]);
  }
});

test('ink: a clean picture keeps its grey levels', () => {
  const levels = drawn(9, 8, (row, column) =>
    row === 4 && column > 0 && column < 7 ? 50 * (column - 1) + 5 : 0,
  );
  const rgba = picture(9, 8, (row, column) => grey(levels[row * 8 + column]));
  assert.equal([...inkOf(rgba, 8, 9)], [...levels]);
});

test('ink: luminance weighs green over red over blue, as ITU-R BT.709 does', () => {
  const rgba = picture(3, 6, (row, column) => {
    if (row !== 1 || column === 0 || column === 5) return grey(0);
    const colours: Colour[] = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], grey(255)];
    return colours[column - 1];
  });
  assert.equal([...inkOf(rgba, 6, 3)].slice(7, 11), [54, 182, 18, 255]);
});

/** A photo: paper that is darker to the right, and noise, the same each time. */
function photo(digit: Paint): Uint8ClampedArray {
  let state = 1;
  const noise = () => {
    state = (state * 16807) % 2147483647; // Park and Miller's generator
    return (state / 2147483647 - 0.5) * 16;
  };
  return picture(60, 50, (row, column) =>
    grey(170 - 0.3 * column + noise() - (digit(row, column) ? 110 : 0)),
  );
}

test('ink: the strokes of a photo are ink, its grey paper is not', () => {
  const digit = filled(12, 20, 36, 9);
  inkOf(photo(digit), 50, 60).forEach((value, i) => {
    const [row, column] = [Math.floor(i / 50), i % 50];
    if (digit(row, column)) assert.ok(value > 160, `ink ${value} at row ${row}, column ${column}`);
    else assert.is(value, 0, `paper at row ${row}, column ${column}`);
  });
});

/** Across the picture, x and y from 0 to 1. */
const lights: Record<string, (x: number, y: number) => number> = {
  'a window on the left': x => 220 - 160 * x,
  'a window at a corner': (x, y) => 230 - 85 * (x + y),
  'a lamp near a corner': (x, y) => 230 / (1 + 0.8 * (x * x + y * y)),
  'a lamp above the middle': (x, y) => 230 / (1 + 1.2 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)) ** 2,
};

test('ink: in falling light paper is no ink, and strokes are at least half as strong in the dark', () => {
  const [height, width] = [120, 100];
  const random = new Random(1);
  // An H, from the lightest to the darkest parts; 18 % of the page.
  const digit: Paint = (row, column) =>
    row >= 10 && row < 110 && ((column >= 8 && column < 16) || (column >= 84 && column < 92))
      ? 255
      : filled(56, 16, 8, 68)(row, column);
  for (const [name, light] of Object.entries(lights)) {
    for (const ink of [digit, () => 0]) {
      const rgba = picture(height, width, (row, column) => {
        const level = light(column / width, row / height) * (ink(row, column) ? 0.25 : 1);
        return grey(level + random.normal());
      });
      const found = inkOf(rgba, width, height);
      found.forEach((value, i) => {
        const [row, column] = [Math.floor(i / width), i % width];
        const what = `${name}: ink ${value} at row ${row}, column ${column}`;
        if (ink(row, column)) assert.ok(value >= 128, what);
        else assert.ok(value <= FAINTEST_INK, what);
      });
    }
  }
});

test('ink: it is found on a strip of paper, one or two pixels wide, too', () => {
  const random = new Random(2);
  const ink = filled(60, 0, 40, 2);
  for (const width of [1, 2]) {
    const rgba = picture(280, width, (row, column) =>
      grey(190 - row / 5 + random.normal() - ink(row, column) / 3),
    );
    inkOf(rgba, width, 280).forEach((value, i) => {
      const row = Math.floor(i / width);
      assert.is(value > 128, ink(row, 0) > 0, `ink ${value} in row ${row}`);
    });
  }
});

test('ink: a photo of an empty page has none', () => {
  const noise = photo(() => 0);
  assert.ok(inkOf(noise, 50, 60).every(value => value === 0));
  const flat = picture(5, 4, () => grey(99));
  assert.ok(inkOf(flat, 4, 5).every(value => value === 0));
  assert.is(inkOf(new Uint8ClampedArray(0), 0, 0).length, 0);
});

test('ink: a contrast of 24 levels is ink, and a fainter one is paper', () => {
  for (const difference of [24, 23, -24, -23]) {
    const level = 100 + difference;
    const rgba = picture(9, 8, (row, column) => grey(stroke(row, column) ? level : 100));
    const strongest = Math.abs(difference) < 24 ? 0 : 255;
    assert.is(Math.max(...inkOf(rgba, 8, 9)), strongest, `${level} on 100`);
  }
});

test.run();
