// The page's own address. A link that opens the page trains its run, if it names one, and shows its cell; then the address follows the
// cell that is selected.

import {linkOf, settingsOf, type View, viewOf, withView} from '../link.ts';
import type {Inside} from './inside.ts';

/** The address of what is shown now. */
export function addressOf({cell, testIndex, label}: Inside): string {
  const {origin, pathname, hash} = location;
  return `${origin}${pathname}${withView(hash, cell ? {cell, digit: testIndex, label} : {})}`;
}

/** A link to the cell as it is now: it trains the same run first, if anything is trained. */
export function linkTo(inside: Inside): string {
  const {app, cell, testIndex, label} = inside;
  const {origin, pathname} = location;
  const run = app.batch > 0 ? linkOf({...app.settings, batches: app.batch}) : location.hash;
  return `${origin}${pathname}${withView(run, {cell, digit: testIndex, label})}`;
}

export class Address {
  /** The test image and label of the link, until they are shown. */
  private awaited?: Pick<View, 'digit' | 'label'>;
  private isAsking = false;

  constructor(private readonly inside: Inside) {
    let written = addressOf(inside);
    inside.onChange(() => {
      void this.showAwaited();
      if (this.awaited || inside.app.phase === 'starting') return;
      const address = addressOf(inside);
      if (address === written) return;
      written = address;
      history.replaceState(history.state, '', address);
    });
  }

  /**
   * Trains the run of the address, if it names one, and shows its view.
   * @param isThere the run is there already
   */
  open(isThere: boolean): void {
    const {inside} = this;
    const {app} = inside;
    try {
      const settings = isThere ? undefined : settingsOf(location.hash);
      const {cell, ...image} = viewOf(location.hash, settings?.preset ?? app.settings.preset);
      if (settings) app.open(settings);
      if (cell) inside.select(cell);
      this.awaited = image;
      void this.showAwaited();
    } catch (error) {
      app.showError(error);
    }
  }

  /** A test image may have to arrive first: then the next change tries again. */
  private async showAwaited(): Promise<void> {
    const {awaited, inside} = this;
    if (!awaited || this.isAsking) return;
    const {digit, label} = awaited;
    if (digit === undefined) {
      this.awaited = undefined;
      if (label !== undefined) inside.show(inside.image, label, inside.testIndex);
      return;
    }
    this.isAsking = true;
    const images = await inside.app.ask({kind: 'testImages', indices: [digit]});
    this.isAsking = false;
    if (!images || this.awaited !== awaited) return;
    this.awaited = undefined;
    inside.show(images.pixels, label ?? images.labels[0], digit);
  }
}
