// What ONNX's node tests consist of: a model.onnx, and tensors in .pb files. Their numbers may be whole, which weights never are.
// Source: onnx/onnx.proto3, for the numbers of the fields.
import {floats, type Node, readModel as readAnyModel} from '../../src/weights/onnx_file.ts';
import {integers, type Message, readMessage} from '../../src/weights/protobuf.ts';
import type {Tensor} from './sample.ts';

export type {Node} from '../../src/weights/onnx_file.ts';

export interface Model {
  nodes: Node[];
  /** Of the graph: what the .pb files give, in order. */
  inputs: string[];
  /** Weights that the model carries. */
  initializers: Map<string, Tensor>;
}

/** @throws Error in one sentence if the bytes are no ModelProto */
export function readModel(bytes: Uint8Array): Model {
  const {nodes, inputs, initializers} = readAnyModel(bytes);
  const tensors = [...initializers].map(([name, proto]): [string, Tensor] => [
    name,
    tensorOf(proto),
  ]);
  return {nodes, inputs, initializers: new Map(tensors)};
}

/** @throws Error in one sentence if the bytes are no TensorProto */
export function readTensor(bytes: Uint8Array): Tensor {
  return tensorOf(readMessage(bytes));
}

/** TensorProto.DataType, and how raw_data holds it. Others are told by their number alone. */
const dataTypes = new Map([
  [1, {dtype: 'float32', Values: Float32Array}],
  [2, {dtype: 'uint8', Values: Uint8Array}],
  [7, {dtype: 'int64', Values: BigInt64Array}],
]);

function tensorOf(message: Message): Tensor {
  const shape = integers(message, 1);
  const [type] = integers(message, 2);
  const {dtype, Values} = dataTypes.get(type) ?? {};
  if (!dtype || !Values) return {shape, values: [], dtype: `ONNX's data type ${type}`};
  const [raw] = message.get(9) ?? [];
  const values =
    raw instanceof Uint8Array
      ? Array.from<number | bigint, number>(new Values(Uint8Array.from(raw).buffer), Number)
      : [...floats(message, 4), ...integers(message, 5), ...integers(message, 7)];
  const expected = shape.reduce((product, n) => product * n, 1);
  if (values.length !== expected) {
    throw new Error(`tensor: expected ${expected} values of [${shape}], found ${values.length}`);
  }
  return {shape, values, dtype};
}
