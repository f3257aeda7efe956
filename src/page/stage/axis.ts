// Which axis of a picture a letter of the index alphabet stands for.
import type {Cell} from '../inside/cells.ts';
import type {Station} from '../inside/stations.ts';
import type {View} from './maps.ts';
import type {Pointed} from './marks.ts';

/**
 * The letter's axis in a view; undefined if it has none there.
 *
 * @param at the station of the selected cell: y is its output, and x its input, which is another station's
 * @param station the view's
 * @param cell the selected one
 */
export function axisOf(
  letter: string,
  at: Station,
  view: View,
  station: Station,
  cell: Cell,
): Pointed['axis'] {
  const isOutput = station.name === at.name;
  const isWeight = view.of.includes('.');
  const isInput = station.name === at.input;
  const along = {R: 'row', C: 'column'}[letter[1]] as 'row' | 'column' | undefined;
  const belongs: Record<string, boolean> = {
    x: isInput && !isWeight,
    y: isOutput && !isWeight,
    w: isOutput && view.of.endsWith('.filter'),
    d: letter === 'd1' ? isInput : isOutput && !isWeight,
    i: isInput,
    o: isOutput && !isWeight,
    j: isOutput && !isWeight,
    k: isOutput && !isWeight,
  };
  if (!belongs[letter[0]]) return undefined;
  const channel = view.placeOf(cell)?.channel ?? 0;
  const isBars = view.grid.channels === 1 && view.grid.columns === 1;
  return {letter, along: along ?? (isBars ? 'row' : 'channel'), channel};
}
