// The browser's GPU process is killed while it trains on WebGL, at moments drawn from a seed: what is reported and kept is
// what a run that isn't killed has.
import {readdirSync, readFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {startBrowser} from '../src/cli/browser.ts';
import {serve} from '../src/cli/serve.ts';
import {Random} from '../src/random.ts';
import type {DeathPage, Ended} from './browser/gpu_death_page.ts';

declare const page: DeathPage;

const DEATHS = 20;
const BATCHES = 24;

const root = fileURLToPath(new URL('../page', import.meta.url));

/** Processes of this one's descendants that are a browser's GPU process. */
function gpuProcesses(): number[] {
  // Not by `ps`, which a bare Debian lacks. A process may end while it is read.
  const rows = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(pid => {
      try {
        const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').match(/^.*\) . (\d+) /s)!;
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return [{pid: Number(pid), parent: Number(parent), args}];
      } catch {
        return [];
      }
    });
  const ours = new Set([process.pid]);
  for (let size = 0; size !== ours.size; ) {
    size = ours.size;
    for (const {pid, parent} of rows) if (ours.has(parent)) ours.add(pid);
  }
  return rows
    .filter(({pid, args}) => ours.has(pid) && args.includes('--type=gpu-process'))
    .map(({pid}) => pid);
}

interface Death {
  batch: number;
  ms: number;
}

/** Trains in a browser of its own, and kills after so many batches and ms. */
async function run(batches: number, death?: Death): Promise<Ended> {
  const served = await serve(path => readFile(root + path).catch(() => undefined));
  const browser = await startBrowser();
  try {
    const tab = await browser.newPage();
    await tab.goto(served.origin);
    await tab.evaluate(file => import(file), '/browser/gpu_death_page.js');
    const ended = tab.evaluate(batches => page.train(batches), batches);
    if (death) {
      await tab.waitForFunction(batch => page.reported >= batch, death.batch, {polling: 5});
      await new Promise(resolve => setTimeout(resolve, death.ms));
      for (const pid of gpuProcesses()) process.kill(pid, 'SIGKILL');
    }
    return await ended;
  } finally {
    await browser.close();
    served.close();
  }
}

if (process.platform === 'linux') {
  test('a run whose GPU process is killed keeps and reports what another run has', async () => {
    const whole = await run(BATCHES);
    const weights = new Map([[BATCHES, whole.weights]]);
    for (const batch of [0, 10, 20]) weights.set(batch, (await run(batch)).weights);
    const random = new Random(1, 'deaths');
    let lost = 0;
    for (let i = 0; i < DEATHS; i++) {
      const ended = await run(BATCHES, {
        batch: 1 + random.below(BATCHES - 4),
        ms: random.below(30),
      });
      const {losses, batch, failure} = ended;
      const which = `death ${i}, after batch ${losses.length}, back at ${batch}`;
      assert.is(failure, undefined, which);
      assert.equal(losses, whole.losses.slice(0, losses.length), which);
      assert.equal(ended.weights, weights.get(batch!), which);
      if (batch !== BATCHES) lost++;
    }
    assert.ok(lost > 0, 'the process that died was the one that trained');
  });
} else {
  test.skip('a run whose GPU process is killed: /proc is looked at, which only Linux has');
}
test.run();
