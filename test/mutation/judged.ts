// Mutants that no test can or should notice, each with its reason. They aren't run.

export interface Judged {
  file: string;
  /** The line, without its indentation. */
  before: string;
  after: string;
  reason: string;
}

export const judged: Judged[] = [
  {
    file: 'src/network.ts',
    before: "if (!tf.getGradient('Reshape')) {",
    after: 'if (false) {',
    reason:
      'The build notices: it compiles the shaders by a step in plain Node, which has no gradient of Reshape then.',
  },
  {
    file: 'src/kernels/simd/spread.ts',
    before: 'return g.C < COLUMNS / 2 && g.taps >= COLUMNS && g.K >= 2 * COLUMNS;',
    after: 'return g.C < COLUMNS / 2 && g.taps >= COLUMNS;',
    reason: 'Convolutions of few channels take longer then; the sums are the same.',
  },
  {
    file: 'src/kernels/simd/repeat.ts',
    before: 'memory.copy(y + <usize>done * block, y, <usize>min(done, times - done) * block);',
    after: 'memory.copy(y + <usize>done * block, y, <usize>(times - done) * block);',
    reason: 'It copies more than there is, and the next rounds write over that.',
  },
  {
    file: 'src/kernels/simd/backend/stock_reduce.ts',
    before: 'const work = planes * n * inner;',
    after: 'const work = planes * inner;',
    reason: 'It only decides whether the work is large enough to be cut.',
  },
  {
    file: 'src/kernels/simd/backend/stock_unary.ts',
    before: '{units: Math.ceil(N / 4), work: N},',
    after: '{units: Math.ceil(N), work: N},',
    reason: 'The units beyond the end have nothing to do: the first parts take longer.',
  },
  {
    file: 'src/network.ts',
    before: "inputsToSave: ['x'],",
    after: "inputsToSave: ['dy'],",
    reason:
      'package.test.ts notices: the built package trains in plain Node, where this gradient alone is registered. It needs the whole build.',
  },
  {
    file: 'src/kernels/definition/relu.ts',
    before: 'const dx = new Float64Array(x.length);',
    after: 'const dx = new Float64Array(dy.length);',
    reason: 'x and dy have the same length.',
  },
  {
    file: 'src/kernels/definition/softmax_cross_entropy.ts',
    before: 'for (let b = 0; b < B; b++) {',
    after: 'for (let b = 0; b <= B; b++) {',
    reason: 'A typed array ignores what is written behind its end.',
  },
  {
    file: 'src/kernels/reference/relu.ts',
    before: 'return tf.where(tf.lessEqual(x, 0), tf.zerosLike(x), x);',
    after: 'return tf.where(tf.less(x, 0), tf.zerosLike(x), x);',
    reason: 'They differ at −0 alone, which becomes −0 instead of 0: equal numbers.',
  },
  {
    file: 'src/kernels/cpu/bias.ts',
    before: 'for (let rowAt = 0; rowAt < y.length; rowAt += K) {',
    after: 'for (let rowAt = 0; rowAt <= y.length; rowAt += K) {',
    reason: 'A typed array ignores what is written behind its end.',
  },
  {
    file: 'src/kernels/cpu/matmul.ts',
    before: 'if (finite) continue;',
    after: 'if (false) continue;',
    reason: 'Leaving out the zeros saves time; with them the sum is the same.',
  },
  {
    file: 'src/kernels/simd/bias.ts',
    before: 'storeFirst(dBiasAt, f32x4.add(v128.load(dBiasAt), sum), end - d2);',
    after: 'storeFirst(dBiasAt, f32x4.add(v128.load(dBiasAt), sum), end + d2);',
    reason:
      "What is written behind the last number lies in its block's spare room, whose contents reach no result.",
  },
  {
    file: 'src/kernels/simd/matmul.ts',
    before: 'const copiesB = isLarge || bColumn != F32 || (bStep % PAGE == 0 && rows > 2 * ROWS);',
    after: 'const copiesB = isLarge || bColumn != F32;',
    reason:
      'A copied matrix gives the same bits as one that is read where it lies; only the time differs.',
  },
  {
    file: 'src/kernels/webgl/bias.ts',
    before: 'if (pairsOfRows(dy) <= MOST_PAIRS) return rowSums(backend, dy, 1, outputShape);',
    after: 'if (pairsOfRows(dy) < MOST_PAIRS) return rowSums(backend, dy, 1, outputShape);',
    reason: 'One pass or two give the same sum; the limit decides which is faster.',
  },
  {
    file: 'src/kernels/webgl/conv2d_filter_gradient.ts',
    before: 'if (isSliding) {',
    after: 'if (false) {',
    reason: 'Both ways fetch the same taps; the other takes fewer fetches.',
  },
  {
    file: 'src/kernels/webgl/program.ts',
    before: 'if (n <= 5) return writtenOut(0, n);',
    after: 'if (false) return writtenOut(0, n);',
    reason: 'Loops of five rounds or fewer compute the same as what is written out.',
  },
  {
    file: 'src/kernels/webgl/texels.ts',
    before: 'for (let line = 0; line < lines; line++) {',
    after: 'for (let line = 0; line <= lines; line++) {',
    reason: 'A typed array ignores what is written behind its end.',
  },
  {
    file: 'src/kernels/simd/relu.ts',
    before: 'for (let i = 0; i < N; i += 4) {',
    after: 'for (let i = 0; i <= N; i += 4) {',
    reason: 'One round more, if 4 divides N, stores none of its lanes.',
  },
  {
    file: 'src/kernels/simd/product.ts',
    before: 'for (let row = rowTable; row < rowsEnd; row += <usize>ROWS * PAIR) {',
    after: 'for (let row = rowTable; row < rowsEnd - 1; row += <usize>ROWS * PAIR) {',
    reason: 'Both addresses are a multiple of 8 bytes away from the table.',
  },
  {
    file: 'src/kernels/simd/product.ts',
    before: 'if (columns - column >= COLUMNS) {',
    after: 'if (columns - column > COLUMNS) {',
    reason: 'storePartOfRow stores a whole row too, and takes longer.',
  },
  {
    file: 'src/kernels/simd/product.ts',
    before: 'const runsAtOnce = max(1, STEPS / max(1, n));',
    after: 'const runsAtOnce = max(1, STEPS);',
    reason:
      'A sum then has 2^24 steps at most, up to which float32 still counts ones; only rounding errors grow.',
  },
];
