// The page: one app, a panel for each of its sections, and the language.
import './locale.ts'; // before uPlot
import 'uplot/dist/uPlot.min.css';
import './base.css';
import {App} from './app.ts';
import {element, sayFailed, setText} from './dom.ts';
import {Address} from './inside/address.ts';
import {Inside} from './inside/inside.ts';
import {Keep} from './keep/keep.ts';
import {cellPanel} from './panels/cell_panel.ts';
import {codePanel} from './panels/code_panel.ts';
import {galleryPanel} from './panels/gallery_panel.ts';
import {guidePanel} from './panels/guide_panel.ts';
import {lowerRow} from './panels/lower_row.ts';
import {memoryPanel} from './panels/memory_panel.ts';
import {sharePanel} from './panels/share_panel.ts';
import {splitPanel} from './panels/split_panel.ts';
import {stagePanel} from './panels/stage_panel.ts';
import {timePanel} from './panels/time_panel.ts';
import {trainPanel} from './panels/train_panel.ts';
import type {Language, TextKey} from './texts.ts';

const app = new App(new Worker(new URL('worker.js', import.meta.url), {type: 'module'}));
const keep = new Keep(app);
for (const panel of [trainPanel, galleryPanel, splitPanel, memoryPanel]) panel(app);
sharePanel(app, keep);
const inside = new Inside(app);
for (const panel of [lowerRow, stagePanel, timePanel, cellPanel, codePanel, guidePanel])
  panel(inside);
const address = new Address(inside);

// A button that is off keeps the focus, but gets no click.
function stopIfOff(event: MouseEvent): void {
  if (!(event.target as Element).closest('button[aria-disabled=true]')) return;
  event.preventDefault();
  event.stopPropagation();
}
document.addEventListener('click', stopIfOff, true);

/** Where the language is stored. Where nothing may be stored, the next visit is in the browser's language again. */
const remembered = 'mnist-ops language';
speak(storedLanguage() ?? (navigator.language.startsWith('zh') ? 'zh' : 'en'));
element('language').addEventListener('click', () => {
  speak(app.language === 'en' ? 'zh' : 'en');
  try {
    localStorage.setItem(remembered, app.language);
  } catch {}
});

function storedLanguage(): Language | undefined {
  try {
    const stored = localStorage.getItem(remembered);
    return stored === 'en' || stored === 'zh' ? stored : undefined;
  } catch {
    return undefined;
  }
}

function speak(language: Language): void {
  app.language = language;
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll<HTMLElement>('[data-text], [data-label]')) {
    const {text, label} = each.dataset;
    if (text) each.textContent = app.say(text as TextKey);
    if (label) each.setAttribute('aria-label', app.say(label as TextKey));
  }
  const button = element('language');
  button.lang = language === 'en' ? 'zh' : 'en';
  button.textContent = language === 'en' ? '中文' : 'English';
  app.changed();
}

// A notice stays for a while, or until the visitor's next command.
const noticeMs = 15_000;
let shown: unknown;
app.onChange(() => {
  const {notice} = app;
  setText(element('notice'), notice ? app.sentence(notice) : '');
  if (notice === shown) return;
  shown = notice;
  setTimeout(() => {
    if (app.notice !== notice) return;
    app.notice = undefined;
    app.changed();
  }, noticeMs);
});

// The charts are a third of the page's script, and empty until something is trained: the data goes first.
let hasCurves = false;
app.onChange(() => {
  if (hasCurves || app.arrived === 0) return;
  hasCurves = true;
  import('./panels/curves_panel.ts').then(
    ({curvesPanel}) => {
      curvesPanel(app);
      app.changed();
    },
    () => sayFailed(element('charts'), app, 'curvesFailed'),
  );
});

// For the console: mnist.losses are the numbers of the curve, inside.look those of the stage.
Object.assign(globalThis, {mnist: app, inside});

// Waits until the worker has said which backends this browser has: a link is opened on one of them.
const found = keep.find();
app.onStart(async () => {
  app.send({kind: 'load'});
  address.open(keep.begin(await found));
});
addEventListener('hashchange', async () => address.open(await keep.follow()));
