// How the page loads MNIST's four files: in Node, from a server that has them whole, cut short, or something else in their place.
import {gzipSync} from 'node:zlib';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {serve} from '../../src/cli/serve.ts';
import {PageError} from '../../src/page/page_error.ts';
import {ImageLoader} from '../../src/page/worker/image_loader.ts';
import {syntheticFiles} from '../synthetic.ts';

const trainImages = '/mnist/train-images-idx3-ubyte.gz';
const testLabels = '/mnist/t10k-labels-idx1-ubyte.gz';
const whole = syntheticFiles({train: 40, test: 30});
const served: Record<string, Uint8Array> = {
  [trainImages]: gzipSync(whole.trainImages.bytes),
  '/mnist/train-labels-idx1-ubyte.gz': gzipSync(whole.trainLabels.bytes),
  '/mnist/t10k-images-idx3-ubyte.gz': gzipSync(whole.testImages.bytes),
  [testLabels]: gzipSync(whole.testLabels.bytes),
};

/** Loads them from a server with other files in some places, or none. */
async function load(others: Record<string, Uint8Array | undefined>) {
  const {origin, close} = await serve(path => ({...served, ...others})[path]);
  const seen: number[] = [];
  const images = new ImageLoader(`${origin}/mnist/`, arrived => seen.push(arrived));
  const error = await images.load().catch(error => error);
  close();
  return {images, seen, error};
}

test('images: gzipped or not, the files are what the server has', async () => {
  const raw = {[trainImages]: whole.trainImages.bytes, [testLabels]: whole.testLabels.bytes};
  for (const others of [{}, raw]) {
    const {images, seen, error} = await load(others);
    assert.is(error, undefined);
    assert.equal([images.arrived, seen.at(-1)], [40, 40]);
    for (const part of ['trainImages', 'trainLabels', 'testImages', 'testLabels'] as const) {
      assert.equal(images.files![part].bytes, whole[part].bytes, part);
    }
  }
});

test('images: pieces of any size make the same files; the first may be of 1 byte', async () => {
  const {fetch} = globalThis;
  for (const gzipped of [true, false]) {
    for (const sizes of [[1], [1, 1], [0, 1, 13], [15, 1], [16], [7, 10]]) {
      globalThis.fetch = async url => {
        const {pathname} = new URL(String(url));
        const part = {[trainImages]: whole.trainImages, [testLabels]: whole.testLabels}[pathname];
        const bytes = !gzipped && part ? part.bytes : served[pathname];
        let at = 0;
        const stream = new ReadableStream({
          start(controller) {
            for (const size of [...sizes, bytes.length]) {
              controller.enqueue(bytes.slice(at, at + size));
              at += size;
            }
            controller.close();
          },
        });
        return new Response(stream);
      };
      try {
        const images = new ImageLoader('http://127.0.0.1/mnist/', () => {});
        await images.load();
        for (const part of ['trainImages', 'testLabels'] as const) {
          assert.equal(images.files![part].bytes, whole[part].bytes, `${part}, ${sizes}`);
        }
      } finally {
        globalThis.fetch = fetch;
      }
    }
  }
});

const {bytes} = whole.trainImages;
const labels = whole.testLabels.bytes;
/** The header of this many images of one pixel. */
const claiming = (count: number) => {
  const header = new DataView(new ArrayBuffer(16));
  for (const [i, word] of [0x803, count, 1, 1].entries()) header.setUint32(4 * i, word);
  return new Uint8Array(header.buffer);
};

const matrix = Uint8Array.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 5, ...new Array(10)]);

for (const [what, path, bad] of [
  ['cut short', trainImages, bytes.subarray(0, -1)],
  ['cut short, gzipped', trainImages, gzipSync(bytes.subarray(0, -1))],
  ['cut short as a gzip file', trainImages, gzipSync(bytes).subarray(0, -9)],
  ['cut short in its header', trainImages, bytes.subarray(0, 15)],
  ['labels cut short', testLabels, labels.subarray(0, -1)],
  ['too long', trainImages, gzipSync(new Uint8Array([...bytes, 0]))],
  ['of another number of dimensions', testLabels, matrix],
  ['empty', testLabels, new Uint8Array()],
  ['a web page', testLabels, new TextEncoder().encode('<!doctype html><title>Sign in</title>')],
  ['longer than any file of the page by its header', trainImages, claiming(2 ** 28)],
] as const) {
  test(`images: a file that is ${what} is refused`, async () => {
    const {images, error} = await load({[path]: bad});
    assert.instance(error, PageError);
    assert.equal([error.key, error.values], ['dataBroken', {name: path.slice('/mnist/'.length)}]);
    const later = await images.until(41).catch(why => why);
    assert.is(later, error, 'waiting for more images fails too');
    // No memory is allocated for a length that no file has.
    if (bad.length === 16) assert.is(images.files, undefined);
  });
}

test('images: a file that is missing is refused by its status', async () => {
  const {error} = await load({[testLabels]: undefined});
  assert.equal(error.values, {name: 't10k-labels-idx1-ubyte.gz', status: 404});
  assert.is(error.key, 'dataStatus');
});

test.run();
