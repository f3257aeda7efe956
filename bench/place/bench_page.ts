// The page bench.html: the cases of `npm run bench` in the visitor's own browser, on the visitor's own GPU.
// `bench.html?case=tutorial/conv2&backend=webgl` chooses cases and backends; both parameters may be repeated.
import * as tf from '@tensorflow/tfjs-core';
import {problemOf} from '../cases/cases.ts';
import {firstLine} from '../clock/rows.ts';
import {showResults} from '../report/charts.ts';
import type {Backend, Extent, Results} from '../report/results.ts';
import {emptyPlace, emptyResults, jsonOf} from '../report/results.ts';
import {enterNews} from '../run.ts';
import {drawing, runHere} from './page.ts';

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const form = element<HTMLFormElement>('form');
const extent = element<HTMLSelectElement>('extent');
const runButton = element<HTMLButtonElement>('run');
const stopButton = element<HTMLButtonElement>('stop');
const download = element<HTMLAnchorElement>('download');
const progress = element<HTMLProgressElement>('progress');
const status = element<HTMLParagraphElement>('status');
const shown = element<HTMLElement>('results');

const query = new URLSearchParams(location.search);
const cases = query.getAll('case');
const named = query.getAll('backend') as Backend[];

let stopped = false;
stopButton.addEventListener('click', () => {
  stopped = true;
  status.textContent = 'Stopping after this case …';
});

form.addEventListener('submit', async event => {
  event.preventDefault();
  stopped = false;
  runButton.disabled = true;
  download.hidden = true;
  stopButton.hidden = progress.hidden = false;
  try {
    const results = await run();
    status.textContent = results.incomplete ? 'Stopped. The numbers so far:' : 'Done.';
  } catch (error) {
    status.textContent = `It failed: ${firstLine(error)}`;
  } finally {
    runButton.disabled = false;
    stopButton.hidden = progress.hidden = true;
  }
});

async function run(): Promise<Results> {
  const request = {extent: extent.value as Extent, cases, named};
  const problem = problemOf(request, ['browser']);
  if (problem) throw new Error(problem);
  status.textContent = 'Loading the images …';
  const place = emptyPlace('browser', navigator.userAgent);
  Object.assign(place, await drawing());
  const results = emptyResults(request.extent, {
    cpu: 'the visitor’s processor, which a browser does not name',
    cores: navigator.hardwareConcurrency,
    tfjs: tf.version_core,
  });
  results.places.push(place);
  try {
    for await (const news of runHere(request)) {
      enterNews(place, news);
      if (news.kind === 'next') {
        progress.max = news.of;
        progress.value = news.number - 1;
        status.textContent = `${news.number} of ${news.of}: ${news.what}`;
      }
      results.incomplete = stopped || undefined;
      if (stopped) break;
    }
  } catch (error) {
    results.incomplete = true;
    throw error;
  } finally {
    show(results);
  }
  return results;
}

function show(results: Results): void {
  showResults(results, shown);
  URL.revokeObjectURL(download.href);
  download.href = URL.createObjectURL(new Blob([jsonOf(results)], {type: 'application/json'}));
  download.hidden = false;
}
