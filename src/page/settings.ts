// The settings that decide a run: the same settings give the same losses. As texts, they make its link and go into its weights file.
import {type BackendWith, backendsWith} from '../backends.ts';
import {defaultRate, type Preset, presets, type Recipe, recipes} from '../presets.ts';
import {PageError} from './page_error.ts';
import type {TextKey} from './texts.ts';

export const backends = backendsWith({inPage: true});
export type Backend = BackendWith<{inPage: true}>;

/** The builds of `simd`, which round differently. Every browser with SIMD runs the plain one, some run relaxed SIMD. */
export const wasmBuilds = ['plain', 'relaxed'] as const;
export type WasmBuild = (typeof wasmBuilds)[number];

export interface Settings {
  preset: Preset;
  /** Decides the initial weights and the order of the images. */
  seed: number;
  /** Images per batch. */
  batchSize: number;
  recipe: Recipe;
  /** With the recipe `fast` the largest. */
  learningRate: number;
  /** The run's length. */
  batches: number;
  backend: Backend;
  /** The build of `simd`, also if the run moves there later; default: the fastest that the browser runs. */
  wasm?: WasmBuild;
}

/** MNIST's training images and test images. */
export const trainSize = 60_000;
export const testSize = 10_000;

/** Batches between tests on a random sample of test images, and images in that sample. */
export const testEvery = 20;
export const testSample = 1000;

/** Ranges of the numbers, both ends included. */
export const ranges = {
  seed: [-(2 ** 31), 2 ** 31 - 1],
  batchSize: [1, 4096],
  learningRate: [1e-6, 1000],
  batches: [1, 1_000_000],
} as const;

export const batchesPerEpoch = (batchSize: number): number => Math.ceil(trainSize / batchSize);

/** The settings that are given, and defaults for the rest: one epoch, at the recipe's learning rate. */
export function defaults(given: Partial<Settings> = {}): Settings {
  const [preset, recipe] = [given.preset ?? 'tutorial', given.recipe ?? recipes[0]];
  const [batches, backend] = [batchesPerEpoch(64), 'simd' as const];
  const rest = {preset, recipe, seed: 1, batchSize: 64, batches, backend, ...given};
  return {...rest, learningRate: given.learningRate ?? usualRate(rest)};
}

/** The learning rate that these settings have by default. */
export const usualRate = ({
  preset,
  recipe,
  batches,
  batchSize,
}: Pick<Settings, 'preset' | 'recipe' | 'batches' | 'batchSize'>): number =>
  defaultRate(preset, recipe, batches / batchesPerEpoch(batchSize));

/** Each setting's name in text, in a link's order. */
export const settingNames = {
  preset: 'net',
  seed: 'seed',
  batchSize: 'batch-size',
  recipe: 'recipe',
  learningRate: 'learning-rate',
  backend: 'backend',
  batches: 'batches',
  wasm: 'wasm',
} as const satisfies Record<keyof Settings, string>;

const keys = Object.keys(settingNames) as (keyof Settings)[];

/** The settings that are set, as texts by name. */
export function settingTexts(settings: Settings): Record<string, string> {
  const given = keys.filter(key => settings[key] !== undefined);
  return Object.fromEntries(given.map(key => [settingNames[key], String(settings[key])]));
}

/**
 * The settings that `textOf` gives by name, with the network's defaults for the rest.
 * @throws PageError for a text that checkSetting refuses
 */
export function readSettings(textOf: (name: string) => string | null | undefined): Settings {
  const given: Partial<Settings> = {};
  for (const key of keys) {
    const text = textOf(settingNames[key]);
    if (text != null) Object.assign(given, {[key]: checkSetting(key, text)});
  }
  return defaults(given);
}

/** Makes a setting's value of its text. */
type Check<Value> = (name: string, text: string) => Value;

const oneOf =
  <Choice extends string>(choices: readonly Choice[]): Check<Choice> =>
  (name, text) => {
    const choice = choices.find(each => each === text);
    if (choice) return choice;
    throw new PageError('badChoice', {name, expected: choices.join(', '), found: text});
  };

/** A decimal number: Number alone also takes '', ' 1' and '0x1'. */
const DECIMAL = /^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

const within =
  (error: TextKey, isAllowed: (value: number) => boolean) =>
  ([low, high]: readonly [number, number]): Check<number> =>
  (name, text) => {
    const value = Number(text);
    if (DECIMAL.test(text) && isAllowed(value) && value >= low && value <= high) return value;
    throw new PageError(error, {name, low, high, found: text});
  };

export const number = within('badNumber', () => true);
export const whole = within('badWhole', Number.isInteger);

type Each = Required<Settings>;
const checks: {[K in keyof Each]: Check<Each[K]>} = {
  preset: oneOf(Object.keys(presets) as Preset[]),
  seed: whole(ranges.seed),
  batchSize: whole(ranges.batchSize),
  recipe: oneOf(recipes),
  learningRate: number(ranges.learningRate),
  backend: oneOf(backends),
  batches: whole(ranges.batches),
  wasm: oneOf(wasmBuilds),
};

/** @throws PageError if the text is none of a setting's choices, or not a number in its range */
export const checkSetting = <K extends keyof Each>(key: K, text: string): Each[K] =>
  checks[key](settingNames[key], text);
