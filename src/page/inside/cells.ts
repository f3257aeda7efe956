// The address of a number in the network: `conv1[3,4,2]` is an element of a station, `conv1.filter[0,1,0,5]` a weight, and with a d
// in front, `dconv1[3,4,2]`, its gradient: ∂loss/∂ that element.
import {type Preset, weightShapes} from '../../presets.ts';
import {stationsOf} from './stations.ts';

export interface Cell {
  /** A station's name, or a weight's. */
  of: string;
  /** The coordinates: one number for each axis of its shape; none for the loss. */
  at: number[];
  /** True for the element's gradient. */
  isGradient: boolean;
}

/** The shapes of the stations and weights, by name. */
export const shapesOf = (preset: Preset): Record<string, readonly number[]> => ({
  ...Object.fromEntries(stationsOf(preset).map(({name, shape}) => [name, shape])),
  ...weightShapes[preset],
});

export const cellText = ({of, at, isGradient}: Cell): string =>
  `${isGradient ? 'd' : ''}${of}[${at}]`;

/** The cell of an address; undefined if the network has none there. */
export function parseCell(preset: Preset, text: string): Cell | undefined {
  const [, name, list] = /^([\w.]+)\[([\d,]*)\]$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  const shapes = shapesOf(preset);
  const isGradient = !Object.hasOwn(shapes, name); // 'toString' is in every object
  const of = isGradient && name.startsWith('d') ? name.slice(1) : name;
  const at = list ? list.split(',').map(Number) : [];
  const shape = Object.hasOwn(shapes, of) ? shapes[of] : undefined;
  const fits = shape?.length === at.length && at.every((each, axis) => each < shape[axis]);
  return fits ? {of, at, isGradient} : undefined;
}

/** The element's place in the flat array of its shape. */
export const indexOf = (shape: readonly number[], at: readonly number[]): number =>
  at.reduce((index, each, axis) => index * shape[axis] + each, 0);

/** The coordinates of the element at this place in the flat array. */
export function coordinatesOf(shape: readonly number[], index: number): number[] {
  const at: number[] = [];
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return at;
}

export const sameCell = (a?: Cell, b?: Cell): boolean =>
  a === b || (a !== undefined && b !== undefined && cellText(a) === cellText(b));
