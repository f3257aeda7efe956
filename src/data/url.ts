// The data in a page: the four IDX files from a folder of a web server.
import {DataError} from './idx.ts';
import {fileNames, type IdxFile, MnistData} from './mnist_data.ts';

/**
 * Fetches the four raw files of MNIST, or of a dataset in its format.
 *
 * @param folder their URL up to and including the last slash
 * @param options seed: of the order of images, any integer (default 1)
 * @throws DataError if a file can't be fetched, or is not as it should be
 */
export async function fetchMnist(
  folder: string | URL,
  options: {seed?: number} = {},
): Promise<MnistData> {
  const fetchPart = async ([part, name]: string[]) => [part, await fetchIdx(`${folder}${name}`)];
  const fetched = await Promise.all(Object.entries(fileNames).map(fetchPart));
  return new MnistData(Object.fromEntries(fetched), options);
}

async function fetchIdx(name: string): Promise<IdxFile> {
  const failed = (found: string) => new DataError(`${name}: expected a file, found ${found}`);
  const response = await fetch(name).catch(error => {
    throw failed(`no answer (${error.message})`);
  });
  if (!response.ok) throw failed(`status ${response.status}`);
  return {name, bytes: new Uint8Array(await response.arrayBuffer())};
}
