// One number, and how it came about. Everything that shows it is fetched when a cell is first selected.
import './cell_panel.css';
import type {Inside} from '../inside/inside.ts';

export function cellPanel(inside: Inside): void {
  let isAsked = false;
  inside.onChange(() => {
    if (!inside.cell || isAsked) return;
    isAsked = true;
    import('../cell/view.ts').then(
      ({showCell}) => showCell(inside),
      () => {
        isAsked = false; // the next selection tries again
      },
    );
  });
}
