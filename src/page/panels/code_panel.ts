// The code that made the selected number. Everything that shows it is fetched when a cell is first selected.
import './code_panel.css';
import type {Inside} from '../inside/inside.ts';

export function codePanel(inside: Inside): void {
  let isAsked = false;
  inside.onChange(() => {
    if (!inside.cell || isAsked) return;
    isAsked = true;
    import('../code/view.ts').then(
      ({showCode}) => showCode(inside),
      () => {
        isAsked = false; // the next selection tries again
      },
    );
  });
}
