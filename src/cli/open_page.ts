// A page in a browser of its own, with the server that it loads from: for `--backend webgl`, the bench and the tests.
import type {Browser, ConsoleMessage, Page} from 'playwright-core';
import {startBrowser} from './browser.ts';
import {type Read, serve} from './serve.ts';

export interface OpenPage {
  browser: Browser;
  page: Page;
  /** What the page threw outside of any call. */
  errors: Error[];
  close(): Promise<void>;
}

/**
 * Starts the browser, and runs the scripts in an empty page.
 *
 * @param read the server's files
 * @param scripts their paths on the server, in the order in which they run
 * @param onConsole told each message that the page logs
 * @throws Error if no browser starts or a script fails
 */
export async function openPage(
  read: Read,
  scripts: readonly string[],
  onConsole: (message: ConsoleMessage) => void = () => {},
): Promise<OpenPage> {
  const browser = await startBrowser();
  const server = await serve(read);
  const close = async () => {
    server.close();
    await browser.close();
  };
  try {
    const page = await browser.newPage();
    const errors: Error[] = [];
    page.on('pageerror', error => errors.push(error)).on('console', onConsole);
    await page.goto(server.origin);
    await page.evaluate(async scripts => {
      for (const script of scripts) await import(script);
    }, scripts);
    return {browser, page, errors, close};
  } catch (error) {
    await close();
    throw error;
  }
}
