// The row beneath the stage: the run's results, or the selected cell with its code.
import './lower_row.css';
import {element} from '../dom.ts';
import type {Inside} from '../inside/inside.ts';
import {makeTabs} from './tabs.ts';

/** The results stand in two or three columns where these widths are left for them, in rem. The last column has the tabs. */
const WIDTHS = [56, 88];

export function lowerRow(inside: Inside): void {
  const results = element('results');
  const showBeside = makeTabs(element('result-tabs'));
  new ResizeObserver(() => {
    if (results.clientWidth === 0) return; // hidden
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const beside = WIDTHS.filter(width => results.clientWidth >= width * rem).length;
    results.dataset.columns = String(beside + 1);
    showBeside(beside);
  }).observe(results);

  const show = () => {
    const isInside = inside.cell !== undefined;
    document.body.dataset.view = isInside ? 'inside' : 'results';
    results.hidden = isInside;
    element('cell').hidden = element('code').hidden = !isInside;
  };
  show();
  inside.onChange(show);
}
