// The backend `simd`: the stock CPU backend, with float32 tensors in one WebAssembly memory once a kernel of ours needs
// them there. Stock kernels find every tensor's numbers where they look for them, in `data.get(dataId).values`.
import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import {Memory, OutOfMemoryError} from './memory.ts';
import {
  type Build,
  build as fastest,
  instantiate,
  type Pointer,
  type SimdKernels,
} from './module.ts';

type Values = tf.backend_util.BackendValues;

/**
 * A tensor's numbers: either in a JavaScript array, as stock kernels and users make them, or, float32 and int32 only, in
 * WebAssembly memory.
 */
class SimdData {
  complexTensorInfos?: {real: tf.TensorInfo; imag: tf.TensorInfo};
  /** 0: not in memory. */
  pointer: Pointer = 0;
  /** Of int32 and bool: tf.cast to float32 shares the numbers as they are, and kernels need them as float32. */
  float32Copy: Pointer = 0;

  constructor(
    private readonly memory: Memory,
    readonly dtype: tf.DataType,
    readonly shape: number[],
    readonly length: number,
    public array: Values | undefined,
    public refCount: number,
  ) {}

  /** What stock kernels read. The view of the memory is made anew each time, as growing detaches old ones. */
  get values(): Values | undefined {
    if (this.pointer === 0) return this.array;
    return this.dtype === 'int32'
      ? this.memory.int32(this.pointer, this.length)
      : this.memory.float32(this.pointer, this.length);
  }
}

export interface SimdOptions {
  /** Bytes that the tensors' memory may grow to; 4 GiB if not given: as far as WebAssembly's addresses go. */
  maximumBytes?: number;
  /** Of the kernels: the faster one that runs here if not given. They round differently; 'simd' runs wherever SIMD does. */
  build?: Build;
}

export class SimdBackend extends MathBackendCPU {
  declare data: tf.DataStorage<SimdData>;
  readonly kernels: SimdKernels;
  readonly build: Build;
  private readonly tensors: Memory;

  /** @throws Error where WebAssembly has no SIMD */
  constructor({maximumBytes, build = fastest!}: SimdOptions = {}) {
    super();
    this.tensors = new Memory(maximumBytes);
    this.kernels = instantiate(this.tensors.wasm, build);
    this.build = build;
    this.tensors.startAt(this.kernels.heapBase.value);
  }

  /** A new tensor with those numbers. They are copied only when a kernel of ours first needs them. */
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
    // A stock kernel may return part of its input, as tf.slice does: a view of memory that will be reused some day.
    const array = this.isView(values) ? values.slice() : values;
    const length = tf.util.sizeFromShape(shape);
    this.data.set(dataId, new SimdData(this.tensors, dtype, shape, length, array, refCount));
  }

  private isView(values: Values | undefined): values is Float32Array | Int32Array {
    return ArrayBuffer.isView(values) && values.buffer === this.tensors.wasm.buffer;
  }

  /** A copy of what lies in memory, or the array that the tensor is: either stays valid. */
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
      if (data.pointer !== 0) this.tensors.release(data.pointer, 4 * data.length);
      if (data.float32Copy !== 0) this.tensors.release(data.float32Copy, 4 * data.length);
    }
    return gone;
  }

  /** Besides what every backend reports: bytes of WebAssembly memory that tensors hold, and that there are. */
  override memory() {
    return {
      ...super.memory(),
      bytesInUse: this.tensors.bytesInUse,
      bytesReserved: this.tensors.bytesReserved,
    };
  }

  /**
   * Where a float32 tensor lies in memory. It is brought there if it isn't yet.
   *
   * @throws OutOfMemoryError naming its shape if there is no room
   */
  pointer({dataId}: tf.TensorInfo): Pointer {
    const data = this.data.get(dataId);
    if (data.dtype === 'float32') return data.pointer || this.bring(data);
    data.float32Copy ||= this.room(data.shape, 4 * data.length);
    // Copied anew each time: whoever has the tensor's array may have written to it.
    this.tensors.float32(data.float32Copy, data.length).set(data.values as Int32Array);
    return data.float32Copy;
  }

  /** Where an int32 tensor lies in memory, likewise. */
  int32Pointer({dataId}: tf.TensorInfo): Pointer {
    const data = this.data.get(dataId);
    return data.pointer || this.bring(data);
  }

  private bring(data: SimdData): Pointer {
    const at = this.room(data.shape, 4 * data.length);
    const array = data.array as Float32Array;
    data.pointer = at;
    (data.values as Float32Array).set(array);
    data.array = undefined;
    return at;
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
   * Lends working space to `work`, which makes a tensor of that shape and leaves nothing behind in there. It is an ordinary
   * block: given back afterwards, it is the next call's, or a tensor's.
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
