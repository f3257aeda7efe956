// All texts of the page: each key has one in English and one in Chinese. `{name}` is filled in.

const en = {
  tagline: 'A small convnet learns to read digits in your browser, with every op written by hand.',

  // train
  train: 'Train',
  preset: 'Network',
  batchSize: 'Batch size',
  learningRate: 'Learning rate',
  seed: 'Seed',
  length: 'Length',
  unit: 'Unit of the length',
  batches: 'batches',
  epochs: 'epochs',
  backend: 'Backend',
  start: 'Start',
  pause: 'Pause',
  goOn: 'Go on',
  oneBatch: 'One batch',
  oneEpochMore: 'One epoch more',
  reset: 'Reset',
  retry: 'Load again',
  resetToChange: 'Reset to change this',
  progress: 'Batches trained',
  batch: 'Batch',
  timeLeft: 'Time left',
  stepTime: 'Step',
  speed: 'Speed',
  imagesPerSecond: 'images/s',
  noAccuracy: 'All 10,000 test images are tested at the end of each epoch and of the run.',
  accuracy:
    'After batch {batch}: {share} of all test images, {correct} of {total} (95 % interval {low} to {high}).',
  compiled: '{programs} shaders compiled in {seconds} s.',
  imagesArrived: 'Images: {images}',

  // phases
  phaseStarting: 'Starting …',
  phaseWaiting: 'Waiting for images …',
  phaseCompiling: 'Compiling shaders …',
  phaseProfiling: 'Measuring a step on {backend} …',
  phaseTraining: 'Training on {backend}',
  phaseTesting: 'Testing all 10,000 images …',
  phaseReady: 'Ready: press Start',
  phasePaused: 'Paused',
  phaseDone: 'Done; make it longer to go on',
  phaseLost: 'Stopped: the GPU was lost',
  phaseDiverged: 'Stopped: it diverged',
  phaseFailed: 'Stopped',

  // why a run stopped
  contextLost:
    'The WebGL context was lost after batch {at}; the run is back at batch {batch}. “Go on” uses a new context.',
  diverged:
    'The loss became {loss} at batch {batch}: a learning rate of {learningRate} is too large. Reset to try a smaller one; 0.1 to 0.15 are usual.',
  oneDigit:
    'All {total} answers are {answer}: nothing was learnt. Reset to try a learning rate smaller than {learningRate} (0.1 to 0.15 are usual), or train more batches.',
  lossRose:
    'The loss ended above where it began: nothing was learnt. Reset to try a learning rate smaller than {learningRate} (0.1 to 0.15 are usual), or train more batches.',
  unexpected: 'This went wrong: {message}',
  relaxed: '{backend} (relaxed SIMD)',
  noRelaxed:
    'The run of this link was trained with relaxed SIMD, which this browser lacks: here its losses differ in their last digits.',
  noSimd: 'this browser’s WebAssembly has no SIMD.',
  noWebGL: 'this browser gives a worker no WebGL 2.',
  noWasm: 'this browser has no WebAssembly.',
  wasmForbidden: 'this page’s Content-Security-Policy forbids WebAssembly.',
  noBackend: 'The backend {backend} did not start ({message}).',
  dataNoAnswer: 'The images could not be loaded: {name} got no answer.',
  dataStatus: 'The images could not be loaded: {name} got status {status}.',
  dataBroken: 'The images could not be loaded: {name} is not a whole file in IDX format.',

  // curves
  curves: 'Curves',
  loss: 'Loss, nats',
  heldOut: 'Held-out images recognised',
  onSome: '1,000 test images, drawn at random',
  onAll: 'all 10,000 test images',
  eachBatch: 'each batch',
  asNumbers: 'As numbers',
  meanLoss: 'Mean loss of 20 batches',
  noCurve: 'Nothing was trained here yet.',
  lossText:
    'The loss went from {first} to {last} nats, the mean of the last 20 of {batch} batches.',
  testText:
    '{last} of held-out images are recognised after batch {batch}; the best test had {best}.',

  // draw
  draw: 'Draw a digit',
  padLabel: 'Pad to draw on',
  padHelp:
    'Mouse, pen or finger; or arrow keys, with the space bar to set the pen down and Delete to clear. Or drop a picture here.',
  penDown: 'Pen down.',
  penUp: 'Pen up.',
  seen: 'what the net sees',
  seenLabel: 'Your drawing in 28 × 28 pixels',
  clear: 'Clear',
  picture: 'Picture',
  noPicture: '{name} should be a picture that this browser can read, and is of type “{type}”.',
  noInk: '{name} should show a digit that stands out from its paper, and shows none.',
  verdict: 'It reads a {digit} ({share}).',
  spokenVerdict: 'It reads a {digit}.',
  noVerdict: 'No prediction.',
  blank: 'The pad is blank.',

  // predictions
  predictions: 'What it predicts',
  digits: 'Digits',
  matrix: 'Confusion matrix',
  show: 'Show',
  allImages: 'all',
  mistakes: 'mistakes',
  wrongLabels: 'wrong labels',
  digit: 'Digit',
  anyDigit: 'any',
  previous: 'Previous',
  next: 'Next',
  galleryNote:
    '✓ answer, or label ✗ answer, and probability. A dashed frame: the label is known to be doubtful; ≈: the net agrees with people’s votes.',
  noImages: 'No images yet.',
  noMistakes: 'No mistakes here.',
  mistakesLater: 'Mistakes appear when all test images are tested.',
  imageText: 'Test image {index}, labelled {label}.',
  answerText: 'Taken for a {answer} ({share}).',
  doubtText: 'Five people’s votes suggest {suggested} (label/suggestion/neither: {votes}).',
  corner: 'label ＼ answer',
  matrixNote: 'All test images after batch {batch}; rows are labels, columns answers.',
  matrixLater: 'It appears when all test images are tested.',

  // split
  split: 'A step, kernel by kernel',
  splitNote: 'Network {preset}, batches of {batchSize}; one column per backend that was tried.',
  noSplit:
    'Each backend is measured before it trains. Switch backends during a run to compare them.',
  noTimer: 'A dash: this browser doesn’t let a page read the GPU’s clock.',
  kernel: 'Kernel',
  rest: 'everything else',
  wholeStep: 'whole step, with each kernel timed',

  // share
  share: 'Save and share',
  linkLabel: 'Link to this run',
  copyLink: 'Copy link',
  copied: 'Copied: opening the link trains the same run.',
  copiedSettings:
    'Copied: the link has these settings, but not the opened weights; it trains from fresh ones.',
  notCopied: 'This browser does not let the page copy; the link is selected.',
  download: 'Save weights',
  upload: 'Open weights',
  saved: '{name} is saved to your downloads.',
  notSaved: 'Nothing was saved: these weights are not finite numbers.',
  restored: 'The weights of {name} are loaded, at batch {batch}.',

  // memory
  memory: 'Memory',
  tensors: 'Tensors',
  bytes: 'Bytes',
  leftBehind: 'Left behind',
  loseContext: 'Lose the GPU',
  onlyWebGL: 'Only webgl has a context to lose',

  // wrong settings: in a link, in a weights file, or in the form
  badChoice: '{name} should be one of {expected}, and is “{found}”.',
  badNumber: '{name} should be a number from {low} to {high}, and is “{found}”.',
  badWhole: '{name} should be a whole number from {low} to {high}, and is “{found}”.',

  // wrong links
  linkUnknown: 'A link can set {expected}, and this one sets “{found}”.',
  linkRepeated: 'A link should set {name} once, and this one sets it {found} times.',

  // wrong weights files
  fileLarge: 'A weights file should have at most {expected} bytes, and this file has {found}.',
  fileShort: 'A weights file should have more than 8 bytes, and this file has {found}.',
  fileEpochs:
    'A weights file should be of a run of at most {expected} epochs, and this one has {found}.',
  fileFormat:
    'A weights file should be in safetensors format, and this file is in the format {found}.',
  fileRepeated: 'This file’s header should name {name} once, and names it again.',
  fileOverlap: 'This file is damaged: the tensors {other} and {name} share bytes.',
  fileHeaderLength:
    'This is no weights file, or only part of one: its header should fit into {expected} bytes, and takes {found}.',
  fileHeader:
    'This is no weights file: its header should be a JSON object, and starts with “{found}”.',
  fileMetadata:
    'This file’s __metadata__ should hold texts by name, and holds something else as well.',
  fileEntry:
    'This file’s {name} should be a tensor with dtype, shape and data_offsets, and is something else.',
  fileMissing:
    'This file holds no weights of ours: it should have a tensor {name}, and has none of that name.',
  fileExtra:
    'This file holds no weights of ours: {net} should have the tensors {expected}, and there is also {found}.',
  fileDtype: 'This file’s tensor {name} should have the dtype F32, and has {found}.',
  fileShape:
    'This file holds no weights of ours: the tensor {name} should be {expected}, and is {found}.',
  fileOffsets:
    'This file is damaged: the tensor {name} should be {expected} of its {length} bytes, and is at {begin} to {end}.',
  fileNotFinite:
    'This file’s tensor {name} should hold finite numbers, and has {found} at index {index}.',
};

export type TextKey = keyof typeof en;
export type Values = Record<string, string | number>;
export type Language = 'en' | 'zh';

const zh: Record<TextKey, string> = {
  tagline: '一个小型卷积网络在你的浏览器里学认数字，每个算子都是手写的。',

  train: '训练',
  preset: '网络',
  batchSize: '批大小',
  learningRate: '学习率',
  seed: '随机种子',
  length: '训练长度',
  unit: '长度单位',
  batches: '批',
  epochs: '轮',
  backend: '后端',
  start: '开始',
  pause: '暂停',
  goOn: '继续',
  oneBatch: '训练一批',
  oneEpochMore: '再训练一轮',
  reset: '重置',
  retry: '重新加载',
  resetToChange: '重置后才能修改',
  progress: '已训练的批数',
  batch: '批次',
  timeLeft: '剩余时间',
  stepTime: '每步',
  speed: '速度',
  imagesPerSecond: '张/秒',
  noAccuracy: '每轮结束和训练结束时，会测试整个测试集（10,000 张图像）。',
  accuracy:
    '第 {batch} 批后：测试集中认对 {share}，即 {total} 张中的 {correct} 张（95 % 区间 {low} 至 {high}）。',
  compiled: '{seconds} 秒内编译了 {programs} 个着色器。',
  imagesArrived: '图像：{images}',

  phaseStarting: '正在启动……',
  phaseWaiting: '等待图像……',
  phaseCompiling: '正在编译着色器……',
  phaseProfiling: '正在测量 {backend} 上的一步……',
  phaseTraining: '正在 {backend} 上训练',
  phaseTesting: '正在测试全部 10,000 张图像……',
  phaseReady: '就绪：点“开始”训练',
  phasePaused: '已暂停',
  phaseDone: '已完成；加长训练可继续',
  phaseLost: '已停止：GPU 不见了',
  phaseDiverged: '已停止：训练发散',
  phaseFailed: '已停止',

  contextLost:
    'WebGL 上下文在第 {at} 批后丢失；权重已恢复到第 {batch} 批。点“继续”会取得新的上下文。',
  diverged:
    '第 {batch} 批的损失变为 {loss}：学习率 {learningRate} 太大。请重置后改用较小的值，通常为 0.1 到 0.15。',
  oneDigit:
    '全部 {total} 个答案都是 {answer}：什么也没学到。请重置后改用小于 {learningRate} 的学习率（通常为 0.1 到 0.15），或多训练几批。',
  lossRose:
    '最后的损失高于开始时的损失：什么也没学到。请重置后改用小于 {learningRate} 的学习率（通常为 0.1 到 0.15），或多训练几批。',
  unexpected: '出错了：{message}',
  relaxed: '{backend}（relaxed SIMD）',
  noRelaxed: '此链接的训练使用了 relaxed SIMD，而此浏览器不支持：这里的损失值末几位会有所不同。',
  noSimd: '此浏览器的 WebAssembly 不支持 SIMD。',
  noWebGL: '此浏览器的 Worker 中没有 WebGL 2。',
  noWasm: '此浏览器没有 WebAssembly。',
  wasmForbidden: '此页面的 Content-Security-Policy 禁止 WebAssembly。',
  noBackend: '后端 {backend} 未能启动（{message}）。',
  dataNoAnswer: '无法加载图像：{name} 没有应答。',
  dataStatus: '无法加载图像：{name} 返回状态 {status}。',
  dataBroken: '无法加载图像：{name} 不是完整的 IDX 文件。',

  curves: '曲线',
  loss: '交叉熵损失（nat）',
  heldOut: '测试集中认对的',
  onSome: '随机 1,000 张测试图像',
  onAll: '整个测试集（10,000 张）',
  eachBatch: '每一批',
  asNumbers: '数值',
  meanLoss: '20 批的平均交叉熵损失',
  noCurve: '还没有训练。',
  lossText: '交叉熵损失从 {first} 变为 {last} nat（共 {batch} 批，取最后 20 批的平均）。',
  testText: '第 {batch} 批后认对测试集的 {last}；最好的一次为 {best}。',

  draw: '写一个数字',
  padLabel: '手写板',
  padHelp:
    '用鼠标、笔或手指书写；也可用方向键移动，空格键落笔或提笔，Delete 键清除。还可以把图片拖到这里。',
  penDown: '已落笔。',
  penUp: '已提笔。',
  seen: '网络看到的',
  seenLabel: '你写的字，28 × 28 像素',
  clear: '清除',
  picture: '图片',
  noPicture: '{name} 应为此浏览器能读取的图片，其类型却是“{type}”。',
  noInk: '{name} 中应有与纸面分明的数字，但没有找到笔迹。',
  verdict: '认作 {digit}（{share}）。',
  spokenVerdict: '认作 {digit}。',
  noVerdict: '没有预测。',
  blank: '手写板是空的。',

  predictions: '它的预测',
  digits: '数字',
  matrix: '混淆矩阵',
  show: '显示',
  allImages: '全部',
  mistakes: '只看认错的',
  wrongLabels: '已知的错误标签',
  digit: '数字',
  anyDigit: '任意',
  previous: '上一页',
  next: '下一页',
  galleryNote:
    '✓ 预测，或 标签 ✗ 预测，及其概率。虚线框：标签本身已知有疑问；≈：预测与人们的投票一致。',
  noImages: '还没有图像。',
  noMistakes: '这里没有认错的。',
  mistakesLater: '测试完整个测试集后才知道哪些认错了。',
  imageText: '测试图像 {index}，标签为 {label}。',
  answerText: '认作 {answer}（{share}）。',
  doubtText: '五人投票认为是 {suggested}（标签/建议/都不是：{votes}）。',
  corner: '标签 ＼ 预测',
  matrixNote: '第 {batch} 批后的整个测试集；行为标签，列为预测。',
  matrixLater: '测试整个测试集时统计。',

  split: '一步的时间，按算子划分',
  splitNote: '网络 {preset}，每批 {batchSize} 张；试过的每个后端各占一列。',
  noSplit: '每个后端在训练前都会测量一次。训练中途切换即可比较。',
  noTimer: '短横线表示此浏览器不允许网页读取 GPU 的时钟。',
  kernel: '算子',
  rest: '其余',
  wholeStep: '整步（含各算子的计时）',

  share: '保存',
  linkLabel: '此次训练的链接',
  copyLink: '复制链接',
  copied: '已复制：打开链接会重现同样的训练。',
  copiedSettings: '已复制：链接含有这些设置，但不含打开的权重；它会从新的权重开始训练。',
  notCopied: '此浏览器不允许网页复制；链接已选中。',
  download: '保存权重',
  upload: '打开权重',
  saved: '{name} 正在下载。',
  notSaved: '没有保存：这些权重不是有限的数。',
  restored: '已载入 {name} 的权重，位于第 {batch} 批。',

  memory: '内存',
  tensors: '张量',
  bytes: '字节',
  leftBehind: '遗留',
  loseContext: '让 GPU 丢失',
  onlyWebGL: '只有 webgl 有可丢失的上下文',

  badChoice: '{name} 应为 {expected} 之一，现为“{found}”。',
  badNumber: '{name} 应为 {low} 到 {high} 之间的数，现为“{found}”。',
  badWhole: '{name} 应为 {low} 到 {high} 之间的整数，现为“{found}”。',

  linkUnknown: '链接可以设置 {expected}，但此链接设置了“{found}”。',
  linkRepeated: '链接中 {name} 应只设置一次，此链接却设置了 {found} 次。',

  fileLarge: '权重文件应不超过 {expected} 字节，此文件却有 {found} 字节。',
  fileShort: '权重文件应大于 8 字节，此文件只有 {found} 字节。',
  fileEpochs: '权重文件的训练应不超过 {expected} 轮，此文件却有 {found} 轮。',
  fileFormat: '权重文件应为 safetensors 格式，此文件却是 {found} 格式。',
  fileRepeated: '此文件的文件头中 {name} 应只出现一次，却重复出现。',
  fileOverlap: '此文件已损坏：张量 {other} 与 {name} 的字节重叠。',
  fileHeaderLength:
    '此文件不是权重文件，或不完整：文件头应不超过 {expected} 字节，却标为 {found} 字节。',
  fileHeader: '此文件不是权重文件：文件头应为 JSON 对象，却以“{found}”开头。',
  fileMetadata: '此文件的 __metadata__ 应只含文本，却含有其他内容。',
  fileEntry: '此文件中的 {name} 应为含 dtype、shape 和 data_offsets 的张量，实际却不是。',
  fileMissing: '此文件中没有本网络的权重：应有张量 {name}，却没有找到。',
  fileExtra: '此文件中没有本网络的权重：{net} 的张量应为 {expected}，却多出了 {found}。',
  fileDtype: '此文件中张量 {name} 的 dtype 应为 F32，却是 {found}。',
  fileShape: '此文件中没有本网络的权重：张量 {name} 的形状应为 {expected}，却是 {found}。',
  fileOffsets:
    '此文件已损坏：张量 {name} 应占 {length} 字节数据中的 {expected} 字节，却标在 {begin} 到 {end} 处。',
  fileNotFinite: '此文件中张量 {name} 的值应为有限的数，索引 {index} 处却是 {found}。',
};

export const texts: Record<Language, Record<TextKey, string>> = {en, zh};

/** Fills in the values. English has "an 8", also where the sentence has "a". */
export const fill = (text: string, values: Values): string =>
  text.replace(/(\ba )?\{(\w+)\}/g, (_, article = '', name) => {
    const value = String(values[name]);
    return (article && value.startsWith('8') ? 'an ' : article) + value;
  });
