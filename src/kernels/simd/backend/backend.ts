// The backend `simd`: the stock CPU backend with one WebAssembly memory, into which a tensor is copied when a kernel of ours first
// uses it. Stock kernels read any tensor's numbers as before, from `data.get(dataId).values`.
import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type {Windows} from '../../../ops/windows.ts';
import {GEOMETRY_LENGTH, geometryNumbers} from './geometry.ts';
import {blockSize, Memory, OutOfMemoryError} from './memory.ts';
import {
  type Build,
  build as fastest,
  type GeometryPointer,
  type Instance,
  instantiate,
  isSharedMemory,
  type Pointer,
  type SimdKernels,
} from './module.ts';
import {type Part, Threads, type WhyOneThread, whyOneThread} from './threads.ts';

type Values = tf.backend_util.BackendValues;

/** The addresses of a kernel's inputs, 0 for an absent one. */
type Pointers<Inputs> = {[i in keyof Inputs]: Pointer};

export interface ComputeOptions {
  /** Bytes of working space that a part needs. Default 0. */
  scratchBytes?: number;
  /** Pieces of the work (images, rows, channels, fours of elements) whose bits don't depend on how they are put into parts. Default 1. */
  units?: number;
  /** The whole work's multiply-adds, or the numbers that it reads if these are more. So that little work isn't cut. Default 0. */
  work?: number;
}

/** A tensor's numbers, in the JavaScript array of a stock kernel or a user, or (float32 and int32) in WebAssembly memory. */
class SimdData {
  complexTensorInfos?: {real: tf.TensorInfo; imag: tf.TensorInfo};
  /** 0 if the numbers aren't in WebAssembly memory. */
  pointer: Pointer = 0;
  /** A copy for kernels, which need float32: tf.cast from int32 or bool to float32 shares the numbers unchanged. */
  float32Copy: Pointer = 0;
  /** For a tensor that isn't computed yet: computes it. */
  settle?: () => void;
  /** Gives back what `settle` would need. */
  giveUp?: () => void;

  constructor(
    private readonly memory: Memory,
    readonly dtype: tf.DataType,
    readonly shape: number[],
    readonly length: number,
    public array: Values | undefined,
    public refCount: number,
  ) {}

  /** What stock kernels read. Each call makes a new view of the memory, because growth detaches the old views. */
  get values(): Values | undefined {
    this.settle?.();
    if (this.pointer === 0) return this.array;
    return this.dtype === 'int32'
      ? this.memory.int32(this.pointer, this.length)
      : this.memory.float32(this.pointer, this.length);
  }
}

export interface SimdOptions {
  /** Bytes that the tensors' memory may grow to. Default 4 GiB, the end of WebAssembly's addresses. */
  maximumBytes?: number;
  /** Build of the kernels. Default: the fastest that runs here. The builds round differently; 'simd' runs wherever SIMD does. */
  build?: Build;
  /** Threads that share the work, with the same results for any number. Default 1. */
  threads?: number;
}

/** Little work is done before another thread has begun with its part. */
const LEAST_WORK = 2 ** 17;

export class SimdBackend extends MathBackendCPU {
  declare data: tf.DataStorage<SimdData>;
  readonly kernels: SimdKernels;
  readonly build: Build;
  /** If it was asked for more threads than one and has one. */
  whyOneThread?: WhyOneThread;
  /** For tests: all work is cut into so many parts, however little it is. */
  cutInto?: number;
  isDisposed = false;
  private readonly tensors: Memory;
  private readonly instance: Instance;
  private readonly geometryAt: Pointer;
  private readonly ownBytes: number;
  private readonly allThreads = new Threads((g, thread) => this.writeGeometry(g, thread));
  private starting?: Promise<this>;

  /**
   * With one thread until `started`.
   *
   * @throws Error where WebAssembly has no SIMD
   */
  constructor({maximumBytes, build = fastest!, threads = 1}: SimdOptions = {}) {
    super();
    if (threads > 1) this.whyOneThread = whyOneThread();
    this.tensors = this.reserve(maximumBytes, threads > 1 && !this.whyOneThread);
    this.instance = instantiate(this.tensors.wasm, build, threads);
    this.kernels = this.instance.kernels;
    this.build = build;
    const {geometry, heapBase, ownBytes} = this.kernels;
    this.geometryAt = geometry.value;
    this.ownBytes = ownBytes.value;
    this.tensors.startAt(heapBase.value);
  }

  private reserve(maximumBytes: number | undefined, shared: boolean): Memory {
    try {
      return new Memory(maximumBytes, shared);
    } catch (error) {
      if (!shared) throw error;
      this.whyOneThread = 'noSharedMemory';
      return new Memory(maximumBytes);
    }
  }

  /** Threads that work for it. */
  get threads(): number {
    return this.allThreads.count;
  }

  /** This backend, once it has all its threads, or one alone if they can't be had. */
  started(): this | Promise<this> {
    if (!isSharedMemory(this.tensors.wasm)) return this;
    this.starting ??= this.start();
    return this.starting;
  }

  private async start(): Promise<this> {
    const isComplete = await this.allThreads.start(this.instance);
    if (!isComplete) this.whyOneThread = 'noWorkers';
    if (this.isDisposed) this.allThreads.end();
    return this;
  }

  /** Ends its threads. */
  override dispose(): void {
    this.isDisposed = true;
    this.allThreads.end();
    super.dispose();
  }

  /** A new tensor of these values. They are copied to WebAssembly memory when a kernel of ours first uses the tensor. */
  override write(values: Values, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: object,
    values: Values,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    // A stock kernel may return a view of its input, as tf.slice does. The memory under it will be reused.
    const array = this.isView(values) ? values.slice() : values;
    const length = tf.util.sizeFromShape(shape);
    this.data.set(dataId, new SimdData(this.tensors, dtype, shape, length, array, refCount));
  }

  private isView(values: Values | undefined): values is Float32Array | Int32Array {
    if (!ArrayBuffer.isView(values)) return false;
    // Growth gives a shared memory another buffer, and views of the old one stay valid.
    return (
      values.buffer === this.tensors.wasm.buffer ||
      (isSharedMemory(this.tensors.wasm) && values.buffer instanceof SharedArrayBuffer)
    );
  }

  /** The tensor's own array, or a copy of its WebAssembly memory: both stay valid. */
  override readSync(dataId: object): Values {
    const {dtype, complexTensorInfos, values} = this.data.get(dataId);
    if (complexTensorInfos) {
      const {real, imag} = complexTensorInfos;
      return tf.backend_util.mergeRealAndImagArrays(
        this.readSync(real.dataId) as Float32Array,
        this.readSync(imag.dataId) as Float32Array,
      );
    }
    if (this.isView(values)) return values.slice();
    return tf.util.convertBackendValuesAndArrayBuffer(values!, dtype);
  }

  override disposeData(dataId: object, force = false): boolean {
    const data = this.data.has(dataId) ? this.data.get(dataId) : undefined;
    const gone = super.disposeData(dataId, force);
    if (gone && data) {
      data.giveUp?.();
      if (data.pointer !== 0) this.tensors.release(data.pointer, 4 * data.length);
      if (data.float32Copy !== 0) this.tensors.release(data.float32Copy, 4 * data.length);
    }
    return gone;
  }

  /** The stock numbers, and the bytes of WebAssembly memory in use and reserved. */
  override memory() {
    return {
      ...super.memory(),
      bytesInUse: this.tensors.bytesInUse,
      bytesReserved: this.tensors.bytesReserved,
    };
  }

  /**
   * The address of a tensor's numbers as float32 in WebAssembly memory. The first call copies them there.
   *
   * @throws OutOfMemoryError naming its shape if there is no room
   */
  pointer({dataId}: tf.TensorInfo): Pointer {
    const data = this.data.get(dataId);
    data.settle?.();
    if (data.dtype === 'float32') return data.pointer || this.copyIn(data);
    data.float32Copy ||= this.room(data.shape, 4 * data.length);
    // Each call copies, because a user may have written to the tensor's array.
    this.tensors.float32(data.float32Copy, data.length).set(data.values as Int32Array);
    return data.float32Copy;
  }

  /** The same for an int32 tensor, as int32. */
  int32Pointer({dataId}: tf.TensorInfo): Pointer {
    const data = this.data.get(dataId);
    return data.pointer || this.copyIn(data);
  }

  private copyIn(data: SimdData): Pointer {
    const pointer = this.room(data.shape, 4 * data.length);
    const array = data.array as Float32Array;
    data.pointer = pointer;
    (data.values as Float32Array).set(array);
    data.array = undefined;
    return pointer;
  }

  /**
   * A new tensor in memory, for a kernel to fill.
   *
   * @throws OutOfMemoryError naming the shape if there is no room
   */
  allocate(shape: number[], dtype: 'float32' | 'int32' = 'float32'): tf.TensorInfo {
    const length = tf.util.sizeFromShape(shape);
    const data = new SimdData(this.tensors, dtype, shape, length, undefined, 1);
    data.pointer = this.room(shape, 4 * length);
    const dataId = {};
    this.data.set(dataId, data);
    return {dataId, shape, dtype};
  }

  /**
   * A tensor that `compute` makes when its numbers are first asked for. It keeps the inputs until then, or until it is disposed of.
   */
  postpone(shape: number[], inputs: tf.TensorInfo[], compute: () => tf.TensorInfo): tf.TensorInfo {
    const length = tf.util.sizeFromShape(shape);
    const data = new SimdData(this.tensors, 'float32', shape, length, undefined, 1);
    for (const {dataId} of inputs) this.incRef(dataId);
    data.giveUp = () => {
      data.settle = data.giveUp = undefined;
      for (const {dataId} of inputs) {
        const {backend = this} = tf.engine().state.tensorInfo.get(dataId) ?? {}; // it may have moved to another
        if (backend.disposeData(dataId)) tf.engine().removeDataId(dataId, backend);
      }
    };
    data.settle = () => {
      const sizes = () => this.tensors.int32(this.geometryAt, GEOMETRY_LENGTH);
      const written = sizes().slice(); // by the kernel that asks for the numbers
      const {dataId} = compute();
      sizes().set(written); // the memory may have grown
      const computed = this.data.get(dataId);
      data.giveUp!();
      data.pointer = computed.pointer;
      computed.pointer = 0;
      this.disposeData(dataId);
    };
    const dataId = {};
    this.data.set(dataId, data);
    return {dataId, shape, dtype: 'float32'};
  }

  /** Computes a tensor of `postpone`, if that hasn't been done. The memory may grow, which detaches views of it. */
  settle({dataId}: tf.TensorInfo): void {
    this.data.get(dataId).settle?.();
  }

  /** True for a tensor of `postpone` whose numbers nobody has asked for. */
  isPostponed({dataId}: tf.TensorInfo): boolean {
    return this.data.get(dataId).settle !== undefined;
  }

  /**
   * A new float32 tensor. `run` fills it part by part: for each it calls a compiled kernel of the part with addresses of the inputs,
   * of the output and of working space. With one unit there is one part, for which `run` may call as many kernels as it likes. Inputs
   * are copied to memory before the output is made, so a lack of memory leaves no tensor behind.
   *
   * @throws OutOfMemoryError naming the shape if there is no room
   */
  compute<const Inputs extends readonly (tf.TensorInfo | undefined)[]>(
    shape: number[],
    inputs: Inputs,
    run: (inputs: Pointers<Inputs>, output: Pointer, part: Part) => void,
    {scratchBytes = 0, units = 1, work = 0}: ComputeOptions = {},
  ): tf.TensorInfo {
    const threads = work < LEAST_WORK ? 1 : this.threads;
    const parts = Math.min(units, this.cutInto ?? threads);
    // A kernel may read beyond its part's working space, by a vector or two.
    const bytes = parts === 1 ? scratchBytes : blockSize(scratchBytes);
    const all = (scratch: Pointer) => {
      const pointers = inputs.map(input => (input ? this.pointer(input) : 0)) as Pointers<Inputs>;
      const output = this.allocate(shape);
      const y = this.pointer(output);
      try {
        this.allThreads.run(this.kernels, parts, units, scratch, bytes, part =>
          run(pointers, y, part),
        );
      } catch (error) {
        this.disposeData(output.dataId);
        throw error;
      }
      return output;
    };
    return scratchBytes === 0 ? all(0) : this.withScratch(parts * bytes, shape, all);
  }

  /**
   * Images from a file's bytes: a tensor [images, size] of the bytes / 255, for the images with these indices. JavaScript, which
   * converts number by number, takes five times as long.
   *
   * @throws OutOfMemoryError naming the shape if there is no room
   */
  imagesFromBytes(bytes: Uint8Array, indices: ArrayLike<number>, size: number): tf.TensorInfo {
    const shape = [indices.length, size];
    const length = indices.length * size;
    return this.withScratch(length, shape, scratch => {
      const x = this.allocate(shape);
      const copy = new Uint8Array(this.tensors.wasm.buffer, scratch, length);
      for (let b = 0; b < indices.length; b++) {
        copy.set(bytes.subarray(indices[b] * size, (indices[b] + 1) * size), b * size);
      }
      this.kernels.pixels(scratch, this.pointer(x), length);
      return x;
    });
  }

  /**
   * Writes the sizes of windows for the next kernel of a thread, and gives their address. They stay until the next call.
   *
   * @throws Error for rows and columns that 32 bits can't count
   */
  writeGeometry(g: Windows & {K?: number}, thread = 0): GeometryPointer {
    const numbers = geometryNumbers(g);
    const pointer = (this.geometryAt + thread * this.ownBytes) as GeometryPointer;
    this.tensors.int32(pointer, numbers.length).set(numbers);
    return pointer;
  }

  /**
   * Lends working space to `work`, which makes a tensor of this shape. When `work` ends, any call or tensor may get the space.
   *
   * @throws OutOfMemoryError naming the shape if there is no room
   */
  withScratch<T>(bytes: number, shape: number[], work: (scratch: Pointer) => T): T {
    const scratch = this.room(shape, bytes);
    try {
      return work(scratch);
    } finally {
      this.tensors.release(scratch, bytes);
    }
  }

  private room(shape: number[], bytes: number): Pointer {
    try {
      return this.tensors.allocate(bytes);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      throw new OutOfMemoryError(
        `simd: expected room for a tensor of shape [${shape.join(', ')}], found ${error.message}`,
      );
    }
  }
}
