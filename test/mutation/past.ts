// Single-line changes that no test noticed when somebody looked for such, or what they are called today. Each is a mutant for good.

export interface Past {
  file: string;
  /** A part of exactly one line. */
  before: string;
  after: string;
}

const simd = 'src/kernels/simd';
const backend = `${simd}/backend`;
const webgl = 'src/kernels/webgl';

// biome-ignore format: a change a line
export const past: Past[] = [
  {file: 'src/ops/bias.ts', before: 'bias.size !== K', after: 'bias.size < K'},
  {file: 'src/ops/bias.ts', before: 'bias.size !== K', after: 'bias.size > K'},
  {file: 'src/ops/softmax_cross_entropy.ts', before: '!tf.util.arraysEqual(labels.shape, logits.shape)', after: 'labels.size !== logits.size'},
  {file: `${simd}/conv2d.ts`, before: 'canUseStrips(g) ? max(correlated, stripsScratch(g)) : correlated', after: 'correlated'},
  {file: `${simd}/max_pool.ts`, before: 'min(g.W, g.kW) * TAP', after: 'min(g.W, g.kW) * 4'},
  {file: `${simd}/matmul.ts`, before: 'return tableSize(1) + tableSize(rowsAtOnce)', after: 'return tableSize(rowsAtOnce)'},
  {file: `${simd}/geometry.ts`, before: 'this.paddedH != this.H || this.paddedW != this.W', after: 'this.paddedH != this.H'},
  {file: `${simd}/geometry.ts`, before: 'this.paddedH != this.H || this.paddedW != this.W', after: 'this.paddedW != this.W'},
  {file: `${simd}/strips.ts`, before: 'min(H, rows - g.padT)', after: 'H'},
  {file: `${backend}/backend.ts`, before: 'this.tensors.release(scratch, bytes);', after: ''},
  {file: `${backend}/memory.ts`, before: '[wanted, needed]', after: '[wanted]'},
  {file: `${backend}/stock_conv2d.ts`, before: '!dyShape || tf.util.arraysEqual(dyShape, info.outShape) ? stockGeometry(info) : undefined', after: 'stockGeometry(info)'},
  {file: `${backend}/stock_max_pool.ts`, before: 'const fits = !dyShape || tf.util.arraysEqual(dyShape, info.outShape)', after: 'const fits = true'},
  {file: `${backend}/stock_gather.ts`, before: 'index < 0 || index >= dimSize', after: 'index >= dimSize'},
  {file: `${backend}/stock_fused.ts`, before: 'bias.shape[bias.shape.length - 1] === columns', after: 'true'},
  {file: `${backend}/stock_matmul.ts`, before: 'bBatch === 1 && !transposeA', after: 'bBatch === 1'},
  {file: `${webgl}/conv2d_filter_gradient.ts`, before: '2 * (rounds - 1) * each + yC', after: 'yC'},
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
  {file: `${webgl}/bias.ts`, before: 'min(${all}, (sPair + 1) * ${each})', after: '(sPair + 1) * ${each}'},
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
  {file: `${webgl}/softmax_cross_entropy.ts`, before: 'min(${pairs(B)}, (s + 1) * ${each})', after: '(s + 1) * ${each}'},
  // biome-ignore lint/suspicious/noTemplateCurlyInString: source text
  {file: `${webgl}/softmax_cross_entropy.ts`, before: 's < ${partial.shape[0]}', after: 's < ${partial.shape[0]! - 1}'},
  {file: `${webgl}/texels.ts`, before: 'most < 2 ** 20', after: 'most < 2 ** 30'},
  {file: `${webgl}/texels.ts`, before: 'data.isPacked ? getShapeAs3D(x.shape) : x.shape', after: 'x.shape'},
  {file: 'src/training.ts', before: '!(learningRate > 0)', after: 'learningRate <= 0'},
  {file: 'src/data/mnist_data.ts', before: 'order.remaining < batchSize', after: 'order.remaining <= batchSize'},
  {file: 'src/data/url.ts', before: 'if (!response.ok)', after: 'if (false)'},
  {file: 'src/cli/progress.ts', before: 'count(1000 * imagesPerMs)', after: 'count(imagesPerMs)'},
  {file: 'src/cli/summary.ts', before: 'times.length > 5 ? times.slice(5) : times', after: 'times'},
  {file: 'src/cli/serve.ts', before: "listen(port, '127.0.0.1', resolve)", after: "listen(port, '0.0.0.0', resolve)"},
  {file: 'src/page/worker/image_loader.ts', before: '!file || filled < file.bytes.length', after: '!file'},
  {file: 'src/page/worker/image_loader.ts', before: 'if (length > largest)', after: 'if (false)'},
];
