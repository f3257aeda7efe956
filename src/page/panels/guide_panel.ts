// The guided reading: its button, and where the reader left it. The stops are fetched when it is first opened.
import './guide_panel.css';
import {element, sayFailed, setText} from '../dom.ts';
import type {GuideView} from '../guide/view.ts';
import type {Inside} from '../inside/inside.ts';

/** Where the reader is, kept for the next visit. */
export interface Progress {
  /** Counts from 0. */
  stop: number;
  /** The names of the stops whose questions are answered. */
  answered: string[];
}

const STOPS = 10;
/** Where the progress is stored. Where nothing may be stored, it ends with the visit. */
const remembered = 'mnist-ops guide';

export function guidePanel(inside: Inside): void {
  const {app} = inside;
  const section = element('guide');
  const open = element('guide-open');
  let progress = stored();
  let view: GuideView | undefined;
  let isWanted = false;

  const keep = (changed: Progress) => {
    progress = changed;
    try {
      localStorage.setItem(remembered, JSON.stringify(changed));
    } catch {}
    inside.changed();
  };

  async function show(): Promise<void> {
    isWanted = true;
    if (!view) {
      const loaded = await import('../guide/view.ts').catch(() => undefined);
      if (loaded) view ??= new loaded.GuideView(inside, section, keep, hide);
      else sayFailed(section, app, 'guideFailed');
    }
    if (!isWanted) return;
    section.hidden = false;
    if (view) view.open(progress ?? {stop: 0, answered: []});
    else inside.changed();
  }

  function hide(): void {
    isWanted = false;
    const hadFocus = section.contains(document.activeElement);
    section.hidden = true;
    view?.close();
    if (hadFocus) open.focus();
    inside.changed();
  }

  open.setAttribute('aria-controls', 'guide');
  open.addEventListener('click', () => (section.hidden ? show() : hide()));
  inside.onChange(() => {
    const at = progress?.stop ?? 0;
    const goOn = app.say('guideGoOn', {at: app.number(at + 1), of: app.number(STOPS)});
    const isOpen = !section.hidden;
    const begin = app.say(progress ? 'guideOpen' : 'guideInvite');
    setText(open, isOpen ? app.say('guideClose') : at > 0 ? goOn : begin);
    open.classList.toggle('main', progress === undefined); // a newcomer should see it
    open.setAttribute('aria-expanded', String(isOpen));
    view?.update();
  });
}

function stored(): Progress | undefined {
  try {
    const {stop, answered} = JSON.parse(localStorage.getItem(remembered) ?? '{}');
    const isStop = Number.isInteger(stop) && stop >= 0 && stop < STOPS;
    return isStop && Array.isArray(answered) ? {stop, answered} : undefined;
  } catch {
    return undefined;
  }
}
