// The real images: in Node from the npm package, in a page from the server of browser.test.ts.
import {fetchMnist} from '../src/data/url.ts';
import type {MnistData} from '../src/index.ts';

export async function loadMnist(): Promise<MnistData> {
  if (typeof document !== 'undefined') return fetchMnist('/mnist/');
  return (await import('../src/data/node.ts')).loadMnist();
}
