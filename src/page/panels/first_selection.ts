// A panel that shows nothing until a cell is selected. Its script is fetched then.
import {element, sayFailed} from '../dom.ts';
import type {Cell} from '../inside/cells.ts';
import type {Inside} from '../inside/inside.ts';
import type {TextKey} from '../texts.ts';

/**
 * @param id of the panel's section
 * @param load fetches the function that shows the panel
 * @param failed what the section says if the script can't be fetched; the next selection tries again
 */
export function atFirstSelection(
  inside: Inside,
  id: string,
  load: () => Promise<(inside: Inside) => void>,
  failed: TextKey,
): void {
  let isShown = false;
  let asked: Cell | undefined;
  inside.onChange(() => {
    if (isShown || !inside.cell || inside.cell === asked) return;
    asked = inside.cell;
    load().then(
      show => {
        if (isShown) return;
        isShown = true;
        show(inside);
      },
      () => sayFailed(element(id), inside.app, failed),
    );
  });
}
