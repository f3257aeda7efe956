// MNIST_OPS_GPU=1, tested without a GPU: the flags, the choice of the browser, and the error if none draws on a GPU.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Browser} from 'playwright-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {startBrowser} from '../../src/cli/browser.ts';
import {gpuFlags, startOnGpu} from '../../src/cli/gpu.ts';
import {withEnvironment} from '../environment.ts';
import {messageOf} from '../errors.ts';
import {testWhere} from '../skips.ts';

const swiftShader =
  'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)';
const nvidia = 'ANGLE (NVIDIA Corporation, NVIDIA H100 80GB HBM3/PCIe/SSE2, OpenGL ES 3.2)';

/** Starts fake browsers with these renderers; one with an Error doesn't start, one with undefined has no WebGL. */
function browsers(renderers: (string | Error | undefined)[]) {
  const open = new Set<number>();
  const tried: string[][] = [];
  const start = async (flags: string[]) => {
    const index = tried.push(flags) - 1;
    const renderer = renderers[index];
    if (renderer instanceof Error) throw renderer;
    open.add(index);
    const page = {evaluate: async () => renderer, close: async () => {}};
    const browser = {index, newPage: async () => page, close: async () => open.delete(index)};
    return browser as unknown as Browser & {index: number};
  };
  return {start, open, tried};
}

test('startOnGpu takes the first browser that draws on a GPU, and closes those before it', async () => {
  const {start, open, tried} = browsers([swiftShader, nvidia, nvidia]);
  const browser = (await startOnGpu(start)) as Browser & {index: number};
  assert.equal([browser.index, ...open], [1, 1]);
  assert.equal(tried, gpuFlags().slice(0, 2));
});

test('startOnGpu without a GPU: the error names each set of flags and its renderer, and no browser stays open', async () => {
  const {start, open} = browsers([new Error('no\nlog'), undefined, swiftShader]);
  const names = gpuFlags().map(flags => (flags.length ? flags.join(' ') : 'no flags'));
  const found = ['it fails (no)', 'it has no WebGL', `it draws on ${swiftShader}`];
  const message = names.map((name, i) => `with ${name} ${found[i]}`).join('; ');
  assert.is(await messageOf(startOnGpu(start)), message);
  assert.is(open.size, 0);
});

test('startOnGpu does not take a real browser that draws in software', async () => {
  let started = 0;
  const start = () => {
    started++;
    return startBrowser();
  };
  const why = await withEnvironment({MNIST_OPS_GPU: undefined}, () =>
    messageOf(startOnGpu(start).then(browser => browser.close())),
  );
  assert.match(why, /^with .* it draws on ANGLE .*SwiftShader.*; with /);
  assert.is(started, 3);
});

test('gpuFlags begin with Vulkan on Linux, and elsewhere with no flags', () => {
  assert.match(gpuFlags('linux')[0].join(' '), /--use-angle=vulkan .*--disable-vulkan-surface/);
  assert.equal(gpuFlags('linux')[1], ['--use-angle=gl-egl']);
  assert.equal(gpuFlags('darwin')[0], []);
  assert.equal(gpuFlags('win32')[0], []);
});

const testWithShell = testWhere(
  process.platform !== 'win32',
  'the browser that logs its flags is a shell script',
);

testWithShell('MNIST_OPS_GPU=1 tries all flags, and keeps Playwright’s features', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-ops-gpu-'));
  const program = join(folder, 'browser');
  const log = join(folder, 'log');
  writeFileSync(program, `#!/bin/sh\necho "$@" >> '${log}'\nexit 1\n`, {mode: 0o755});
  const why = await withEnvironment({MNIST_OPS_BROWSER: program, MNIST_OPS_GPU: '1'}, () =>
    messageOf(startBrowser()),
  );
  const expected = 'a Chrome or Chromium that reaches the GPU that MNIST_OPS_GPU=1 asks for';
  assert.ok(why.startsWith(`MNIST_OPS_BROWSER: expected ${expected}, found `), why);
  const starts = readFileSync(log, 'utf8').trim().split('\n');
  rmSync(folder, {recursive: true});
  assert.is(starts.length, 3);
  for (const [i, flags] of gpuFlags().entries()) {
    for (const flag of flags) assert.ok(starts[i].includes(flag), `${flag} in ${starts[i]}`);
    assert.not.match(starts[i], '--use-angle=swiftshader');
  }
  // Chromium obeys only the last --enable-features.
  const lists = [...starts[0].matchAll(/--enable-features=(\S+)/g)].map(([, list]) => list);
  assert.equal(lists.slice(1), [`Vulkan,${lists[0]}`]);
});

test.run();
