// The code that made the selected number.
import './code_panel.css';
import type {Inside} from '../inside/inside.ts';
import {atFirstSelection} from './first_selection.ts';

export function codePanel(inside: Inside): void {
  const load = async () => (await import('../code/view.ts')).showCode;
  atFirstSelection(inside, 'code', load, 'codeFailed');
}
