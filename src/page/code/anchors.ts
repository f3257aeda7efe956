// Where the code of a number stands: for each pass and each tab, the functions on the way from the op's kernel to the innermost line
// that computes the number. test/node/sources.test.ts finds every line once in its function.
import type {Conv2DGeometry} from '../../ops/conv2d.ts';
import type {Preset} from '../../presets.ts';
import type {Excerpt} from './excerpts.ts';
import type {Making, Pass} from './makings.ts';

export const tabs = [
  'formula',
  'definition',
  'reference',
  'typescript',
  'assemblyscript',
  'glsl',
  'shader',
  'layers',
] as const;
export type Tab = (typeof tabs)[number];

/** TensorFlow.js's own gradient descent, as it is compiled. Its `c` is minus the learning rate. */
const SGD = 'node_modules/@tensorflow/tfjs-core/dist/optimizers/sgd_optimizer.js';

/** The tabs that show excerpts of source files. */
export type FileTab = Exclude<Tab, 'shader' | 'layers'>;

export type Anchors = Partial<Record<FileTab, Excerpt[]>>;

/** What the code that runs depends on, beside the pass. */
export interface Situation extends Making {
  preset: Preset;
  /** The coordinates of the number. */
  at: number[];
  /** Most of dy is 0. */
  isSparse: boolean;
}

const ops: Partial<Record<Pass, string>> = {
  conv2d: 'conv2d',
  conv2dInputGradient: 'conv2d',
  conv2dFilterGradient: 'conv2d',
  conv2dBiasGradient: 'bias',
  maxPool: 'max_pool',
  maxPoolGradient: 'max_pool',
  relu: 'relu',
  reluGradient: 'relu',
  dense: 'dense',
  denseInputGradient: 'dense',
  denseWeightsGradient: 'dense',
  denseBiasGradient: 'bias',
  softmax: 'softmax_cross_entropy',
  loss: 'softmax_cross_entropy',
  logitsGradient: 'softmax_cross_entropy',
  probabilitiesGradient: 'softmax_cross_entropy',
};

const tile: Excerpt = {file: 'src/kernels/cpu/matmul.ts', of: 'tiles', runs: 's00 += x0 * v0;'};
/** A product of one row has no tile. */
const oneRow: Excerpt = {
  file: 'src/kernels/cpu/matmul.ts',
  of: 'rest',
  runs: 's0 += value * pairs[2 * i];',
};
const simdTile: Excerpt = {
  file: 'src/kernels/simd/product.ts',
  of: 'sums',
  runs: 'a0 = multiplyAdd(s0, va, a0);',
};

export function anchorsOf(situation: Situation): Anchors {
  const {pass, station} = situation;
  const op = ops[pass];
  const g = station.geometry!;
  const formula = (runs: string): Excerpt[] => [{file: `src/ops/${op}.ts`, runs}];
  const kernel = (folder: string, of: string, runs: string): Excerpt => ({
    file: `src/kernels/${folder}/${op}.ts`,
    of,
    runs,
  });

  switch (pass) {
    case 'pixel':
      return {
        typescript: [
          {
            file: 'src/page/worker/look.ts',
            of: 'batchOf',
            runs: 'const pixels = Float32Array.from(image, pixel => pixel / 255);',
          },
        ],
      };
    case 'one':
      return {
        typescript: [
          {
            file: 'src/page/worker/pass.ts',
            of: 'passOf',
            runs: 'gradients.loss = tf.scalar(1);',
          },
        ],
      };
    case 'update':
      return {
        typescript: [
          {
            file: 'src/training.ts',
            of: 'trainStep',
            runs: 'return optimizer.minimize(loss, true, network.variables)!;',
          },
          {
            file: SGD,
            of: 'applyGradients',
            runs: 'const newValue = add(mul(this.c, gradient), value);',
          },
        ],
      };
    case 'conv2d':
      return {
        formula: formula(
          '//   forward    y[b, yR, yC, d2] = bias[d2] + Σ over wR, wC, d1 of x[b, xR, xC, d1] · filter[wR, wC, d1, d2]',
        ),
        definition: [kernel('definition', 'conv2d', 'y[yAt] += x[xAt] * filter[filterAt];')],
        reference: [
          kernel(
            'reference',
            'conv2d',
            'const products = tf.matMul(im2col(x, g), filterMatrix(filter, g));',
          ),
        ],
        typescript: [
          kernel('cpu', 'conv2d', 'matMul(image.im2col(x, b), filterMatrix, yMatrix); // Y += X F'),
          tile,
        ],
        assemblyscript: [...simdForward(g), simdTile],
        glsl: [kernel('webgl', 'conv2d', 'vec4 y = x.xxzz * taps.xyxy;')],
      };
    case 'conv2dInputGradient':
      return {
        formula: formula(
          '//              dx[b, xR, xC, d1]       = Σ over d2, and over each yR, yC whose window lies over xR, xC with some tap wR, wC,\n//                                        of dy[b, yR, yC, d2] · filter[wR, wC, d1, d2]',
        ),
        definition: [
          kernel('definition', 'conv2dGradients', 'dx[xAt] += dy[yAt] * filter[filterAt];'),
        ],
        reference: [
          kernel(
            'reference',
            'conv2dInputGradient',
            'return col2im(tf.matMul(yMatrix(dy, g), filterMatrix(filter, g), false, true), g);',
          ),
        ],
        typescript: [
          kernel(
            'cpu',
            'conv2dInputGradient',
            'matMul(filterMatrix, transpose(dyMatrix), transpose(dxMatrix)),',
          ),
          tile,
        ],
        assemblyscript: simdInputGradient(situation),
        glsl: [kernel('webgl', 'conv2dInputGradient', 'vec4 dx = dy.xxzz * taps.xzxz;')],
      };
    case 'conv2dFilterGradient':
      return {
        formula: formula(
          '//              dFilter[wR, wC, d1, d2] = Σ over b, yR, yC of dy[b, yR, yC, d2] · x[b, xR, xC, d1]',
        ),
        definition: [
          kernel('definition', 'conv2dGradients', 'dFilter[filterAt] += dy[yAt] * x[xAt];'),
        ],
        reference: [
          kernel(
            'reference',
            'conv2dFilterGradient',
            'return tf.reshape(tf.matMul(im2col(x, g), yMatrix(dy, g), true, false), g.outputShape);',
          ),
        ],
        typescript: [
          kernel(
            'cpu',
            'conv2dFilterGradient',
            'matMul(transpose(image.im2col(x, b)), dyMatrix, dFilterMatrix); // dF += Xᵀ dY',
          ),
          tile,
        ],
        assemblyscript: simdFilterGradient(situation),
        glsl: [
          {
            file: 'src/kernels/webgl/conv2d_filter_gradient.ts',
            of: 'partialSums',
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the line has it
            runs: 'const products = [`taps${i}.xxyy * dy${i}.xyxy`, `taps${i}.zzww * dy${i}.zwzw`];',
          },
        ],
      };
    case 'conv2dBiasGradient':
    case 'denseBiasGradient': {
      const isDense = pass === 'denseBiasGradient';
      return {
        // The formula and the definition are those of the op that has the bias.
        formula: isDense
          ? [
              {
                file: 'src/ops/dense.ts',
                runs: '//              dBias[o]       = Σ over b of dy[b, o]',
              },
            ]
          : [
              {
                file: 'src/ops/conv2d.ts',
                runs: '//              dBias[d2]               = Σ over b, yR, yC of dy[b, yR, yC, d2]',
              },
            ],
        definition: isDense
          ? [
              {
                file: 'src/kernels/definition/dense.ts',
                of: 'denseGradients',
                runs: 'dBias[o] += dy[b * O + o];',
              },
            ]
          : [
              {
                file: 'src/kernels/definition/conv2d.ts',
                of: 'conv2dGradients',
                runs: 'dBias[d2] += dy[yAt];',
              },
            ],
        reference: [
          kernel(
            'reference',
            'biasGradient',
            'return tf.sum(tf.reshape(dy, [dy.size / K, K]), 0);',
          ),
        ],
        typescript: [
          kernel(
            'cpu',
            'biasGradient',
            'for (let d2 = 0; d2 < K; d2++) sums[d2] += dy[rowAt + d2];',
          ),
        ],
        assemblyscript: [
          kernel(
            'simd',
            'biasGradient',
            isDense
              ? 's0 = f32x4.add(s0, v128.load(dyAt));\ndyAt += rowBytes;'
              : 's1 = f32x4.add(s1, v128.load(dyAt + rowBytes));',
          ),
        ],
        glsl: [kernel('webgl', 'rowSums', 'sum += dy;')],
      };
    }
    case 'maxPool':
      return {
        formula: formula(
          '//   forward    y[b, yR, yC, d1] = max over wR, wC of x[b, yR·sH + wR − padT, yC·sW + wC − padL, d1]',
        ),
        definition: [
          kernel('definition', 'maxPool', 'y[yAt] = x[largestOf(x, g, b, yR, yC, d1)];'),
          kernel(
            'definition',
            'largestOf',
            'if (largest < 0 || x[xAt] > x[largest]) largest = xAt;',
          ),
        ],
        reference: [kernel('reference', 'maxPool', 'y = tf.where(wins, taps[i], y);')],
        typescript: [kernel('cpu', 'maxPool', 'max = value;')],
        assemblyscript: [
          kernel('simd', 'maxPool', 'pool(true, x, y, position, scratch, g);'),
          kernel('simd', 'pool', 'best = v128.bitselect(x1, best, isBetter);'),
        ],
        glsl: [kernel('webgl', 'maxPool', 'y = wins ? value : y;')],
      };
    case 'maxPoolGradient': {
      // The kernel writes each element of a window of four taps in a line of its own.
      const [xR, xC] = situation.at;
      const tap = (xR % g.kH) * g.kW + (xC % g.kW);
      return {
        formula: formula(
          '//   backward   dx[b, xR, xC, d1] = sum of dy over the windows whose position points at (xR, xC)',
        ),
        definition: [
          kernel('definition', 'maxPoolGradient', 'dx[largestOf(x, g, b, yR, yC, d1)] += dy[yAt];'),
        ],
        reference: [
          kernel(
            'reference',
            'maxPoolGradient',
            "tf.where(tf.equal(position, tf.scalar(i, 'int32')), dy, tf.zerosLike(dy)),",
          ),
        ],
        typescript: [
          kernel(
            'cpu',
            'maxPoolGradient',
            'dx[((b * H + top + wR) * W + left + wC) * C + d1] += dy[yAt];',
          ),
        ],
        assemblyscript: [
          kernel(
            'simd',
            'maxPoolGradient',
            `v128.store(windowAt + offset${tap}, v128.and(dyi, i32x4.eq(positions, position${tap})));`,
          ),
        ],
        glsl: [
          kernel(
            'webgl',
            'maxPoolGradient',
            'dx += mix(vec4(0), dy.xyxy, equal(found.xyxy, vec2(positionOf(wR, wC), positionOf(wR, wC + 1)).xxyy));',
          ),
        ],
      };
    }
    case 'relu':
      return {
        formula: formula('//   forward    y  = x where x > 0, else 0'),
        definition: [
          kernel(
            'definition',
            'relu',
            'for (let i = 0; i < x.length; i++) y[i] = Math.max(x[i], 0);',
          ),
        ],
        reference: [
          kernel('reference', 'relu', 'return tf.where(tf.lessEqual(x, 0), tf.zerosLike(x), x);'),
        ],
        typescript: [
          kernel('cpu', 'relu', 'y[i] = value === -Infinity ? 0 : (value + Math.abs(value)) / 2;'),
        ],
        assemblyscript: [kernel('simd', 'relu', 'const yi = v128.andnot(xi, f32x4.le(xi, zero));')],
        glsl: [
          kernel(
            'webgl',
            'relu',
            'vec4 y = mix(x, vec4(0), lessThanEqual(floatBitsToInt(x), ivec4(0xff800000)));',
          ),
        ],
      };
    case 'reluGradient':
      return {
        formula: formula('//   backward   dx = dy where y > 0, else 0'),
        definition: [
          kernel(
            'definition',
            'reluGradient',
            'for (let i = 0; i < x.length; i++) dx[i] = x[i] > 0 ? dy[i] : 0;',
          ),
        ],
        reference: [
          kernel(
            'reference',
            'reluGradient',
            'return tf.where(tf.greater(y, 0), dy, tf.zerosLike(dy));',
          ),
        ],
        typescript: [
          kernel(
            'cpu',
            'reluGradient',
            'for (let i = 0; i < y.length; i++) dx[i] = y[i] > 0 ? dy[i] : 0;',
          ),
        ],
        assemblyscript: [
          kernel(
            'simd',
            'reluGradient',
            'const dxi = v128.and(v128.load(dy + offset), f32x4.gt(v128.load(y + offset), zero));',
          ),
        ],
        glsl: [
          kernel('webgl', 'reluGradient', 'setOutput(bits > 0 && bits <= 0x7f800000 ? dy : 0.);'),
        ],
      };
    case 'dense':
      return {
        formula: formula('//   forward    y[b, o] = bias[o] + Σ over i of x[b, i] · weights[i, o]'),
        definition: [
          kernel(
            'definition',
            'dense',
            'for (let i = 0; i < I; i++) y[b * O + o] += x[b * I + i] * weights[i * O + o];',
          ),
        ],
        reference: [kernel('reference', 'dense', 'const y = tf.matMul(x, weights);')],
        typescript: [
          kernel(
            'cpu',
            'dense',
            'matMul(matrix(x, B, I), matrix(weights, I, O), matrix(y, B, O)); // y += x weights',
          ),
          oneRow,
        ],
        assemblyscript: [
          kernel(
            'simd',
            'dense',
            'matMul(x, <usize>I * F32, F32, weights, bias, y, scratch, B, I, O);',
          ),
          simdTile,
        ],
        glsl: [kernel('webgl', 'dense', 'y += x.xxzz * weights.xyxy + x.yyww * weights.zwzw;`,')],
      };
    case 'denseInputGradient':
      return {
        formula: formula(
          "//   backward   dx[b, i]       = Σ over o of dy[b, o] · weights[i, o]             (dq: ∂loss/∂q, of q's shape)",
        ),
        definition: [
          kernel(
            'definition',
            'denseGradients',
            'dx[b * I + i] += dy[b * O + o] * weights[i * O + o];',
          ),
        ],
        reference: [
          kernel('reference', 'denseInputGradient', 'return tf.matMul(dy, weights, false, true);'),
        ],
        typescript: [
          kernel(
            'cpu',
            'denseInputGradient',
            'matMul(matrix(dy, B, O), transpose(matrix(weights, I, O)), matrix(dx, B, I)); // dx += dy weightsᵀ',
          ),
          oneRow,
        ],
        assemblyscript: [
          kernel(
            'simd',
            'denseInputGradient',
            'matMul(dy, <usize>O * F32, F32, transposed, 0, dx, scratch, B, O, I);',
          ),
          simdTile,
        ],
        glsl: [
          kernel(
            'webgl',
            'denseInputGradient',
            'dx += dy.xxzz * weights.xzxz + dy.yyww * weights.ywyw;`,',
          ),
        ],
      };
    case 'denseWeightsGradient':
      return {
        formula: formula('//              dWeights[i, o] = Σ over b of dy[b, o] · x[b, i]'),
        definition: [
          kernel(
            'definition',
            'denseGradients',
            'dWeights[i * O + o] += dy[b * O + o] * x[b * I + i];',
          ),
        ],
        reference: [
          kernel('reference', 'denseWeightsGradient', 'return tf.matMul(x, dy, true, false);'),
        ],
        typescript: [
          kernel(
            'cpu',
            'denseWeightsGradient',
            'matMul(transpose(matrix(x, B, I)), matrix(dy, B, O), matrix(dWeights, I, O)); // dWeights += xᵀ dy',
          ),
          tile,
        ],
        assemblyscript: [
          kernel(
            'simd',
            'denseWeightsGradient',
            'matMul(x, F32, <usize>I * F32, dy, 0, dWeights, scratch, I, B, O);',
          ),
          simdTile,
        ],
        glsl: [
          kernel(
            'webgl',
            'denseWeightsGradient',
            'dWeights += x.xxyy * dy.xyxy + x.zzww * dy.zwzw;`,',
          ),
        ],
      };
    case 'softmax':
      return {
        formula: formula(
          '//   forward    p[b, j] = exp z[b, j] / Σ over k of exp z[b, k]      z[b, j] = logits[b, j] − max over k of logits[b, k]',
        ),
        definition: [
          kernel(
            'definition',
            'softmax',
            'for (let j = 0; j < N; j++) p[b * N + j] = Math.exp(logits[b * N + j]) / sum;',
          ),
        ],
        reference: [kernel('reference', 'softmax', 'return tf.div(e, sumOverClasses(e));')],
        typescript: [
          kernel(
            'cpu',
            'softmax',
            'for (let j = 0; j < N; j++) p[b * N + j] = Math.exp(logits[b * N + j] - max - logSum);',
          ),
        ],
        assemblyscript: [
          kernel(
            'simd',
            'softmax',
            'store<f32>(p + j, <f32>(Math.exp(<f64>load<f32>(logits + j) - largest) / sum));',
          ),
        ],
        glsl: [
          kernel(
            'webgl',
            'softmax',
            'vec4 p = exp(logitsAt(bPair, jPair) - largest.xxyy) / sum.xxyy;',
          ),
        ],
      };
    case 'loss':
      return {
        formula: formula(
          '//              loss    = mean over b of Σ over j of labels[b, j] · (−log p[b, j]), where a label of 0 adds nothing, even if p is 0',
        ),
        definition: [
          kernel(
            'definition',
            'softmaxCrossEntropy',
            'if (labels[b * N + k] !== 0) loss += (labels[b * N + k] * -Math.log(p[b * N + k])) / B;',
          ),
        ],
        reference: [
          kernel(
            'reference',
            'softmaxCrossEntropy',
            'const parts = tf.where(tf.equal(labels, 0), tf.zerosLike(labels), tf.mul(labels, surprise));',
          ),
        ],
        typescript: [
          kernel(
            'cpu',
            'softmaxCrossEntropy',
            "if (label !== 0) sum += label * (logSum - (logits[b * N + j] - max)); // 0 · ∞ isn't 0",
          ),
        ],
        assemblyscript: [
          kernel(
            'simd',
            'softmaxCrossEntropy',
            "if (label != 0) total += label * (lse - <f64>load<f32>(logits + j)); // 0 times infinity isn't 0",
          ),
        ],
        glsl: [
          kernel('webgl', 'softmaxCrossEntropy', 'vec4 parts = labels * (log(sum).xxyy - z);'),
        ],
      };
    case 'logitsGradient':
      return {
        formula: formula(
          '//                                          = dloss / B · (p[b, j] · labelSum[b] − labels[b, j])',
        ),
        definition: [
          kernel(
            'definition',
            'softmaxCrossEntropyGradient',
            'dlogits[b * N + j] += (dloss * labels[b * N + k] * (p[b * N + j] - (j === k ? 1 : 0))) / B;',
          ),
        ],
        reference: [
          kernel(
            'reference',
            'softmaxCrossEntropyGradient',
            'return tf.mul(dloss, tf.div(excess, labels.shape[0]));',
          ),
        ],
        typescript: [
          kernel(
            'cpu',
            'softmaxCrossEntropyGradient',
            'dlogits[b * N + j] = (dloss[0] * (p[b * N + j] * labelSum - labels[b * N + j])) / B;',
          ),
        ],
        assemblyscript: [
          kernel(
            'simd',
            'softmaxCrossEntropyGradient',
            'store<f32>(dlogits + j, <f32>(scale * (p * labelSum - <f64>load<f32>(labels + j))));',
          ),
        ],
        glsl: [
          kernel(
            'webgl',
            'softmaxCrossEntropyGradient',
            // biome-ignore lint/suspicious/noTemplateCurlyInString: the line has it
            'vec4 dlogits = (p * labelSum.xxyy - labelsAt(bPair, jPair)) / ${B}.;',
          ),
        ],
      };
    case 'probabilitiesGradient':
      return {
        formula: formula('//              −log p[b, j] = log Σ over k of exp z[b, k] − z[b, j]'),
      };
  }
}

const simd = (file: string, of: string, runs: string): Excerpt => ({
  file: `src/kernels/simd/${file}.ts`,
  of,
  runs,
});

/** Images of one channel are laid out in strips. */
const simdForward = ({C}: Conv2DGeometry): Excerpt[] =>
  C === 1
    ? [
        simd('conv2d', 'conv2d', 'conv2dByStrips(x, filter, bias, y, scratch, g);'),
        simd(
          'strips',
          'conv2dByStrips',
          'productOfNeighbours(\npositions, count * COLUMNS * yH, run, 1, kH * kW, firstStrip, STEP_BYTES, filter, yPixelBytes, bias, y, K,\n);',
        ),
      ]
    : [simd('conv2d', 'conv2d', 'correlate(x, filter, bias, y, scratch, g.B, g.C, g.K);')];

const simdInputGradient = ({isSparse}: Situation): Excerpt[] =>
  isSparse
    ? [
        simd('conv2d', 'conv2dInputGradient', 'sparseInputGradient(dy, filter, dx, scratch, g);'),
        simd('sparse', 'scatter', 'v128.store(run, multiplyAdd(dyi, f0, v128.load(run)));'),
      ]
    : [
        simd('conv2d', 'conv2dInputGradient', 'correlate(dy, turned, 0, dx, scratch, g.B, K, C);'),
        simdTile,
      ];

const simdFilterGradient = ({isSparse}: Situation): Excerpt[] =>
  isSparse
    ? [
        simd(
          'conv2d',
          'conv2dFilterGradient',
          'if (isSparse(dy, x, g.xSize, g)) sparseFilterGradient(x, dy, dFilter, scratch, g);',
        ),
        simd('sparse', 'gather', 's0 = multiplyAdd(dyi, v128.load(run), s0);'),
      ]
    : [
        simd(
          'conv2d',
          'conv2dFilterGradient',
          'else denseFilterGradient(x, dy, dFilter, scratch, g);',
        ),
        simdTile,
      ];

/** What the lines that run have in the compiled fragment program. */
export const shaderLines: Partial<Record<Pass, string>> = {
  conv2d: 'vec4 y = x.xxzz * taps.xyxy;',
  conv2dInputGradient: 'vec4 dx = dy.xxzz * taps.xzxz;',
  conv2dFilterGradient: 'taps0.xxyy * dy0.xyxy',
  conv2dBiasGradient: 'sum += dy;',
  maxPool: 'y = wins ? value : y;',
  maxPoolGradient: 'dx += mix(vec4(0), dy.xyxy,',
  relu: 'vec4 y = mix(x, vec4(0),',
  reluGradient: 'setOutput(bits > 0 && bits <= 0x7f800000 ? dy : 0.);',
  dense: 'y += x.xxzz * weights.xyxy',
  denseInputGradient: 'dx += dy.xxzz * weights.xzxz',
  denseWeightsGradient: 'dWeights += x.xxyy * dy.xyxy',
  denseBiasGradient: 'sum += dy;',
  softmax: 'vec4 p = exp(',
  loss: 'vec4 parts = labels * (log(sum).xxyy - z);',
  logitsGradient: 'vec4 dlogits = (p * labelSum.xxyy',
};

/** The names of the kernels in TensorFlow.js's registry. */
export const kernelNames: Partial<Record<Pass, string>> = {
  conv2d: 'mnist.Conv2D',
  conv2dInputGradient: 'mnist.Conv2DInputGradient',
  conv2dFilterGradient: 'mnist.Conv2DFilterGradient',
  conv2dBiasGradient: 'mnist.BiasGradient',
  maxPool: 'mnist.MaxPool',
  maxPoolGradient: 'mnist.MaxPoolGradient',
  relu: 'mnist.Relu',
  reluGradient: 'mnist.ReluGradient',
  dense: 'mnist.Dense',
  denseInputGradient: 'mnist.DenseInputGradient',
  denseWeightsGradient: 'mnist.DenseWeightsGradient',
  denseBiasGradient: 'mnist.BiasGradient',
  softmax: 'mnist.Softmax',
  loss: 'mnist.SoftmaxCrossEntropy',
  logitsGradient: 'mnist.SoftmaxCrossEntropyGradient',
};
