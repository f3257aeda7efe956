// One WebAssembly memory for all tensors of a backend: blocks are handed out, taken back and handed out again.
//   | the module's constants | block | block | … | top |  never used yet  | end of the memory
// A training step asks for the same sizes as the step before, so a freed block waits in a list of its exact size, and
// taking it again is one look into a map. If there is none, the block is cut from above `top`; if there is no room, from
// a larger free block; if there is none, neighbours are merged first. Only then does the memory grow, by half at least,
// so that there is room for all sizes of a step soon and the lists do all the work.
import type {Pointer} from './module.ts';

/** A vector's bytes: every block begins at a multiple of it. */
const ALIGNMENT = 16;
/** Kernels load whole vectors: they may look so many bytes beyond the end of a tensor (see ../vector.ts). */
const SPARE = 32;
const PAGE = 65536;
/** WebAssembly addresses have 32 bits. */
export const LARGEST_MEMORY = 65536 * PAGE;
const SMALLEST_MEMORY = 16 * PAGE;

/** There is no room for a block of that size. */
export class OutOfMemoryError extends Error {
  override name = 'OutOfMemoryError';
}

/** @throws RangeError if a memory can't be as small as that */
export function checkMaximum(maximumBytes: number): void {
  if (maximumBytes >= PAGE) return;
  throw new RangeError(`simd: expected maximumBytes of at least ${PAGE}, found ${maximumBytes}`);
}

function blockSize(bytes: number): number {
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new RangeError(`simd: expected a whole number of bytes, found ${bytes}`);
  }
  return Math.ceil((bytes + SPARE) / ALIGNMENT) * ALIGNMENT;
}

export class Memory {
  readonly wasm: WebAssembly.Memory;
  readonly maximumBytes: number;
  /** Bytes of all blocks that are handed out, with their alignment and spare bytes. */
  bytesInUse = 0;
  private floats: Float32Array<ArrayBuffer>;
  private integers: Int32Array<ArrayBuffer>;
  private top = 0;
  private capacity: number;
  /** Free blocks' addresses by their size. */
  private free = new Map<number, Pointer[]>();

  /**
   * @param maximumBytes never to grow beyond; rounded down to pages of 64 KiB
   * @throws RangeError if that is less than a page
   */
  constructor(maximumBytes = LARGEST_MEMORY) {
    checkMaximum(maximumBytes);
    const maximum = Math.floor(Math.min(maximumBytes, LARGEST_MEMORY) / PAGE);
    const initial = Math.min(SMALLEST_MEMORY / PAGE, maximum);
    this.maximumBytes = maximum * PAGE;
    this.wasm = new WebAssembly.Memory({initial, maximum});
    this.capacity = initial * PAGE;
    this.floats = new Float32Array(this.wasm.buffer);
    this.integers = new Int32Array(this.wasm.buffer);
  }

  /** The memory's size now. It never shrinks: WebAssembly has no way to give pages back. */
  get bytesReserved(): number {
    return this.capacity;
  }

  /** Nothing below this address is handed out. To be called once, before anything is. */
  startAt(base: Pointer): void {
    this.top = Math.ceil(base / ALIGNMENT) * ALIGNMENT;
  }

  /**
   * A block of at least so many bytes, filled with whatever was there before.
   *
   * @throws OutOfMemoryError, having changed nothing
   * @throws RangeError if that isn't a whole number of at least 0
   */
  allocate(bytes: number): Pointer {
    const size = blockSize(bytes);
    const at = this.take(size);
    this.bytesInUse += size;
    return at;
  }

  /** Takes back a block that was allocated with the same number of bytes. */
  release(at: Pointer, bytes: number): void {
    const size = blockSize(bytes);
    this.bytesInUse -= size;
    this.addFree(at, size);
  }

  /** A view of float32 numbers, valid until the memory grows. */
  float32(at: Pointer, length: number): Float32Array<ArrayBuffer> {
    return this.floats.subarray(at / 4, at / 4 + length);
  }

  /** A view of int32 numbers, valid until the memory grows. */
  int32(at: Pointer, length: number): Int32Array<ArrayBuffer> {
    return this.integers.subarray(at / 4, at / 4 + length);
  }

  private take(size: number): Pointer {
    const at = this.free.get(size)?.pop() ?? this.cut(size) ?? this.split(size);
    return at ?? this.makeRoom(size);
  }

  /** From above the top, if there is room. */
  private cut(size: number): Pointer | undefined {
    if (this.top + size > this.capacity) return undefined;
    const at = this.top;
    this.top += size;
    return at;
  }

  /** From the smallest free block that is large enough; the rest of it stays free. */
  private split(size: number): Pointer | undefined {
    let best = Infinity;
    for (const [found, list] of this.free) {
      if (list.length > 0 && found >= size && found < best) best = found;
    }
    if (best === Infinity) return undefined;
    const at = this.free.get(best)!.pop()!;
    if (best > size) this.addFree(at + size, best - size);
    return at;
  }

  private makeRoom(size: number): Pointer {
    this.merge();
    const at = this.cut(size) ?? this.split(size);
    if (at !== undefined) return at;
    this.grow(size);
    return this.cut(size)!;
  }

  /** Neighbouring free blocks become one, and what lies free below the top is given back to it. */
  private merge(): void {
    const blocks = [...this.free].flatMap(([size, list]) => list.map(at => ({at, size})));
    blocks.sort((a, b) => a.at - b.at);
    this.free = new Map();
    let run = {at: 0, size: 0};
    for (const {at, size} of blocks) {
      if (run.at + run.size === at) {
        run.size += size;
      } else {
        if (run.size > 0) this.addFree(run.at, run.size);
        run = {at, size};
      }
    }
    if (run.size === 0) return;
    if (run.at + run.size === this.top) this.top = run.at;
    else this.addFree(run.at, run.size);
  }

  /** Until `size` more bytes fit above the top, and by at least half, so that growing stays rare. */
  private grow(size: number): void {
    const needed = this.top + size;
    const wanted = Math.min(Math.max(needed, 1.5 * this.capacity), this.maximumBytes);
    for (const bytes of [wanted, needed]) {
      if (bytes < needed || bytes > this.maximumBytes) continue;
      const pages = Math.ceil((bytes - this.capacity) / PAGE);
      try {
        this.wasm.grow(pages);
      } catch {
        continue; // the machine has less than the limit: try again with less
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

  private addFree(at: Pointer, size: number): void {
    const list = this.free.get(size);
    if (list) list.push(at);
    else this.free.set(size, [at]);
  }
}
