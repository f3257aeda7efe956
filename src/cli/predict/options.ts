// The options of `npm run predict -- ...`.
import {type OptionTable, optionLines, readArguments, UsageError} from '../arguments.ts';

export interface Options {
  paths: string[];
  /** The file of weights. Default: the one in this package. */
  weights?: string;
  /** The images of an IDX file to show one by one, the first and the last. */
  range?: [first: number, last: number];
  json: boolean;
}

const table: OptionTable = {
  weights: {
    value: 'FILE',
    help: 'weights, or a folder of checkpoints (default: those in this package)',
  },
  images: {
    value: 'N[-N]',
    help: 'of an IDX file, show these images one by one, counted from 0: 7, or 0-9',
  },
  json: {help: 'print a line of JSON for each image; all other output goes to stderr'},
  help: {short: 'h', help: 'show this text'},
};

export const helpText = `Reads digits in pictures with a network that has been trained.

usage: npm run predict -- [options] IMAGE...

${optionLines(table)}

An IMAGE is a PNG, JPEG or PGM picture of one digit, dark on light or light on dark: a photo of a page,
a scan, a drawing. Its ink is scaled and centred as MNIST's digits were, and shown beside the answer. All
ink counts: cut off a frame, lines of the paper and other digits. What is no digit gets an answer, too.
Or it is an IDX file, raw or gzipped, whose images are taken as they are: the answers are counted, and
compared with the labels if their file lies beside it.
Exit codes: 0 done, 1 failed or an image could not be read (the others are), 2 wrong use,
141 the output's reader is gone.
`;

/**
 * The options in the arguments, or 'help' if they contain --help.
 * @throws UsageError for an unknown or malformed option, and without an image
 */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const paths: string[] = [];
  const given = readArguments(table, args, paths);
  if (given.has('help')) return 'help';
  if (given.get('weights') === '') throw new UsageError('--weights: expected a file, found ""');
  if (paths.length === 0)
    throw new UsageError('expected one or more images, found none (see --help)');
  const images = given.get('images');
  return {
    paths,
    weights: given.get('weights'),
    range: images === undefined ? undefined : rangeOf(images),
    json: given.has('json'),
  };
}

function rangeOf(text: string): [number, number] {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  if (first !== undefined && Number(first) <= Number(last)) return [Number(first), Number(last)];
  throw new UsageError(`--images: expected a number from 0, or two as in 0-9, found "${text}"`);
}
