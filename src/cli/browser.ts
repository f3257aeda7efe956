// Finds a Chromium and starts it without a window, for `--backend webgl`, the bench and the tests. The first of these:
//   1  the program that the environment variable MNIST_OPS_BROWSER names, and no other; "packaged" names the third
//   2  an installed Chrome or Chromium
//   3  the one in the npm package @sparticuz/chromium, a development dependency for Linux on x64. It carries the libraries
//      that a bare Debian lacks.
// WebGL runs in SwiftShader, Chromium's software GPU, which computes the same everywhere. With MNIST_OPS_GPU=1 it runs on the
// machine's own GPU (gpu.ts).
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
  const {chromium} = await import('playwright-core').catch(error => {
    throw new Error(
      'playwright-core: expected this npm package to be installed, to drive a browser (npm install playwright-core), ' +
        'found it nowhere in node_modules',
      {cause: error},
    );
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
    return candidate.then(start).catch(error => {
      throw new Error(
        `MNIST_OPS_BROWSER: expected a Chrome or Chromium that ${starts}, found "${named}" (${reason(error)})`,
        {cause: error},
      );
    });
  }
  const failures: string[] = [];
  for (const path of installed()) {
    try {
      return await start({path});
    } catch (error) {
      failures.push(`${path} ${doesNot} (${reason(error)})`);
    }
  }
  try {
    return await start(await packaged());
  } catch (error) {
    failures.push(`@sparticuz/chromium ${doesNot} (${reason(error)})`);
    const install = process.platform === 'linux' ? ' (apt-get install chromium)' : '';
    throw new Error(
      `a browser: expected an installed Chrome or Chromium${install}, or its path in the environment variable ` +
        `MNIST_OPS_BROWSER, found none that ${starts}: ${failures.join('; ')}`,
      {cause: error},
    );
  }
}

/** The Chromes and Chromiums on the PATH and in the folders of their installers. */
function installed(): string[] {
  const names = ['google-chrome', 'google-chrome-stable', 'chrome', 'chromium', 'chromium-browser'];
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const onPath = names.flatMap(name => folders.map(folder => resolve(folder, name)));
  const usual: string[] = [];
  if (process.platform === 'darwin') {
    for (const name of ['Google Chrome', 'Chromium']) {
      usual.push(`/Applications/${name}.app/Contents/MacOS/${name}`);
    }
  } else if (process.platform === 'win32') {
    for (const variable of ['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData']) {
      const folder = process.env[variable];
      for (const name of ['Google\\Chrome', 'Chromium']) {
        if (folder) usual.push(join(folder, name, 'Application\\chrome.exe'));
      }
    }
  }
  const seen = new Set<string>(); // on many systems /bin is a link to /usr/bin
  return [...onPath, ...usual].filter(path => {
    if (!isProgram(path) || seen.has(realpathSync(path))) return false;
    seen.add(realpathSync(path));
    return true;
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
