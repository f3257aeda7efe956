// The suites of others, and where they come from.
import {onnxFolder, onnxTests} from './onnx.ts';
import {opinfoTests} from './opinfo.ts';
import {Refusal, type Sample, type Test} from './sample.ts';

export interface Suite {
  name: string;
  /** The least number that passes. Debian 12's packages have 57 and 413; with far fewer, something did not run. */
  least: number;
  /** Undefined where it isn't installed. */
  load(): Test[] | undefined;
  install: string;
}

export const suites = (folder = onnxFolder): Suite[] => [
  {
    name: "ONNX's node tests, forward",
    least: folder === onnxFolder ? 50 : 1,
    load: () => onnxTests(folder),
    install: `expected them in ${folder}, found none (apt-get install libonnx-testdata, or --onnx FOLDER)`,
  },
  {
    name: "PyTorch's OpInfo samples, forward and backward",
    least: 300,
    load: opinfoTests,
    install: 'expected a Python that has PyTorch, found none (apt-get install python3-torch)',
  },
];

/** What a suite holds, once read. */
export interface Loaded {
  suite: Suite;
  samples: {name: string; sample: Sample}[];
  /** How many tests are refused, by the reason. */
  refused: Map<string, number>;
}

/** Of the tests whose name contains `filter`; undefined where the suite isn't installed. */
export function loadSuite(suite: Suite, filter: string): Loaded | undefined {
  const loaded: Loaded = {suite, samples: [], refused: new Map()};
  const tests = suite.load();
  for (const {name, sample} of tests?.filter(({name}) => name.includes(filter)) ?? []) {
    try {
      loaded.samples.push({name, sample: sample()});
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      loaded.refused.set(error.message, (loaded.refused.get(error.message) ?? 0) + 1);
    }
  }
  return tests && loaded;
}
