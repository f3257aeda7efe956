// The page bench.html: the cases and the runner of `npm run bench` in the visitor's own browser, on the visitor's own GPU.
// `bench.html?case=tutorial/conv2&backend=webgl` narrows it down; both may be there several times.
import * as tf from '@tensorflow/tfjs-core';
import {isSoftware} from '../../src/renderer.ts';
import {caseNames, isBelow, type Request} from '../cases/cases.ts';
import {inBrowser} from '../clock/contest.ts';
import {firstLine} from '../clock/rows.ts';
import {showResults} from '../report/charts.ts';
import {type Backend, type Extent, FORMAT, jsonOf, type Results} from '../report/results.ts';
import {renderer, runHere} from './page.ts';

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
const named = query.getAll('backend');

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
    status.textContent = results.incomplete ? 'Stopped; this was measured.' : 'Done.';
  } catch (error) {
    status.textContent = `It failed: ${firstLine(error)}`;
  } finally {
    runButton.disabled = false;
    stopButton.hidden = progress.hidden = true;
  }
});

async function run(): Promise<Results> {
  const strange =
    cases.find(chosen => !caseNames.some(name => isBelow(name, chosen))) ??
    named.find(name => !inBrowser.ours.includes(name as Backend));
  if (strange) {
    throw new Error(
      `expected cases of ${caseNames.join(', ')} and backends of ${inBrowser.ours.join(', ')}, found "${strange}"`,
    );
  }
  status.textContent = 'Loading the images …';
  const drawing = await renderer();
  const place: Results['places'][0] = {
    place: 'browser',
    runtime: navigator.userAgent,
    renderer: drawing,
    software: drawing !== undefined && isSoftware(drawing),
    missing: [],
    roofs: [],
    rows: [],
    splits: [],
    firstSteps: [],
  };
  const results: Results = {
    format: FORMAT,
    date: new Date().toISOString(),
    extent: extent.value as Extent,
    machine: {
      cpu: 'the visitor’s processor, which a browser does not name',
      cores: navigator.hardwareConcurrency,
      tfjs: tf.version_core,
    },
    places: [place],
  };
  const request = {extent: results.extent, cases, named: named as Backend[]};
  try {
    await listen(results, request);
  } catch (error) {
    results.incomplete = true;
    throw error;
  } finally {
    show(results);
  }
  return results;
}

async function listen(results: Results, request: Request): Promise<void> {
  const [place] = results.places;
  for await (const news of runHere(request)) {
    if (news.kind === 'next') {
      progress.max = news.of;
      progress.value = news.number - 1;
      status.textContent = `${news.number} of ${news.of}: ${news.what}`;
    } else if (news.kind === 'row') {
      place.rows.push(news.row);
    } else {
      Object.assign(place, {[news.kind]: (news as unknown as Record<string, unknown>)[news.kind]});
    }
    if (stopped) {
      results.incomplete = true;
      break;
    }
  }
}

function show(results: Results): void {
  showResults(results, shown);
  URL.revokeObjectURL(download.href);
  download.href = URL.createObjectURL(new Blob([jsonOf(results)], {type: 'application/json'}));
  download.hidden = false;
}
