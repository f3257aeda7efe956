// One WebAssembly memory for all tensors of a backend. It hands out blocks, takes them back and hands them out again.
//   | the module's constants | block | block | … | top |  never used yet  | end of the memory
// A training step allocates the same sizes as the step before. So a freed block goes to a list of its exact size, and one lookup
// finds it again. If that list is empty, a block is cut from the memory above `top`, else from a larger free block, else from
// free neighbours that are merged. If there are none, the memory grows by at least half. So all sizes of a step soon fit, and after
// that the lists serve every call.
import type {Pointer} from './module.ts';

/** Bytes of a vector. Every block begins at a multiple of it. */
const ALIGNMENT = 16;
/** Kernels load whole vectors, up to this many bytes beyond the end of a tensor (see ../vector.ts). */
const SPARE = 32;
const PAGE = 65536;
/** WebAssembly addresses have 32 bits. */
export const LARGEST_MEMORY = 65536 * PAGE;
const SMALLEST_MEMORY = 16 * PAGE;

/** The memory has no room for a block. */
export class OutOfMemoryError extends Error {
  override name = 'OutOfMemoryError';
}

/** Bytes that the compiled module takes for itself, at most, and for each thread (../own.ts). */
const MODULE = 8192;
const THREAD = 1024;

/** @throws RangeError for less than a page, or than these threads need */
export function checkMaximum(maximumBytes: number, threads = 1): void {
  const least = Math.ceil((MODULE + THREAD * threads) / PAGE) * PAGE;
  if (maximumBytes >= least) return;
  const given = threads > 1 ? ` with ${threads} threads` : '';
  throw new RangeError(
    `simd: expected maximumBytes of at least ${least}${given}, found ${maximumBytes}`,
  );
}

/**
 * The bytes of a block with room for so many: whole vectors, and those that kernels load beyond the end.
 *
 * @throws RangeError unless `bytes` is a whole number of at least 0
 */
export function blockSize(bytes: number): number {
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new RangeError(`simd: expected a whole number of bytes, found ${bytes}`);
  }
  return Math.ceil((bytes + SPARE) / ALIGNMENT) * ALIGNMENT;
}

export class Memory {
  readonly wasm: WebAssembly.Memory;
  readonly maximumBytes: number;
  /** Bytes of all allocated blocks, with their alignment and spare bytes. */
  bytesInUse = 0;
  private floats: Float32Array<ArrayBuffer>;
  private integers: Int32Array<ArrayBuffer>;
  private top = 0;
  private capacity: number;
  /** Free blocks' addresses by their size. */
  private free = new Map<number, Pointer[]>();

  /**
   * @param maximumBytes the most that it grows to, rounded down to pages of 64 KiB
   * @param shared whether other threads see it
   * @throws RangeError for less than a page, or if the engine can't share so much
   */
  constructor(maximumBytes = LARGEST_MEMORY, shared = false) {
    checkMaximum(maximumBytes);
    const maximum = Math.floor(Math.min(maximumBytes, LARGEST_MEMORY) / PAGE);
    const initial = Math.min(SMALLEST_MEMORY / PAGE, maximum);
    this.maximumBytes = maximum * PAGE;
    this.wasm = new WebAssembly.Memory({initial, maximum, shared});
    this.capacity = initial * PAGE;
    this.floats = new Float32Array(this.wasm.buffer);
    this.integers = new Int32Array(this.wasm.buffer);
  }

  /** The memory's size. It never shrinks: WebAssembly can't give pages back. */
  get bytesReserved(): number {
    return this.capacity;
  }

  /** Sets the first address of blocks. Call it once, before any block is allocated. */
  startAt(base: Pointer): void {
    this.top = Math.ceil(base / ALIGNMENT) * ALIGNMENT;
  }

  /**
   * A block of at least this many bytes, with arbitrary contents.
   *
   * @throws OutOfMemoryError, and changes nothing
   * @throws RangeError unless `bytes` is a whole number of at least 0
   */
  allocate(bytes: number): Pointer {
    const size = blockSize(bytes);
    const pointer = this.take(size);
    this.bytesInUse += size;
    return pointer;
  }

  /** Takes back a block allocated with the same number of bytes. */
  release(pointer: Pointer, bytes: number): void {
    const size = blockSize(bytes);
    this.bytesInUse -= size;
    this.addFree(pointer, size);
  }

  /** A view of float32 numbers, valid until the memory grows. */
  float32(pointer: Pointer, length: number): Float32Array<ArrayBuffer> {
    return this.floats.subarray(pointer / 4, pointer / 4 + length);
  }

  /** A view of int32 numbers, valid until the memory grows. */
  int32(pointer: Pointer, length: number): Int32Array<ArrayBuffer> {
    return this.integers.subarray(pointer / 4, pointer / 4 + length);
  }

  private take(size: number): Pointer {
    const pointer = this.free.get(size)?.pop() ?? this.cut(size) ?? this.cutFree(size);
    return pointer ?? this.makeRoom(size);
  }

  /** A block from above the top; undefined if there is no room. */
  private cut(size: number): Pointer | undefined {
    if (this.top + size > this.capacity) return undefined;
    const pointer = this.top;
    this.top += size;
    return pointer;
  }

  /** A block cut from the smallest free one that is large enough, whose rest stays free; undefined if there is none. */
  private cutFree(size: number): Pointer | undefined {
    let best = Infinity;
    for (const [found, list] of this.free) {
      if (list.length > 0 && found >= size && found < best) best = found;
    }
    if (best === Infinity) return undefined;
    const list = this.free.get(best)!;
    const pointer = list.pop()!;
    // Rests have a size of their own each: thousands of empty lists would make each search slow.
    if (list.length === 0) this.free.delete(best);
    if (best > size) this.addFree(pointer + size, best - size);
    return pointer;
  }

  private makeRoom(size: number): Pointer {
    this.merge();
    const pointer = this.cut(size) ?? this.cutFree(size);
    if (pointer !== undefined) return pointer;
    this.grow(size);
    return this.cut(size)!;
  }

  /** Merges neighbouring free blocks, and lowers the top to the end of the last block in use. */
  private merge(): void {
    const blocks = [...this.free].flatMap(([size, list]) => list.map(pointer => ({pointer, size})));
    blocks.sort((a, b) => a.pointer - b.pointer);
    this.free = new Map();
    let run = {pointer: 0, size: 0};
    for (const {pointer, size} of blocks) {
      if (run.pointer + run.size === pointer) {
        run.size += size;
      } else {
        if (run.size > 0) this.addFree(run.pointer, run.size);
        run = {pointer, size};
      }
    }
    if (run.size === 0) return;
    if (run.pointer + run.size === this.top) this.top = run.pointer;
    else this.addFree(run.pointer, run.size);
  }

  /** Makes room for `size` bytes above the top. The memory grows by at least half, so that it grows rarely. */
  private grow(size: number): void {
    const needed = this.top + size;
    const wanted = Math.min(Math.max(needed, 1.5 * this.capacity), this.maximumBytes);
    for (const bytes of [wanted, needed]) {
      if (bytes < needed || bytes > this.maximumBytes) continue;
      const pages = Math.ceil((bytes - this.capacity) / PAGE);
      try {
        this.wasm.grow(pages);
      } catch {
        continue; // the machine has less memory than the limit: try the smaller size
      }
      this.capacity += pages * PAGE;
      this.floats = new Float32Array(this.wasm.buffer);
      this.integers = new Int32Array(this.wasm.buffer);
      return;
    }
    throw new OutOfMemoryError(
      `${this.bytesInUse} of ${this.maximumBytes} bytes in use and no block of ${size}`,
    );
  }

  private addFree(pointer: Pointer, size: number): void {
    const list = this.free.get(size);
    if (list) list.push(pointer);
    else this.free.set(size, [pointer]);
  }
}
