// Reads digits in pictures: `npm run predict -- --help` lists its options and exit codes.
import '../../index.ts';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {CLASSES, DataError, IMAGE_SIDE} from '../../data/idx.ts';
import {fill} from '../../format.ts';
import type {Network} from '../../network.ts';
import {readWeightsFrom} from '../../weights/node.ts';
import {weightsTexts} from '../../weights/texts.ts';
import {UsageError} from '../arguments.ts';
import {guardOutput} from '../output.ts';
import {classify, networkOf} from './classify.ts';
import {helpText, type Options, parseOptions} from './options.ts';
import {type Images, readImages} from './read_images.ts';
import {imageLines, shareText, summaryLines} from './text.ts';

/** The weights in this package, from dist/. */
const shipped = fileURLToPath(new URL('../weights/tutorial.safetensors', import.meta.url));

guardOutput('predict');
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const [sentence] = (error instanceof Error ? error.message : String(error)).split('\n');
  process.stderr.write(`predict: ${sentence}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === 'help') {
    process.stdout.write(helpText);
    return 0;
  }
  const weights = await readWeightsFrom(options.weights ?? shipped);
  if (options.weights !== undefined) {
    const {key, values} = weights.said;
    const said = fill(weightsTexts[key][0], values);
    for (const sentence of weights.refused) process.stderr.write(`predict: ${sentence}\n`);
    (options.json ? process.stderr : process.stdout).write(`${weights.path}: ${said}\n\n`);
  }
  tf.enableProdMode();
  await tf.ready();
  const network = networkOf(weights);
  let code = 0;
  for (const path of options.paths) {
    try {
      write(path, await readImages(path), network, options);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      process.stderr.write(`predict: ${error.message}\n`);
      code = 1;
    }
  }
  return code;
}

/** Writes the answers for a file's images, or for those of them that the options ask for. */
function write(path: string, images: Images, network: Network, {range, json}: Options): void {
  const {labels, isIdx} = images;
  const size = IMAGE_SIDE ** 2;
  const total = images.pixels.length / size;
  if (range && !isIdx) {
    throw new DataError(
      `${path}: expected an IDX file, of which --images shows some, found a picture`,
    );
  }
  const [first, last] = range ?? [0, total - 1];
  if (last >= total) {
    const expected = `--images up to its last, ${total - 1}`;
    throw new DataError(`${path}: expected ${expected}, found ${last}`);
  }
  const asked = images.pixels.subarray(first * size, (last + 1) * size);
  const answers = answersOf(classify(network, asked));
  if (isIdx && !range && !json) {
    const digits = Uint8Array.from(answers, ({digit}) => digit);
    process.stdout.write(`${summaryLines(path, digits, labels)}\n\n`);
    return;
  }
  for (const [i, {digit, probabilities}] of answers.entries()) {
    const image = first + i;
    const label = labels?.[image];
    if (json) {
      const place = {file: path, ...(isIdx && {image}), ...(label !== undefined && {label})};
      const line = {...place, digit, probabilities: Array.from(probabilities)};
      process.stdout.write(`${JSON.stringify(line)}\n`);
      continue;
    }
    const name = isIdx ? `${path}, image ${image}` : path;
    const answer = fill('a {digit} ({share})', {digit, share: shareText(probabilities[digit])});
    const title = `${name}: ${answer}${label === undefined ? '' : `, labelled ${label}`}`;
    const pixels = asked.subarray(i * size, (i + 1) * size);
    const lines = [title, ...imageLines(pixels, probabilities, ...screen())];
    process.stdout.write(`${lines.join('\n')}\n\n`);
  }
}

/** @param probabilities [images, 10] */
function answersOf(probabilities: Float32Array): {digit: number; probabilities: Float32Array}[] {
  return Array.from({length: probabilities.length / CLASSES}, (_, i) => {
    const of = probabilities.subarray(i * CLASSES, (i + 1) * CLASSES);
    return {digit: of.indexOf(Math.max(...of)), probabilities: of};
  });
}

/** The terminal's width, and whether it shows colours. */
function screen(): [width: number, inColour: boolean] {
  const {isTTY, columns} = process.stdout;
  const {NO_COLOR, TERM} = process.env;
  return [columns || 80, isTTY && !NO_COLOR && TERM !== 'dumb'];
}
