// Reads what ONNX's node tests consist of: a model.onnx, and tensors in .pb files. Both are protocol buffers: a message is a row of
// fields, each a varint key (the field's number · 8 + its wire type) and a value. Written by hand, as it takes these few lines and
// the packages that read ONNX bring a whole protocol-buffer runtime and a generated schema.
// Sources: protobuf.dev/programming-guides/encoding; onnx/onnx.proto3 for the numbers of the fields.
import type {Tensor} from './sample.ts';

export interface Node {
  op: string;
  /** Names of tensors; '' for an optional one that is absent. */
  inputs: string[];
  outputs: string[];
  attributes: Record<string, number | number[] | string | undefined>;
}

export interface Model {
  nodes: Node[];
  /** Of the graph: what the .pb files give, in order. */
  inputs: string[];
  /** Weights that the model carries. */
  initializers: Map<string, Tensor>;
}

/** By the field's number, in order: varints as numbers, everything else as bytes. */
type Message = Map<number, (number | Uint8Array)[]>;

/** How many bytes follow a key of each wire type; a varint (0) and a length (2) say so themselves. */
const sizes: Record<number, number> = {1: 8, 5: 4};

function readMessage(bytes: Uint8Array): Message {
  const message: Message = new Map();
  for (let at = 0; at < bytes.length; ) {
    const key = readVarint(bytes, at);
    at = key.end;
    const wireType = key.value & 7;
    let value: number | Uint8Array;
    if (wireType === 0) {
      ({value, end: at} = readVarint(bytes, at));
    } else {
      let size = sizes[wireType];
      if (wireType === 2) ({value: size, end: at} = readVarint(bytes, at));
      if (!(at + size <= bytes.length)) {
        throw new Error(`protobuf: expected a field of wire type ${wireType}, found the end`);
      }
      value = bytes.subarray(at, at + size);
      at += size;
    }
    const field = (key.value - wireType) / 8;
    message.set(field, [...(message.get(field) ?? []), value]);
  }
  return message;
}

/** Seven bits a byte, the lowest first. Negative numbers are 64 bits in two's complement. */
function readVarint(bytes: Uint8Array, at: number): {value: number; end: number} {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    if (at >= bytes.length) throw new Error('protobuf: expected a varint, found the end');
    const byte = bytes[at++];
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return {value: Number(BigInt.asIntN(64, value)), end: at};
  }
}

const messages = (message: Message, field: number): Message[] =>
  (message.get(field) ?? []).map(value => readMessage(value as Uint8Array));

const texts = (message: Message, field: number): string[] =>
  (message.get(field) ?? []).map(value => new TextDecoder().decode(value as Uint8Array));

/** Of a repeated field, one value a field or packed, many in one. */
function integers(message: Message, field: number): number[] {
  return (message.get(field) ?? []).flatMap(value => {
    if (typeof value === 'number') return value;
    const unpacked: number[] = [];
    for (let at = 0; at < value.length; ) {
      const {value: each, end} = readVarint(value, at);
      unpacked.push(each);
      at = end;
    }
    return unpacked;
  });
}

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function floats(message: Message, field: number): number[] {
  return (message.get(field) ?? []).flatMap(value => {
    const view = viewOf(value as Uint8Array);
    return Array.from({length: view.byteLength / 4}, (_, i) => view.getFloat32(4 * i, true));
  });
}

/** TensorProto.DataType, and how raw_data holds it. Others are told by their number alone. */
const dataTypes = new Map([
  [1, {dtype: 'float32', Values: Float32Array}],
  [2, {dtype: 'uint8', Values: Uint8Array}],
  [7, {dtype: 'int64', Values: BigInt64Array}],
]);

/** @throws Error in one sentence if the bytes are no TensorProto */
export function readTensor(bytes: Uint8Array): Tensor {
  return tensorOf(readMessage(bytes));
}

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

/** @throws Error in one sentence if the bytes are no ModelProto */
export function readModel(bytes: Uint8Array): Model {
  const [graph] = messages(readMessage(bytes), 7);
  if (!graph) throw new Error('model: expected a graph, found none');
  const initializers = new Map(
    messages(graph, 5).map(message => [texts(message, 8)[0], tensorOf(message)]),
  );
  return {
    nodes: messages(graph, 1).map(node => ({
      op: texts(node, 4)[0],
      inputs: texts(node, 1),
      outputs: texts(node, 2),
      attributes: Object.fromEntries(messages(node, 5).map(readAttribute)),
    })),
    inputs: messages(graph, 11)
      .map(input => texts(input, 1)[0])
      .filter(name => !initializers.has(name)),
    initializers,
  };
}

/** AttributeProto: its name, and the value in the field of its type. A type that no node of ours has is undefined. */
function readAttribute(attribute: Message): [string, number | number[] | string | undefined] {
  const [name] = texts(attribute, 1);
  const values: Record<number, () => number | number[] | string> = {
    1: () => floats(attribute, 2)[0],
    2: () => integers(attribute, 3)[0] ?? 0,
    3: () => texts(attribute, 4)[0],
    6: () => floats(attribute, 7),
    7: () => integers(attribute, 8),
  };
  return [name, values[integers(attribute, 20)[0]]?.()];
}
