// `npm run export`: weights in another format, for other programs. Exit codes: 0 done, 1 failed, 2 wrong use, 141 the reader of the
// output is gone.
import {type Stats, statSync} from 'node:fs';
import {extname, join} from 'node:path';
import {count, fill} from '../format.ts';
import {newestCheckpoint} from '../weights/checkpoint_files.ts';
import {readWeightsFrom} from '../weights/node.ts';
import {weightsTexts} from '../weights/texts.ts';
import {type Format, formats, RUN} from '../weights/write_weights.ts';
import {type OptionTable, optionLines, readArguments, UsageError} from './arguments.ts';
import {guardOutput} from './output.ts';
import {makeFolder, notWritten, writeWhole} from './write_whole.ts';

const table: OptionTable = {
  weights: {
    value: 'FILE',
    help: 'weights: .safetensors, .onnx, model.json, or a folder of checkpoints',
  },
  to: {
    value: 'FILE|DIR',
    help: 'where to: a file .safetensors or .onnx, or a folder for a model.json',
  },
  layout: {value: 'NAME', help: 'of a .safetensors file: mnist-ops (default) or pytorch'},
  help: {short: 'h', help: 'show this text'},
};

const helpText = `Writes the weights of a trained network for other programs.

usage: npm run export -- --weights FILE --to FILE|DIR [options]

${optionLines(table)}

What it writes, by the ending of --to:
  .safetensors  the weights as they are here; with --layout pytorch as load_state_dict takes them
  .onnx         a model for onnxruntime: image [batch, 1, 28, 28] in [0, 1] to logits [batch, 10]
  none: DIR     model.json and weights.bin for tf.loadLayersModel: [batch, 28, 28, 1] to logits

It reads all of these, whoever wrote them: their shapes tell the network and the layout.
It replaces a file that is there already, except the one that it reads.
Exit codes: 0 done, 1 failed, 2 wrong use.
`;

/** What a file of each format is for. */
const written: Record<Format, string> = {
  safetensors: 'safetensors, in the layout of mnist-ops.',
  pytorch:
    'safetensors, for load_state_dict of a PyTorch network with layers conv1, conv2 and dense.',
  onnx: 'an ONNX model, from image [batch, 1, 28, 28] in [0, 1] to logits [batch, 10].',
  layers: 'a Layers model, from images [batch, 28, 28, 1] in [0, 1] to logits [batch, 10].',
};

guardOutput('export');
try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`export: ${(error as Error).message.split('\n')[0]}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function main(args: string[]): Promise<void> {
  const given = readArguments(table, args);
  if (given.has('help')) {
    process.stdout.write(helpText);
    return;
  }
  const pathOf = (name: string) => {
    const path = given.get(name);
    if (path && path !== '-') return path;
    const expected = `a path (--${name} ${table[name].value})`;
    throw new UsageError(
      `--${name}: expected ${expected}, found ${path === undefined ? 'none' : `"${path}"`}`,
    );
  };
  const [from, to] = [pathOf('weights'), pathOf('to')];
  const format = formatOf(to, given.get('layout'));
  for (const path of [to, join(to, 'model.json')]) {
    if (isSame(from, path)) {
      throw new UsageError(`--to: expected another place than --weights, found "${to}"`);
    }
  }
  if (format === 'layers') checkNoCheckpoints(to);
  const {path, preset, weights, metadata, said, refused} = await readWeightsFrom(from);
  for (const sentence of refused) process.stderr.write(`export: ${sentence}\n`);
  process.stdout.write(`Read ${path}: ${fill(weightsTexts[said.key][0], said.values)}\n`);

  // A run of ours stays one that the page goes on with. What others say of their file may be wrong of this one.
  const kept = metadata.format === RUN ? metadata : {net: preset};
  const files = formats[format]({preset, weights, metadata: kept});
  if (format === 'layers') {
    try {
      makeFolder(to);
    } catch (error) {
      throw notWritten(to, error);
    }
  }
  const placed = files.map(({name, bytes}) => ({
    path: format === 'layers' ? join(to, name) : to,
    bytes,
  }));
  writeWhole(placed.toReversed()); // the file that names the others is the last
  const sizes = placed.map(({path, bytes}) => `${path} (${count(bytes.length)} bytes)`);
  process.stdout.write(`Wrote ${sizes.join(' and ')}: ${written[format]}\n`);
}

/** Whoever reads the folder takes its checkpoints. */
function checkNoCheckpoints(folder: string): void {
  const found = newestCheckpoint(folder);
  if (found === undefined) return;
  throw new UsageError(`--to: expected a folder without checkpoints, found ${found} in ${folder}`);
}

/** By the ending of the path; a folder has none, or exists. */
function formatOf(to: string, layout = 'mnist-ops'): Format {
  if (layout !== 'mnist-ops' && layout !== 'pytorch') {
    throw new UsageError(`--layout: expected mnist-ops or pytorch, found "${layout}"`);
  }
  const ending = isFolder(to) ? '' : extname(to).toLowerCase();
  if (ending === '.safetensors') return layout === 'pytorch' ? 'pytorch' : 'safetensors';
  if (layout === 'pytorch') {
    throw new UsageError(`--layout: expected with a file .safetensors only, found with "${to}"`);
  }
  if (ending === '.onnx') return 'onnx';
  if (ending === '') return 'layers';
  throw new UsageError(`--to: expected a file .safetensors or .onnx, or a folder, found "${to}"`);
}

function isFolder(path: string): boolean {
  return /[\\/]$/.test(path) || statOf(path)?.isDirectory() === true;
}

/** Also by other names. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [statOf(a), statOf(b)];
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // reading or writing it will say why
  }
}
