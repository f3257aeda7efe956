// What an ONNX file consists of, as far as weights and ONNX's own tests need it.
// Source: onnx/onnx.proto3, for the numbers of the fields.
import {chunks, integers, type Message, messages, readMessage, texts} from './protobuf.ts';
import {WeightsError} from './weights_error.ts';

type Value = number | number[] | string | undefined;

export interface Node {
  op: string;
  /** Names of tensors; '' for an optional one that is absent. */
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Value>;
}

export interface Model {
  nodes: Node[];
  /** Of the graph, without its initializers. */
  inputs: string[];
  /** Tensors that the model carries, as TensorProto. */
  initializers: Map<string, Message>;
  metadata: Record<string, string>;
}

/** @throws WeightsError if the bytes are no ModelProto */
export function readModel(bytes: Uint8Array): Model {
  const model = readMessage(bytes);
  const [graph] = messages(model, 7);
  if (!graph) throw new WeightsError('fileGraph');
  const named = messages(graph, 5).map((tensor): [string, Message] => [
    texts(tensor, 8)[0],
    tensor,
  ]);
  const nodes = messages(graph, 1);
  const initializers = new Map([...named, ...nodes.flatMap(constantOf)]);
  return {
    nodes: nodes.map(node => ({
      op: texts(node, 4)[0],
      inputs: texts(node, 1),
      outputs: texts(node, 2),
      attributes: Object.fromEntries(messages(node, 5).map(readAttribute)),
    })),
    inputs: messages(graph, 11)
      .map(input => texts(input, 1)[0])
      .filter(name => !initializers.has(name)),
    initializers,
    metadata: Object.fromEntries(messages(model, 14).map(pairOf)),
  };
}

/** StringStringEntryProto */
export const pairOf = (entry: Message): [string, string] => [
  texts(entry, 1)[0] ?? '',
  texts(entry, 2)[0] ?? '',
];

/** The tensor of a node Constant. */
function constantOf(node: Message): [string, Message][] {
  if (texts(node, 4)[0] !== 'Constant') return [];
  const tensors = messages(node, 5).flatMap(attribute => messages(attribute, 5));
  return tensors.map(tensor => [texts(node, 2)[0], tensor]);
}

/** AttributeProto: its name, and the value in the field of its type. A type that no node of ours has is undefined. */
function readAttribute(attribute: Message): [string, Value] {
  const [name] = texts(attribute, 1);
  const values: Record<number, () => Value> = {
    1: () => floats(attribute, 2)[0],
    2: () => integers(attribute, 3)[0] ?? 0,
    3: () => texts(attribute, 4)[0],
    6: () => floats(attribute, 7),
    7: () => integers(attribute, 8),
  };
  return [name, values[integers(attribute, 20)[0]]?.()];
}

/** Of a repeated field, one value a field or packed. */
export function floats(message: Message, field: number): number[] {
  return chunks(message, field).flatMap(value => {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    return Array.from({length: Math.floor(view.byteLength / 4)}, (_, i) =>
      view.getFloat32(4 * i, true),
    );
  });
}
