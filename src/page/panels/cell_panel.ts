// One number, and how it came about.
import './cell_panel.css';
import type {Inside} from '../inside/inside.ts';
import {atFirstSelection} from './first_selection.ts';

export function cellPanel(inside: Inside): void {
  const load = async () => (await import('../cell/view.ts')).showCell;
  atFirstSelection(inside, 'cell', load, 'cellFailed');
}
