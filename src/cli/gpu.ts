// MNIST_OPS_GPU=1: the flags that reach the machine's GPU differ by system and driver, and Chromium silently falls back to its
// software renderer. So this tries one set of flags after the other, until a GPU draws.
import type {Browser} from 'playwright-core';
import {isSoftware} from '../renderer.ts';

// Chromium takes only the last --enable-features. It is this one, so it repeats the features that Playwright enables.
const features = 'Vulkan,CDPScreenshotNewSurface,SkipListAccountsWithoutGaiaCookies';
const vulkan = ['--use-angle=vulkan', `--enable-features=${features}`, '--disable-vulkan-surface'];
const egl = ['--use-angle=gl-egl'];
const asIs: string[] = [];

/** Sets of flags in the order to try. Without flags, a browser without a window takes the GPU, but not on Linux. */
export const gpuFlags = (platform: NodeJS.Platform = process.platform): string[][] =>
  platform === 'linux' ? [vulkan, egl, asIs] : [asIs, vulkan, egl];

/**
 * Starts the browser with one set of flags after the other until it draws on a GPU.
 *
 * @throws Error if none does; the message says what draws with each set
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

/** The first line of an error's message; in Playwright's a log of the start follows. */
export function reason(error: unknown): string {
  const [line] = (error as Error).message.split('\n');
  return line.replace(/^browserType\.launch: /, '').replace(/[.:]$/, '');
}

/** The name of the GPU or the program that draws; undefined without WebGL. */
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
