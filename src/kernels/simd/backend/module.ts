// The compiled kernels: which of the two builds this engine takes, and an instance of it over a memory.

import relaxed from '../../../../build/simd.relaxed.wasm';
import plain from '../../../../build/simd.wasm';

/** Bytes from the beginning of the memory, or 0 for a tensor that is absent. */
export type Pointer = number;

type Sizes = number[];

/** y [rows, columns] = a ∘ b, each with its step from row to row in bytes and whether it moves along a row: 1 or 0. */
type Combine = (
  a: Pointer,
  aRow: number,
  aMoves: number,
  b: Pointer,
  bRow: number,
  bMoves: number,
  y: Pointer,
  rows: number,
  columns: number,
) => void;

/** What ../index.ts exports; the kernels' own files say what each argument is. */
export interface SimdKernels {
  heapBase: WebAssembly.Global;
  peakWork: WebAssembly.Global;
  peak(rounds: number, m: number, c: number, out: Pointer): void;

  // What ends in Scratch says how many bytes of working space a kernel needs.

  // sizes: B H W C kH kW K yH yW sH sW dilH dilW padT padL
  conv2dScratch(...sizes: Sizes): number;
  conv2dInputGradientScratch(...sizes: Sizes): number;
  conv2dFilterGradientScratch(...sizes: Sizes): number;
  conv2d(
    x: Pointer,
    filter: Pointer,
    bias: Pointer,
    y: Pointer,
    scratch: Pointer,
    ...sizes: Sizes
  ): void;
  conv2dInputGradient(
    dy: Pointer,
    filter: Pointer,
    dx: Pointer,
    scratch: Pointer,
    ...sizes: Sizes
  ): void;
  conv2dFilterGradient(
    x: Pointer,
    dy: Pointer,
    dFilter: Pointer,
    scratch: Pointer,
    ...sizes: Sizes
  ): void;

  // sizes: B I O; the working space of dense is that of a product with B rows, denseWeightsGradient's with I
  denseInputGradientScratch(...sizes: Sizes): number;
  dense(
    x: Pointer,
    weights: Pointer,
    bias: Pointer,
    y: Pointer,
    scratch: Pointer,
    ...sizes: Sizes
  ): void;
  denseInputGradient(
    dy: Pointer,
    weights: Pointer,
    dx: Pointer,
    scratch: Pointer,
    ...sizes: Sizes
  ): void;
  denseWeightsGradient(
    x: Pointer,
    dy: Pointer,
    dWeights: Pointer,
    scratch: Pointer,
    ...sizes: Sizes
  ): void;

  // sizes: rows n columns
  matMulScratch(rows: number): number;
  matMul(
    p: Pointer,
    pRow: number,
    pStep: number,
    q: Pointer,
    bias: Pointer,
    out: Pointer,
    scratch: Pointer,
    ...sizes: Sizes
  ): void;

  transpose(from: Pointer, rows: number, columns: number, to: Pointer): void;

  add: Combine;
  subtract: Combine;
  multiply: Combine;
  divide: Combine;
  step(x: Pointer, y: Pointer, alpha: number, N: number): void;
  sumRows(x: Pointer, y: Pointer, rows: number, n: number): void;

  biasGradient(dy: Pointer, db: Pointer, N: number, K: number): void;
  relu(x: Pointer, y: Pointer, N: number): void;
  reluGradient(dy: Pointer, y: Pointer, dx: Pointer, N: number): void;

  // sizes: B H W C kH kW yH yW sH sW padT padL
  maxPoolScratch(H: number, W: number, kH: number, kW: number): number;
  maxPool(x: Pointer, y: Pointer, position: Pointer, scratch: Pointer, ...sizes: Sizes): void;
  maxPoolIgnoringNaN: SimdKernels['maxPool'];
  maxPoolGradient(
    dy: Pointer,
    position: Pointer,
    dx: Pointer,
    scratch: Pointer,
    ...sizes: Sizes
  ): void;

  softmax(logits: Pointer, p: Pointer, B: number, N: number): void;
  softmaxGradient(dp: Pointer, p: Pointer, dlogits: Pointer, B: number, N: number): void;
  softmaxCrossEntropy(labels: Pointer, logits: Pointer, loss: Pointer, B: number, N: number): void;
  softmaxCrossEntropyGradient(
    dloss: Pointer,
    labels: Pointer,
    logits: Pointer,
    dlogits: Pointer,
    B: number,
    N: number,
  ): void;
}

export type Build = 'simd' | 'relaxed simd';

const valid = (bytes: Uint8Array<ArrayBuffer>): boolean =>
  typeof WebAssembly === 'object' && WebAssembly.validate(bytes);

/** The smallest module with SIMD: (func (result v128) i32.const 0 i8x16.splat). */
const probe = Uint8Array.of(
  // biome-ignore format: one section a line
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic, version
  ...[1, 5, 1, 96, 0, 1, 123], // types
  ...[3, 2, 1, 0], // functions
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11], // code
);

/** The faster build that this engine takes; undefined where WebAssembly has no SIMD, or there is none. */
export const build: Build | undefined = valid(relaxed)
  ? 'relaxed simd'
  : valid(probe)
    ? 'simd'
    : undefined;

/** @throws Error where the bytes aren't whole, as after a build on a full disk */
export function compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    throw new Error(
      `simd: expected its kernels to be a valid WebAssembly module, found ${bytes.length} bytes that are none; build them anew`,
      {cause: error},
    );
  }
}

const compiled: Partial<Record<Build, WebAssembly.Module>> = {};

/** An instance with its own static state, so that two backends don't share any. Each build is compiled once. */
export function instantiate(memory: WebAssembly.Memory, which: Build): SimdKernels {
  compiled[which] ??= compile(which === 'relaxed simd' ? relaxed : plain);
  const {exports} = new WebAssembly.Instance(compiled[which], {env: {memory}});
  return exports as unknown as SimdKernels;
}
