// MNIST_OPS_GPU=1: which flags reach the machine's GPU differs by system and driver, and Chromium falls back to its software
// renderer in silence. So one set of flags is tried after the other, until what draws isn't a program.
import type {Browser} from 'playwright-core';
import {isSoftware} from '../renderer.ts';

// Chromium takes the last --enable-features alone, which would be ours, and Playwright has one too: ours repeats what is in it.
const features = 'Vulkan,CDPScreenshotNewSurface,SkipListAccountsWithoutGaiaCookies';
const vulkan = ['--use-angle=vulkan', `--enable-features=${features}`, '--disable-vulkan-surface'];
const egl = ['--use-angle=gl-egl'];
const asIs: string[] = [];

/** On Linux, a browser without a window as it is draws in software. Elsewhere it takes the GPU. */
export const gpuFlags = (platform: NodeJS.Platform = process.platform): string[][] =>
  platform === 'linux' ? [vulkan, egl, asIs] : [asIs, vulkan, egl];

/**
 * Starts the browser with one set of flags after the other until it draws on a GPU.
 *
 * @throws Error if none does, which says what draws with each
 */
export async function startOnGpu(start: (flags: string[]) => Promise<Browser>): Promise<Browser> {
  const found: string[] = [];
  for (const flags of gpuFlags()) {
    const tried = flags.length ? `with ${flags.join(' ')}` : 'with no flags';
    let browser: Browser | undefined;
    try {
      browser = await start(flags);
      const renderer = await rendererIn(browser);
      if (renderer && !isSoftware(renderer)) return browser;
      found.push(`${tried} ${renderer ? `it draws on ${renderer}` : 'it has no WebGL'}`);
    } catch (error) {
      found.push(`${tried} it fails (${reason(error)})`);
    }
    await browser?.close();
  }
  throw new Error(found.join('; '));
}

/** What an error says first; Playwright's messages go on with a log of the start. */
export function reason(error: unknown): string {
  const [line] = (error as Error).message.split('\n');
  return line.replace(/^browserType\.launch: /, '').replace(/[.:]$/, '');
}

/** What draws, as it calls itself; undefined without WebGL. */
async function rendererIn(browser: Browser): Promise<string | undefined> {
  const page = await browser.newPage();
  try {
    return await page.evaluate(() => {
      const gl = document.createElement('canvas').getContext('webgl2');
      const info = gl?.getExtension('WEBGL_debug_renderer_info');
      return info ? gl!.getParameter(info.UNMASKED_RENDERER_WEBGL) : undefined;
    });
  } finally {
    await page.close();
  }
}
