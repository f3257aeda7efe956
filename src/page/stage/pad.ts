// A pad to draw a digit or to drop a picture on. What is on it flows through the network.
import {normalise} from '../../digit/normalise.ts';
import type {App} from '../app.ts';
import {create, element, setText} from '../dom.ts';
import type {Inside} from '../inside/inside.ts';
import {readPicture} from './picture.ts';
import {followPointer} from './pointer.ts';
import {clipped, imageOf, type Point, type Stroke} from './strokes.ts';

/** Thickness of the line on the pad, in its pixels. The network sees a line of MNIST's thickness. */
const PEN = 20;
/** An arrow key moves the pen this far, in pixels of the pad. */
const KEY_STEP = 10;
const IMAGE_SIDE = 28;

/** The digit that is there at first, and its label: a 3 of two arcs. */
const example = {strokes: [[...arc(100, 42, -150, 90), ...arc(190, 48, -90, 150)]], label: 3};

export interface Pad {
  /** Nothing is drawn on it. */
  readonly isBlank: boolean;
  /** Draws a test image, 0 to 255, on it, and lets exactly this image flow. */
  show(pixels: Uint8Array, label: number, testIndex: number): void;
}

export function makePad(inside: Inside): Pad {
  const {app} = inside;
  const pad = element<HTMLCanvasElement>('pad');
  const side = pad.width;
  const context = pad.getContext('2d', {willReadFrequently: true})!;
  let strokes: Stroke[] = [];
  /** The pad holds a picture or a test image, perhaps drawn over. */
  let isPicture = false;
  /** The pad holds the digit that is there at first: the first stroke replaces it. */
  let isExample = false;
  /** The pen that keys move, and whether it is on the paper. */
  const pen = {x: side / 2, y: side / 2, down: false};
  let seen: Uint8Array | undefined;

  function begin(at: Point): Stroke {
    if (isExample) wipe();
    const stroke: Stroke = [];
    strokes.push(stroke);
    extend(stroke, [at]);
    return stroke;
  }

  function extend(stroke: Stroke, points: Point[]): void {
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = 'round';
    context.beginPath();
    const from = stroke.at(-1) ?? points[0];
    context.moveTo(from.x - 0.01, from.y); // of a line without length, nothing is drawn
    for (const {x, y} of points) context.lineTo(x, y);
    context.stroke();
    stroke.push(...points);
    update();
  }

  function wipe(): void {
    context.clearRect(0, 0, side, side);
    strokes = [];
    isPicture = isExample = inside.isLabelled = false;
  }

  function clear(): void {
    wipe();
    pen.down = false;
    release();
    update();
  }

  function update(): void {
    const onPad = strokes.flatMap(stroke => clipped(stroke, side));
    if (!isPicture) seen = imageOf(onPad, PEN / 2);
    else seen = normalise(inkOn(context.getImageData(0, 0, side, side)), side, side);
    inside.show(seen ?? new Uint8Array(IMAGE_SIDE ** 2), inside.label);
  }

  function show(pixels: Uint8Array, label: number, testIndex: number): void {
    clear();
    drawPixels(context, pixels);
    isPicture = true;
    seen = pixels;
    inside.isLabelled = true;
    inside.show(pixels, label, testIndex);
  }

  const release = followPointer(pad, at => {
    const stroke = begin(at);
    return points => extend(stroke, points);
  });

  let keyed: Stroke;
  const moves: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  pad.addEventListener('keydown', event => {
    const move = moves[event.key];
    if (move) {
      const within = (at: number) => Math.min(side - PEN, Math.max(PEN, at));
      pen.x = within(pen.x + KEY_STEP * move[0]);
      pen.y = within(pen.y + KEY_STEP * move[1]);
      if (pen.down) extend(keyed, [{x: pen.x, y: pen.y}]);
    } else if (event.key === ' ') {
      pen.down = !pen.down;
      if (pen.down) keyed = begin({x: pen.x, y: pen.y});
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      clear();
    } else {
      return;
    }
    event.preventDefault();
    showPen(app, side, pen);
  });
  pad.addEventListener('focus', () => showPen(app, side, pen));
  pad.addEventListener('blur', () => {
    pen.down = false;
  });
  element('clear').addEventListener('click', clear);

  async function readFile(file: File): Promise<void> {
    const read = await readPicture(file, side).catch(() => undefined);
    const {name, type} = file;
    const shows = read?.ink.some(level => level > 0);
    if (!read) app.notice = {key: 'noPicture', values: {name, type: type || '?'}};
    else app.notice = shows ? undefined : {key: 'noInk', values: {name}};
    app.changed();
    if (!read || !shows) return;
    const {ink, width, height} = read;
    const drawn = new ImageData(width, height);
    for (let i = 0; i < ink.length; i++) drawn.data[4 * i + 3] = ink[i];
    clear();
    context.putImageData(drawn, Math.floor((side - width) / 2), Math.floor((side - height) / 2));
    isPicture = true;
    update();
  }
  const picture = element<HTMLInputElement>('picture');
  picture.addEventListener('change', () => {
    if (picture.files?.[0]) void readFile(picture.files[0]);
    picture.value = '';
  });
  // On the whole page: a picture dropped beside the pad would otherwise replace the page and its run.
  document.addEventListener('dragover', event => event.preventDefault());
  document.addEventListener('drop', event => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void readFile(file);
  });

  // A link or the guide may let another test image flow.
  inside.onChange(() => {
    const {image, label, testIndex} = inside;
    if (testIndex !== undefined && image !== seen) show(image, label, testIndex);
  });

  inside.label = example.label;
  for (const points of example.strokes) extend(begin(points[0]), points);
  isExample = inside.isLabelled = true;
  return {
    get isBlank() {
      return !seen;
    },
    show,
  };
}

/** Points on a circle around (130, y), between two angles in degrees. */
function arc(y: number, radius: number, from: number, to: number): Point[] {
  const points: Point[] = [];
  for (let angle = from; angle <= to; angle += 10) {
    const radians = (angle * Math.PI) / 180;
    points.push({x: 130 + radius * Math.cos(radians), y: y + radius * Math.sin(radians)});
  }
  return points;
}

/** Draws an image's ink over the whole pad. */
function drawPixels(context: CanvasRenderingContext2D, pixels: Uint8Array): void {
  const image = new ImageData(IMAGE_SIDE, IMAGE_SIDE);
  for (let i = 0; i < pixels.length; i++) image.data[4 * i + 3] = pixels[i];
  const small = create('canvas', {width: IMAGE_SIDE, height: IMAGE_SIDE});
  small.getContext('2d')!.putImageData(image, 0, 0);
  context.drawImage(small, 0, 0, context.canvas.width, context.canvas.height);
}

/** The ink on the pad: its opacity. */
const inkOn = ({data}: ImageData) =>
  Uint8Array.from({length: data.length / 4}, (_, i) => data[4 * i + 3]);

/** Shows where the keys have moved the pen. */
function showPen(app: App, side: number, {x, y, down}: Point & {down: boolean}): void {
  const pen = element('pen');
  pen.style.left = `${(100 * x) / side}%`;
  pen.style.top = `${(100 * y) / side}%`;
  pen.classList.toggle('down', down);
  setText(element('pen-state'), app.say(down ? 'penDown' : 'penUp'));
}
