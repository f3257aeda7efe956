// A panel that shows nothing until a cell is selected. Its script is fetched then.
import {element, sayFailed} from '../dom.ts';
import type {Inside} from '../inside/inside.ts';
import type {TextKey} from '../texts.ts';

/**
 * @param id of the panel's section
 * @param load fetches the function that shows the panel
 * @param failed what the section says if the script can't be fetched. Most browsers remember that until the page is reloaded
 */
export function atFirstSelection(
  inside: Inside,
  id: string,
  load: () => Promise<(inside: Inside) => void>,
  failed: TextKey,
): void {
  let isAsked = false;
  inside.onChange(() => {
    if (!inside.cell || isAsked) return;
    isAsked = true;
    load().then(
      show => show(inside),
      () => sayFailed(element(id), inside.app, failed),
    );
  });
}
