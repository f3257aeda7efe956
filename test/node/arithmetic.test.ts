// How each number of the network came about, as the page's cell panel says it: held against the backends' numbers bit for bit, and
// against the definitions of the ops, run whole on the same inputs.
import * as tf from '@tensorflow/tfjs-core';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {conv2d, conv2dGradients} from '../../src/kernels/definition/conv2d.ts';
import {dense, denseGradients} from '../../src/kernels/definition/dense.ts';
import {maxPool, maxPoolGradient} from '../../src/kernels/definition/max_pool.ts';
import {relu, reluGradient} from '../../src/kernels/definition/relu.ts';
import {
  softmax,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
} from '../../src/kernels/definition/softmax_cross_entropy.ts';
import type {Conv2DGeometry} from '../../src/ops/conv2d.ts';
import {softmaxCrossEntropy as softmaxCrossEntropyOp} from '../../src/ops/softmax_cross_entropy.ts';
import * as convolution from '../../src/page/arithmetic/conv2d.ts';
import {explain} from '../../src/page/arithmetic/explain.ts';
import * as pool from '../../src/page/arithmetic/max_pool.ts';
import {nudge} from '../../src/page/arithmetic/nudge.ts';
import {Numbers, type Result} from '../../src/page/arithmetic/numbers.ts';
import {ulps} from '../../src/page/arithmetic/ulp.ts';
import {update} from '../../src/page/arithmetic/update.ts';
import {
  type Cell,
  cellText,
  coordinatesOf,
  indexOf,
  shapesOf,
} from '../../src/page/inside/cells.ts';
import type {Explanation, Operand, Reason} from '../../src/page/inside/explanation.ts';
import {LOGITS, type Station, sizeOf, stationsOf} from '../../src/page/inside/stations.ts';
import type {Look} from '../../src/page/protocol.ts';
import {defaults} from '../../src/page/settings.ts';
import {imageOf} from '../../src/page/stage/strokes.ts';
import {type Preset, weightShapes} from '../../src/presets.ts';
import {Random} from '../../src/random.ts';
import {createOptimizer, rateAt} from '../../src/recipe.ts';
import {drawnDigits} from '../drawn_digits.ts';
import {beginTrainer, endTrainers} from '../trainers.ts';

const presets: Preset[] = ['tutorial', 'mnist-core'];
const random = new Random(7, 'arithmetic');

const noise = Uint8Array.from({length: 784}, () => random.below(256));
// Its paper and its ink are even, so that many windows of a pool have several maxima.
const seven = imageOf(drawnDigits(1, 1).find(({digit}) => digit === 7)!.strokes, 10)!;

const reluInput = /^pool/;

/** The running backends' numbers: both networks, fresh and after some batches, for noise and for a drawn digit. */
const looks: {title: string; look: Look}[] = [];
test('arithmetic: the looks', async () => {
  for (const backend of ['simd', 'cpu'] as const)
    for (const preset of presets) {
      const {trainer, train} = await beginTrainer({
        ...defaults({preset}),
        backend,
        batchSize: 20,
        batches: 15,
      });
      const add = async (when: string) => {
        for (const [what, image, label] of [
          ['noise', noise, 3],
          ['a drawn 7', seven, 7],
        ] as const) {
          const look = (await trainer.answers.look(image, label))!;
          looks.push({title: `${preset}, ${when}, ${what}, ${backend}`, look});
        }
      };
      await add('fresh');
      await train(15);
      await add('after 15 batches');
    }
  assert.is(looks.length, 16);
});

// ---- every number

/** What the definitions say of every number, each op from its own inputs in the look. */
function definitionsOf({preset, values, gradients, label}: Look) {
  const in64 = (arrays: Record<string, Float32Array>) =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, array]) => [name, Float64Array.from(array)]),
    );
  const [x64, dy64] = [in64(values), in64(gradients)];
  const logits = x64[LOGITS];
  const labels = Float64Array.from({length: 10}, (_, k) => (k === label ? 1 : 0));
  const expected = {
    values: {...x64, softmax: softmax(logits, 1, 10)} as Record<string, Float64Array>,
    gradients: {loss: Float64Array.of(1)} as Record<string, Float64Array>,
  };
  expected.values.loss = Float64Array.of(softmaxCrossEntropy(labels, logits, 1, 10));
  expected.gradients[LOGITS] = softmaxCrossEntropyGradient(labels, logits, 1, 1, 10);
  expected.gradients.softmax = expected.values.softmax.map((p, k) => (k === label ? -1 / p : 0));
  for (const {name, op, input, weights, geometry, shape} of stationsOf(preset)) {
    const x = x64[input!];
    const dy = dy64[name];
    const [weight, bias] = weights.map(each => x64[each]);
    if (op === 'conv2d') {
      const {dx, dFilter, dBias} = conv2dGradients(x, weight, dy, geometry!);
      expected.values[name] = conv2d(x, weight, bias, geometry!);
      expected.gradients[input!] = dx;
      for (const [i, each] of weights.entries()) expected.gradients[each] = [dFilter, dBias][i];
    } else if (op === 'maxPool') {
      expected.values[name] = maxPool(x, geometry!);
      expected.gradients[input!] = maxPoolGradient(x, dy, geometry!);
    } else if (op === 'relu') {
      expected.values[name] = relu(x);
      expected.gradients[input!] = reluGradient(x, dy);
    } else if (op === 'dense') {
      const sizes = {B: 1, I: x.length, O: shape[0]};
      const {dx, dWeights, dBias} = denseGradients(x, weight, dy, sizes);
      expected.values[name] = dense(x, weight, bias, sizes);
      expected.gradients[input!] = dx;
      for (const [i, each] of weights.entries()) expected.gradients[each] = [dWeights, dBias][i];
    }
  }
  return expected;
}

/** The first and the last of each axis, and some between. */
function cellsOf(preset: Preset, count: number): Cell[] {
  const cells: Cell[] = [];
  for (const [of, shape] of Object.entries(shapesOf(preset)))
    for (const isGradient of [false, true]) {
      for (let corner = 0; corner < 2 ** shape.length; corner++) {
        const at = shape.map((size, axis) => ((corner >> axis) & 1) * (size - 1));
        cells.push({of, at, isGradient});
      }
      for (let i = 0; i < count; i++)
        cells.push({of, at: coordinatesOf(shape, random.below(sizeOf(shape))), isGradient});
    }
  return cells;
}

function operandsOf(reason: Reason): Operand[] {
  switch (reason.kind) {
    case 'given':
      return [];
    case 'sum':
      return reason.terms.flatMap(({factors}) => factors);
    case 'largest':
      return reason.candidates;
    case 'gate':
      return reason.dy ? [reason.input, reason.dy] : [reason.input];
    case 'routed':
      return reason.windows.map(({dy}) => dy);
    case 'share':
      return reason.parts.map(({logit}) => logit);
    default:
      return [reason.p];
  }
}

/** The number that the printed parts give. */
function printedOf({reason, value}: Explanation): number {
  switch (reason.kind) {
    case 'given':
      return value!;
    case 'sum': {
      const products = reason.terms.map(({factors}) =>
        factors.reduce((product, factor) => product * factor.value, 1),
      );
      return products.reduce((sum, product) => sum + product, 0);
    }
    case 'largest':
      return reason.candidates[reason.winner].value;
    case 'gate':
      return reason.isOpen ? (reason.dy ?? reason.input).value : 0;
    case 'routed':
      return reason.windows.reduce((sum, {dy, isHere}) => sum + (isHere ? dy.value : 0), 0);
    case 'share':
      return reason.parts[reason.mine].exp / reason.sum;
    case 'log':
      return -Math.log(reason.share);
    case 'difference':
      return reason.share - (reason.p.cell.at[0] === reason.label ? 1 : 0);
    case 'inverse':
      return reason.isLabel ? -1 / reason.share : 0;
  }
}

/** Half the distance of neighbours in float32, relative to the number. */
const ROUNDING = 2 ** -24;
/** The roundings of a sum have mixed signs and mostly cancel: 2.8 were the most among 10,000 cells. */
const SUM_ROUNDINGS = 6;

/**
 * How far a backend may be from the definition. In a sum of n products each term is rounded n times at most, in whatever order they
 * are added, by ROUNDING of what is there, which is at most Σ|terms|. The exps are off by the rounding of z = logit − largest, and a
 * backend's own exp, log and division add a few roundings.
 */
function boundOf({reason, definition}: Explanation, logits: Float32Array): number {
  const z = 2 * Math.max(...logits.map(Math.abs));
  const ofShare = (share: number) => share * (2 * z + 16) * ROUNDING;
  switch (reason.kind) {
    case 'sum': {
      const size = reason.terms.reduce((sum, {value}) => sum + Math.abs(value), 0);
      const products = reason.terms.filter(({factors}) => factors.length > 1).length;
      const roundings = reason.terms.length - 1 + Math.min(products, 1);
      return Math.min(roundings, SUM_ROUNDINGS) * ROUNDING * size;
    }
    case 'share':
      return ofShare(definition);
    case 'log':
      return (2 * z + 16) * ROUNDING;
    case 'difference':
      return ofShare(reason.share) + ROUNDING;
    case 'routed':
      return reason.windows.length * ROUNDING * Math.abs(definition);
    default:
      return 0;
  }
}

for (let i = 0; i < 16; i++) {
  test(`arithmetic: an explanation is the look's number and the definition's, look ${i}`, () => {
    const {title, look} = looks[i];
    const expected = definitionsOf(look);
    const shapes = shapesOf(look.preset);
    const numberAt = ({of, at, isGradient}: Cell) =>
      (isGradient ? look.gradients : look.values)[of]?.[indexOf(shapes[of], at)];
    for (const cell of cellsOf(look.preset, 20)) {
      const name = `${title}, ${cellText(cell)}`;
      const explanation = explain(look, cell);
      const {value, definition, reason, goesTo} = explanation;
      assert.equal(explanation.cell, cell);
      assert.is(value, numberAt(cell), name);
      const [of, index] = [cell.of, indexOf(shapes[cell.of], cell.at)];
      assert.is(
        definition,
        (cell.isGradient ? expected.gradients : expected.values)[of][index],
        name,
      );
      assert.is(printedOf(explanation), definition, name);
      for (const operand of operandsOf(reason))
        assert.is(operand.value, numberAt(operand.cell), name);
      if (value !== undefined) {
        const [difference, bound] = [
          Math.abs(value - definition),
          boundOf(explanation, look.values[LOGITS]),
        ];
        assert.ok(difference <= bound, `${name}: ${value}, not ${definition} ± ${bound}`);
      }
      if (reason.kind === 'routed')
        for (const {winner, dy, isHere} of reason.windows) {
          assert.is(isHere, cellText(winner) === cellText({...cell, isGradient: false}), name);
          assert.is(numberAt(winner), numberAt({...dy.cell, isGradient: false}), name);
        }
      assert.is(goesTo !== undefined, cell.isGradient && reluInput.test(cell.of), name);
      if (goesTo) {
        // The gradient of this cell alone arrives there, and nowhere else.
        const {geometry, input} = stationsOf(look.preset).find(({name}) => name === of)!;
        const one = new Float64Array(sizeOf(shapes[of]));
        one[index] = 1;
        const arrived = maxPoolGradient(Float64Array.from(look.values[input!]), one, geometry!);
        assert.equal([goesTo.of, goesTo.isGradient], [input, true]);
        assert.is(indexOf(shapes[input!], goesTo.at), arrived.indexOf(1), name);
      }
    }
  });
}

// ---- what the two networks don't have

async function lookWith(change: (weights: tf.Variable[]) => void): Promise<Look> {
  const {trainer} = await beginTrainer({...defaults(), backend: 'cpu', batchSize: 20});
  change(trainer.run!.network.variables);
  return (await trainer.answers.look(seven, 7))!;
}

test('arithmetic: logits for which exp overflows or vanishes', async () => {
  for (const offset of [2000, -2000]) {
    const look = await lookWith(weights => {
      weights[5].assign(tf.tensor1d(Array.from({length: 10}, (_, o) => offset + 30 * o)));
    });
    const logits = [...look.values[LOGITS]];
    const largest = Math.max(...logits);
    const sum = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    for (const [j, logit] of logits.entries()) {
      const {definition, reason} = explain(look, {of: 'softmax', at: [j], isGradient: false});
      assert.is(definition, Math.exp(logit - largest) / sum);
      assert.ok(reason.kind === 'share' && reason.shift === largest);
      const {definition: dlogit} = explain(look, {of: LOGITS, at: [j], isGradient: true});
      assert.is(dlogit, definition - (j === look.label ? 1 : 0));
    }
    const {value, definition} = explain(look, {of: 'loss', at: [], isGradient: false});
    const stable = Math.log(sum) - (logits[7] - largest);
    assert.ok(Math.abs(definition - stable) < 1e-12 * stable);
    assert.ok(Math.abs(value! - definition) < 1e-5 * definition);
  }
});

test('arithmetic: a loss whose p is 0 even in float64', async () => {
  const look = await lookWith(weights => {
    weights[5].assign(tf.tensor1d([600, 0, 0, 0, 0, 0, 0, -600, 0, 0]));
  });
  const {value, definition, reason} = explain(look, {of: 'loss', at: [], isGradient: false});
  assert.ok(reason.kind === 'log' && reason.share === 0);
  assert.ok(definition > 1000 && Math.abs(value! - definition) < 1e-3, `${value}, ${definition}`);
});

test('arithmetic: a network that has diverged is explained as far as it has numbers', async () => {
  for (const bad of [Number.NaN, Infinity, -Infinity]) {
    const look = await lookWith(weights => {
      weights[0].assign(tf.fill(weights[0].shape, bad));
      if (bad === Infinity) weights[5].assign(tf.fill([10], 1e30));
    });
    for (const cell of cellsOf(look.preset, 10)) {
      const {value, definition} = explain(look, cell);
      assert.type(definition, 'number');
      if (cell.of === 'pool1' && !cell.isGradient) assert.ok(Object.is(value, definition));
      const weight = {...cell, of: 'dense.bias', at: [3]};
      if (cell.of === 'loss') assert.type(nudge(look, weight).quotient, 'number');
    }
  }
});

/** Windows that overlap, lie apart, and reach into the padding on every side but the right. */
const geometry: Conv2DGeometry = {
  ...{B: 1, H: 9, W: 8, C: 2, K: 3, kH: 3, kW: 2, sH: 2, sW: 1, dilH: 2, dilW: 3},
  ...{padT: 1, padB: 1, padL: 2, padR: 0, yH: 4, yW: 7},
};

/** @param strays some elements of x are these */
function stationWith(op: 'conv2d' | 'maxPool', g: Conv2DGeometry, strays: number[] = []) {
  const {H, W, C, kH, kW, K, yH, yW} = g;
  const shapes = {x: [H, W, C], y: [yH, yW, K], filter: [kH, kW, C, K], bias: [K]};
  const draw = () =>
    Object.fromEntries(
      // Few different numbers, so that a window has several maxima.
      Object.entries(shapes).map(([name, shape]) => [
        name,
        Float32Array.from({length: sizeOf(shape)}, () => random.below(4) - 1.5),
      ]),
    );
  const look = {values: draw(), gradients: draw()};
  for (const stray of strays) look.values.x[random.below(look.values.x.length)] = stray;
  const station = {name: 'y', op, shape: shapes.y, input: 'x', weights: ['filter', 'bias']};
  const [x, filter, bias] = ['x', 'filter', 'bias'].map(name =>
    Float64Array.from(look.values[name]),
  );
  const dy = Float64Array.from(look.gradients.y);
  return {
    shapes,
    numbers: new Numbers(look, shapes),
    station: {...station, geometry: g} as Required<Station>,
    ...{x, filter, bias, dy},
  };
}

/** Compares each element. */
function assertAll(shape: number[], expected: Float64Array, actual: (at: number[]) => Result) {
  assert.is(expected.length, sizeOf(shape));
  for (const [i, each] of expected.entries()) {
    const at = coordinatesOf(shape, i);
    const {definition} = actual(at);
    assert.ok(definition === each || Object.is(definition, each), `${at}: ${definition}, ${each}`);
  }
}

test('arithmetic: conv2d with strides, dilations and uneven padding', () => {
  const {shapes, numbers, station, x, filter, bias, dy} = stationWith('conv2d', geometry);
  const {dx, dFilter, dBias} = conv2dGradients(x, filter, dy, geometry);
  const y = conv2d(x, filter, bias, geometry);
  assertAll(shapes.y, y, at => convolution.conv2d(numbers, station, at));
  assertAll(shapes.x, dx, at => convolution.conv2dInputGradient(numbers, station, at));
  assertAll(shapes.filter, dFilter, at => convolution.conv2dFilterGradient(numbers, station, at));
  assertAll(shapes.bias, dBias, at => convolution.conv2dBiasGradient(numbers, station, at));
});

test('arithmetic: maxPool with windows that overlap, padding and several maxima and NaN', () => {
  const g = {...geometry, K: 2, dilH: 1, dilW: 1, padB: 0, padL: 1, yW: 8};
  const {shapes, numbers, station, x, dy} = stationWith('maxPool', g, [
    Number.NaN,
    Number.NaN,
    Infinity,
    -Infinity,
  ]);
  assertAll(shapes.y, maxPool(x, g), at => pool.maxPool(numbers, station, at));
  const dx = maxPoolGradient(x, dy, g);
  assertAll(shapes.x, dx, at => pool.maxPoolGradient(numbers, station, at));
  const shared = [...dx.keys()].filter(i => {
    const {reason} = pool.maxPoolGradient(numbers, station, coordinatesOf(shapes.x, i));
    return reason.kind === 'routed' && reason.windows.filter(({isHere}) => isHere).length > 1;
  });
  assert.ok(shared.length > 0, 'a cell that wins several windows');
});

// ---- the nudge, the update and the ULP

/** The quotient's error: relative to the gradient, by the loss's rounding, and by its curvature. */
const RELATIVE = 1e-4;
const LOSS_ROUNDING = 1e-14;
const CURVATURE = 1e-9;
const epsilons = new Set<number>();

for (let i = 0; i < 16; i++) {
  test(`arithmetic: the nudge's quotient is the gradient, look ${i}`, () => {
    const {title, look} = looks[i];
    for (const [of, shape] of Object.entries(weightShapes[look.preset]))
      for (let n = 0; n < 6; n++) {
        const cell = {of, at: coordinatesOf(shape, random.below(sizeOf(shape))), isGradient: false};
        const {epsilon, below, above, quotient, gradient, isKinked} = nudge(look, cell);
        const name = `${title}, ${cellText(cell)}, epsilon ${epsilon}`;
        assert.is(quotient, (above - below) / (2 * epsilon), name);
        const ofLook = look.gradients[of][indexOf(shape, cell.at)];
        const size = Math.max(...look.gradients[of].map(Math.abs));
        assert.ok(Math.abs(gradient - ofLook) <= 1e-4 * size, `${name}: ${gradient}, ${ofLook}`);
        if (isKinked) {
          // Under blank paper a fresh bias of 0 stands right where relu bends.
          assert.equal([epsilon, look.values[of][indexOf(shape, cell.at)]], [1e-8, 0], name);
          continue;
        }
        epsilons.add(epsilon);
        const bound = RELATIVE * Math.abs(gradient) + LOSS_ROUNDING / epsilon + CURVATURE;
        assert.ok(Math.abs(quotient - gradient) <= bound, `${name}: ${quotient}, not ${gradient}`);
      }
  });
}

test('arithmetic: the nudge shrinks where a kink is near', () => {
  assert.ok(epsilons.has(1e-4) && epsilons.size > 1, `${[...epsilons]}`);
});

test('arithmetic: the update is the step of the recipe’s optimizer on a batch of the one image, bit for bit', async () => {
  for (const backend of ['simd', 'cpu'] as const)
    for (const preset of presets)
      for (const recipe of ['sgd', 'fast'] as const) {
        const sizes = {batchSize: 20, batches: 3, learningRate: 0.1};
        const settings = {...defaults({preset}), backend, recipe, ...sizes};
        const {trainer, until} = await beginTrainer(settings);
        await until('paused', () => trainer.train(3, true)); // after it there are velocities
        const look = (await trainer.answers.look(seven, 2))!;
        const {network} = trainer.run!;
        const {velocities} = await trainer.answers.save();
        const optimizer = await createOptimizer(recipe, network, velocities);
        optimizer.setLearningRate(rateAt(recipe, 0.1, 2, 3));
        tf.tidy(() => {
          const xs = tf.tensor2d(
            Float32Array.from(seven, pixel => pixel / 255),
            [1, 784],
          );
          const labels = tf.cast(tf.oneHot([2], 10), 'float32') as tf.Tensor2D;
          optimizer.minimize(
            () => softmaxCrossEntropyOp(labels, network.forward(xs)),
            false,
            network.variables,
          );
        });
        optimizer.dispose();
        const isFast = recipe === 'fast';
        for (const [v, [of, shape]] of Object.entries(weightShapes[preset]).entries()) {
          const stepped = network.variables[v].dataSync();
          for (let i = 0; i < stepped.length; i++) {
            const cell = {of, at: coordinatesOf(shape, i), isGradient: i % 2 === 0};
            const {before, learningRate, velocity, gradient, after} = update(look, cell);
            assert.is(velocity, isFast ? velocities[v][i] : undefined);
            // Optimizers round to float32 after each operation: the rate when it is set, products, sums.
            const kept = Math.fround(Math.fround(0.9) * (velocity ?? 0));
            const descent = isFast ? Math.fround(kept + gradient) : gradient;
            const product = Math.fround(Math.fround(-learningRate) * descent);
            const rounded = Math.fround(product + before);
            assert.is(rounded, stepped[i], `${backend}, ${preset}, ${recipe}, ${cellText(cell)}`);
            assert.is(after, before - learningRate * (0.9 * (velocity ?? 0) + gradient));
          }
        }
      }
});

test('arithmetic: ULP count the float32 neighbours of the definition', () => {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  const next = (x: number) => {
    float[0] = x;
    bits[0]++;
    return float[0];
  };
  for (const x of [1, 1.5, 2, 0.75, 3e-5, 1e30, 2 ** -126, 2 ** -149, 1.1754942e-38, 0]) {
    const value = Math.fround(x);
    assert.is(ulps(next(value), value), 1, `${x}`);
    assert.is(ulps(-next(value), -value), -1, `−${x}`);
    assert.is(ulps(value, value), 0);
  }
  assert.is(ulps(1, 1 + 2 ** -25), -0.25);
  assert.is(ulps(1, 1 - 2 ** -30), 2 ** -6); // below 1 the neighbours are closer
  assert.is(ulps(-0, 0), 0);
  assert.is(ulps(Number.NaN, Number.NaN), 0);
  assert.is(ulps(Infinity, Infinity), 0);
  assert.is(ulps(Infinity, 1), Infinity);
  assert.ok(Number.isNaN(ulps(Number.NaN, 1)));
});

test.after(endTrainers);
test.run();
