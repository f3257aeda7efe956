// PyTorch's own sample inputs, forward and backward, as opinfo.py writes them: which calls of ours they are.
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
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

/** Debian's packages belong to its own Python, which need not be the first on the path. */
const pythons = ['python3', '/usr/bin/python3'];

type Value = Tensor | number | number[] | string | boolean | null;

interface Call {
  op: string;
  args: Value[];
  kwargs: Record<string, Value | undefined>;
  y: Tensor;
}

/**
 * Undefined where no Python has PyTorch.
 *
 * @throws Error if the script fails
 */
export function opinfoTests(): Test[] | undefined {
  const python = pythons.find(each => spawnSync(each, ['-c', 'import torch']).status === 0);
  if (!python) return undefined;
  const script = fileURLToPath(new URL('../../test/conformance/opinfo.py', import.meta.url)); // from dist/conformance
  const {status, stdout, stderr} = spawnSync(python, ['-W', 'ignore', script], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) {
    throw new Error(`opinfo.py: expected its samples, found ${stderr.trim().split('\n').at(-1)}`);
  }
  const calls = stdout.trim().split('\n');
  return calls.map((line, i) => {
    const {op, args, kwargs, y}: Call = JSON.parse(line);
    const named = Object.entries(kwargs).map(([name, value]) => `${name}=${text(value)}`);
    return {
      name: `${op} ${i}: ${[...args.map(text), ...named].join(' ')}`,
      sample: () => adapters[op](args as Tensor[], kwargs, y),
    };
  });
}

const text = (value: Value | undefined): string =>
  isTensor(value) ? `[${value.shape}]` : JSON.stringify(value);

const isTensor = (value: Value | undefined): value is Tensor =>
  typeof value === 'object' && value !== null && 'values' in value;

/** PyTorch takes one number for rows and columns alike. */
const pair = (value: Value | undefined): number[] | undefined =>
  typeof value === 'number' ? [value, value] : Array.isArray(value) ? value : undefined;

/** In ONNX's words. 'same' is SAME_UPPER where the stride is 1, and PyTorch has it only there. */
function placementOf({stride, dilation, groups, padding, ceil_mode}: Call['kwargs']): Placement {
  const [rows, columns] = pair(padding) ?? [0, 0];
  return {
    strides: pair(stride),
    dilations: pair(dilation),
    pads: [rows, columns, rows, columns],
    auto_pad: padding === 'same' ? 'SAME_UPPER' : undefined,
    ceil_mode: Number(ceil_mode ?? 0),
    group: groups as number | undefined,
  };
}

const adapters: Record<string, (args: Tensor[], kwargs: Call['kwargs'], y: Tensor) => Sample> = {
  conv2d: ([x, filter, bias], kwargs, y) => conv2dSample(x, filter, bias, placementOf(kwargs), y),
  max_pool2d: ([x], kwargs, y) => {
    const window = pair(kwargs.kernel_size)!;
    const placement = placementOf({...kwargs, stride: kwargs.stride ?? window});
    return maxPoolSample(x, window, placement, kwargs.return_indices as boolean, y);
  },
  relu: ([x], _, y) => reluSample(x, y),
  linear: ([x, weights, bias], _, y) => denseSample(x, transpose(weights, 1, 0), bias, y),
  softmax: ([x, axis], _, y) => softmaxSample(x, axis as unknown as number, y),
  cross_entropy: ([logits, targets], kwargs, y) => {
    if (kwargs.label_smoothing) refuse('softmaxCrossEntropy: smoothed labels');
    return lossSample(logits, targets, kwargs as LossOptions, y);
  },
};
