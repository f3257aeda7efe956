// The witnesses: independent computations to compare an op with. None shares code with the kernel under test.
//   1  a tiny case with its arithmetic written out     in each op's own test file
//   2  small integers: the definition's result exactly
//   3  tf.layers with the same weights: output and every gradient
//   4  float64 central differences of the definition: every gradient, of the backends and of the float64 kernels
//   5  the adjoint identity ⟨f(x), dy⟩ = ⟨x, dx⟩ of linear ops, exact on integers
//   6  random shapes (fast-check), by witness 2
//   7  ten SGD steps beside Layers                     in training.test.ts
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {type Input, type OpCase, type Result, sizeOf} from '../bench/cases/case.ts';
import {
  EXACT,
  expectClose,
  FLOAT64,
  GRADCHECK,
  sumTolerance,
  type Tolerance,
  type Values,
  valuesOf,
} from '../bench/cases/compare.ts';
import {Random} from '../src/random.ts';
import {type Backend, onBackend, randomRuns, testOnBackends} from './backends.ts';

/** Registers the witnesses 2 to 4 of each case as tests, one for each backend. */
export function testCases(cases: OpCase[]): void {
  for (const opCase of cases) {
    const {title} = opCase;
    if (!opCase.isRounded) {
      testOnBackends(`${title}: exact on integers`, backend =>
        asDefinedOnIntegers(opCase, backend),
      );
    }
    if (opCase.layers) {
      testOnBackends(`${title}: as tf.layers`, backend => asLayers(opCase, backend));
    }
    testOnBackends(`${title}: as float64 differences`, backend => asDifferences(opCase, backend));
    if (opCase.float64) {
      test(`${title}: float64 kernels as float64 differences`, () =>
        asDifferences(opCase, 'float64'));
    }
  }
}

/** Registers witness 5, for ops that are linear in x and in the filter or weights, apart from the bias. */
export function testAdjoint(cases: OpCase[]): void {
  for (const opCase of cases) {
    testOnBackends(`${opCase.title}: adjoint`, backend => adjoint(opCase, backend));
  }
}

/** Registers witness 6: cases of random shapes are exact on integers. */
export function testRandomShapes<Spec>(
  op: string,
  anySpec: fc.Arbitrary<Spec>,
  caseOf: (spec: Spec) => OpCase,
  {numRuns = 150, drawUpstream = integers} = {},
): void {
  const where = drawUpstream === integers ? 'on integers' : 'where most of dy is 0';
  testOnBackends(`${op}: random shapes, exact ${where}`, backend => {
    const property = fc.property(anySpec, spec =>
      asDefinedOnIntegers(caseOf(spec), backend, drawUpstream),
    );
    fc.assert(property, {numRuns: randomRuns(backend, numRuns)});
  });
}

/** Witness 2: output and gradients equal the definition's, exactly unless the op rounds. */
export function asDefinedOnIntegers(
  opCase: OpCase,
  backend: Backend,
  drawUpstream = integers,
  drawInput = integers,
): void {
  const {inputs, dy} = draw(opCase, drawInput, drawUpstream);
  const y = opCase.definition(inputs);
  const gradients = opCase.definitionGradients(inputs, dy);
  const tolerance = opCase.isRounded ? sumTolerance(4 * Math.max(...opCase.terms)) : EXACT;
  expectResult(opCase, evaluate(opCase, backend, inputs, dy), {y, gradients}, tolerance);
}

/** Witness 3. Layers' side is computed once, on the stock `cpu` kernels, for all backends. */
function asLayers(opCase: OpCase, backend: Backend): void {
  const {inputs, dy} = draw(opCase, smooth(opCase));
  let expected = layersResults.get(opCase);
  if (!expected) {
    tf.setBackend('cpu');
    expected = tf.tidy(() => {
      const upstream = tf.tensor(Float32Array.from(dy), opCase.outputShape);
      const {y, gradients} = opCase.layers!(tensors(opCase, inputs), upstream);
      return {y: float32(y), gradients: gradients.map(float32)};
    });
    layersResults.set(opCase, expected);
  }
  const tolerance = sumTolerance(Math.max(...opCase.terms));
  expectResult(opCase, evaluate(opCase, backend, inputs, dy), expected, tolerance);
}

const layersResults = new Map<OpCase, Result<Float32Array>>();

/**
 * Witness 4: (f(x + ε) − f(x − ε)) / 2ε for each element of a small input. For a large input: along random directions, in which
 * every element changes.
 */
function asDifferences(opCase: OpCase, backend: Backend | 'float64'): void {
  const {inputs, dy} = draw(opCase, smooth(opCase));
  const actual =
    backend === 'float64' ? opCase.float64!(inputs, dy) : evaluate(opCase, backend, inputs, dy);
  const y = opCase.definition(inputs);
  expectResult(opCase, actual, {y, gradients: []}, sumTolerance(Math.max(...opCase.terms)));
  if (backend === 'float64') {
    const gradients = opCase.definitionGradients(inputs, dy);
    expectResult(opCase, actual, {y, gradients}, FLOAT64);
  }

  const random = new Random(4);
  opCase.inputs.forEach(({name, shape}, i) => {
    const size = sizeOf(shape);
    const small = size <= 200;
    for (let trial = 0; trial < (small ? size : 3); trial++) {
      const direction = inputs[i].map((_, at) => (small ? Number(at === trial) : random.normal()));
      const epsilon = 1e-6;
      const loss = (step: number) => {
        const moved = inputs[i].map((value, at) => value + step * direction[at]);
        return dot(opCase.definition(inputs.with(i, moved)), dy);
      };
      const difference = (loss(epsilon) - loss(-epsilon)) / (2 * epsilon);
      const slope = dot(actual.gradients[i], direction);
      const what = `slope of ${name} [${shape}], ${small ? 'element' : 'direction'} ${trial}`;
      expectClose(what, scalar(slope), scalar(difference), GRADCHECK);
    }
  });
}

/** Witness 5: ⟨f(x), dy⟩ without the bias's part equals ⟨x, dx⟩, and ⟨filter, dFilter⟩ if there is a filter. */
function adjoint(opCase: OpCase, backend: Backend): void {
  const {inputs, dy} = draw(opCase, integers);
  const {y, gradients} = evaluate(opCase, backend, inputs, dy);
  const biased = inputs.length === 3 ? dot(inputs[2], gradients[2]) : 0;
  for (const [i, {name}] of opCase.inputs.slice(0, 2).entries()) {
    const [xdx, ydy] = [dot(inputs[i], gradients[i]), dot(y, dy) - biased];
    expectClose(`⟨y, dy⟩ and ⟨${name}, d${name}⟩`, scalar(xdx), scalar(ydy), EXACT);
  }
}

/** Output and gradients of the op on a backend. Throws if a call with or without a tape leaves a tensor behind. */
export function evaluate(
  opCase: OpCase,
  backend: Backend,
  inputs: Float64Array[],
  dy: Float64Array,
): Result<Float32Array> {
  return onBackend(backend, () => {
    const all = tensors(opCase, inputs);
    const varying = all.slice(0, opCase.inputs.length);
    const constants = all.slice(opCase.inputs.length);
    const upstream = tf.tensor(Float32Array.from(dy), opCase.outputShape);
    const untaped = opCase.run(all);
    const run = (...inputs: tf.Tensor[]) => opCase.run([...inputs, ...constants]);
    const {value, grads} = tf.valueAndGrads(run)(varying, upstream);
    expectTensor('y', value, opCase.outputShape);
    grads.forEach((gradient, i) => {
      expectTensor(`d${opCase.inputs[i].name}`, gradient, opCase.inputs[i].shape);
    });
    expectClose('y without a tape', valuesOf(untaped), valuesOf(value), EXACT);
    const result = {y: float32(value), gradients: grads.map(float32)};
    tf.dispose([all, upstream, untaped, value, grads]);
    return result;
  });
}

function expectTensor(what: string, {shape, dtype}: tf.Tensor, expected: number[]): void {
  assert.equal({shape, dtype}, {shape: expected, dtype: 'float32'}, what);
}

function expectResult(
  opCase: OpCase,
  actual: Result<ArrayLike<number>>,
  expected: Result<ArrayLike<number>>,
  tolerance: Tolerance,
): void {
  const shape = opCase.outputShape;
  expectClose('y', {shape, values: actual.y}, {shape, values: expected.y}, tolerance);
  expected.gradients.slice(0, opCase.inputs.length).forEach((values, i) => {
    const {name, shape} = opCase.inputs[i];
    expectClose(`d${name}`, {shape, values: actual.gradients[i]}, {shape, values}, tolerance);
  });
}

export type Draw = (input: Input, random: Random) => Float64Array;

const drawEach =
  (number: (random: Random) => number): Draw =>
  ({shape}, random) =>
    Float64Array.from({length: sizeOf(shape)}, () => number(random));

/** From −3 to 3: float32 rounds no product and no sum of products. Ties are frequent. */
export const integers = drawEach(random => random.below(7) - 3);

/** The same, but most are 0, as in a gradient that comes through a max-pool and a relu. */
export const fewIntegers = drawEach(random => (random.below(8) > 0 ? 0 : random.below(7) - 3));

/** The same, but one in sixteen isn't finite. */
export const spoiltIntegers = drawEach(random =>
  random.below(16) > 0 ? random.below(7) - 3 : [Infinity, -Infinity, NaN][random.below(3)],
);

/** Most are 0, and one in four of the others is infinite. */
export const fewSpoiltIntegers = drawEach(random => {
  if (random.below(8) > 0) return 0;
  return random.below(4) > 0 ? random.below(7) - 3 : Infinity;
});

const normals = drawEach(random => random.normal());

const smooth = (opCase: OpCase): Draw => opCase.smooth?.bind(opCase) ?? normals;

/** Inputs, constants and a random upstream gradient, all rounded to float32. */
function draw(
  opCase: OpCase,
  drawInput: Draw,
  drawUpstream = drawInput === integers ? integers : normals,
): {inputs: Float64Array[]; dy: Float64Array} {
  const random = new Random(1, opCase.title);
  const inputs = allInputs(opCase).map(input => drawInput(input, random).map(Math.fround));
  const dy = drawUpstream({name: 'dy', shape: opCase.outputShape}, random);
  return {inputs, dy: dy.map(Math.fround)};
}

const allInputs = ({inputs, constants = []}: OpCase): Input[] => [...inputs, ...constants];

const tensors = (opCase: OpCase, values: Float64Array[]): tf.Tensor[] =>
  allInputs(opCase).map(({shape}, i) => tf.tensor(Float32Array.from(values[i]), shape));

const float32 = (tensor: tf.Tensor): Float32Array => tensor.dataSync() as Float32Array;

const scalar = (value: number): Values => ({shape: [], values: [value]});

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};
