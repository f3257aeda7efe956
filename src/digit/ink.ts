// The ink of a picture: a photographed page, a scan, a screenshot, white on black, or a drawing on a transparent ground.
// Light falls unevenly on a photographed page, so the level of its paper is a surface, fitted to the picture:
//   level = c0 + c1 x + c2 y + c3 x² + c4 x y + c5 y²     x and y from -1 to 1 across the picture
// It is fitted to the half of the pixels that are closest to it, which holds no ink ("least trimmed squares", Rousseeuw 1984).

/** Least contrast of ink, of 255 levels: an empty page has less. */
const FAINTEST_CONTRAST = 24;
/** Most distance of paper from its level, in median deviations of the border: 4 standard deviations of normal noise. */
const PAPER_MARGIN = 6;
/** Most rows and columns of the picture that the paper is fitted to, and how often. */
const SAMPLED = 50;
const FITS = 20;

/**
 * The ink of a picture, dark on light or light on dark: whatever differs from the paper, which covers most of the border.
 * Where the border is transparent, everything opaque is ink.
 * @param rgba [height, width, 4]
 * @returns [height, width], 0 (paper) to 255 (the strongest ink)
 */
export function inkOf(rgba: Uint8ClampedArray, width: number, height: number): Uint8Array {
  const pixels = Uint32Array.from({length: height * width}, (_, i) => i);
  const border = pixels.filter(i => {
    const [xR, xC] = [Math.floor(i / width), i % width];
    return xR === 0 || xC === 0 || xR === height - 1 || xC === width - 1;
  });
  const alpha = Uint8Array.from(pixels, i => rgba[4 * i + 3]);
  if (medianOf(border, i => alpha[i]) < 128) {
    const strongest = alpha.reduce((most, value) => Math.max(most, value), FAINTEST_CONTRAST);
    return alpha.map(value => Math.round((255 * value) / strongest));
  }
  const light = Float64Array.from(pixels, i => {
    const at = 4 * i;
    // ITU-R BT.709
    const luma = 0.2126 * rgba[at] + 0.7152 * rgba[at + 1] + 0.0722 * rgba[at + 2];
    return 255 - (rgba[at + 3] / 255) * (255 - luma);
  });
  const flat = medianOf(border, i => light[i]);
  // Most of a screenshot's border has one level, which is its paper's everywhere.
  const isFlat = medianOf(border, i => Math.abs(light[i] - flat)) === 0;
  const paper = isFlat ? light.map(() => flat) : paperOf(light, width, height, flat);
  const above = light.map((value, i) => value - paper[i]);
  const lowest = above.reduce((low, value) => Math.min(low, value), 0);
  const highest = above.reduce((high, value) => Math.max(high, value), 0);
  const isDark = -lowest > highest;
  const margin = PAPER_MARGIN * medianOf(border, i => Math.abs(above[i]));
  const contrast = Math.max(-lowest, highest) - margin;
  if (!(contrast >= FAINTEST_CONTRAST)) return new Uint8Array(alpha.length);
  // Dark ink absorbs a share of the light that falls there.
  const ink = above.map((value, i) =>
    isDark
      ? Math.max(-value - margin, 0) / Math.max(paper[i], FAINTEST_CONTRAST)
      : Math.max(value - margin, 0),
  );
  const strongest = ink.reduce((most, value) => Math.max(most, value));
  return Uint8Array.from(ink, value => Math.round((255 * value) / strongest));
}

/** The median level; 0 if there are no pixels. */
function medianOf(pixels: Uint32Array, levelAt: (i: number) => number): number {
  return Float64Array.from(pixels, levelAt).sort()[pixels.length >> 1] ?? 0;
}

/** The level of the paper at each pixel. */
function paperOf(light: Float64Array, width: number, height: number, flat: number): Float64Array {
  const along = (at: number, size: number) => (size > 1 ? (2 * at) / (size - 1) - 1 : 0);
  const termsOf = (i: number) => {
    const [x, y] = [along(i % width, width), along(Math.floor(i / width), height)];
    return [1, x, y, x * x, x * y, y * y];
  };
  const [stepR, stepC] = [Math.ceil(height / SAMPLED), Math.ceil(width / SAMPLED)];
  const sample = Uint32Array.from(light.keys()).filter(
    i => Math.floor(i / width) % stepR === 0 && (i % width) % stepC === 0,
  );
  let c = [flat, 0, 0, 0, 0, 0];
  const levelOf = (i: number) => termsOf(i).reduce((sum, term, k) => sum + c[k] * term, 0);
  for (let fit = 0; fit < FITS; fit++) {
    const stray = (i: number) => Math.abs(light[i] - levelOf(i));
    const half = medianOf(sample, stray);
    const explained = Array.from(sample.filter(i => stray(i) <= half));
    const levels = explained.map(i => light[i]);
    c = leastSquares(explained.map(termsOf), levels);
  }
  return light.map((_, i) => levelOf(i));
}

/** The c with the least Σ (row · c - value)²; where the rows leave c open, one near 0. */
function leastSquares(rows: number[][], values: number[]): number[] {
  const n = rows[0].length;
  // The normal equations, [rowsᵀ rows | rowsᵀ values], solved as Gauss and Jordan do. None of their pivots is 0.
  const equations = Array.from({length: n}, (_, i) => [
    ...Array.from({length: n}, (_, j) =>
      rows.reduce((sum, row) => sum + row[i] * row[j], i === j ? 1e-9 * rows.length : 0),
    ),
    rows.reduce((sum, row, r) => sum + row[i] * values[r], 0),
  ]);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const times = k === i ? 0 : equations[k][i] / equations[i][i];
      for (let j = i; j <= n; j++) equations[k][j] -= times * equations[i][j];
    }
  }
  return equations.map((equation, i) => equation[n] / equation[i]);
}
