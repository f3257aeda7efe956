// A pen's strokes as the network sees them: at any size of the drawing, its lines become as thick as those of MNIST's digits. (On a
// small digit, a pen of one width is too thick: it closes loops, and turns a 1 into a block.)
import {DIGIT_SIDE, normalise} from '../../digit/normalise.ts';

export interface Point {
  x: number;
  y: number;
}
/** The pen's way from when it is set down until it is lifted. A single point is a dot. */
export type Stroke = Point[];

/**
 * The thickness of the lines of MNIST's digits, in pixels of their image, in which each digit is 20 pixels long. Measured by
 * 2 · area / perimeter, which for a long line is its thickness, the 60,000 training images have 2.58 on average. Digits
 * that are drawn at 2.5 have the same by that measure, since their lines meet and cross. (The area is the sum of the
 * ink in [0, 1], the perimeter the sum of the lengths of its gradient, by Roberts' differences along the diagonals.)
 */
export const THICKNESS = 2.5;
/** The strokes are drawn in black and white, this many times as large as the image. normalise turns them into grey levels. */
const TIMES = 8;

/**
 * The 28×28 image of strokes: MNIST's thickness at 20 pixels of height, or of width if that is the longer.
 * @param smallest least length of a digit, in the points' unit. Shorter strokes become thicker, like a dot
 * @returns [28, 28], or undefined if there are no strokes
 */
export function imageOf(strokes: readonly Stroke[], smallest: number): Uint8Array | undefined {
  const box = {left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity};
  for (const {x, y} of strokes.flat()) {
    box.left = Math.min(box.left, x);
    box.top = Math.min(box.top, y);
    box.right = Math.max(box.right, x);
    box.bottom = Math.max(box.bottom, y);
  }
  if (box.left > box.right) return undefined;
  const longer = Math.max(box.right - box.left, box.bottom - box.top, smallest);
  const scale = (TIMES * (DIGIT_SIDE - THICKNESS)) / longer;
  const radius = (TIMES * THICKNESS) / 2;
  const width = Math.ceil((box.right - box.left) * scale + 2 * radius);
  const height = Math.ceil((box.bottom - box.top) * scale + 2 * radius);
  const ink = new Uint8Array(height * width);
  for (const stroke of strokes) {
    const points = stroke.map(({x, y}) => ({
      x: (x - box.left) * scale + radius,
      y: (y - box.top) * scale + radius,
    }));
    for (const [i, to] of points.entries()) drawLine(ink, width, points[i - 1] ?? to, to, radius);
  }
  return normalise(ink, width, height);
}

/** The parts of a stroke on a pad of `side` by `side`. Where a pen leaves the pad and comes back, a new part begins. */
export function clipped(stroke: Stroke, side: number): Stroke[] {
  const parts: Stroke[] = [];
  let last: Point | undefined;
  stroke.forEach((to, i) => {
    const from = stroke[Math.max(i - 1, 0)];
    const [start, end] = within(from, to, side);
    if (start > end) return;
    const at = (part: number) => ({
      x: from.x + part * (to.x - from.x),
      y: from.y + part * (to.y - from.y),
    });
    if (last !== from) parts.push([at(start)]);
    if (i > 0) parts.at(-1)!.push(at(end));
    last = end === 1 ? to : undefined;
  });
  return parts;
}

/** The part of a line on the pad, from 0 to 1 along it (Liang and Barsky, 1984); none if the first is larger. */
function within(from: Point, to: Point, side: number): [number, number] {
  let [start, end] = [0, 1];
  for (const axis of ['x', 'y'] as const) {
    const [at, way] = [from[axis], to[axis] - from[axis]];
    if (way === 0 && (at < 0 || at > side)) return [1, 0];
    if (way === 0) continue;
    const [near, far] = way > 0 ? [0, side] : [side, 0];
    start = Math.max(start, (near - at) / way);
    end = Math.min(end, (far - at) / way);
  }
  return [start, end];
}

/** Blackens the pixels of `ink`, [height, width], whose centres are no further than `radius` from the line. */
function drawLine(ink: Uint8Array, width: number, from: Point, to: Point, radius: number): void {
  const height = ink.length / width;
  const [alongX, alongY] = [to.x - from.x, to.y - from.y];
  const squared = alongX ** 2 + alongY ** 2;
  const first = (a: number, b: number) => Math.max(0, Math.floor(Math.min(a, b) - radius));
  const end = (a: number, b: number, size: number) =>
    Math.min(size, Math.ceil(Math.max(a, b) + radius));
  for (let xR = first(from.y, to.y); xR < end(from.y, to.y, height); xR++) {
    for (let xC = first(from.x, to.x); xC < end(from.x, to.x, width); xC++) {
      const [x, y] = [xC + 0.5 - from.x, xR + 0.5 - from.y];
      // The line's nearest point is this part of the way along.
      const part = squared && Math.min(1, Math.max(0, (x * alongX + y * alongY) / squared));
      const distance = (x - part * alongX) ** 2 + (y - part * alongY) ** 2;
      if (distance <= radius ** 2) ink[xR * width + xC] = 255;
    }
  }
}
