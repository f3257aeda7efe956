// A pad to draw a digit or to drop a picture on. It shows what the network sees, and the ten probabilities that it answers.
import './draw_panel.css';
import type {App} from '../app.ts';
import {create, element, setText} from '../dom.ts';
import {normalise} from '../normalise.ts';
import {readPicture} from '../picture.ts';
import {clipped, imageOf, type Point, type Stroke} from '../strokes.ts';
import {paint} from './image.ts';
import {followPointer} from './pointer.ts';

/** Thickness of the line on the pad, in its pixels. The network sees a line of MNIST's thickness. */
const PEN = 20;
/** An arrow key moves the pen this far, in pixels of the pad. */
const KEY_STEP = 10;
const digits = [...Array(10).keys()];

export function drawPanel(app: App): void {
  const pad = element<HTMLCanvasElement>('pad');
  const side = pad.width;
  const context = pad.getContext('2d', {willReadFrequently: true})!;
  const small = element<HTMLCanvasElement>('small');
  const bars = makeBars();
  let strokes: Stroke[] = [];
  /** The pad holds a picture, perhaps drawn over. */
  let isPicture = false;
  /** The pen that keys move, and whether it is on the paper. */
  const pen = {x: side / 2, y: side / 2, down: false};
  let seen: Uint8Array | undefined;
  let probabilities: Float32Array | undefined;
  let asking = false;
  let asked: {image?: Uint8Array; weights?: string} = {};

  function begin(at: Point): Stroke {
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
    context.moveTo(from.x, from.y);
    for (const {x, y} of points) context.lineTo(x, y);
    context.stroke();
    stroke.push(...points);
    update();
  }

  function clear(): void {
    context.clearRect(0, 0, side, side);
    strokes = [];
    isPicture = false;
    pen.down = false;
    release();
    update();
  }

  function update(): void {
    const onPad = strokes.flatMap(stroke => clipped(stroke, side));
    if (!isPicture) seen = imageOf(onPad, PEN / 2);
    else seen = normalise(inkOn(context.getImageData(0, 0, side, side)), side, side);
    paint(small, seen ?? new Uint8Array(small.width * small.height));
    void predict();
    if (!seen) show();
  }

  /** Asks for one answer at a time, and again if the drawing or the weights have changed by then. */
  async function predict(): Promise<void> {
    const {weightsKey: weights} = app;
    if (!seen) probabilities = undefined;
    if (!seen || asking || (asked.image === seen && asked.weights === weights)) return;
    asking = true;
    asked = {image: seen, weights};
    const answer = await app.ask({kind: 'predict', images: seen.slice()});
    asking = false;
    if (seen) probabilities = answer;
    show();
    if (asked.image !== seen) void predict();
  }

  function show(): void {
    const best = probabilities?.indexOf(Math.max(...probabilities));
    for (const digit of digits) {
      const share = probabilities?.[digit] ?? 0;
      bars[digit].row.style.setProperty('--share', `${100 * share}%`);
      bars[digit].row.classList.toggle('best', digit === best);
      setText(bars[digit].text, probabilities ? app.percent(share, 1) : '–');
    }
    let verdict = app.say(seen ? 'noVerdict' : 'blank');
    let spoken = verdict;
    // best is -1 if the weights are not finite.
    if (probabilities && best !== undefined && best >= 0) {
      verdict = app.say('verdict', {digit: best, share: app.percent(probabilities[best], 1)});
      spoken = app.say('spokenVerdict', {digit: best}); // the share changes with every batch
    }
    setText(element('verdict'), verdict);
    setText(element('spoken'), spoken); // for a screen reader
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

  app.onChange(() => {
    void predict();
    show();
  });
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

function makeBars(): {row: HTMLElement; text: HTMLElement}[] {
  return digits.map(digit => {
    const text = create('span');
    const row = create('li', {className: 'bar'}, create('b', {}, String(digit)), text);
    element('probabilities').append(row);
    return {row, text};
  });
}
