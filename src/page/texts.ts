// All texts of the page, in English and in Chinese. `{name}` is filled in. Those of the parts that look inside the network have files of
// their own, in texts/.
import {weightsTexts} from '../weights/texts.ts';
import {cellTexts} from './texts/cell.ts';
import {codeTexts} from './texts/code.ts';
import {guideTexts} from './texts/guide.ts';
import {keepTexts} from './texts/keep.ts';
import {stageTexts} from './texts/stage.ts';
import {timeTexts} from './texts/time.ts';

const both = {
  ...stageTexts,
  ...cellTexts,
  ...codeTexts,
  ...timeTexts,
  ...guideTexts,
  ...weightsTexts,
  ...keepTexts,

  // the page
  guideOpen: ['Guide', '导读'],
  results: ['Results', '结果'],
  predictionsTab: ['Predictions', '预测'],
  splitTab: ['Kernel times', '算子耗时'],
  shareTab: ['Keep', '保存'],

  // train
  train: ['Train', '训练'],
  preset: ['Network', '网络'],
  settingsMore: ['Settings …', '更多设置'],
  batchSize: ['Batch size', '批大小'],
  threads: ['Threads of simd', 'simd 的线程数'],
  oneThread_noSharedMemory: [
    'simd has one thread: threads need a page that is isolated, which its server says by the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, over https or from this machine.',
    'simd 只有一个线程：多线程要求页面隔离，即服务器发送响应头 Cross-Origin-Opener-Policy: same-origin 和 Cross-Origin-Embedder-Policy: require-corp，且页面来自 https 或本机。',
  ],
  oneThread_noWorkers: [
    'simd has one thread: this browser starts no other threads here.',
    'simd 只有一个线程：此浏览器在这里无法启动其他线程。',
  ],
  oneThread_mainThread: [
    'simd has one thread: it runs beside the page’s own work, which may not wait for others.',
    'simd 只有一个线程：它与页面共用一个线程，不能等待其他线程。',
  ],
  oneThread_oneCore: [
    'simd has one thread: this machine has one core.',
    'simd 只有一个线程：这台机器只有一个核心。',
  ],
  recipe: ['Recipe', '训练方法'],
  recipeFast: ['fast: momentum', '快速：动量'],
  recipeMeans: [
    'Momentum: each weight has a velocity, 0.9 of which is left after a step, so steps that agree add up. The learning rate is the largest; it rises for a fifth of the run, since fresh weights stand no large steps, and then falls to 0, so that the weights settle; there the run ends. One epoch does what five do with SGD.',
    '动量：每个权重都有速度，每走一步保留 0.9，方向一致的步子就会累加。这里的学习率是最大值：前五分之一逐渐升高（新权重受不了大步），之后降到 0，让权重安定下来，训练到此结束。训练一轮，相当于 SGD 的五轮。',
  ],
  learningRate: ['Learning rate', '学习率'],
  seed: ['Seed', '随机种子'],
  length: ['Length', '训练长度'],
  unit: ['Unit of the length', '长度单位'],
  batches: ['batches', '批'],
  epochs: ['epochs', '轮'],
  backend: ['Backend', '后端'],
  start: ['Start', '开始'],
  pause: ['Pause', '暂停'],
  goOn: ['Go on', '继续'],
  oneBatch: ['One batch', '训练一批'],
  oneEpochMore: ['One epoch more', '再训练一轮'],
  reset: ['Reset', '重置'],
  retry: ['Load again', '重新加载'],
  resetToChange: ['Reset to change this', '重置后才能修改'],
  progress: ['Batches trained', '已训练的批数'],
  batch: ['Batch', '批次'],
  timeLeft: ['Time left', '剩余时间'],
  stepTime: ['Step', '每步'],
  speed: ['Speed', '速度'],
  imagesPerSecond: ['images/s', '张/秒'],
  noAccuracy: [
    'All 10,000 test images are tested at the end of each epoch and of the run.',
    '每轮结束和训练结束时，会测试整个测试集（10,000 张图像）。',
  ],
  accuracy: ['{share} of all test images', '测试集认对 {share}'],
  interval: [
    'After batch {batch}: {share} of all test images, {correct} of {total} (95 % interval {low} to {high}).',
    '第 {batch} 批后：测试集中认对 {share}，即 {total} 张中的 {correct} 张（95 % 区间 {low} 至 {high}）。',
  ],
  compiled: [
    '{programs} shaders compiled in {seconds} s.',
    '{seconds} 秒内编译了 {programs} 个着色器。',
  ],
  imagesArrived: ['Images: {images}', '图像：{images}'],

  // phases
  phase_starting: ['Starting …', '正在启动……'],
  phase_waiting: ['Waiting for images …', '等待图像……'],
  phase_compiling: ['Compiling shaders …', '正在编译着色器……'],
  phase_profiling: ['Measuring a step on {backend} …', '正在测量 {backend} 上的一步……'],
  phase_training: ['Training on {backend}', '正在 {backend} 上训练'],
  phase_testing: ['Testing all 10,000 images …', '正在测试全部 10,000 张图像……'],
  phase_ready: ['Ready: press Start', '就绪：点“开始”训练'],
  phase_paused: ['Paused', '已暂停'],
  phase_done: ['Done', '已完成'],
  phase_lost: ['Stopped: the GPU was lost', '已停止：GPU 丢失'],
  phase_diverged: ['Stopped: it diverged', '已停止：训练发散'],
  phase_failed: ['Stopped', '已停止'],

  // why a run stopped
  contextLost: [
    'The WebGL context was lost after batch {at}; the run is back at batch {batch}. “Go on” uses a new context.',
    'WebGL 上下文在第 {at} 批后丢失；权重已恢复到第 {batch} 批。点“继续”会取得新的上下文。',
  ],
  diverged: [
    'The loss became {loss} at batch {batch}: a learning rate of {learningRate} is too large. Reset to try a smaller one; 0.1 to 0.15 are usual.',
    '第 {batch} 批的损失变为 {loss}：学习率 {learningRate} 太大。请重置后改用较小的值，通常为 0.1 到 0.15。',
  ],
  oneDigit: [
    'All {total} answers are {answer}: nothing was learnt. Reset to try a learning rate smaller than {learningRate} (0.1 to 0.15 are usual), or train more batches.',
    '全部 {total} 个答案都是 {answer}：什么也没学到。请重置后改用小于 {learningRate} 的学习率（通常为 0.1 到 0.15），或多训练几批。',
  ],
  lossRose: [
    'The loss ended above where it began: nothing was learnt. Reset to try a learning rate smaller than {learningRate} (0.1 to 0.15 are usual), or train more batches.',
    '最后的损失高于开始时的损失：什么也没学到。请重置后改用小于 {learningRate} 的学习率（通常为 0.1 到 0.15），或多训练几批。',
  ],
  unexpected: ['This went wrong: {message}', '出错了：{message}'],
  relaxed: ['{backend} (relaxed SIMD)', '{backend}（relaxed SIMD）'],
  noRelaxed: [
    'The run of this link was trained with relaxed SIMD, which this browser lacks: here its losses differ in their last digits.',
    '此链接的训练使用了 relaxed SIMD，而此浏览器不支持：这里的损失值末几位会有所不同。',
  ],
  noSimd: ['this browser’s WebAssembly has no SIMD.', '此浏览器的 WebAssembly 不支持 SIMD。'],
  noWebGL: ['this browser gives a worker no WebGL 2.', '此浏览器的 Worker 中没有 WebGL 2。'],
  noWasm: ['this browser has no WebAssembly.', '此浏览器没有 WebAssembly。'],
  wasmForbidden: [
    'this page’s Content-Security-Policy forbids WebAssembly.',
    '此页面的 Content-Security-Policy 禁止 WebAssembly。',
  ],
  noBackend: [
    'The backend {backend} did not start ({message}).',
    '后端 {backend} 未能启动（{message}）。',
  ],
  dataNoAnswer: [
    'The images could not be loaded: {name} got no answer.',
    '无法加载图像：{name} 没有应答。',
  ],
  dataStatus: [
    'The images could not be loaded: {name} got status {status}.',
    '无法加载图像：{name} 返回状态 {status}。',
  ],
  dataBroken: [
    'The images could not be loaded: {name} is not a whole file in IDX format.',
    '无法加载图像：{name} 不是完整的 IDX 文件。',
  ],

  // curves
  curvesFailed: [
    'The curves could not be loaded. Reload the page to try again.',
    '曲线加载失败，请刷新页面重试。',
  ],
  curves: ['Curves', '曲线'],
  loss: ['Loss, nats', '交叉熵损失（nat）'],
  heldOut: ['Held-out images recognised', '测试集中认对的'],
  onSome: ['1,000 test images, drawn at random', '随机 1,000 张测试图像'],
  onAll: ['all 10,000 test images', '整个测试集（10,000 张）'],
  eachBatch: ['each batch', '每一批'],
  asNumbers: ['As numbers', '数值'],
  meanLoss: ['Mean loss of 20 batches', '20 批的平均交叉熵损失'],
  noCurve: ['Nothing was trained here yet.', '还没有训练。'],
  lossText: [
    'The loss went from {first} to {last} nats, the mean of the last 20 of {batch} batches.',
    '交叉熵损失从 {first} 变为 {last} nat（共 {batch} 批，取最后 20 批的平均）。',
  ],
  testText: [
    '{last} of held-out images are recognised after batch {batch}; the best test had {best}.',
    '第 {batch} 批后认对测试集的 {last}；最好的一次为 {best}。',
  ],

  // draw
  draw: ['Draw a digit', '写一个数字'],
  padLabel: ['Pad to draw on', '手写板'],
  padHelp: [
    'Mouse, pen or finger; or arrow keys, with the space bar to set the pen down and Delete to clear. Or drop a picture here.',
    '用鼠标、笔或手指书写；也可用方向键移动，空格键落笔或提笔，Delete 键清除。还可以把图片拖到这里。',
  ],
  penDown: ['Pen down.', '已落笔。'],
  penUp: ['Pen up.', '已提笔。'],
  seen: ['what the net sees', '网络看到的'],
  clear: ['Clear', '清除'],
  picture: ['Picture', '图片'],
  noPicture: [
    '{name} should be a picture that this browser can read, and is of type “{type}”.',
    '{name} 应为此浏览器能读取的图片，其类型却是“{type}”。',
  ],
  noInk: [
    '{name} should show a digit that stands out from its paper, and shows none.',
    '{name} 中应有与纸面分明的数字，但没有找到笔迹。',
  ],
  verdict: ['It reads a {digit} ({share}).', '认作 {digit}（{share}）。'],
  spokenVerdict: ['It reads a {digit}.', '认作 {digit}。'],
  noVerdict: ['No prediction.', '没有预测。'],
  blank: ['The pad is blank.', '手写板是空的。'],

  // predictions
  predictions: ['What it predicts', '它的预测'],
  digits: ['Digits', '数字'],
  matrix: ['Confusion matrix', '混淆矩阵'],
  show: ['Show', '显示'],
  allImages: ['all', '全部'],
  mistakes: ['mistakes', '只看认错的'],
  wrongLabels: ['wrong labels', '已知的错误标签'],
  digit: ['Digit', '数字'],
  anyDigit: ['any', '任意'],
  previous: ['Previous', '上一页'],
  next: ['Next', '下一页'],
  galleryNote: [
    '✓ answer, or label ✗ answer, and probability. A dashed frame: the label is known to be doubtful; ≈: the net agrees with people’s votes.',
    '✓ 预测，或 标签 ✗ 预测，及其概率。虚线框：标签本身已知有疑问；≈：预测与人们的投票一致。',
  ],
  noImages: ['No images yet.', '还没有图像。'],
  noMistakes: ['No mistakes here.', '这里没有认错的。'],
  mistakesLater: [
    'Mistakes appear when all test images are tested.',
    '测试完整个测试集后才知道哪些认错了。',
  ],
  imageText: ['Test image {index}, labelled {label}.', '测试图像 {index}，标签为 {label}。'],
  answerText: ['Taken for a {answer} ({share}).', '认作 {answer}（{share}）。'],
  doubtText: [
    'Five people’s votes suggest {suggested} (label/suggestion/neither: {votes}).',
    '五人投票认为是 {suggested}（标签/建议/都不是：{votes}）。',
  ],
  corner: ['label ＼ answer', '标签 ＼ 预测'],
  matrixNote: [
    'All test images after batch {batch}; rows are labels, columns answers.',
    '第 {batch} 批后的整个测试集；行为标签，列为预测。',
  ],
  matrixLater: ['It appears when all test images are tested.', '测试整个测试集时统计。'],

  // split
  split: ['A step, kernel by kernel', '一步的时间，按算子划分'],
  splitNote: [
    'Network {preset}, batches of {batchSize}; one column per backend that was tried.',
    '网络 {preset}，每批 {batchSize} 张；试过的每个后端各占一列。',
  ],
  noSplit: [
    'Each backend is measured before it trains. Switch backends during a run to compare them.',
    '每个后端在训练前都会测量一次。训练中途切换即可比较。',
  ],
  noTimer: [
    'A dash: this browser doesn’t let a page read the GPU’s clock.',
    '短横线表示此浏览器不允许网页读取 GPU 的时钟。',
  ],
  kernel: ['Kernel', '算子'],
  rest: ['everything else', '其余'],
  wholeStep: ['whole step, with each kernel timed', '整步（含各算子的计时）'],

  // share
  share: ['Save and share', '保存与分享'],
  linkLabel: ['Link to this run', '此次训练的链接'],
  copyLink: ['Copy link', '复制链接'],
  copied: ['Copied: opening the link trains the same run.', '已复制：打开链接会重现同样的训练。'],
  copiedSettings: [
    'Copied: the link has these settings, but not these weights; it trains from fresh ones.',
    '已复制：链接含有这些设置，但不含这些权重；它会从新的权重开始训练。',
  ],
  notCopied: [
    'This browser does not let the page copy; the link is selected.',
    '此浏览器不允许网页复制；链接已选中。',
  ],
  download: ['Save weights', '保存权重'],
  upload: ['Open weights', '打开权重'],
  format: ['Format of saved weights', '保存权重的格式'],
  saved: ['{name} is saved to your downloads.', '{name} 正在下载。'],
  savedBoth: [
    '{name} and {other} are saved to your downloads. They belong together: open both at once.',
    '{name} 和 {other} 正在下载。两者配套使用：请一起打开。',
  ],
  weightsFailed: [
    'The code for weights files could not be loaded. Reload the page to try again.',
    '读写权重文件的代码加载失败，请刷新页面重试。',
  ],
  notSaved: [
    'Nothing was saved: these weights are not finite numbers.',
    '没有保存：这些权重不是有限的数。',
  ],
  restored: [
    'The weights of {name} are loaded, at batch {batch}. {said}',
    '已载入 {name} 的权重，位于第 {batch} 批。{said}',
  ],

  // memory
  memory: ['Memory', '内存'],
  tensors: ['Tensors', '张量'],
  bytes: ['Bytes', '字节'],
  leftBehind: ['Left behind', '遗留'],
  loseContext: ['Lose the GPU', '让 GPU 丢失'],
  onlyWebGL: ['Only webgl has a context to lose', '只有 webgl 有可丢失的上下文'],

  // wrong settings: in a link, in a weights file, or in the form
  badChoice: [
    '{name} should be one of {expected}, and is “{found}”.',
    '{name} 应为 {expected} 之一，现为“{found}”。',
  ],
  badNumber: [
    '{name} should be a number from {low} to {high}, and is “{found}”.',
    '{name} 应为 {low} 到 {high} 之间的数，现为“{found}”。',
  ],
  badWhole: [
    '{name} should be a whole number from {low} to {high}, and is “{found}”.',
    '{name} 应为 {low} 到 {high} 之间的整数，现为“{found}”。',
  ],

  // wrong links
  linkUnknown: [
    'A link can set {expected}, and this one sets “{found}”.',
    '链接可以设置 {expected}，但此链接设置了“{found}”。',
  ],
  linkRepeated: [
    'A link should set {name} once, and this one sets it {found} times.',
    '链接中 {name} 应只设置一次，此链接却设置了 {found} 次。',
  ],

  // a weights file of a run that is too long
  fileEpochs: [
    'A weights file should be of a run of at most {expected} epochs, and this one has {found}.',
    '权重文件的训练应不超过 {expected} 轮，此文件却有 {found} 轮。',
  ],
} satisfies Record<string, [en: string, zh: string]>;

export type TextKey = keyof typeof both;
export type Language = 'en' | 'zh';

const only = (language: 0 | 1) =>
  Object.fromEntries(Object.entries(both).map(([key, texts]) => [key, texts[language]]));

export const texts = {en: only(0), zh: only(1)} as Record<Language, Record<TextKey, string>>;

export {fill, type Values} from '../format.ts';
