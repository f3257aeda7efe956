// Finds a Chromium and starts it without a window, for `--backend webgl`, the bench and the tests. It takes the first of these:
//   1  the program that the environment variable MNIST_OPS_BROWSER names, and no other; "packaged" names the third
//   2  an installed Chrome or Chromium
//   3  the Chromium in the npm package @sparticuz/chromium, a development dependency for Linux on x64, which has the libraries
//      that a bare Debian lacks
// WebGL runs in SwiftShader, Chromium's software GPU, which computes the same everywhere; with MNIST_OPS_GPU=1, on the machine's own
// GPU (gpu.ts).
import {accessSync, constants, realpathSync} from 'node:fs';
import {delimiter, join, resolve} from 'node:path';
import type {Browser} from 'playwright-core';
import {reason, startOnGpu} from './gpu.ts';
import {type Candidate, packaged} from './packaged_browser.ts';

const flags = [
  '--ignore-gpu-blocklist',
  '--enable-unsafe-webgpu', // without it, Chromium on Linux has no WebGPU
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const softwareFlags = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

/**
 * Starts the browser. The caller closes it.
 *
 * @throws Error if none starts, in one sentence that says what to install
 */
export async function startBrowser(): Promise<Browser> {
  const {chromium} = await import('playwright-core').catch(cause => {
    const expected = 'expected this npm package to be installed, to drive a browser';
    const sentence = `${expected} (npm install playwright-core), found it nowhere in node_modules`;
    throw new Error(`playwright-core: ${sentence}`, {cause});
  });
  const launch = ({path, env}: Candidate, gpuFlags: string[]) =>
    chromium.launch({
      executablePath: path,
      args: [...flags, ...gpuFlags],
      env: {...process.env, ...env},
      // Ctrl-C is for the program that trains. When that program ends, the browser ends with it.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      timeout: 60_000,
    });
  const onGpu = process.env.MNIST_OPS_GPU === '1';
  const start = (candidate: Candidate) =>
    onGpu ? startOnGpu(gpuFlags => launch(candidate, gpuFlags)) : launch(candidate, softwareFlags);
  const starts = onGpu ? 'reaches the GPU that MNIST_OPS_GPU=1 asks for' : 'starts';
  const doesNot = onGpu ? "doesn't reach it" : "doesn't start";

  const named = process.env.MNIST_OPS_BROWSER;
  if (named) {
    const candidate = named === 'packaged' ? packaged() : Promise.resolve({path: named});
    return candidate.then(start).catch(cause => {
      const found = `found "${named}" (${reason(cause)})`;
      const expected = `expected a Chrome or Chromium that ${starts}`;
      throw new Error(`MNIST_OPS_BROWSER: ${expected}, ${found}`, {cause});
    });
  }
  const failures: string[] = [];
  let cause: unknown;
  for (const path of [...installed(), '@sparticuz/chromium']) {
    try {
      return await start(path === '@sparticuz/chromium' ? await packaged() : {path});
    } catch (error) {
      cause = error;
      failures.push(`${path} ${doesNot} (${reason(error)})`);
    }
  }
  const install = process.platform === 'linux' ? ' (apt-get install chromium)' : '';
  throw new Error(
    `a browser: expected an installed Chrome or Chromium${install}, or its path in the environment variable ` +
      `MNIST_OPS_BROWSER, found none that ${starts}: ${failures.join('; ')}`,
    {cause},
  );
}

/** The Chromes and Chromiums on the PATH and in the folders of their installers. */
function installed(): string[] {
  const names = ['google-chrome', 'google-chrome-stable', 'chrome', 'chromium', 'chromium-browser'];
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const onPath = names.flatMap(name => folders.map(folder => resolve(folder, name)));
  const mac = (name: string) => `/Applications/${name}.app/Contents/MacOS/${name}`;
  const windows = (name: string) =>
    [process.env.ProgramFiles, process.env['ProgramFiles(x86)'], process.env.LocalAppData]
      .filter(folder => folder !== undefined)
      .map(folder => join(folder, name, 'Application\\chrome.exe'));
  const usual: Partial<Record<NodeJS.Platform, string[]>> = {
    darwin: ['Google Chrome', 'Chromium'].map(mac),
    win32: ['Google\\Chrome', 'Chromium'].flatMap(windows),
  };
  const programs = [...onPath, ...(usual[process.platform] ?? [])].filter(isProgram);
  // On many systems /bin is a link to /usr/bin.
  const real = programs.map(path => realpathSync(path));
  return programs.filter((_, i) => real.indexOf(real[i]) === i);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
