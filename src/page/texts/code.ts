// Texts of the panel that shows the code.
export const codeTexts = {
  codeOf: ['Code: {pass} of {station}', '代码：{station} 的 {pass}'],
  codeFormula: ['Formula', '公式'],
  codeDefinition: ['Definition', '定义'],
  codeReference: ['Reference', '参考实现'],
  codeShaderTab: ['Shader', '着色器'],
  codeRunning: ['The running backend uses this code', '当前后端运行的就是这段代码'],
  codeLetters: ['Letters', '字母'],
  codeLetterHelp: ['Choose a letter to see where it stands.', '点一个字母，看它出现在哪里。'],
  codeMeaning: ['{letter}: {meaning}', '{letter}：{meaning}'],
  codeFailed: [
    'The code could not be loaded. Reload the page to try again.',
    '代码加载失败，请刷新页面重试。',
  ],
  codeShader: [
    'The program as WebGL compiles it for this station and one image, from line {line} on; TensorFlow.js writes the lines before it.',
    'WebGL 为这一层、一张图像编译的程序，从第 {line} 行起；前面各行由 TensorFlow.js 生成。',
  ],
  codeLayers: [
    'These lines stand in no file: the page writes them from this op’s shapes.',
    '这几行不在任何文件中，由页面按该算子的形状写出。',
  ],
  codePixel: [
    'A pixel: no op makes it. The file has it as 0 to 255, and it is divided by 255.',
    '这是像素，不由算子算出：文件中的值为 0 到 255，再除以 255。',
  ],
  codeOne: [
    '∂loss/∂loss is 1: the backward pass begins here.',
    '∂loss/∂loss 恒为 1：反向传播从这里开始。',
  ],
  codeUpdate: [
    'A weight: after each batch, gradient descent adds −learning rate × gradient. That is c × gradient in TensorFlow.js.',
    '这是权重：每一批之后，梯度下降给它加上 −学习率 × 梯度，即 TensorFlow.js 中的 c × gradient。',
  ],
  codeUpdateMomentum: [
    'A weight: after each batch, momentum adds −learning rate × velocity, which is 0.9 × the velocity before + gradient. In TensorFlow.js, c is −learning rate, m is 0.9, and an accumulation is a velocity.',
    '权重：每批之后，动量法给它加上 −学习率 × 速度，速度为 0.9 × 原速度 + 梯度。在 TensorFlow.js 中，c 是 −学习率，m 是 0.9，accumulation 就是速度。',
  ],
  codeProbabilities: [
    'Softmax and loss are one op in training, so no kernel computes this gradient by itself.',
    '训练时 softmax 与损失合为一个算子，没有单独计算这个梯度的代码。',
  ],

  // The letters, in the words of the table in src/kernels/README.md.
  letter_b: ['image', '第几张图像'],
  letter_yR: ['row in y', 'y 中的行'],
  letter_yC: ['column in y', 'y 中的列'],
  letter_xR: ['row in x', 'x 中的行'],
  letter_xC: ['column in x', 'x 中的列'],
  letter_wR: ['row in the window', '窗口中的行'],
  letter_wC: ['column in the window', '窗口中的列'],
  letter_d1: ['input channel', '输入通道'],
  letter_d2: ['output channel', '输出通道'],
  letter_i: ['input of dense', '全连接层的输入'],
  letter_o: ['output of dense', '全连接层的输出'],
  letter_j: ['classes', '类别'],
  letter_k: ['classes', '类别'],
  letter_element: ['counts elements', '元素的序号'],
} satisfies Record<string, [en: string, zh: string]>;
