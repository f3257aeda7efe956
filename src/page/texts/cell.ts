// The cell panel: one number, and how it came about.
export const cellTexts = {
  cellWaiting: ['These numbers are on their way …', '这些数还在计算……'],
  cellClose: ['Close', '关闭'],
  cellBackTo: ['Back to {cell}', '返回 {cell}'],
  cellToGradient: ['∂ its gradient', '∂ 看它的梯度'],
  cellToValue: ['its value', '看它的值'],
  cellLink: ['Copy link to this number', '复制此数的链接'],
  cellLinkCopied: ['Copied: the link opens this number.', '已复制：打开链接就是这个数。'],
  cellLinkOwnWeights: [
    'Copied: the link opens this cell, but not the weights that were opened or changed by hand; its number will differ.',
    '已复制：打开链接就是这个位置，但不含打开的或手动修改的权重，数值会有所不同。',
  ],
  cellLinkNotCopied: [
    'This browser does not let the page copy; the address bar has the link.',
    '此浏览器不允许网页复制；地址栏里就是此链接。',
  ],

  // where the number stands
  cellAtImage: [
    '{cell}: the pixel in row {row}, column {column}',
    '{cell}：第 {row} 行、第 {column} 列的像素',
  ],
  cellAtMap: [
    '{cell}: row {row}, column {column} of channel {channel}',
    '{cell}：通道 {channel} 的第 {row} 行、第 {column} 列',
  ],
  cellAtLogit: ['{cell}: the logit of class {k}', '{cell}：类别 {k} 的 logit'],
  cellAtProbability: ['{cell}: the probability of class {k}', '{cell}：类别 {k} 的概率'],
  cellAtLoss: ['{cell}: the loss of this image, in nats', '{cell}：这张图像的损失（nat）'],
  cellAtFilter: [
    '{cell}: row {row}, column {column} of the filter from channel {d1} to channel {d2}',
    '{cell}：从通道 {d1} 到通道 {d2} 的过滤器的第 {row} 行、第 {column} 列',
  ],
  cellAtWeights: [
    '{cell}: the weight from {from} to class {k}',
    '{cell}：从 {from} 到类别 {k} 的权重',
  ],
  cellAtChannelBias: ['{cell}: the bias of channel {d2}', '{cell}：通道 {d2} 的偏置'],
  cellAtClassBias: ['{cell}: the bias of class {k}', '{cell}：类别 {k} 的偏置'],

  // what the number is, in one sentence
  cellIsPixel: [
    '{cell} is {value}: a pixel, from 0 (paper) to 1 (ink). Nothing in the network made it.',
    '{cell} 为 {value}：一个像素，0 为纸、1 为墨，不由网络算出。',
  ],
  cellIsWeight: [
    '{cell} is {value}: a weight. It began as a random number, and every batch changes it.',
    '{cell} 为 {value}：一个权重。它起初是随机数，每训练一批都会改变。',
  ],
  cellIsBias: [
    '{cell} is {value}: a bias. It began at 0, and every batch changes it.',
    '{cell} 为 {value}：一个偏置。它起初为 0，每训练一批都会改变。',
  ],
  cellIsStart: [
    '{cell} is {value}: the way back begins here, because the loss grows as fast as itself.',
    '{cell} 为 {value}：反向传播从这里开始，损失对自身的梯度就是 1。',
  ],
  cellIsSum: [
    '{cell} is {value}: the sum of {count} products; the largest in size is {largest}, from {a} × {b}.',
    '{cell} 为 {value}：{count} 个乘积之和；其中绝对值最大的是 {largest}，来自 {a} × {b}。',
  ],
  cellIsSumAndBias: [
    '{cell} is {value}: the sum of {count} products and a bias; the largest in size is {largest}, from {a} × {b}.',
    '{cell} 为 {value}：{count} 个乘积与偏置之和；其中绝对值最大的是 {largest}，来自 {a} × {b}。',
  ],
  cellIsGradientSum: [
    '{cell} is {value}: how fast the loss grows as this number grows. It is the sum of {count} products; the largest in size is {largest}, from {a} × {b}.',
    '{cell} 为 {value}：这个数增大时损失增大的快慢。它是 {count} 个乘积之和；其中绝对值最大的是 {largest}，来自 {a} × {b}。',
  ],
  cellIsGradientProduct: [
    '{cell} is {value}: how fast the loss grows as this weight grows. It is the product of {a} and {b}.',
    '{cell} 为 {value}：这个权重增大时损失增大的快慢。它是 {a} 与 {b} 之积。',
  ],
  cellIsBiasGradient: [
    '{cell} is {value}: a bias is added to each of {count} outputs, so their gradients add up; the largest in size is {largest}, of {a}.',
    '{cell} 为 {value}：偏置加到了 {count} 个输出上，所以把它们的梯度相加；其中绝对值最大的是 {a} 的 {largest}。',
  ],
  cellIsNothing: [
    '{cell} is {value}: nothing after it uses this number, so the loss does not depend on it.',
    '{cell} 为 {value}：后面没有用到这个数，所以损失与它无关。',
  ],
  cellIsLargest: [
    '{cell} is {value}: the largest of the {count} numbers in its window; {winner} wins.',
    '{cell} 为 {value}：窗口里 {count} 个数中最大的一个；{winner} 胜出。',
  ],
  cellIsOpen: [
    '{cell} is {value}: its input is above 0, so relu lets it through.',
    '{cell} 为 {value}：输入大于 0，relu 让它原样通过。',
  ],
  cellIsShut: [
    '{cell} is {value}: its input is {input}, not above 0, so relu makes it 0.',
    '{cell} 为 {value}：输入为 {input}，不大于 0，relu 把它变为 0。',
  ],
  cellIsOpenBack: [
    '{cell} is {value}: relu let this number through, so the gradient passes unchanged.',
    '{cell} 为 {value}：relu 让这个数通过了，所以梯度也原样通过。',
  ],
  cellIsShutBack: [
    '{cell} is {value}: relu made this number 0, so no gradient comes back through it.',
    '{cell} 为 {value}：relu 把这个数变成了 0，所以没有梯度从这里传回。',
  ],
  cellIsRouted: [
    '{cell} is {value}: this number was the largest of its window, so the gradient of {dy} comes here.',
    '{cell} 为 {value}：这个数是窗口里最大的，所以 {dy} 的梯度传到这里。',
  ],
  cellIsNotRouted: [
    '{cell} is {value}: {winner} was the largest of the window, so the gradient went there.',
    '{cell} 为 {value}：窗口里最大的是 {winner}，梯度传到了那里。',
  ],
  cellIsShare: [
    '{cell} is {value}: exp makes {exp} of its logit, and that is its share of the sum {sum}.',
    '{cell} 为 {value}：其 logit 经 exp 得 {exp}，除以总和 {sum} 就是它的概率。',
  ],
  cellIsLog: [
    '{cell} is {value} nats: −log of {p}, the probability that the network gives to the label {label}.',
    '{cell} 为 {value} nat：网络给标签 {label} 的概率是 {p}，其负对数就是损失。',
  ],
  cellIsLabelDifference: [
    '{cell} is {value}: the probability {p} minus 1, since {label} is the label. SGD raises this logit.',
    '{cell} 为 {value}：概率 {p} 减 1，因为标签就是 {label}。SGD 会提高这个 logit。',
  ],
  cellIsOtherDifference: [
    '{cell} is {value}: the probability {p} minus 0, since the label is {label}. SGD lowers this logit.',
    '{cell} 为 {value}：概率 {p} 减 0，因为标签是 {label}。SGD 会降低这个 logit。',
  ],
  cellIsInverse: [
    '{cell} is {value}: −1 divided by the probability {p} of the label.',
    '{cell} 为 {value}：−1 除以标签的概率 {p}。',
  ],
  cellIsNoInverse: [
    '{cell} is {value}: only the label’s probability counts in the loss.',
    '{cell} 为 {value}：损失只看标签的概率。',
  ],

  // three times the value
  cellByDefinition: [
    'definition, in float64 from the same inputs',
    '按定义，用同样的输入以 float64 计算',
  ],
  cellFailed: [
    'This number’s panel could not be loaded. Reload the page to try again.',
    '此数的面板加载失败，请刷新页面重试。',
  ],
  cellUlpMeans: [
    'ULP: the distance between a float32 number and the next one',
    'ULP：一个 float32 数与下一个之间的距离',
  ],
  cellUlps: ['({ulps} ULP)', '（{ulps} ULP）'],
  cellNoValue: [
    '{backend} computes softmax and loss as one op, without this number',
    '{backend} 将 softmax 与损失合为一个算子，不单独计算这个数',
  ],
  cellOtherBackends: ['Other backends', '其他后端'],
  cellOtherBackendsBusy: [
    'Pause the training to ask other backends.',
    '暂停训练后，才能让其他后端计算。',
  ],
  cellOtherBackendsNone: [
    'No other backend has answered: try again while nothing trains.',
    '其他后端没有应答：请在不训练时再试。',
  ],

  // the parts
  cellProductCount: ['{count} products', '{count} 个乘积'],
  cellGradientCount: ['{count} gradients', '{count} 个梯度'],
  cellProducts: ['products', '乘积'],
  cellPadding: ['padding: no term', '填充：没有这一项'],
  cellNoWindow: ['no window lies here: no term', '这里没有窗口：没有这一项'],
  cellAsMatrices: [
    'As a product of matrices: row {row} of X = im2col({x}), 1×{taps}, times column {column} of F, {taps}×1.',
    '写成矩阵相乘：X = im2col({x}) 的第 {row} 行（1×{taps}）乘以 F 的第 {column} 列（{taps}×1）。',
  ],
  cellTermsLabel: ['Terms: arrow keys move, Enter goes in', '各项：方向键移动，Enter 进入'],
  cellAndMore: ['… and {count} more, together {sum}', '……其余 {count} 项合计 {sum}'],
  cellShowMore: ['Show more', '显示更多'],
  cellAbove0: ['The input is above 0: it passes.', '输入大于 0：通过。'],
  cellNotAbove0: ['The input is not above 0: it becomes 0.', '输入不大于 0：变为 0。'],
  cellPassesBack: ['[ ] is 1, because the input is above 0.', '输入大于 0，所以 [ ] 为 1。'],
  cellStopsBack: ['[ ] is 0, because the input is not above 0.', '输入不大于 0，所以 [ ] 为 0。'],
  cellRoutedHere: ['{dy}: the largest of its window is here', '{dy}：窗口的最大值在这里'],
  cellRoutedElsewhere: [
    '{dy}: the largest of its window is {winner}',
    '{dy}：窗口的最大值是 {winner}',
  ],
  cellGoesTo: ['From here the gradient goes on to {cell}.', '梯度由此传到 {cell}。'],
  cellClass: ['class', '类别'],
  cellShare: ['share', '占比'],
  cellShift: [
    'exp would overflow: {shift} is subtracted from each logit first, which leaves the shares as they are.',
    'exp 会溢出：先从每个 logit 减去 {shift}，占比不变。',
  ],
  cellInDouble: [
    '{p} is rounded to float32; the line above has it in float64, from the logits.',
    '{p} 已舍入到 float32；上一行用的是由 logits 以 float64 计算的值。',
  ],

  // nudge and update
  cellNudge: [
    'Nudge: with this weight − {less} the loss is {below}, with + {more} it is {above}. Their difference / {width} is {quotient}; the gradient, with the whole network in float64, is {gradient}.',
    '扰动：此权重 − {less} 时损失为 {below}，+ {more} 时为 {above}。两者之差 / {width} 为 {quotient}；整个网络以 float64 计算的梯度为 {gradient}。',
  ],
  cellNudgeMeans: [
    'So the gradient says how the loss follows this one weight.',
    '可见梯度就是损失随这一个权重变化的快慢。',
  ],
  cellNudgeKinked: [
    'A relu or a max-pool changes over right here, so the loss has a kink, and the two may differ.',
    '某个 relu 或最大池化恰在此处切换，损失在这里有折点，两者可能不同。',
  ],
  cellNudgeLater: [
    'Pause the training to see the loss with this weight nudged.',
    '暂停训练后，可以看到此权重稍作改动时的损失。',
  ],
  cellNudgeSoon: [
    'The loss with this weight nudged is on its way …',
    '正在计算此权重稍作改动时的损失……',
  ],
  cellUpdate: [
    'Update: {before} − {rate} × {gradient} = {after}',
    '更新：{before} − {rate} × {gradient} = {after}',
  ],
  cellUpdateMomentum: [
    'Update: {before} − {rate} × ({momentum} × velocity {velocity} + {gradient}) = {after}',
    '更新：{before} − {rate} × ({momentum} × 速度 {velocity} + {gradient}) = {after}',
  ],
  cellUpdateMeans: [
    'This is the step of this one image; training takes the mean gradient of a batch.',
    '这是这一张图像的一步；训练时取一批图像的平均梯度。',
  ],

  // wrong addresses
  linkCell: [
    'A cell of the network {preset} begins with {expected}, or with d and one of these for a gradient; this link asks for “{found}”.',
    '网络 {preset} 中，数的名称以 {expected} 开头，梯度则在前面加 d；此链接却是“{found}”。',
  ],
  linkPlace: [
    '{name} is {shape}, so its last cell is {example}; this link asks for “{found}”.',
    '{name} 的形状为 {shape}，最后一个数是 {example}；此链接却是“{found}”。',
  ],
} satisfies Record<string, [en: string, zh: string]>;
