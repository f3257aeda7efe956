// The data in a page: the four IDX files from a folder of a web server
import {DataError} from './idx.ts';
import {type IdxFile, MnistData} from './mnist_data.ts';

/**
 * Fetches the four raw files of MNIST, or of a dataset in its format.
 *
 * @param folder their URL up to the last slash, which it ends with
 * @param options seed: of the order of images, any integer (1 if left out)
 * @throws DataError if a file can't be fetched, or is not what it should be
 */
export async function fetchMnist(
  folder: string | URL,
  options: {seed?: number} = {},
): Promise<MnistData> {
  const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
    [
      'train-images-idx3-ubyte',
      'train-labels-idx1-ubyte',
      't10k-images-idx3-ubyte',
      't10k-labels-idx1-ubyte',
    ].map(file => fetchIdx(`${folder}${file}`)),
  );
  return new MnistData({trainImages, trainLabels, testImages, testLabels}, options);
}

async function fetchIdx(name: string): Promise<IdxFile> {
  const failed = (found: string) => new DataError(`${name}: expected a file, found ${found}`);
  const response = await fetch(name).catch(error => {
    throw failed(`no answer (${error.message})`);
  });
  if (!response.ok) throw failed(`status ${response.status}`);
  return {name, bytes: new Uint8Array(await response.arrayBuffer())};
}
