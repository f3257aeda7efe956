// ONNX's node tests: a model of one node, its inputs and its outputs, forward only. Debian has them in libonnx-testdata, and pip's
// onnx in onnx/backend/test/data. Only the models whose one node is an op of ours are taken: those named _expanded spell such a node out
// in simpler ones.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type Model, type Node, readModel, readTensor} from './onnx_file.ts';
import {
  conv2dSample,
  denseSample,
  type LossOptions,
  lossSample,
  maxPoolSample,
  type Placement,
  refuse,
  reluSample,
  type Sample,
  softmaxSample,
  type Tensor,
  type Test,
  transpose,
} from './sample.ts';

export const onnxFolder = '/usr/share/libonnx-testdata/data';

/** Undefined where there are none. */
export function onnxTests(folder: string): Test[] | undefined {
  const tests = ['node', 'pytorch-converted', 'pytorch-operator', 'simple']
    .filter(group => existsSync(join(folder, group)))
    .flatMap(group => readdirSync(join(folder, group)).map(name => join(group, name)))
    .filter(name => existsSync(join(folder, name, 'model.onnx')))
    .map(name => ({name, model: read(join(folder, name, 'model.onnx'), readModel)}))
    .filter(({model: {nodes}}) => nodes.length === 1 && Object.hasOwn(adapters, nodes[0].op))
    .map(({name, model}) => ({name, sample: () => sampleOf(join(folder, name), model)}));
  return tests.length > 0 ? tests : undefined;
}

function read<T>(file: string, parse: (bytes: Uint8Array) => T): T {
  try {
    return parse(readFileSync(file));
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}

function sampleOf(path: string, {nodes: [node], inputs, initializers}: Model): Sample {
  const tensor = (name: string) => read(join(path, 'test_data_set_0', `${name}.pb`), readTensor);
  const given = new Map(inputs.map((name, i) => [name, tensor(`input_${i}`)]));
  const operands = node.inputs.map(name => given.get(name) ?? initializers.get(name)!);
  return adapters[node.op](operands, node, tensor('output_0'));
}

type Adapter = (operands: Tensor[], node: Node, y: Tensor) => Sample;

const adapters: Record<string, Adapter> = {
  Conv: ([x, filter, bias], {attributes}, y) =>
    conv2dSample(x, filter, bias, attributes as Placement, y),
  MaxPool: ([x], {attributes, outputs}, y) => {
    const window = attributes.kernel_shape as number[];
    return maxPoolSample(x, window, attributes as Placement, outputs.length > 1, y);
  },
  Relu: ([x], _, y) => reluSample(x, y),
  Gemm: ([a, b, c], {attributes: {alpha = 1, beta = 1, transA, transB}}, y) => {
    if (alpha !== 1 || beta !== 1) refuse('dense: factors of the product and of the bias');
    const turned = (matrix: Tensor, by: unknown) => (by ? transpose(matrix, 1, 0) : matrix);
    return denseSample(turned(a, transA), turned(b, transB), c, y);
  },
  MatMul: ([a, b], _, y) => denseSample(a, b, undefined, y),
  // Before opset 13 the axes after this one took part too; in those models it is the last.
  Softmax: ([logits], {attributes: {axis = -1}}, y) => softmaxSample(logits, axis as number, y),
  SoftmaxCrossEntropyLoss: ([logits, classes, weight], {attributes, outputs}, y) => {
    if (outputs.length > 1) refuse('softmaxCrossEntropy: log-probabilities as a second output');
    return lossSample(logits, classes, {...(attributes as LossOptions), weight}, y);
  },
  Momentum: () => refuse('optimizers: training takes TensorFlow.js’s plain SGD, and ONNX has none'),
};
