// The time of a training step, kernel by kernel, on each backend that was tried.
import './split_panel.css';
import type {App} from '../app.ts';
import {create, element, fillTable, heading, setText} from '../dom.ts';
import type {StepSplit} from '../protocol.ts';
import {backends} from '../settings.ts';

export function splitPanel(app: App): void {
  const table = element<HTMLTableElement>('kernels');
  let shown: StepSplit[] = [];
  let language = '';
  app.onChange(() => {
    if (shown === app.splits && language === app.language) return;
    shown = app.splits;
    language = app.language;
    const splits = backends.flatMap(name => app.splits.filter(({backend}) => backend === name));
    setText(element('split-note'), noteText(app, splits));
    table.hidden = splits.length === 0;
    const backendHeads = splits.map(({backend}) => heading('col', `${backend}, ms`));
    fillTable(table, [heading('col', app.say('kernel')), ...backendHeads], rowsOf(app, splits));
  });
}

function noteText(app: App, splits: StepSplit[]): string {
  if (splits.length === 0) return app.say('noSplit');
  const {preset, batchSize} = splits[0];
  const blind = splits.some(({kernels}) => kernels.some(({ms}) => Number.isNaN(ms)));
  const note = app.say('splitNote', {preset, batchSize: app.number(batchSize)});
  return blind ? `${note} ${app.say('noTimer')}` : note;
}

function rowsOf(app: App, splits: StepSplit[]): Node[][] {
  const names = [...new Set(splits.flatMap(({kernels}) => kernels.map(({kernel}) => kernel)))];
  const inKernel = ({kernels}: StepSplit, name: string) =>
    kernels.find(({kernel, ms}) => kernel === name && !Number.isNaN(ms))?.ms;
  const rest = ({kernels, whole}: StepSplit) => {
    const sum = kernels.reduce((total, {ms}) => total + ms, 0);
    return Number.isNaN(sum) ? undefined : whole - sum;
  };
  const rows = [
    ...names.map(name => ({name, of: (split: StepSplit) => inKernel(split, name)})),
    {name: app.say('rest'), of: rest},
    {name: app.say('wholeStep'), of: ({whole}: StepSplit) => whole},
  ];
  return rows.map(({name, of}) => [
    heading('row', name),
    ...splits.map(split => cell(app, of(split), split.whole)),
  ]);
}

/** The number, over a bar that is its share of the step. */
function cell(app: App, ms: number | undefined, whole: number): HTMLElement {
  const text = ms === undefined ? '–' : app.number(ms, ms < 10 ? 3 : 1);
  const made = create('td', {className: 'bar'}, text);
  made.style.setProperty('--share', `${(100 * Math.min(1, (ms ?? 0) / whole)).toFixed(1)}%`);
  return made;
}
