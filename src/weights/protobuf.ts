// Protocol buffers, as far as ONNX needs them: a message is a row of fields, each a varint key (the field's number · 8 + its wire
// type) and a value. Written by hand, as it takes these few lines and the packages that read ONNX bring a whole runtime and a schema.
// Source: protobuf.dev/programming-guides/encoding.
import {WeightsError} from './weights_error.ts';

/** By the field's number, in order: varints as numbers, everything else as bytes. */
export type Message = Map<number, (number | Uint8Array)[]>;

const VARINT = 0;
const BYTES = 2;
/** How many bytes follow a key of the other wire types that have a length. */
const sizes: Record<number, number> = {1: 8, 5: 4};

// ---- read

/** @throws WeightsError if a field reaches beyond the end, or has an unknown wire type */
export function readMessage(bytes: Uint8Array): Message {
  const message: Message = new Map();
  for (let at = 0; at < bytes.length; ) {
    const key = readVarint(bytes, at);
    at = key.end;
    const wireType = key.value & 7;
    let value: number | Uint8Array;
    if (wireType === VARINT) {
      ({value, end: at} = readVarint(bytes, at));
    } else {
      let size = sizes[wireType];
      if (wireType === BYTES) ({value: size, end: at} = readVarint(bytes, at));
      if (!(size >= 0 && at + size <= bytes.length)) throw new WeightsError('fileProtobuf');
      value = bytes.subarray(at, at + size);
      at += size;
    }
    const field = (key.value - wireType) / 8;
    const values = message.get(field);
    if (values) values.push(value);
    else message.set(field, [value]);
  }
  return message;
}

/** Seven bits a byte, the lowest first, and at most ten bytes. Negative numbers are 64 bits in two's complement. */
function readVarint(bytes: Uint8Array, at: number): {value: number; end: number} {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (at >= bytes.length) break;
    const byte = bytes[at++];
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return {value: Number(BigInt.asIntN(64, value)), end: at};
  }
  throw new WeightsError('fileProtobuf');
}

/** A field's values that are bytes. */
export const chunks = (message: Message, field: number): Uint8Array[] =>
  (message.get(field) ?? []).filter(value => value instanceof Uint8Array);

export const messages = (message: Message, field: number): Message[] =>
  chunks(message, field).map(readMessage);

export const texts = (message: Message, field: number): string[] =>
  chunks(message, field).map(value => new TextDecoder().decode(value));

/** Of a repeated field, one value a field or packed, many in one. */
export function integers(message: Message, field: number): number[] {
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

// ---- write

/** A message or a row of them, from its fields. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A field of a whole number from 0 to 2³¹ − 1, of a text, of bytes, or of a message of these fields. */
export function field(number: number, value: number | string | Uint8Array | Uint8Array[]) {
  if (typeof value === 'number') return joined([varint(number * 8 + VARINT), varint(value)]);
  const encoder = new TextEncoder();
  const bytes =
    typeof value === 'string'
      ? encoder.encode(value)
      : Array.isArray(value)
        ? joined(value)
        : value;
  return joined([varint(number * 8 + BYTES), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value > 127; value >>= 7) bytes.push((value & 127) | 128);
  return Uint8Array.from([...bytes, value]);
}
