// That a lost WebGL context ends training within one step and costs no more than the batches since the weights were kept.
// WEBGL_lose_context loses it at once; when the GPU's process dies, the page learns of that a task or so later.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {EXACT, expectClose, valuesOf} from '../../bench/cases/compare.ts';
import {
  ContextLostError,
  createNetwork,
  evaluate,
  type Network,
  renewContext,
  type TrainingOptions,
  type TrainingProgress,
  train,
} from '../../src/index.ts';
import {syntheticData} from '../synthetic.ts';
import {die, glOf} from './die.ts';

tf.enableProdMode();

/** Bound for ten steps on two backends: src/README.md, "Decisions at the corners". */
const TEN_STEPS = {atol: 0, rtol: 1e-4};
/** Weights may be near 0, where a relative bound alone is too strict. */
const TEN_STEPS_WEIGHTS = {atol: 1e-5, rtol: 1e-4};

const loseContext = () => glOf().getExtension('WEBGL_lose_context')!.loseContext();

/** Runs it until it throws what it has to throw. */
async function lost(work: () => Promise<unknown>): Promise<ContextLostError> {
  try {
    await work();
  } catch (error) {
    assert.instance(error, ContextLostError);
    return error as ContextLostError;
  }
  return assert.unreachable('it went on') as never;
}

/** Trains, notes what is reported, and calls `meanwhile` after each event. */
async function collect(
  network: Network,
  data = syntheticData(),
  options: TrainingOptions = {},
  meanwhile: (event: TrainingProgress) => unknown = () => {},
  events: TrainingProgress[] = [],
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

/** When the page knows of the last death. */
let known: Promise<void> | undefined;

/** A test that begins with a context, and with a network of which it leaves no tensor behind. */
function contextTest(name: string, work: (network: Network) => Promise<void>): void {
  test(name, async () => {
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

contextTest('lost between two steps: training goes on from the weights kept', async network => {
  const data = syntheticData();
  const tensors = tf.memory().numTensors;
  let kept: ReturnType<typeof weightsOf> = [];
  const events: TrainingProgress[] = [];
  const meanwhile = ({batch}: TrainingProgress) => {
    if (batch === 10) kept = weightsOf(network);
    if (batch === 13) loseContext();
  };
  const error = await lost(() => collect(network, data, {batches: 20}, meanwhile, events));
  assert.is(
    error.message,
    'The WebGL context was lost after batch 13 of 20, and the network is back at the weights of batch 10.',
  );
  assert.is(error.batch, 10);
  assert.is(events.length, 13);
  assert.is(tf.memory().numTensors, tensors);
  expectWeights(network, kept);

  const deadContext = glOf();
  await renewContext();
  assert.is(tf.getBackend(), 'webgl');
  assert.is.not(glOf(), deadContext);
  const losses = lossesOf(await collect(network, data, {batches: 10}));

  // The same on another backend. Training goes on with the batches after the 13 that were drawn.
  await tf.setBackend('cpu');
  const other = createNetwork('tutorial');
  const sameData = syntheticData();
  await collect(other, sameData, {batches: 10});
  tf.tidy(() => {
    kept.forEach((weights, i) => {
      const variable = other.variables[i];
      expectClose(`variable ${i} of batch 10`, weights, valuesOf(variable), TEN_STEPS_WEIGHTS);
      variable.assign(tf.tensor(weights.values, variable.shape));
    });
  });
  for (let batch = 11; batch <= 13; batch++) tf.dispose(Object.values(sameData.nextTrainBatch(5)));
  const expected = lossesOf(await collect(other, sameData, {batches: 10}));
  const vector = (values: number[]) => ({shape: [10], values});
  expectClose('losses in the new context', vector(losses), vector(expected), TEN_STEPS);
  assert.ok(
    losses[9] < losses[0] && losses[0] < lossesOf(events)[0],
    `loss ${lossesOf(events)[0]}, then ${losses[0]} to ${losses[9]}`,
  );
  other.dispose();
});

const moments: [string, (pass: () => tf.Tensor2D) => tf.Tensor2D][] = [
  [
    'before a forward pass',
    pass => {
      loseContext();
      return pass();
    },
  ],
  [
    'behind a forward pass',
    pass => {
      const logits = pass();
      loseContext();
      return logits;
    },
  ],
  [
    'while a step waits for its loss',
    pass => {
      queueMicrotask(loseContext);
      return pass();
    },
  ],
];
for (const [when, lose] of moments) {
  contextTest(`lost ${when}: that step is not reported`, async network => {
    const weights = weightsOf(network);
    let steps = 0;
    const forward = (xs: tf.Tensor2D) =>
      ++steps === 3 ? lose(() => network.forward(xs)) : network.forward(xs);
    const events: TrainingProgress[] = [];
    const error = await lost(() =>
      collect({...network, forward}, undefined, {batches: 8}, undefined, events),
    );
    assert.is(
      error.message,
      'The WebGL context was lost at batch 3 of 8, and the network is back at the weights that it started with.',
    );
    assert.is(error.batch, 0);
    assert.is(events.length, 2);
    expectWeights(network, weights);
  });
}

contextTest('dead without a word in a step: its loss is not reported', async network => {
  const weights = weightsOf(network);
  let steps = 0;
  const forward = (xs: tf.Tensor2D) => {
    if (++steps === 3) known = die();
    return network.forward(xs);
  };
  const events: TrainingProgress[] = [];
  const error = await lost(() =>
    collect({...network, forward}, undefined, {batches: 8}, undefined, events),
  );
  assert.match(error.message, /^The WebGL context was lost at batch 3 of 8, /);
  assert.is(events.length, 2);
  assert.ok(lossesOf(events).every(loss => loss > 0));
  expectWeights(network, weights);
});

contextTest('dead without a word while weights are kept: those before stay', async network => {
  const [variable] = network.variables;
  const read = variable.data.bind(variable);
  let copies = 0;
  let kept: ReturnType<typeof weightsOf> = [];
  variable.data = <D extends tf.DataType>() => {
    if (++copies === 3) known = die(); // after those of the start and of batch 10
    return read<D>();
  };
  const error = await lost(() =>
    collect(network, undefined, {batches: 30}, ({batch}) => {
      if (batch === 10) kept = weightsOf(network);
    }),
  );
  assert.is(
    error.message,
    'The WebGL context was lost after batch 20 of 30, and the network is back at the weights of batch 10.',
  );
  assert.is(error.batch, 10);
  expectWeights(network, kept);
});

contextTest('dead without a word in a test of a sample: no answers are given', async network => {
  const data = syntheticData();
  const nextTestBatch = data.nextTestBatch.bind(data);
  data.nextTestBatch = size => {
    known = die();
    return nextTestBatch(size);
  };
  const events: TrainingProgress[] = [];
  const options = {batches: 3, testEvery: 2, testSize: 9};
  const error = await lost(() => collect(network, data, options, undefined, events));
  assert.match(error.message, /^The WebGL context was lost in a test after batch 2 of 3, /);
  assert.equal(
    events.map(({kind}) => kind),
    ['batch', 'batch'],
  );
});

const refusals: [RegExp, Partial<WebGL2RenderingContext>][] = [
  [
    /Failed to compile fragment shader/,
    {getShaderParameter: () => false, getShaderInfoLog: () => ''},
  ],
  [/Failed to link vertex and fragment shaders/, {getProgramParameter: () => false}],
  [/Unable to create fragment WebGLShader/, {createShader: () => null}],
  [/Unable to create WebGLProgram/, {createProgram: () => null as never}],
];
for (const [index, [message, refusal]] of refusals.entries()) {
  contextTest(`dead without a word, ${message.source}: it is lost`, async network => {
    const {log} = console;
    console.log = () => {}; // TensorFlow.js shows the program
    const forward = (xs: tf.Tensor2D) => {
      known = die(refusal);
      tf.atanh(tf.zeros([50, 50 + index])); // a program that is not there yet
      return network.forward(xs);
    };
    const error = await lost(() => collect({...network, forward})).finally(() => {
      console.log = log;
    });
    assert.match(error.message, /^The WebGL context was lost at batch 1 of 20, /);
    assert.match((error.cause as Error).message, message);
  });
}

for (const when of ['before training', 'at the first step']) {
  contextTest(`dead without a word ${when}: later contexts have float32`, async network => {
    const enabled = 'WEBGL_RENDER_FLOAT32_ENABLED';
    const uniforms = 'WEBGL_SIZE_UPLOAD_UNIFORM';
    await renewContext();
    // As before the first texture.
    const flags = tf.env().getFlags();
    for (const name of [enabled, 'WEBGL_RENDER_FLOAT32_CAPABLE', uniforms]) delete flags[name];
    const dies = () => {
      known = die({checkFramebufferStatus: () => 0});
    };
    const forward = (xs: tf.Tensor2D) => {
      if (when === 'at the first step') dies();
      return network.forward(xs);
    };
    if (when === 'before training') dies();
    await lost(() => collect({...network, forward}));
    await known;
    await renewContext();
    await collect(network, undefined, {batches: 1});
    assert.is(tf.env().get(enabled), true);
    assert.is(tf.env().get(uniforms), 4);
  });
}

contextTest('lost in a test during training: the weights of the batch before it', async network => {
  const data = syntheticData({test: 1003}); // three portions
  let kept: ReturnType<typeof weightsOf> = [];
  let portions = 0;
  const testBatch = data.testBatch.bind(data);
  data.testBatch = (start, end) => {
    if (portions++ === 1) loseContext();
    return testBatch(start, end);
  };
  const error = await lost(() =>
    collect(network, data, {batches: 3}, ({batch}) => {
      if (batch === 3) kept = weightsOf(network);
    }),
  );
  assert.is(
    error.message,
    'The WebGL context was lost in a test after batch 3 of 3, and the network is back at the weights of batch 3.',
  );
  assert.is(error.batch, 3);
  assert.is(portions, 2, 'the portion in which it was lost is the last one');
  expectWeights(network, kept);
});

contextTest('lost in a test of a sample', async network => {
  const data = syntheticData();
  const nextTestBatch = data.nextTestBatch.bind(data);
  data.nextTestBatch = size => {
    loseContext();
    return nextTestBatch(size);
  };
  const error = await lost(() => collect(network, data, {batches: 3, testEvery: 2, testSize: 9}));
  assert.match(error.message, /^The WebGL context was lost in a test after batch 2 of 3, /);
  assert.is(error.batch, 2);
});

contextTest('lost in evaluate: the network can be evaluated on another backend', async network => {
  const data = syntheticData();
  await collect(network, data, {batches: 2});
  const expected = await evaluate(network, data);
  const {forward} = network;
  let error = await lost(() => {
    const losing = (xs: tf.Tensor2D) => {
      queueMicrotask(loseContext);
      return forward(xs);
    };
    return evaluate({...network, forward: losing}, data);
  });
  assert.is(
    error.message,
    'The WebGL context was lost in a test, and the network is back at the weights that it started with.',
  );
  // As long as the lost context is current, nothing works and nothing more is lost.
  for (const work of [() => evaluate(network, data), () => collect(network, data)]) {
    error = await lost(work);
    assert.match(error.message, /^The WebGL context was lost before .*, and the network was left/);
    assert.is(error.batch, undefined);
  }
  await tf.setBackend('simd');
  assert.equal(await evaluate(network, data), expected);
});

contextTest(
  'lost and restored by the browser: the textures are gone all the same',
  async network => {
    const gl = glOf();
    const event = (type: string) =>
      new Promise(resolve => gl.canvas.addEventListener(type, resolve, {once: true}));
    const extension = gl.getExtension('WEBGL_lose_context')!;
    const error = await lost(() =>
      collect(network, undefined, {batches: 5}, async ({batch}) => {
        if (batch !== 2) return;
        const gone = event('webglcontextlost');
        extension.loseContext();
        await gone;
        await new Promise(resolve => setTimeout(resolve)); // restoring is allowed when all listeners are through
        const back = event('webglcontextrestored');
        extension.restoreContext();
        await back;
        assert.not(gl.isContextLost());
      }),
    );
    assert.is(error.batch, 0);
    await renewContext();
    assert.ok(gl.isContextLost(), 'it is given up');
  },
);

contextTest(
  'lost: what TensorFlow.js throws then is the cause, an abort is not asked for',
  async network => {
    const broken = new Error('Unable to create fragment WebGLShader.');
    const forward = () => {
      loseContext();
      throw broken;
    };
    const error = await lost(() => collect({...network, forward}));
    assert.is(error.cause, broken);

    await renewContext();
    const controller = new AbortController();
    const {message} = await lost(() =>
      collect(network, undefined, {signal: controller.signal}, () => {
        controller.abort();
        loseContext();
      }),
    );
    assert.match(message, /^The WebGL context was lost after batch 1 of 20, /);
  },
);

contextTest('an error while the context is there is passed on as it is', async network => {
  const broken = new Error('broken');
  const forward = () => {
    throw broken;
  };
  try {
    await collect({...network, forward});
    assert.unreachable('it went on');
  } catch (error) {
    assert.is(error, broken);
  }
});

contextTest('the weights are kept every tenth batch and before each test', async network => {
  const log: (number | 'kept')[] = [];
  const [variable] = network.variables;
  const data = variable.data.bind(variable);
  variable.data = <D extends tf.DataType>() => {
    log.push('kept');
    return data<D>();
  };
  const options = {batches: 11, testEvery: 4, testSize: 9};
  await collect(network, undefined, options, event => {
    if (event.kind === 'batch') log.push(event.batch);
  });
  assert.equal(log, ['kept', 1, 2, 3, 'kept', 4, 5, 6, 7, 'kept', 8, 9, 'kept', 10, 'kept', 11]);
});

test.run();
