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

  for (const [i, {tab}] of tabs.entries()) tab.addEventListener('click', () => pick(i));
  followKeys(list, () => tabs.slice(first).map(({tab}) => tab));
  show();
  return beside => {
    if (beside === first) return;
    first = beside;
    tabs[first].panel.before(list); // so that the order of reading is that of the screen
    show();
  };
}

/** Arrow keys, which go around, Home and End click the next tab of a list and give it the focus. */
export function followKeys(list: HTMLElement, shown: () => HTMLElement[]): void {
  list.addEventListener('keydown', event => {
    const tabs = shown();
    const at = tabs.indexOf(event.target as HTMLElement);
    const to = {ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1}[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = tabs.at(to % tabs.length)!;
    next.click();
    next.focus();
  });
}
