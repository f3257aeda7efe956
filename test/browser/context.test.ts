// A lost WebGL context ends training within one step, and undoes at most the batches since the weights were kept.
// WEBGL_lose_context loses it at once. When the GPU's process dies, the page learns of it about one task later (`die`).
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {EXACT, expectClose, valuesOf} from '../../bench/cases/compare.ts';
import type {MnistData, Network, TrainingOptions, TrainingProgress} from '../../src/index.ts';
import {
  ContextLostError,
  createNetwork,
  createOptimizer,
  evaluate,
  renewContext,
  type State,
  stateOf,
  train,
} from '../../src/index.ts';
import {errorOf} from '../errors.ts';
import {TEN_STEPS} from '../steps.ts';
import {syntheticData} from '../synthetic.ts';
import {die, glOf} from './die.ts';

tf.enableProdMode();

/** Weights may be near 0, and a relative bound alone is too strict there. */
const TEN_STEPS_WEIGHTS = {atol: 1e-5, rtol: 1e-4};

const loseContext = () => glOf().getExtension('WEBGL_lose_context')!.loseContext();

/** Fails unless the work ends with a lost context, and returns the error; `batch` as in ContextLostError. */
async function lost(work: Promise<unknown>, when: string, batch: number | undefined) {
  const error = (await errorOf(work)) as ContextLostError;
  assert.instance(error, ContextLostError);
  const weights = batch === 0 ? 'that it started with' : `of batch ${batch}`;
  const state = batch === undefined ? 'was left as it is' : `is back at the weights ${weights}`;
  assert.is(error.message, `The WebGL context was lost ${when}, and the network ${state}.`);
  assert.is(error.batch, batch);
  return error;
}

interface Given extends TrainingOptions {
  data?: MnistData;
  /** Called after each event. */
  meanwhile?: (event: TrainingProgress) => unknown;
  /** Collects the events, also if the training fails. */
  events?: TrainingProgress[];
}

async function collect(
  network: Network,
  {data = syntheticData(), meanwhile = () => {}, events = [], ...options}: Given = {},
): Promise<TrainingProgress[]> {
  for await (const event of train(network, data, {batchSize: 5, learningRate: 0.05, ...options})) {
    events.push(event);
    await meanwhile(event);
  }
  return events;
}

const lossesOf = (events: TrainingProgress[]): number[] =>
  events.flatMap(event => (event.kind === 'batch' ? [event.loss] : []));

const weightsOf = (network: Network) => network.variables.map(valuesOf);

function expectWeights(network: Network, expected: ReturnType<typeof weightsOf>): void {
  network.variables.forEach((variable, i) => {
    expectClose(`variable ${i}`, valuesOf(variable), expected[i], EXACT);
  });
  const filter = Array.from(expected[0].values);
  assert.ok(filter.every(Number.isFinite) && filter.some(value => value !== 0));
}

/** Resolves when the page knows of the last death. */
let known: Promise<void> | undefined;

/** The GPU dies, and the page doesn't know yet. */
const dieSilently = (stubs?: Parameters<typeof die>[0]) => {
  known = die(stubs);
};

/** A network that calls `first` before each forward pass. */
const before = (network: Network, first: () => void): Network => ({
  ...network,
  forward(xs) {
    first();
    return network.forward(xs);
  },
});

/** Returns a function whose third call does the work. */
function atThird(work: () => void): () => void {
  let calls = 0;
  return () => {
    if (++calls === 3) work();
  };
}

/** Makes a method of the object call `first` before its work. */
function callBefore<T extends object>(object: T, name: keyof T, first: () => void): void {
  const method = object[name] as (...args: unknown[]) => unknown;
  const replaced = (...args: unknown[]) => {
    first();
    return method.apply(object, args);
  };
  Object.assign(object, {[name]: replaced});
}

/** A test with a working context and a network; it fails if it leaves a tensor behind. */
function contextTest(name: string, work: (network: Network) => Promise<void>): void {
  test(`context ${name}`, async () => {
    await tf.setBackend('webgl');
    if (glOf().isContextLost()) await renewContext();
    const tensors = tf.memory().numTensors;
    const buffers = tf.memory().numDataBuffers;
    const network = createNetwork('tutorial');
    await work(network);
    await known;
    network.dispose();
    assert.is(tf.memory().numTensors, tensors);
    assert.is(tf.memory().numDataBuffers, buffers);
  });
}

contextTest('lost after the last test: the training ends as if it were there', async network => {
  const meanwhile = ({kind}: TrainingProgress) => {
    if (kind === 'epoch') loseContext();
  };
  const events = await collect(network, {batches: 3, meanwhile});
  assert.equal(
    events.map(({kind}) => kind),
    ['batch', 'batch', 'batch', 'epoch'],
  );
});

contextTest('lost between two steps: training goes on from the kept weights', async network => {
  const data = syntheticData();
  const tensors = tf.memory().numTensors;
  let kept: ReturnType<typeof weightsOf> = [];
  const events: TrainingProgress[] = [];
  const meanwhile = ({batch}: TrainingProgress) => {
    if (batch === 10) kept = weightsOf(network);
    if (batch === 13) loseContext();
  };
  const training = collect(network, {data, batches: 20, meanwhile, events});
  await lost(training, 'after batch 13 of 20', 10);
  assert.is(events.length, 13);
  assert.is(tf.memory().numTensors, tensors);
  expectWeights(network, kept);

  const deadContext = glOf();
  await renewContext();
  assert.is(tf.getBackend(), 'webgl');
  assert.is.not(glOf(), deadContext);
  const losses = lossesOf(await collect(network, {data, batches: 10}));

  // The same on another backend. Training goes on with the 14th batch: 13 were drawn.
  await tf.setBackend('cpu');
  const other = createNetwork('tutorial');
  const sameData = syntheticData();
  await collect(other, {data: sameData, batches: 10});
  tf.tidy(() => {
    kept.forEach((weights, i) => {
      const variable = other.variables[i];
      expectClose(`variable ${i} of batch 10`, weights, valuesOf(variable), TEN_STEPS_WEIGHTS);
      variable.assign(tf.tensor(weights.values, variable.shape));
    });
  });
  sameData.skipTrainBatches(3, 5);
  const expected = lossesOf(await collect(other, {data: sameData, batches: 10}));
  const vector = (values: number[]) => ({shape: [10], values});
  expectClose('losses in the new context', vector(losses), vector(expected), TEN_STEPS);
  const [before] = lossesOf(events);
  const falls = losses[9] < losses[0] && losses[0] < before;
  assert.ok(falls, `loss ${before}, then ${losses[0]} to ${losses[9]}`);
  other.dispose();
});

contextTest('lost with the recipe fast: the velocities go back with the weights', async network => {
  const optimizer = await createOptimizer('fast', network);
  let kept: State | undefined;
  const meanwhile = async ({batch}: TrainingProgress) => {
    if (batch === 10) kept = await stateOf(network, optimizer);
    if (batch === 13) loseContext();
  };
  const training = collect(network, {recipe: 'fast', optimizer, batches: 20, meanwhile});
  await lost(training, 'after batch 13 of 20', 10);
  await renewContext();
  assert.equal(await stateOf(network, optimizer), kept);
  assert.ok(kept!.velocities.every(each => each.every(Number.isFinite) && each.some(v => v !== 0)));
  optimizer.dispose();
});

// ---- in a step

const moments: Record<string, (network: Network) => Network> = {
  'lost before a forward pass': network => before(network, atThird(loseContext)),
  'lost after a forward pass'(network) {
    const lose = atThird(loseContext);
    const forward = (xs: tf.Tensor2D) => {
      const logits = network.forward(xs);
      lose();
      return logits;
    };
    return {...network, forward};
  },
  'lost while a step waits for its loss'(network) {
    const soon = atThird(() => queueMicrotask(loseContext));
    return before(network, soon);
  },
  'dead silently in a step': network => before(network, atThird(dieSilently)),
};
for (const [title, losing] of Object.entries(moments)) {
  contextTest(`${title}: that step is not reported`, async network => {
    const weights = weightsOf(network);
    const events: TrainingProgress[] = [];
    await lost(collect(losing(network), {batches: 8, events}), 'at batch 3 of 8', 0);
    assert.is(events.length, 2);
    assert.ok(lossesOf(events).every(loss => loss > 0));
    expectWeights(network, weights);
  });
}

const noShader = {getShaderParameter: () => false, getShaderInfoLog: () => ''};
const refusals: [RegExp, Partial<WebGL2RenderingContext>][] = [
  [/Failed to compile fragment shader/, noShader],
  [/Failed to link vertex and fragment shaders/, {getProgramParameter: () => false}],
  [/Unable to create fragment WebGLShader/, {createShader: () => null}],
  [/Unable to create WebGLProgram/, {createProgram: () => null as never}],
];
for (const [index, [message, stubs]] of refusals.entries()) {
  contextTest(`dead silently, ${message.source}: training reports the loss`, async network => {
    const {log} = console;
    console.log = () => {}; // TensorFlow.js logs the program
    const dying = before(network, () => {
      dieSilently(stubs);
      tf.atanh(tf.zeros([50, 50 + index])); // compiles a new program
    });
    const error = await lost(collect(dying), 'at batch 1 of 20', 0).finally(() => {
      console.log = log;
    });
    assert.match((error.cause as Error).message, message);
  });
}

contextTest(
  'lost: the cause is TensorFlow.js’s error; the loss outranks an abort',
  async network => {
    const broken = new Error('Unable to create fragment WebGLShader.');
    const losing = before(network, () => {
      loseContext();
      throw broken;
    });
    assert.is((await lost(collect(losing), 'at batch 1 of 20', 0)).cause, broken);

    await renewContext();
    const controller = new AbortController();
    const {signal} = controller;
    const meanwhile = () => {
      controller.abort();
      loseContext();
    };
    await lost(collect(network, {signal, meanwhile}), 'after batch 1 of 20', 0);
  },
);

contextTest('alive: training passes an error on unchanged', async network => {
  const broken = new Error('broken');
  const failing = before(network, () => {
    throw broken;
  });
  assert.is(await errorOf(collect(failing)), broken);
});

for (const when of ['before training', 'at the first step']) {
  contextTest(`dead silently ${when}: later contexts have float32`, async network => {
    const enabled = 'WEBGL_RENDER_FLOAT32_ENABLED';
    const uniforms = 'WEBGL_SIZE_UPLOAD_UNIFORM';
    await renewContext();
    // The flags are unset, as before the first texture.
    const flags = tf.env().getFlags();
    for (const name of [enabled, 'WEBGL_RENDER_FLOAT32_CAPABLE', uniforms]) delete flags[name];
    const dies = () => dieSilently({checkFramebufferStatus: () => 0});
    if (when === 'before training') {
      dies();
      await lost(collect(network), 'before the first batch', undefined);
    } else {
      await lost(collect(before(network, dies)), 'at batch 1 of 20', 0);
    }
    await known;
    await renewContext();
    await collect(network, {batches: 1});
    assert.is(tf.env().get(enabled), true);
    assert.is(tf.env().get(uniforms), 4);
  });
}

// ---- while weights are kept, and in tests

contextTest('dead silently while weights are kept: the earlier ones stay', async network => {
  callBefore(network.variables[0], 'data', atThird(dieSilently)); // the copies are at the start and after batches 10 and 20
  let kept: ReturnType<typeof weightsOf> = [];
  const meanwhile = ({batch}: TrainingProgress) => {
    if (batch === 10) kept = weightsOf(network);
  };
  await lost(collect(network, {batches: 30, meanwhile}), 'after batch 20 of 30', 10);
  expectWeights(network, kept);
});

contextTest('alive: the weights are kept every tenth batch and before each test', async network => {
  const log: (number | 'kept')[] = [];
  callBefore(network.variables[0], 'data', () => log.push('kept'));
  const meanwhile = ({kind, batch}: TrainingProgress) => {
    if (kind === 'batch') log.push(batch);
  };
  await collect(network, {batches: 11, testEvery: 4, testSize: 9, meanwhile});
  assert.equal(log, ['kept', 1, 2, 3, 'kept', 4, 5, 6, 7, 'kept', 8, 9, 'kept', 10, 'kept', 11]);
});

for (const [title, lose] of [
  ['lost', loseContext],
  ['dead silently', dieSilently],
] as const) {
  contextTest(`${title} in a test of a sample: no answers are reported`, async network => {
    const events: TrainingProgress[] = [];
    const data = syntheticData();
    callBefore(data, 'nextTestBatch', lose);
    const training = collect(network, {data, batches: 3, testEvery: 2, testSize: 9, events});
    await lost(training, 'in a test after batch 2 of 3', 2);
    assert.equal(
      events.map(({kind}) => kind),
      ['batch', 'batch'],
    );
  });
}

contextTest('lost in a test during training: the weights are those before it', async network => {
  const data = syntheticData({test: 1003}); // three portions
  let kept: ReturnType<typeof weightsOf> = [];
  let portions = 0;
  callBefore(data, 'testBatch', () => {
    if (portions++ === 1) loseContext();
  });
  const meanwhile = ({batch}: TrainingProgress) => {
    if (batch === 3) kept = weightsOf(network);
  };
  const training = collect(network, {data, batches: 3, meanwhile});
  await lost(training, 'in a test after batch 3 of 3', 3);
  assert.is(portions, 2, 'the test ends with the portion of the loss');
  expectWeights(network, kept);
});

contextTest('lost in evaluate: another backend can evaluate the network', async network => {
  const data = syntheticData();
  await collect(network, {data, batches: 2});
  const expected = await evaluate(network, data);
  const losing = before(network, () => queueMicrotask(loseContext));
  await lost(evaluate(losing, data), 'in a test', 0);
  // While the lost context is current, each call fails and changes nothing.
  await lost(evaluate(network, data), 'before a test', undefined);
  await lost(collect(network, {data}), 'before the first batch', undefined);
  await tf.setBackend('simd');
  assert.equal(await evaluate(network, data), expected);
});

contextTest('lost, then restored by the browser: renewContext drops it', async network => {
  const gl = glOf();
  const event = (type: string) =>
    new Promise(resolve => gl.canvas.addEventListener(type, resolve, {once: true}));
  const extension = gl.getExtension('WEBGL_lose_context')!;
  const meanwhile = async ({batch}: TrainingProgress) => {
    if (batch !== 2) return;
    const gone = event('webglcontextlost');
    extension.loseContext();
    await gone;
    await new Promise(resolve => setTimeout(resolve)); // restoring works only after all listeners have run
    const back = event('webglcontextrestored');
    extension.restoreContext();
    await back;
    assert.not(gl.isContextLost());
  };
  await lost(collect(network, {batches: 5, meanwhile}), 'after batch 2 of 5', 0);
  await renewContext();
  assert.ok(gl.isContextLost());
});

test.run();
