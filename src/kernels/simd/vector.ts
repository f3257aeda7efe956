// vector: operations on four float32 at once for which WebAssembly has no single instruction.
//
// Kernels read whole vectors, so the last one may reach up to 32 bytes beyond the end of a tensor. The
// owner of the memory leaves room for these bytes. What they hold never reaches a result.

/** Bytes of one float32. */
export const F32: usize = 4;

/** a b + c. The relaxed build rounds once if the machine can: the last bit depends on that. */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** Stores the first `count` lanes of `a`: none if count <= 0, all if count >= 4. */
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
  for (let column = 0; column < columns; ++column) {
    for (let row = 0; row < rows; ++row) {
      store<f32>(to, load<f32>(from + <usize>(row * columns + column) * F32));
      to += F32;
    }
  }
}
