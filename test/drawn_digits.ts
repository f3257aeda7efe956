// Digits as people draw them on the page's pad, to test what the network reads: shapes by hand, in many styles, from a seed. The
// shapes are common in handwriting, and were chosen before any network saw them. Don't fit them to a network: a shape stays, even
// if a network takes it for another digit.
import type {Point, Stroke} from '../src/page/stage/strokes.ts';
import {Random} from '../src/random.ts';

/** The side of the pad in its own pixels. On the page it is 200 pixels wide, and a mouse moves by whole pixels of the page. */
const PAD = 280;
const MOUSE_STEP = PAD / 200;

/**
 * A name and its strokes. A stroke has one or more curves that meet in corners. A curve is a smooth line through points x,y, with y
 * from 0 (top) to 100 (bottom).
 */
const shapes: Record<string, string[]> = {
  '0 oval': ['30,0 8,18 0,50 10,84 32,100 54,84 62,50 54,18 30,0'],
  '0 begun at the right': ['46,5 20,2 3,30 2,66 20,97 45,95 63,65 60,28 44,4 28,8'],
  '1 stick': ['0,0 0,100'],
  '1 European': ['0,32 28,0 / 28,0 28,100'],
  '1 European, long upstroke': ['0,46 38,0 / 38,0 38,100'],
  '1 with foot': ['4,22 26,0 / 26,0 26,100', '2,100 50,100'],
  '2 plain': ['3,22 18,3 42,2 58,20 50,45 25,75 0,100 / 0,100 62,100'],
  '2 with loop': ['4,20 24,1 48,4 57,26 42,58 18,91 5,97 2,87 14,81 35,93 66,97'],
  '3 round': ['4,10 24,0 48,7 52,28 38,44 20,48 / 20,48 45,53 60,72 50,93 25,100 0,90'],
  '3 with flat top': ['3,0 56,0 / 56,0 22,40 / 22,40 48,46 60,68 48,93 24,100 0,91'],
  '4 open': ['12,0 2,55 / 2,55 62,52', '48,4 46,100'],
  '4 closed': ['44,0 0,66 / 0,66 66,66', '44,0 44,100'],
  '5 in one stroke': ['58,0 12,0 / 12,0 7,42 / 7,42 30,36 54,48 59,74 42,96 16,100 0,90'],
  '5 in two strokes': ['11,2 7,43 / 7,43 32,37 55,50 58,76 40,97 15,99 0,88', '11,2 60,0'],
  '6 curved': ['46,0 20,20 3,55 6,86 28,100 50,90 55,70 40,55 20,59 5,76'],
  '6 straight': ['38,0 15,36 1,72 12,95 33,100 50,84 45,65 28,59 8,71'],
  '7 plain': ['0,0 60,0 / 60,0 24,100'],
  '7 European, crossed': ['0,3 60,0 / 60,0 22,100', '14,52 58,48'],
  '7 European, with serif': ['0,15 3,1 / 3,1 60,1 / 60,1 40,45 28,100', '16,52 58,50'],
  '8 in one stroke': ['50,14 32,0 10,8 9,28 30,45 52,63 54,86 30,100 5,87 8,63 30,45 50,30 51,12'],
  '8 of two rings': [
    '30,0 11,8 8,25 16,41 30,46 44,41 52,25 48,8 30,0',
    '30,46 10,54 2,74 11,94 30,100 50,94 58,74 50,54 30,46',
  ],
  '9 curved': ['53,14 33,0 8,10 5,33 24,47 46,37 54,12 / 54,12 55,45 47,82 30,100'],
  '9 straight': ['52,12 30,0 6,12 5,34 25,46 46,35 53,8 / 53,8 49,100'],
  '9 with hook': ['52,12 30,0 6,11 5,35 25,46 46,36 54,10 / 54,10 56,60 46,94 24,100 6,90'],
};

interface Style {
  /** The height of the digit, in parts of the pad's. */
  height: number;
  /** Times as wide as the shape. */
  width: number;
  /** How far the top leans to the right, in parts of the height. */
  slant: number;
  /** How far an unsteady hand strays, in parts of the height: in slow waves, and from point to point. */
  wobble: number;
  noise: number;
}
const plain: Style = {height: 0.8, width: 1, slant: 0, wobble: 0.01, noise: 0.002};
const styles: Record<string, Style> = {
  full: plain,
  middling: {...plain, height: 0.5},
  small: {...plain, height: 0.25},
  tiny: {...plain, height: 0.15},
  wide: {...plain, width: 1.35},
  narrow: {...plain, width: 0.55},
  'small and narrow': {...plain, height: 0.25, width: 0.6},
  'leaning to the right': {...plain, slant: 0.35},
  'leaning to the left': {...plain, slant: -0.2},
  wobbly: {...plain, wobble: 0.035},
  shaky: {...plain, noise: 0.012},
  'small and wobbly': {...plain, height: 0.3, wobble: 0.03},
};

/** Each shape in each style, this many times, each time a little different. The strokes are in the pad's pixels. */
export function drawnDigits(times: number, seed: number) {
  const random = new Random(seed, 'drawn digits');
  const digits: {digit: number; shape: string; style: string; strokes: Stroke[]}[] = [];
  for (const [shape, curves] of Object.entries(shapes)) {
    for (const [style, hand] of Object.entries(styles)) {
      for (let i = 0; i < times; i++) {
        const strokes = byHand(curves.map(pointsOf), hand, random);
        digits.push({digit: Number(shape[0]), shape, style, strokes});
      }
    }
  }
  return digits;
}

function byHand(strokes: Stroke[], style: Style, random: Random): Stroke[] {
  const around = (middle: number, by: number) => middle + by * (2 * random.uniform() - 1);
  const size = style.height * PAD;
  const width = style.width * around(1, 0.1);
  const slant = style.slant + around(0, 0.06);
  const rotation = around(0, 0.07);
  const corner = {x: random.uniform(), y: random.uniform()};
  // Two waves along the way, with random phases and directions.
  const waves = [1.5, 3.5].map(perHeight => ({
    perHeight,
    at: 2 * Math.PI * random.uniform(),
    x: random.normal() / perHeight,
    y: random.normal() / perHeight,
  }));
  let way = 0;
  let last: Point | undefined;
  const moved = strokes.map(stroke =>
    stroke.map(point => {
      if (last) way += Math.hypot(point.x - last.x, point.y - last.y);
      last = point;
      let x = point.x * width - slant * (point.y - 0.5);
      let {y} = point;
      for (const wave of waves) {
        const sway = 2 * style.wobble * Math.sin(wave.at + Math.PI * wave.perHeight * way);
        x += sway * wave.x;
        y += sway * wave.y;
      }
      x += style.noise * random.normal();
      y += style.noise * random.normal();
      return {
        x: size * (x * Math.cos(rotation) - y * Math.sin(rotation)),
        y: size * (x * Math.sin(rotation) + y * Math.cos(rotation)),
      };
    }),
  );
  // At a random place where it fits on the pad.
  const shift = (axis: 'x' | 'y') => {
    const all = moved.flat().map(point => point[axis]);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    return corner[axis] * (PAD - (high - low)) - low;
  };
  const by = {x: shift('x'), y: shift('y')};
  const stepped = (at: number) => MOUSE_STEP * Math.round(at / MOUSE_STEP);
  const placed = ({x, y}: Point) => ({x: stepped(x + by.x), y: stepped(y + by.y)});
  return moved.map(stroke => stroke.map(placed));
}

/** Distance between points, in heights: about as a mouse reports them. */
const APART = 0.04;

function pointsOf(stroke: string): Stroke {
  const points = stroke.split(' / ').flatMap(curve => {
    const knots = curve.split(' ').map(knot => {
      const [x, y] = knot.split(',').map(Number);
      return {x: x / 100, y: y / 100};
    });
    return knots.slice(1).flatMap((to, i) => {
      const from = knots[i];
      const [before, after] = [knots[i - 1] ?? from, knots[i + 2] ?? to];
      const count = Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / APART);
      return Array.from({length: count + 1}, (_, step) => ({
        x: smooth(before.x, from.x, to.x, after.x, step / count),
        y: smooth(before.y, from.y, to.y, after.y, step / count),
      }));
    });
  });
  return points.filter(({x, y}, i) => i === 0 || x !== points[i - 1].x || y !== points[i - 1].y);
}

/** Goes from b to c while t goes from 0 to 1 (Catmull and Rom, 1974). */
const smooth = (a: number, b: number, c: number, d: number, t: number) =>
  b + (t / 2) * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
