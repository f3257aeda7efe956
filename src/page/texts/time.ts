export const timeTexts = {
  time: ['Time', '时间'],

  // slow motion
  slowMotion: ['Slow motion', '慢动作'],
  slowHint: ['The next step of training, op by op', '逐个算子地看下一步训练'],
  slowBar: [
    'Slow motion. The arrow keys go back and forward, the space bar plays, Escape leaves.',
    '慢动作。方向键后退或前进，空格键播放，Esc 键退出。',
  ],
  slowBack: ['Back', '后退'],
  slowNext: ['Forward', '前进'],
  slowLeave: ['Leave', '退出'],
  play: ['Play', '播放'],
  stopPlaying: ['Pause', '暂停'],
  slowComputing: ['The next step is being computed …', '正在计算下一步……'],
  slowTaking: ['The step is being taken …', '正在执行这一步……'],
  slowReturning: ['The step is being taken back …', '正在撤回这一步……'],
  slowFailed: [
    'Slow motion should have the numbers of the next step, and got none: something else came in between.',
    '慢动作应得到下一步的数值，却没有得到：期间有其他操作。',
  ],
  slowStrip: ['The batch’s first images: {digits}', '本批的前几张图像：{digits}'],
  slowBatch: [
    'Batch {batch}: {file}, {images} images, {shape}, {bytes}. The first one, a {digit}, flows through the network.',
    '第 {batch} 批：{file}，{images} 张图像，{shape}，{bytes}。第一张（数字 {digit}）将流过网络。',
  ],
  slowForward: [
    '{name}, forward: {what} {file}, {shapes}, {bytes}, {ms} ms',
    '{name}，前向：{what}{file}，{shapes}，{bytes}，{ms} 毫秒',
  ],
  slowBackward: [
    '{name}, backward: {what} {file}, {shapes}, {bytes}, {ms} ms',
    '{name}，反向：{what}{file}，{shapes}，{bytes}，{ms} 毫秒',
  ],
  slow_conv2d_forward: [
    '{count} filters slide over the maps before; each sum of products is a cell of a map.',
    '{count} 个过滤器在前面的图上滑动，每个乘积之和就是新图中的一格。',
  ],
  slow_conv2d_backward: [
    'each filter weight adds up what its products did to the loss; each cell under it gets its part.',
    '过滤器的每个权重把它参与的各个乘积对损失的影响加起来，它下面的每一格也分到自己的一份。',
  ],
  slow_maxPool_forward: [
    'of each 2×2 square, only the largest number stays.',
    '每个 2×2 方格只留下最大的数。',
  ],
  slow_maxPool_backward: [
    'the gradient goes to the number that was kept; the other three get 0.',
    '梯度传给当时留下的那个数，其余三个得 0。',
  ],
  slow_relu_forward: ['numbers below 0 become 0.', '小于 0 的数变为 0。'],
  slow_relu_backward: [
    'the gradient passes where the number was above 0.',
    '原来大于 0 的地方，梯度通过。',
  ],
  slow_dense_forward: [
    'each of the ten scores adds up all numbers before it, each times a weight.',
    '十个得分各自把前面所有的数乘以权重再相加。',
  ],
  slow_dense_backward: [
    'a weight’s gradient is its input times its score’s gradient; the inputs get theirs.',
    '权重的梯度是它的输入乘以得分的梯度；各个输入也得到自己的梯度。',
  ],
  slow_loss_forward: [
    'the scores become ten shares, and the loss is small if the label’s share is large.',
    '得分变成十个概率，标签的概率越大，损失越小。',
  ],
  slow_loss_backward: [
    'a score’s gradient is its share, minus 1 for the label: here the way back begins.',
    '得分的梯度就是它的概率（标签那一个再减 1）：反向从这里开始。',
  ],
  slowFlatten: [
    'Flatten, before it, is free: a reshape moves no number.',
    '它前面的展平（flatten）不花时间：改变形状并不移动任何数。',
  ],
  slowLoss: [
    'Loss of the batch: {loss}, the mean over {images} images; of the first: {first}.',
    '本批的损失：{loss}，即 {images} 张图像的平均；第一张：{first}。',
  ],
  slowGradient: [
    'Gradient of {name} for the batch, the mean over {images} images: at most {value} in size.',
    '本批中 {name} 的梯度（{images} 张图像的平均）：绝对值最大 {value}。',
  ],
  slowUpdate: [
    'Update: {file}, {count} weights, {bytes}. The largest change, with the batch’s gradient: {cell} = {before} − {rate} × {gradient} = {after}. The loss of the first image: {first}, now {now}.',
    '更新：{file}，{count} 个权重，{bytes}。变化最大的权重（用本批的梯度）：{cell} = {before} − {rate} × {gradient} = {after}。第一张图像的损失：原为 {first}，现为 {now}。',
  ],
  slowUpdateMomentum: [
    'Update: {file}, {count} weights, {bytes}. The largest gradient of the batch: {cell} = {before} − {rate} × ({momentum} × velocity {velocity} + {gradient}) = {after}. The loss of the first image: {first}, now {now}.',
    '更新：{file}，{count} 个权重，{bytes}。本批中梯度最大的权重：{cell} = {before} − {rate} × ({momentum} × 速度 {velocity} + {gradient}) = {after}。第一张图像的损失：原为 {first}，现为 {now}。',
  ],

  // a weight by hand
  weightGroup: ['Change the weight', '修改权重'],
  weightHint: ['Press Enter to apply', '按回车键生效'],
  setTo: ['Set {filter} to', '将 {filter} 设为'],
  edge: ['edge', '边缘'],
  blur: ['blur', '模糊'],
  zero: ['zero', '全零'],
  undo: ['Undo ({count})', '撤销（{count}）'],
  undoHint: [
    'Takes back changes of weights, up to the last batch that was trained. Ctrl+Z does the same here.',
    '逐个撤销对权重的修改，直到最近训练的一批。在此处按 Ctrl+Z 也可以。',
  ],
  edited: [
    '{count} changes by hand can be undone until training goes on. The link has the settings, but not these weights.',
    '继续训练之前，可撤销 {count} 次手动修改。链接含有设置，但不含这些权重。',
  ],
  notEdited: ['No change by hand can be undone.', '没有可撤销的手动修改。'],

  // film
  film: ['Film of the run', '训练的影片'],
  playFilm: ['Play the film', '播放影片'],
  pauseFilm: ['Pause the film', '暂停影片'],
  filmAt: ['Film: batch {batch} of {now}', '影片：第 {batch} 批，共 {now} 批'],
  filmLive: ['Film: now, batch {now}', '影片：当前，第 {now} 批'],
  filmEmpty: [
    'The film begins once a batch is trained: it shows the network after every tenth batch.',
    '训练一批之后才有影片：它每隔十批记录一次网络。',
  ],
} satisfies Record<string, [en: string, zh: string]>;
