// Filters that one knows what to expect of: the visitor puts them in place of a trained one.

/** Sums to 0: it answers to edges and dots, and to no even surface. */
const EDGE = [
  [0, 0, -1, 0, 0],
  [0, -1, -2, -1, 0],
  [-1, -2, 16, -2, -1],
  [0, -1, -2, -1, 0],
  [0, 0, -1, 0, 0],
].flat();

/** 5 × 5 values, from the norm of those that they replace. */
const kernels = {
  edge: (norm: number) => {
    const scale = (norm || 1) / Math.hypot(...EDGE);
    return EDGE.map(value => value * scale);
  },
  blur: () => EDGE.map(() => 1 / EDGE.length),
  zero: () => EDGE.map(() => 0),
};
export type FilterKind = keyof typeof kernels;
export const filterKinds = Object.keys(kernels) as FilterKind[];

/**
 * Replaces filter[:, :, :, d2], slice by slice: an edge filter keeps the norm of each.
 *
 * @param filter [5, 5, D1, D2], changed in place
 */
export function setFilter(
  kind: FilterKind,
  filter: Float32Array,
  [kH, kW, D1, D2]: readonly number[],
  d2: number,
): void {
  for (let d1 = 0; d1 < D1; d1++) {
    const indices = Array.from({length: kH * kW}, (_, i) => (i * D1 + d1) * D2 + d2);
    const slice = kernels[kind](Math.hypot(...indices.map(index => filter[index])));
    for (const [i, index] of indices.entries()) filter[index] = slice[i];
  }
}
