// Marks over the pictures: the cells that a number is made from, the cell under the pointer, and the axis of a letter.
import type {Cell} from '../inside/cells.ts';
import type {Explanation, Operand} from '../inside/explanation.ts';
import {cornerOf, heightOf, type View, widthOf} from './maps.ts';

export interface Mark {
  cell: Cell;
  /** 0 to 1: this operand's part of the number. */
  strength: number;
  /** The winner of a pool, or where a gradient goes on to. */
  isWinner?: boolean;
  /** An operand of the term that the visitor is at. */
  isTerm?: boolean;
}

/** The cells that this number is made from. */
export function marksOf({reason, goesTo}: Explanation, term?: number): Mark[] {
  const marks: Mark[] = [];
  const add = (operand: Operand | Cell | undefined, more: Partial<Mark> = {}) => {
    if (operand)
      marks.push({cell: 'cell' in operand ? operand.cell : operand, strength: 1, ...more});
  };
  switch (reason.kind) {
    case 'sum': {
      const most = reason.terms.reduce((most, {value}) => Math.max(most, Math.abs(value)), 0) || 1;
      for (const [i, {factors, value}] of reason.terms.entries()) {
        for (const factor of factors) {
          add(factor, {strength: Math.abs(value) / most, isTerm: i === term});
        }
      }
      break;
    }
    case 'largest':
      for (const [i, candidate] of reason.candidates.entries()) {
        add(candidate, {isWinner: i === reason.winner, isTerm: i === term});
      }
      break;
    case 'gate':
      add(reason.input);
      add(reason.dy);
      break;
    case 'routed':
      for (const [i, {dy, winner}] of reason.windows.entries()) {
        add(dy, {isTerm: i === term});
        add(winner, {isWinner: true});
      }
      break;
    case 'share':
      for (const [i, {logit}] of reason.parts.entries()) add(logit, {isTerm: i === term});
      break;
    case 'log':
    case 'difference':
    case 'inverse':
      add(reason.p);
      break;
    case 'given':
      break;
  }
  add(goesTo, {isWinner: true});
  return marks;
}

const INK = '#000';
const HALO = '#fff';
const CHOSEN = '#d4006e';
/** Of more operands than this, the strongest are marked one by one. */
const FEW = 60;
const STRONGEST = 24;
/** Below this part of the largest term, a term isn't marked. */
const WEAKEST = 0.1;

export interface Pointed {
  marks: Mark[];
  hovered?: Cell;
  selected?: Cell;
  /** Channels that are crossed out. */
  dead?: boolean[];
  /** The axis of the chosen letter in this view, if it has one. */
  axis?: {letter: string; along: 'row' | 'column' | 'channel'; channel: number};
}

type Box = [x: number, y: number, width: number, height: number];

/** Draws the marks of one view, and says in its data what is marked. */
export function drawMarks(view: View, pointed: Pointed): void {
  const {marks: canvas, box, grid} = view;
  const placed = pointed.marks.flatMap(mark => {
    const place = view.placeOf(mark.cell);
    return place ? [{...mark, place}] : [];
  });
  const {axis, dead, hovered, selected} = pointed;
  const hoveredAt = hovered && view.placeOf(hovered);
  const selectedAt = selected && view.placeOf(selected);
  const isEmpty = !placed.length && !hoveredAt && !selectedAt && !axis && !dead?.includes(true);
  if (isEmpty && canvas.width === 0) return;
  delete box.dataset.window;
  delete box.dataset.winner;
  delete box.dataset.term;
  delete box.dataset.axis;
  delete box.dataset.dead;
  box.dataset.marked = String(placed.length);
  const ratio = devicePixelRatio;
  const [width, height] = isEmpty ? [0, 0] : [box.clientWidth, box.clientHeight];
  canvas.width = width * ratio; // also clears it
  canvas.height = height * ratio;
  if (isEmpty) return;
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  const [x, y] = [width / widthOf(grid), height / heightOf(grid)];
  const boxOf = (channel: number, row: number, column: number, rows = 1, columns = 1): Box => {
    const [left, top] = cornerOf(grid, {channel, row, column});
    return [left * x, top * y, columns * grid.cellWidth * x, rows * grid.cellHeight * y];
  };
  const cellBox = ({channel, row, column}: {channel: number; row: number; column: number}) =>
    boxOf(channel, row, column);

  for (const [channel, isDead] of (dead ?? []).entries()) {
    if (!isDead) continue;
    box.dataset.dead = `${box.dataset.dead ?? ''} ${channel}`.trim();
    cross(context, boxOf(channel, 0, 0, grid.rows, grid.columns));
  }
  // One outline around the cells of each map: the window.
  const channels = new Set(placed.map(({place}) => place.channel));
  for (const channel of channels) {
    const places = placed.map(({place}) => place).filter(place => place.channel === channel);
    const rows = places.map(({row}) => row);
    const columns = places.map(({column}) => column);
    const [top, left] = [Math.min(...rows), Math.min(...columns)];
    const [bottom, right] = [Math.max(...rows), Math.max(...columns)];
    box.dataset.window = `${top},${left},${bottom},${right}`;
    const [high, wide] = [bottom - top + 1, right - left + 1];
    const isWhole = high === grid.rows && wide === grid.columns;
    if (isWhole && high > 1 && channels.size === grid.channels) continue; // all of the picture
    outline(context, boxOf(channel, top, left, high, wide), INK, 1.5);
  }
  if (pointed.marks.length > FEW) {
    const strongest = placed
      .filter(({strength}) => strength > WEAKEST)
      .sort((a, b) => b.strength - a.strength)
      .slice(0, STRONGEST);
    for (const {place, strength} of strongest) {
      context.globalAlpha = 0.4 + 0.6 * strength;
      outline(context, cellBox(place), CHOSEN, 1.5);
    }
    context.globalAlpha = 1;
  }
  for (const {place} of placed.filter(({isWinner}) => isWinner)) {
    box.dataset.winner = `${place.row},${place.column}`;
    outline(context, cellBox(place), INK, 3);
  }
  if (hoveredAt) outline(context, cellBox(hoveredAt), CHOSEN, 1.5);
  if (selectedAt) outline(context, cellBox(selectedAt), CHOSEN, 2.5);
  for (const {place} of placed.filter(({isTerm}) => isTerm)) {
    box.dataset.term = `${place.row},${place.column}`;
    outline(context, cellBox(place), CHOSEN, 3);
  }
  if (axis) {
    box.dataset.axis = axis.letter;
    const map = boxOf(axis.channel, 0, 0, grid.rows, grid.columns);
    arrow(context, axis.along === 'channel' ? [0, 0, width, height] : map, axis);
  }
}

function outline(context: CanvasRenderingContext2D, box: Box, colour: string, line: number): void {
  const [x, y, width, height] = box;
  for (const [style, lineWidth] of [
    [HALO, line + 2.5],
    [colour, line],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = lineWidth;
    context.strokeRect(x, y, width, height);
  }
}

function stroke(context: CanvasRenderingContext2D, path: Path2D, colour: string): void {
  for (const [style, lineWidth] of [
    [HALO, 4],
    [colour, 2],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = lineWidth;
    context.stroke(path);
  }
}

function cross(context: CanvasRenderingContext2D, [x, y, width, height]: Box): void {
  const path = new Path2D();
  path.moveTo(x, y);
  path.lineTo(x + width, y + height);
  path.moveTo(x + width, y);
  path.lineTo(x, y + height);
  stroke(context, path, INK);
}

/** An arrow along rows, columns or channels, with its letter. */
function arrow(
  context: CanvasRenderingContext2D,
  [x, y, width, height]: Box,
  {letter, along}: NonNullable<Pointed['axis']>,
): void {
  const HEAD = 5;
  const path = new Path2D();
  if (along === 'row') {
    const middle = x + width / 2;
    path.moveTo(middle, y + 1);
    path.lineTo(middle, y + height - 1);
    path.moveTo(middle - HEAD, y + height - 1 - HEAD);
    path.lineTo(middle, y + height - 1);
    path.lineTo(middle + HEAD, y + height - 1 - HEAD);
  } else {
    const middle = y + height / 2;
    path.moveTo(x + 1, middle);
    path.lineTo(x + width - 1, middle);
    path.moveTo(x + width - 1 - HEAD, middle - HEAD);
    path.lineTo(x + width - 1, middle);
    path.lineTo(x + width - 1 - HEAD, middle + HEAD);
  }
  stroke(context, path, CHOSEN);
  context.font = 'bold 13px monospace';
  context.lineWidth = 3;
  context.strokeStyle = HALO;
  context.fillStyle = CHOSEN;
  const at = [x + 2, Math.max(y + 11, 11)] as const;
  context.strokeText(letter, ...at);
  context.fillText(letter, ...at);
}
