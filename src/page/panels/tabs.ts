// A list of tabs, of which one shows its panel. Arrow keys, Home and End move along the list.
import './tabs.css';
import {element} from '../dom.ts';

/**
 * Makes the tabs of a list work. A tab's aria-controls names its panel.
 * @returns a function that takes the first few panels out of the list: they are shown beside the tabs
 */
export function makeTabs(list: HTMLElement): (beside: number) => void {
  const tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')].map(tab => ({
    tab,
    panel: element(tab.getAttribute('aria-controls')!),
  }));
  /** The visitor's choice, which may stand beside the list for a while. */
  let picked = 0;
  let first = 0;
  const chosen = () => Math.max(first, picked);

  function show(): void {
    for (const [i, {tab, panel}] of tabs.entries()) {
      tab.hidden = i < first;
      tab.setAttribute('aria-selected', String(i === chosen()));
      tab.tabIndex = i === chosen() ? 0 : -1;
      panel.hidden = i >= first && i !== chosen();
      panel.role = i < first ? null : 'tabpanel';
    }
  }
  function pick(i: number): void {
    picked = i;
    show();
  }

  const keys: Record<string, (i: number) => number> = {
    ArrowLeft: i => (i > first ? i - 1 : tabs.length - 1),
    ArrowRight: i => (i < tabs.length - 1 ? i + 1 : first),
    Home: () => first,
    End: () => tabs.length - 1,
  };
  for (const [i, {tab}] of tabs.entries()) {
    tab.addEventListener('click', () => pick(i));
    tab.addEventListener('keydown', event => {
      const to = keys[event.key]?.(i);
      if (to === undefined) return;
      event.preventDefault();
      pick(to);
      tabs[to].tab.focus();
    });
  }
  show();
  return beside => {
    if (beside === first) return;
    first = beside;
    tabs[first].panel.before(list); // so that the order of reading is that of the screen
    show();
  };
}
