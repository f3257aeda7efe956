// The code that made the selected number. Everything that shows it is fetched when a cell is first selected.
import './code_panel.css';
import {element, sayFailed} from '../dom.ts';
import type {Cell} from '../inside/cells.ts';
import type {Inside} from '../inside/inside.ts';

export function codePanel(inside: Inside): void {
  const section = element('code');
  let isShown = false;
  let asked: Cell | undefined;
  const show = ({showCode}: typeof import('../code/view.ts')) => {
    if (isShown) return;
    isShown = true;
    showCode(inside);
  };
  const failed = () => sayFailed(section, inside.app, 'codeFailed');
  inside.onChange(() => {
    if (isShown || !inside.cell || inside.cell === asked) return;
    asked = inside.cell; // after a failure, the next selection tries again
    import('../code/view.ts').then(show, failed);
  });
}
