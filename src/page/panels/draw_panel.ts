// A pad to draw a digit on, or to drop a picture on: what the network sees of it, and its ten probabilities.
import './draw_panel.css';
import type {App} from '../app.ts';
import {create, element, setText} from '../dom.ts';
import {normalise} from '../normalise.ts';
import {readPicture} from '../picture.ts';
import {clipped, imageOf, type Point, type Stroke} from '../strokes.ts';
import {paint} from './image.ts';
import {followPointer} from './pointer.ts';

/** Pixels of the pad: the line that one sees there. The network sees one of MNIST's thickness. */
const PEN = 20;
const KEY_STEP = 10;
const digits = Array.from({length: 10}, (_, digit) => digit);

export function drawPanel(app: App): void {
  const pad = element<HTMLCanvasElement>('pad');
  const side = pad.width;
  const context = pad.getContext('2d', {willReadFrequently: true})!;
  const small = element<HTMLCanvasElement>('small');
  const bars = makeBars();
  let strokes: Stroke[] = [];
  /** What is on the pad is a picture, and what was drawn over it since. */
  let isPicture = false;
  /** The key-driven pen: where it is, and whether it writes. */
  const pen = {x: side / 2, y: side / 2, down: false};
  let seen: Uint8Array | undefined;
  let probabilities: Float32Array | undefined;
  let asking = false;
  let asked: {image?: Uint8Array; weights?: string} = {};

  function begin(at: Point): Stroke {
    const stroke: Stroke = [];
    strokes.push(stroke);
    go(stroke, [at]);
    return stroke;
  }

  function go(stroke: Stroke, points: Point[]): void {
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = 'round';
    context.beginPath();
    const from = stroke.at(-1) ?? points[0];
    context.moveTo(from.x, from.y);
    for (const {x, y} of points) context.lineTo(x, y);
    context.stroke();
    stroke.push(...points);
    look();
  }

  function clear(): void {
    context.clearRect(0, 0, side, side);
    strokes = [];
    isPicture = false;
    pen.down = false;
    letGo();
    look();
  }

  function look(): void {
    seen = isPicture
      ? normalise(opaque(context.getImageData(0, 0, side, side)), side, side)
      : imageOf(
          strokes.flatMap(stroke => clipped(stroke, side)),
          PEN / 2,
        );
    paint(small, seen ?? new Uint8Array(small.width * small.height));
    void recognise();
    if (!seen) show();
  }

  /** Asks again once the last answer is there, if the drawing or the weights are others by then. */
  async function recognise(): Promise<void> {
    const {weights} = app;
    if (!seen) probabilities = undefined;
    if (!seen || asking || (asked.image === seen && asked.weights === weights)) return;
    asking = true;
    asked = {image: seen, weights};
    const answer = await app.ask({kind: 'predict', images: seen.slice()});
    asking = false;
    if (seen) probabilities = answer;
    show();
    if (asked.image !== seen) void recognise();
  }

  function show(): void {
    const best = probabilities?.indexOf(Math.max(...probabilities));
    for (const digit of digits) {
      const share = probabilities?.[digit] ?? 0;
      bars[digit].row.style.setProperty('--share', `${100 * share}%`);
      bars[digit].row.classList.toggle('best', digit === best);
      setText(bars[digit].text, probabilities ? app.percent(share, 1) : '–');
    }
    const known = probabilities && best !== undefined && best >= 0; // none, if the weights are not finite
    const nothing = app.say(seen ? 'noVerdict' : 'blank');
    const share = known && app.percent(probabilities![best], 1);
    setText(element('verdict'), share ? app.say('verdict', {digit: best!, share}) : nothing);
    // While it trains, the share changes all the time: that would be too much to listen to.
    setText(element('spoken'), known ? app.say('spokenVerdict', {digit: best}) : nothing);
  }

  let pointed: Stroke;
  const letGo = followPointer(pad, {
    begin(at) {
      pointed = begin(at);
    },
    go: points => go(pointed, points),
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
      if (pen.down) go(keyed, [{x: pen.x, y: pen.y}]);
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

  async function take(file: File): Promise<void> {
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
    look();
  }
  const picture = element<HTMLInputElement>('picture');
  picture.addEventListener('change', () => {
    if (picture.files?.[0]) void take(picture.files[0]);
    picture.value = '';
  });
  // Anywhere on the page: what misses the pad would otherwise replace the page, run and all.
  document.addEventListener('dragover', event => event.preventDefault());
  document.addEventListener('drop', event => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void take(file);
  });

  app.onChange(() => {
    void recognise();
    show();
  });
}

/** Ink is opaque on a transparent pad. */
const opaque = ({data}: ImageData) =>
  Uint8Array.from({length: data.length / 4}, (_, i) => data[4 * i + 3]);

/** Where the keys have taken the pen. */
function showPen(
  app: App,
  side: number,
  {x, y, down}: {x: number; y: number; down: boolean},
): void {
  const pen = element('pen');
  pen.style.left = `${(100 * x) / side}%`;
  pen.style.top = `${(100 * y) / side}%`;
  pen.classList.toggle('down', down);
  setText(element('pen-state'), app.say(down ? 'penDown' : 'penUp'));
}

function makeBars(): {row: HTMLElement; text: HTMLElement}[] {
  return digits.map(digit => {
    const text = create('span', {className: 'share'});
    const row = create('li', {}, create('b', {textContent: String(digit)}), text);
    element('probabilities').append(row);
    return {row, text};
  });
}
