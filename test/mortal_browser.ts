// A browser for many tests. If it dies, the running test fails with a sentence, and the next test gets a new browser. If no browser
// starts, only the first test fails.
import type {Browser} from 'playwright-core';
import {startBrowser} from '../src/cli/browser.ts';

/** After this many deaths no more tests run: each would fail in the same way. */
const mostDeaths = 2;

export class MortalBrowser {
  private browser: Browser | undefined;
  private deaths = 0;
  private notRun = 0;

  constructor(private readonly start: () => Promise<Browser> = startBrowser) {}

  /** Runs `work` with the browser; does nothing after too many deaths, which the last failure says. */
  async lend(work: (browser: Browser) => Promise<void>): Promise<void> {
    if (this.deaths === mostDeaths) {
      this.notRun++;
      return;
    }
    this.browser ??= await this.start().catch(error => {
      this.deaths = mostDeaths;
      throw error;
    });
    const {browser} = this;
    try {
      await work(browser);
    } catch (error) {
      if (await isAlive(browser)) throw error;
      this.browser = undefined;
      this.deaths++;
      const last =
        ', for the second time: the tests after this one are not run, though they count as passed';
      const rest = this.deaths === mostDeaths ? last : '';
      const [reason] = (error as Error).message.split('\n');
      throw Object.assign(new Error(`the browser died${rest} (${reason})`), {stack: ''});
    }
  }

  async close(): Promise<void> {
    if (this.notRun > 0) console.log(`NOT RUN: ${this.notRun} tests, for want of a browser`);
    await this.browser?.close();
  }
}

/** False if the browser has died, or dies within half a second: a failure may come before the event of the death. */
async function isAlive(browser: Browser): Promise<boolean> {
  const end = new Promise(resolve => browser.once('disconnected', resolve));
  if (browser.isConnected()) await Promise.race([end, new Promise(r => setTimeout(r, 500))]);
  return browser.isConnected();
}
