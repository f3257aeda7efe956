// The guided reading: ten stops, in the order of the tutorial's chapters. A word between asterisks is a term, where it is explained.
import type {Mode} from '../inside/inside.ts';
import type {StopName} from './questions.ts';

export type Both = [en: string, zh: string];

export interface Stop {
  title: Both;
  sentences: Both[];
  question: Both;
  /** After a wrong try. */
  help: Both;
  /** After the answer. */
  why: Both;
  /** What the stop points at, as a selector. */
  at: string;
  /** What the pictures show when it opens. */
  mode: Mode;
  /** The tab of results that it speaks of. */
  tab?: string;
  /** The question is answered in a field. */
  isTyped?: boolean;
  /** Paths in the repository. */
  file: string;
  test: string;
}

const station = (...names: string[]) => names.map(name => `[data-station=${name}]`).join();

export const stops: Record<StopName, Stop> = {
  data: {
    title: ['Data', '数据'],
    sentences: [
      [
        'The black square under “image” shows a digit as the network gets it: 28 rows of 28 tiny squares, called *pixels*.',
        '“image”下的黑色方框，就是网络眼中的一个数字：28 行、每行 28 个小方格，小方格叫*像素*。',
      ],
      [
        'Each pixel is one number, from 0 (paper) to 1 (ink). So the network never sees a digit, only 784 numbers.',
        '每个像素是一个数，从 0（白纸）到 1（浓墨）。所以网络看到的不是数字的样子，只是 784 个数。',
      ],
      [
        'The *label* below is the right answer. For every picture, a person once wrote it down.',
        '下方的*标签*是正确答案，每张图的标签都由人标注。',
      ],
      [
        'MNIST, the collection, has 60,000 pictures to learn from, and 10,000 others for a test. You can also draw a digit of your own in the white square.',
        '这套图像叫 MNIST：60,000 张用来学习，另外 10,000 张用来测试。你也可以在白色方框里自己写一个数字。',
      ],
    ],
    question: [
      'Click a pixel with ink in the black square. What number is it?',
      '请在黑色方框里点一个有墨的像素。它是多少？',
    ],
    help: [
      'You clicked {cell}, which is {value}. Ink is white in the black square, and its number is above 0.',
      '你点的是 {cell}，它的值是 {value}。黑色方框里，墨迹是白色的，数值大于 0。',
    ],
    why: [
      'That is ink: its number is above 0. This number is all that the network learns about that spot.',
      '这就是墨迹：数值大于 0。关于这一点，网络知道的只有这个数。',
    ],
    at: station('image'),
    mode: 'values',
    file: 'src/data/idx.ts',
    test: 'test/node/data.test.ts',
  },

  convolution: {
    title: ['Convolution', '卷积'],
    sentences: [
      [
        '“conv1” looks at the picture through a small window of {window} pixels.',
        '“conv1”透过一个 {window} 像素的小窗口看这张图。',
      ],
      [
        'A *filter* is a table of {window} numbers: one of the {filters1} small tables at the top of conv1. Green is above 0, purple below.',
        '*过滤器*（也叫滤波器、卷积核）是一张 {window} 的数表，conv1 上方就有 {filters1} 张。绿色大于 0，紫色小于 0。',
      ],
      [
        'Each pixel in the window is multiplied by the filter’s number in the same place, and the products are added up. The sum is large where ink meets green.',
        '窗口里的每个像素，乘以过滤器上同一位置的数，再把乘积加起来。墨迹落在绿色上，和就大。',
      ],
      [
        'Then the window moves on by one pixel (the *stride*), row after row. Each sum becomes a *cell* of a new picture, a *map*. This is a *convolution*.',
        '然后窗口移动一个像素（这叫*步长*），逐行扫完整张图。每个和是新图上的一*格*，这张新图叫*特征图*。这个过程就是*卷积*。',
      ],
      [
        'So a filter searches the whole picture for one small pattern, such as the left edge of a stroke. {filters1} filters make the {filters1} maps below them.',
        '所以，一个过滤器是在整张图里找一种小图案，例如笔画的左边缘。{filters1} 个过滤器得到下面的 {filters1} 张特征图。',
      ],
    ],
    question: [
      'Where does a filter fit well? Click a strong green cell in a map of conv1, and see where its window lies in the picture.',
      '过滤器在哪里最吻合？请在 conv1 的特征图里点一个深绿色的格子，看看它的窗口在图中的什么位置。',
    ],
    help: [
      'You clicked {cell}, which is {value}. The largest number in the maps of conv1 is {largest}: look for a stronger green there.',
      '你点的是 {cell}，它的值是 {value}。conv1 的特征图里最大的数是 {largest}：请找更深的绿色。',
    ],
    why: [
      'Here the filter fits well: in the marked window, the ink lies mostly on the filter’s green squares.',
      '这里吻合得很好：在标出的窗口里，墨迹大多落在过滤器的绿色格子上。',
    ],
    at: station('conv1'),
    mode: 'values',
    file: 'src/ops/conv2d.ts',
    test: 'test/ops/conv2d.test.ts',
  },

  pooling: {
    title: ['Pooling', '池化'],
    sentences: [
      [
        '“pool1” divides each map of conv1 into squares of two by two cells.',
        '“pool1”把 conv1 的每张特征图划分成 2 × 2 的小块。',
      ],
      [
        'Of the four numbers in a square it keeps the largest and drops the rest. This is *max-pooling*.',
        '每块有四个数，它只留下最大的，其余的丢掉。这叫*最大池化*。',
      ],
      [
        'Two cells become one, across and down. So a map of {conv1} cells becomes one of {pool1}: half as wide and half as high.',
        '横向两格变一格，纵向也是两格变一格，所以 {conv1} 的图变成 {pool1}：宽和高都减半。',
      ],
      [
        'The map still says that a pattern is there, but less exactly where. So a digit that is shifted a little looks nearly the same, and less is left to compute.',
        '图上仍然看得出图案出现了，只是位置没那么精确。这样，数字稍微挪动一点，结果几乎不变，后面要算的也少了。',
      ],
      [
        '“relu1” then turns every number below 0 into 0: what did not fit counts as nothing. This is a *ReLU*.',
        '接着，“relu1”把小于 0 的数都变成 0：不吻合的就不算。这叫 *ReLU*。',
      ],
    ],
    question: [
      'Click a coloured cell of pool1: the page then shows the four numbers that it had to choose from. Click the one that it kept.',
      '请点 pool1 里一个有颜色的格子，页面会列出它要挑选的四个数。请点它留下的那一个。',
    ],
    help: [
      'It did not keep that one. Click a cell of pool1 again, and then the largest of its four numbers.',
      '它留下的不是这个。请再点一次 pool1 里的格子，然后点四个数中最大的。',
    ],
    why: [
      'Yes, it kept the largest of the four. The other three end here.',
      '对，它留下了四个数中最大的。另外三个到此为止。',
    ],
    at: station('conv1', 'pool1', 'relu1'),
    mode: 'values',
    file: 'src/ops/max_pool.ts',
    test: 'test/ops/max_pool.test.ts',
  },

  secondPair: {
    title: ['The second pair', '第二组卷积与池化'],
    sentences: [
      [
        '“conv2” and “pool2” do the same again. But they look at the {filters1} maps of relu1 now, no longer at the digit.',
        '“conv2”和“pool2”再做一遍同样的事。不过它们看的不再是数字本身，而是 relu1 的 {filters1} 张特征图。',
      ],
      [
        'A filter of conv2 looks at the same window in all {filters1} maps at once. So it finds patterns made of patterns, such as two edges that meet in a corner.',
        'conv2 的一个过滤器，同时看 {filters1} 张图上的同一个窗口。所以它能找到由小图案拼成的大图案，例如两条边相交的拐角。',
      ],
      [
        'A cell of conv1 depends on {window} pixels of the digit, a cell of conv2 on {sight}.',
        'conv1 的一个格子取决于数字的 {window} 个像素，conv2 的一个格子则取决于 {sight} 个。',
      ],
      [
        '{filters2} filters give {filters2} maps of {conv2}, and pool2 halves them to {pool2}. The maps get smaller and more: they say less about “where” and more about “what”.',
        '{filters2} 个过滤器得到 {filters2} 张 {conv2} 的特征图，pool2 再减半成 {pool2}。图越来越小，也越来越多：“在哪里”说得少了，“是什么”说得多了。',
      ],
    ],
    question: [
      'How many products are added up for one cell of conv2? Type the number.',
      'conv2 的一个格子，由多少个乘积相加而成？请输入这个数。',
    ],
    help: [
      'Not quite. A window has {window} cells, and it lies in each of {filters1} maps. Multiply.',
      '还不对。一个窗口有 {window} 个格子，它在 {filters1} 张图上都有。把它们乘起来。',
    ],
    why: [
      'Yes: {window} cells in each of {filters1} maps. Click a cell of conv2 to see them all.',
      '对：{filters1} 张图，每张 {window} 个格子。点 conv2 的一个格子，就能看到全部乘积。',
    ],
    at: station('conv2', 'pool2', 'relu2'),
    mode: 'values',
    isTyped: true,
    file: 'src/network.ts',
    test: 'test/ops/network.test.ts',
  },

  dense: {
    title: ['Flatten and dense', '展平与全连接层'],
    sentences: [
      [
        '“relu2” leaves {inputs} numbers: which patterns were found, and roughly where.',
        '到“relu2”为止，剩下 {inputs} 个数：找到了哪些图案，大致在哪里。',
      ],
      [
        '*Flatten* writes them in one long row. No number changes, so it has no picture here.',
        '*展平*（flatten）把它们排成一长行。数值不变，所以这里没有它的图。',
      ],
      [
        '“dense” gives each digit from 0 to 9 a score, called a *logit*. It multiplies each of the {inputs} numbers by a *weight*, and adds up the products and one more number, the *bias*.',
        '“dense”（*全连接层*）给 0 到 9 每个数字打一个分，这个分数叫 *logit*：把 {inputs} 个数各乘以一个*权重*，加起来，再加上一个数，叫*偏置*。',
      ],
      [
        'Each digit has weights of its own. A weight above 0 means: this pattern speaks for the digit. Below 0, it speaks against it.',
        '每个数字都有自己的一套权重。权重大于 0，表示这个图案支持该数字；小于 0，表示反对。',
      ],
      [
        'Nobody chose the filters and the weights: they begin at random, and training changes them. With the biases, they are the {parameters} *parameters*.',
        '过滤器和权重都不是人定的：一开始是随机数，由训练来改变。连同偏置，一共有 {parameters} 个*参数*。',
      ],
    ],
    question: [
      'Which digit has the highest score now? Click its number under dense.',
      '现在哪个数字的得分最高？请在 dense 下点它的得分。',
    ],
    help: [
      'You clicked {cell}, which is {value}. Under dense, the highest score is {score}.',
      '你点的是 {cell}，它的值是 {value}。dense 下最高的得分是 {score}。',
    ],
    why: [
      'Right. The digit with the highest score is the network’s answer. Before training, it is only a guess.',
      '对。得分最高的数字就是网络的回答。训练之前，它只是乱猜。',
    ],
    at: station('dense'),
    mode: 'values',
    file: 'src/ops/dense.ts',
    test: 'test/ops/dense.test.ts',
  },

  loss: {
    title: ['Softmax and cross-entropy', 'Softmax 与交叉熵'],
    sentences: [
      [
        '*Softmax* turns the ten scores into ten shares of 100 %: how much the network believes in each digit.',
        '*Softmax* 把十个得分变成十个概率，合起来是 100 %：表示网络对每个数字有多大把握。',
      ],
      [
        'To improve, it needs a measure of how wrong it is. This is the *loss*, the one number on the far right.',
        '要进步，先得知道错了多少。衡量错误的数叫*损失*，就是最右边的那个数。',
      ],
      [
        'The loss looks only at the share of the label. A share of 100 % gives 0; the smaller the share, the larger the loss.',
        '损失只看标签那一项的概率。概率为 100 % 时损失为 0；概率越小，损失越大。',
      ],
      [
        'This kind of loss is called *cross-entropy*: minus the natural logarithm of that share. Its unit is the *nat*.',
        '这种损失叫*交叉熵*：对那个概率取自然对数，再加负号。它的单位是 *nat*（奈特）。',
      ],
      [
        'A network that only guesses gives each digit 10 %. Then the loss is {guess}.',
        '如果网络只会乱猜，每个数字都是 10 %，这时损失是 {guess}。',
      ],
    ],
    question: [
      'Below the picture, choose another label, so that the loss is above {guess}.',
      '请在图的下方另选一个标签，让损失大于 {guess}。',
    ],
    help: [
      'Now the loss is {loss}. Look under softmax for a digit with less than 10 %, and choose it as the label.',
      '现在损失是 {loss}。请在 softmax 下找一个概率不到 10 % 的数字，选它作标签。',
    ],
    why: [
      'Only the label has changed, not the shares. The network believes little in this one, so it counts as very wrong. The next stop puts the label back.',
      '变的只有标签，概率没变。网络对这个数字没有把握，所以算错得厉害。到下一站，标签会改回来。',
    ],
    at: `${station('softmax', 'loss')},#labels`,
    mode: 'values',
    file: 'src/ops/softmax_cross_entropy.ts',
    test: 'test/ops/softmax_cross_entropy.test.ts',
  },

  gradients: {
    title: ['The gradients', '梯度'],
    sentences: [
      [
        'How could the loss get smaller? For each of its {parameters} parameters the network asks: how much would the loss grow if this one number grew a little? The answer is the *gradient* of that number.',
        '怎样让损失变小？对 {parameters} 个参数中的每一个，网络都问：如果只把这一个数增大一点点，损失会增大多少？答案就是这个数的*梯度*。',
      ],
      [
        'The pictures above show gradients now; the switch is at their top right. Orange is above 0: if the number grows, the loss grows.',
        '上面的图现在显示梯度，开关在右上角。橙色大于 0：这个数增大，损失也增大。',
      ],
      [
        'Blue is below 0: if the number grows, the loss shrinks. Where it is pale, the number hardly matters for this picture.',
        '蓝色小于 0：这个数增大，损失反而减小。颜色很淡的地方，这个数对这张图几乎没有影响。',
      ],
      [
        'They are computed from right to left, from the loss back to the picture. This is the *backward pass*.',
        '梯度从右往左算，从损失一直算回图像，所以叫*反向传播*。',
      ],
    ],
    question: [
      'Which numbers have to grow, so that the loss shrinks? Click one of them in a filter of conv1.',
      '哪些数要增大，损失才会减小？请在 conv1 的过滤器里点一个这样的数。',
    ],
    help: [
      'You clicked {cell}, which is {value}. Look for blue in the small tables at the top of conv1: there the gradient is below 0.',
      '你点的是 {cell}，它的值是 {value}。请在 conv1 上方的小表里找蓝色：那里的梯度小于 0。',
    ],
    why: [
      'Yes: its gradient is below 0. If this one number grows a little, the loss shrinks a little.',
      '对：它的梯度小于 0。只要这个数增大一点点，损失就减小一点点。',
    ],
    at: `${station('conv1')},#modes`,
    mode: 'gradients',
    file: 'src/kernels/definition/conv2d.ts',
    test: 'test/ops/conv2d.test.ts',
  },

  descent: {
    title: ['SGD and the learning rate', 'SGD 与学习率'],
    sentences: [
      [
        'Learning is many small steps. In each one, every parameter moves against its gradient: what should grow grows, and what should shrink shrinks.',
        '学习就是走很多小步。每一步里，每个参数都朝梯度的反方向移动：该增大的增大，该减小的减小。',
      ],
      [
        'The new number is the old one − learning rate × gradient.',
        '新值 = 旧值 − 学习率 × 梯度。',
      ],
      [
        'The *learning rate* says how long a step is; here it is {rate}. If it is too small, learning takes ages. If it is too large, the steps overshoot, and the loss grows.',
        '*学习率*决定一步走多远，这里是 {rate}。太小，学得很慢；太大，一步迈过头，损失反而增大。',
      ],
      [
        'Chance decides which pictures a step uses. Hence the name *stochastic gradient descent*, or SGD: “stochastic” means by chance, and the loss descends.',
        '每一步用哪些图是随机抽的，所以叫*随机梯度下降*（SGD）；下降的是损失。',
      ],
    ],
    question: [
      'Press “{oneBatch}” in the top bar: every parameter takes one step, made for {batchSize} pictures. Watch the scores and the loss.',
      '请按顶栏的“{oneBatch}”：每个参数都走一步，这一步是为 {batchSize} 张图走的。注意看得分和损失。',
    ],
    help: [
      'That sets how long a step is. Now press “{oneBatch}” to take one.',
      '步子的长短改好了。现在按“{oneBatch}”走一步。',
    ],
    why: [
      'That was one step: {parameters} numbers moved a little. If the loss of this picture grew, press again: the step was made for other pictures.',
      '这就是一步：{parameters} 个数都动了一点。如果这张图的损失反而增大了，就再按几次：这一步是为别的图走的。',
    ],
    at: `#one,${station('loss')}`,
    mode: 'values',
    file: 'src/training.ts',
    test: 'test/ops/training.test.ts',
  },

  batches: {
    title: ['Batches', '批'],
    sentences: [
      [
        'A single picture could lead the step astray: it may be badly written, or have the wrong label.',
        '只看一张图，这一步可能走偏：它也许写得太潦草，也许标签标错了。',
      ],
      [
        'Therefore each step uses the mean gradient of {batchSize} pictures. Together they are a *batch*.',
        '所以每一步用的是 {batchSize} 张图的平均梯度。这 {batchSize} 张图合称一*批*。',
      ],
      [
        'The pictures are shuffled, so that a batch holds all kinds of digits. If it held only ones, the network would learn to say “one” to everything.',
        '图像的顺序是打乱的，一批里什么数字都有。如果一批全是 1，网络就会学成见什么都说 1。',
      ],
      [
        'The curve of the loss has a point for each batch. It jitters, since each batch has other pictures, but it falls.',
        '损失曲线上，每批一个点。每批的图不同，所以曲线有起伏，但总的趋势是下降。',
      ],
      [
        'After {perEpoch} batches, each of the 60,000 pictures has been used once. This is an *epoch*.',
        '{perEpoch} 批之后，60,000 张图各用过一次，这叫一*轮*（epoch）。',
      ],
    ],
    question: [
      'Press “{start}”, and let at least {batches} batches go by. What does the curve of the loss do?',
      '请按“{start}”，至少训练 {batches} 批。损失曲线有什么变化？',
    ],
    help: [
      '{trained} of {batches} so far. Press “{start}” or “{oneBatch}”.',
      '已训练 {trained} 批，要到 {batches} 批。请按“{start}”或“{oneBatch}”。',
    ],
    why: [
      'It falls steeply at first, and less and less later: the first steps teach most.',
      '开始时降得很快，后来越来越慢：最初的几步学到的最多。',
    ],
    at: '#start,#curves',
    mode: 'values',
    tab: 'curves-tab',
    file: 'src/data/mnist_data.ts',
    test: 'test/node/data.test.ts',
  },

  results: {
    title: ['Results', '结果'],
    sentences: [
      [
        'Has the network learnt to read, or does it only remember its 60,000 pictures? The test tells: 10,000 pictures that it was never trained on.',
        '网络是学会了认数字，还是只记住了那 60,000 张图？测试就知道：用 10,000 张它从没学过的图。',
      ],
      [
        'The share that it reads right is the *accuracy*. Guessing would give 10 %, and one epoch brings it to about {accuracy}.',
        '认对的比例叫*准确率*。乱猜只有 10 %，训练一轮后约为 {accuracy}。',
      ],
      [
        'At the end of a run the result stands in the top bar, and all test digits with their answers are below. “{start}” trains on.',
        '训练结束后，结果显示在顶栏，下方是所有测试数字和网络的回答。按“{start}”可以继续训练。',
      ],
      [
        'Look at the filters once more. They began at random; what you see now, the network found by itself. Pull the film below the network to its start, and compare.',
        '再看看那些过滤器。它们一开始是随机的；现在的样子，是网络自己找到的。把网络下方的影片拉到开头，比一比。',
      ],
    ],
    question: [
      'Press “{wrongDigit}” below the picture. Would you have read this digit?',
      '请按图下方的“{wrongDigit}”。换作你，认得出这个数字吗？',
    ],
    help: [
      'The network reads this one right, or its label was changed. Press “{wrongDigit}”.',
      '这一张网络认对了，或者标签改过。请按“{wrongDigit}”。',
    ],
    why: [
      'Its answer is not the label. People hesitate at many of these digits too. And you have seen the whole way: from the pixels to the answer, and back to the filters.',
      '它的回答与标签不同。这样的数字，人有时也拿不准。现在你已走完全程：从像素到回答，再从损失回到过滤器。',
    ],
    at: '#wrong-digit,#predictions',
    mode: 'values',
    tab: 'predictions-tab',
    file: 'src/evaluation.ts',
    test: 'test/ops/training.test.ts',
  },
};
