// The kinds of numbers in weights files, read as float32.

/** How many bytes a number takes, and how it is read at a place, little-endian. */
interface Kind {
  bytes: number;
  read(view: DataView, at: number): number;
}

/** By their names in safetensors. */
export const dtypes = {
  F64: {bytes: 8, read: (view, at) => view.getFloat64(at, true)},
  F32: {bytes: 4, read: (view, at) => view.getFloat32(at, true)},
  F16: {bytes: 2, read: (view, at) => halfOf(view.getUint16(at, true))},
  BF16: {bytes: 2, read: (view, at) => upperHalfOf(view.getUint16(at, true))},
} satisfies Record<string, Kind>;

export type Dtype = keyof typeof dtypes;

export const isDtype = (name: string): name is Dtype => Object.hasOwn(dtypes, name);

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** All numbers in these bytes, which may begin anywhere. A float64 beyond float32 is infinite. */
export function readNumbers(dtype: Dtype, bytes: Uint8Array): Float32Array {
  const {bytes: each, read} = dtypes[dtype];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({length: bytes.length / each}, (_, i) => read(view, i * each));
}

/** The numbers, little-endian. */
export function writeNumbers(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * dtypes.F32.bytes));
  for (const [i, value] of values.entries()) view.setFloat32(i * dtypes.F32.bytes, value, true);
  return new Uint8Array(view.buffer);
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function upperHalfOf(bits: number): number {
  scratch.setUint16(0, bits);
  return scratch.getFloat32(0);
}
