// A link to a run and to what the page shows of it. The run: #net=tutorial&seed=1&batch-size=64&learning-rate=0.15&backend=simd&batches=938
// What it shows: cell=conv1[3,4,2]&digit=17&label=3, which trains nothing.
import type {Preset} from '../presets.ts';
import {type Cell, cellText, parseCell, shapesOf} from './inside/cells.ts';
import {PageError} from './page_error.ts';
import {
  readSettings,
  type Settings,
  settingNames,
  settingTexts,
  testSize,
  whole,
} from './settings.ts';

/** What a visitor looks at: a cell, the test image that flows through the network, and the label that the loss takes. */
export interface View {
  cell?: Cell;
  digit?: number;
  label?: number;
}
const viewNames = ['cell', 'digit', 'label'] as const satisfies (keyof View)[];

export const linkOf = (settings: Settings): string =>
  `#${new URLSearchParams(settingTexts(settings))}`;

const runNames: string[] = Object.values(settingNames);

/** True for the hash of a link to a run, good or bad. */
export const namesRun = (hash: string): boolean =>
  [...paramsOf(hash).keys()].some(name => runNames.includes(name));

/**
 * The settings of a link's hash, with defaults for those that it leaves out; undefined if the hash sets nothing of a run.
 * @throws PageError if a name is unknown or repeated, or a setting out of range
 */
export function settingsOf(hash: string): Settings | undefined {
  const params = paramsOf(hash);
  const given = [...params.keys()];
  const known = [...runNames, ...viewNames];
  for (const name of given) {
    if (!known.includes(name)) {
      throw new PageError('linkUnknown', {expected: known.join(', '), found: name});
    }
    const found = params.getAll(name).length;
    if (found > 1) throw new PageError('linkRepeated', {name, found});
  }
  return namesRun(hash) ? readSettings(name => params.get(name)) : undefined;
}

/**
 * What a link's hash shows.
 * @throws PageError if the network has no such cell, or MNIST no such test image or label
 */
export function viewOf(hash: string, preset: Preset): View {
  const params = paramsOf(hash);
  const numberOf = (name: 'digit' | 'label', high: number) => {
    const text = params.get(name);
    return text === null ? undefined : whole([0, high])(name, text);
  };
  const text = params.get('cell');
  return {
    cell: text === null ? undefined : cellAt(text, preset),
    digit: numberOf('digit', testSize - 1),
    label: numberOf('label', 9),
  };
}

function cellAt(found: string, preset: Preset): Cell {
  const cell = parseCell(preset, found);
  if (cell) return cell;
  const shapes = shapesOf(preset);
  const [name] = found.split('[');
  const of = Object.hasOwn(shapes, name) ? name : name.slice(1);
  if (!Object.hasOwn(shapes, of)) {
    throw new PageError('linkCell', {preset, expected: Object.keys(shapes).join(', '), found});
  }
  const example = cellText({of, at: shapes[of].map(size => size - 1), isGradient: name !== of});
  throw new PageError('linkPlace', {name: of, shape: `[${shapes[of].join(', ')}]`, example, found});
}

/** The hash with this view in place of its own. It stays readable: brackets and commas need no escape in a hash. */
export function withView(hash: string, {cell, digit, label}: View): string {
  const params = paramsOf(hash);
  for (const name of viewNames) params.delete(name);
  const parts = [...params].length > 0 ? [`${params}`] : [];
  if (cell) parts.push(`cell=${cellText(cell)}`);
  if (digit !== undefined) parts.push(`digit=${digit}`);
  if (label !== undefined) parts.push(`label=${label}`);
  return parts.length > 0 ? `#${parts.join('&')}` : '';
}

const paramsOf = (hash: string) => new URLSearchParams(hash.replace(/^#/, ''));
