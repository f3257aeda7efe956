// What the page loads: its scripts, its images, and the backends that a browser may lack.
import {readFileSync} from 'node:fs';
import {createServer, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {gunzipSync} from 'node:zlib';
import type {Route} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {folderReader} from '../../src/cli/serve.ts';
import {browser, inWorker, noRelaxedSimd, open, runVisits, site, visit} from '../visit.ts';

test('images: the page says which file fails to load and why, and tries again', async () => {
  let failing = true;
  const answer = (route: Route) => (failing ? route.fulfill({status: 503}) : route.continue());
  await open({routes: {'**/train-images*': answer}}, async (page, problems) => {
    await page.waitForFunction(() => mnist.noData !== undefined);
    const sentence = 'The images could not be loaded: train-images-idx3-ubyte.gz got status 503.';
    await page.waitForFunction(() => !document.getElementById('retry')!.hidden);
    assert.is(await page.text('why'), sentence);
    await page.click('#start');
    await page.phase('failed');
    failing = false;
    await page.click('#retry');
    await page.allImages();
    await page.done(938); // the run that has begun goes on
    assert.is(await page.text('why'), '');
    assert.ok(problems.every(problem => problem.includes('503')));
    problems.length = 0;
  });
});

const noCurves = {'**/curves_panel-*.js': (route: Route) => route.abort()};
visit(
  'curves: where they cannot be loaded the page says so',
  {routes: noCurves},
  async (page, problems) => {
    await page.shows('curves', 'The curves could not be loaded.');
    await page.trainAll(3);
    assert.ok(problems.splice(0).every(problem => problem.includes('ERR_FAILED')));
  },
);

const unpacked = {
  '**/*.gz': (route: Route) => {
    const {pathname} = new URL(route.request().url());
    return route.fulfill({body: gunzipSync(readFileSync(join(site, pathname)))});
  },
};
visit('images: a server may unpack them', {hash: '#batches=5', routes: unpacked}, async page => {
  await page.phase('done');
  await page.allImages();
});

test('images: training starts on the first ones, outlives a broken connection, and has the same losses', async () => {
  let held: ServerResponse | undefined;
  const read = folderReader(site);
  const server = createServer(async (request, response) => {
    const path = new URL(request.url!, 'http://127.0.0.1').pathname;
    const type = {html: 'text/html', css: 'text/css'}[path.split('.').at(-1)!] ?? 'text/javascript';
    response.setHeader('content-type', path === '/' ? 'text/html' : type);
    const bytes = await read(path);
    if (!path.includes('train-images') || held) return void response.end(bytes);
    held = response;
    response.write(bytes!.subarray(0, 2_500_000));
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let early: number[] = [];
  try {
    await open({origin}, async (page, problems) => {
      await page.train(187); // of 12,000 / 64
      await page.done(187); // the test at its end needs no more images
      const arrived = await page.evaluate(() => mnist.arrived);
      assert.ok(arrived >= 12_000 && arrived < 18_000, `${arrived} images`);
      await page.train(250);
      await page.phase('waiting');
      assert.is(await page.evaluate(() => mnist.batch), 187);
      assert.match(await page.text('images'), /^Images: 1\d,\d+ \/ 60,000$/);
      held!.destroy(); // the connection breaks
      await page.phase('failed');
      await page.shows('why', 'train-images-idx3-ubyte.gz is not a whole file');
      await page.click('#retry');
      await page.done(250);
      problems.length = 0; // the console has the broken connection
      early = await page.losses();
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
  await open({}, async page => {
    await page.allImages();
    await page.trainAll(250);
    assert.equal(early, await page.losses());
  });
});

test('scripts: less than 450 kB before the data, and no request elsewhere', async () => {
  const scripts: string[] = [];
  let beforeData: string[] | undefined;
  const routes = {
    '**/*': (route: Route) => {
      const {pathname} = new URL(route.request().url());
      if (pathname.startsWith('/mnist/')) beforeData ??= [...scripts];
      if (pathname.endsWith('.js')) scripts.push(pathname.slice(1));
      return route.continue();
    },
  };
  await open({routes}, page => page.allImages());
  const bytes = beforeData!.reduce((sum, name) => sum + readFileSync(join(site, name)).length, 0);
  console.log(`${beforeData!.join(', ')}: ${bytes} bytes of script before the data`);
  assert.ok(beforeData!.includes('main.js') && beforeData!.includes('worker.js'));
  assert.not.ok(scripts.some(name => /^(weights_file|simd)-/.test(name)));
  assert.ok(bytes < 450_000);
});

const noCanvas = {
  hash: '#backend=webgl&batches=5',
  routes: inWorker('delete self.OffscreenCanvas;'),
};
visit('backends: without WebGL, webgl is off, and the page says why', noCanvas, async page => {
  await page.phase('done');
  assert.is(await page.backend(), 'simd');
  assert.ok(await page.isDisabled('#backends input[value=webgl]'));
  assert.match(await page.text('missing'), 'webgl: this browser gives a worker no WebGL 2.');
});

/** Sends all files with a policy that lacks 'wasm-unsafe-eval'. */
const withPolicy = {
  '**/*': async (route: Route) => {
    const response = await route.fetch();
    const headers = {...response.headers(), 'content-security-policy': "script-src 'self'"};
    await route.fulfill({response, headers});
  },
};
test('backends: where a policy forbids WebAssembly, the page says so and trains on cpu', () =>
  open({hash: '#batches=2', routes: withPolicy}, async (page, problems) => {
    await page.phase('done');
    assert.is(await page.backend(), 'cpu');
    const reason = 'simd: this page’s Content-Security-Policy forbids WebAssembly.';
    assert.match(await page.text('missing'), reason);
    problems.length = 0; // the browser's own remarks on the policy
  }));

const noMemory = inWorker("WebAssembly.Memory = class {constructor() {throw Error('no memory')}};");
test('backends: where simd does not start, the page says why and trains on cpu', () =>
  open({routes: noMemory}, async (page, problems) => {
    await page.phase('ready');
    assert.match(await page.text('why'), /^The backend simd did not start \(.*\)\.$/);
    await page.trainAll(3);
    assert.is(await page.backend(), 'cpu');
    assert.is((await page.losses()).length, 3);
    problems.length = 0; // TensorFlow.js warns of it
  }));

const noBuild = {...noRelaxedSimd, '**/simd-*.js': (route: Route) => route.abort()};
visit(
  'backends: where the plain build of simd is needed and cannot be loaded, the page trains on cpu',
  {routes: noBuild},
  async (page, problems) => {
    await page.phase('ready');
    assert.match(await page.text('why'), /^The backend simd did not start \(.*simd-.*\)\.$/);
    await page.trainAll(3);
    assert.is(await page.backend(), 'cpu');
    assert.ok(problems.splice(0).every(problem => problem.includes('ERR_FAILED')));
  },
);

test('a page that is opened from a file says what it needs', () =>
  browser.lend(async browser => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(site, 'index.html')).href);
    assert.match((await page.textContent('#phase'))!, /run “npm start”/);
    await page.close();
  }));

runVisits();
