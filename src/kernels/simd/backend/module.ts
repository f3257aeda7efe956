// The compiled kernels: their types, which of the two builds this engine accepts, and an instance of it over a memory.

import type {instantiate as describe} from '../../../../build/simd.d.ts';
import relaxed from '../../../../build/simd.relaxed.wasm';
import plain from '../../../../build/simd.wasm';

/** Bytes from the beginning of the memory, or 0 for a tensor that is absent. */
export type Pointer = number;

/** What ../index.ts exports, as asc writes it down when it compiles. There a Geometry is an object of its fields. */
type Exports = Awaited<ReturnType<typeof describe>>;

/** The address of a Geometry. TypeScript takes no other number for it. */
export type GeometryPointer = Pointer & {geometry: true};

type Raw<Args> = {[i in keyof Args]: Args[i] extends object ? GeometryPointer : Args[i]};

/**
 * The exports as the module itself takes them, a Geometry by its pointer. The types check the number of arguments, booleans and
 * the geometry. They can't tell pointers from sizes: both are numbers.
 */
export type SimdKernels = {
  readonly [name in keyof Exports]: Exports[name] extends (...args: infer Args) => infer Result
    ? (...args: Raw<Args>) => Result
    : Exports[name];
};

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

/** The fastest build that this engine accepts; undefined without WebAssembly SIMD. */
export const build: Build | undefined = valid(relaxed)
  ? 'relaxed simd'
  : valid(probe)
    ? 'simd'
    : undefined;

/** @throws Error if bytes are missing, as after a build on a full disk */
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

/** Of both builds, for either kind of memory. */
const compiled: Record<string, WebAssembly.Module> = {};

/** What precedes the flags of the memory's limits: the import's module and name with their lengths, and its kind. */
const memoryImport = [3, ...ascii('env'), 6, ...ascii('memory'), 2];
const SHARED_WITH_MAXIMUM = 3;

function ascii(text: string): number[] {
  return [...text].map(letter => letter.charCodeAt(0));
}

/** The same module for a shared memory. Source: the WebAssembly specification, "Binary format", imports and limits. */
function forShared(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const start = bytes.findIndex((_, i) => memoryImport.every((byte, j) => bytes[i + j] === byte));
  const shared = bytes.slice();
  shared[start + memoryImport.length] = SHARED_WITH_MAXIMUM;
  return shared;
}

export interface Instance {
  kernels: SimdKernels;
  /** With these imports, but another `thread`, another thread makes an instance over the same memory. */
  module: WebAssembly.Module;
  imports: {memory: WebAssembly.Memory; thread: number; threads: number};
}

/** A new instance for the main thread, with static state of its own for each backend. Each build is compiled once. */
export function instantiate(memory: WebAssembly.Memory, which: Build, threads = 1): Instance {
  const bytes = which === 'relaxed simd' ? relaxed : plain;
  const isShared = isSharedMemory(memory);
  compiled[`${which}, ${isShared}`] ??= compile(isShared ? forShared(bytes) : bytes);
  const module = compiled[`${which}, ${isShared}`];
  const imports = {memory, thread: 0, threads};
  const {exports} = new WebAssembly.Instance(module, {env: imports});
  return {kernels: exports as unknown as SimdKernels, module, imports};
}

export const isSharedMemory = ({buffer}: WebAssembly.Memory): boolean =>
  typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer;
