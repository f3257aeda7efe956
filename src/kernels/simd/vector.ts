// vector: what kernels say to four float32 at once, where WebAssembly has no single word for it.
//
// Contract with whoever owns the memory: kernels read whole vectors, so the last one may look up to
// 32 bytes beyond the end of a tensor. Those bytes have to exist; what they hold never reaches a
// result.

/** Bytes of one float32. */
export const F32: usize = 4;

/** a b + c. The relaxed build rounds once where the machine can: the last bit depends on that. */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** Stores the first `count` lanes of `a`; any count, so that the caller need not ask. */
@inline
export function storeFirst(out: usize, a: v128, count: i32): void {
  if (count >= 4) {
    v128.store(out, a);
    return;
  }
  if (count > 0) v128.store32_lane(out, a, 0);
  if (count > 1) v128.store32_lane(out, a, 1, 4);
  if (count > 2) v128.store32_lane(out, a, 2, 8);
}

/** from [rows, columns] -> to [columns, rows] */
export function transpose(from: usize, rows: i32, columns: i32, to: usize): void {
  for (let c = 0; c < columns; ++c) {
    for (let r = 0; r < rows; ++r) {
      store<f32>(to, load<f32>(from + <usize>(r * columns + c) * F32));
      to += F32;
    }
  }
}
