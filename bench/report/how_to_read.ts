// What the report's words and numbers mean.
import {element} from './tables.ts';

const terms: [string, string][] = [
  [
    'Ratios before milliseconds',
    'All contenders of a row run in one process or page, in turns, so that what disturbs the machine disturbs all of them. ' +
      'A ratio therefore carries over to other days and machines of the kind better than a time does. Where its rounds ' +
      'differ by more than a tenth, the report gives their range instead and says that the spread is too wide.',
  ],
  [
    'Median ± median absolute deviation',
    'Half of the runs took less than the median; half of them lie within the deviation of it. One slow run moves neither.',
  ],
  [
    'simd, cpu, webgl',
    'Our hand-written kernels on that backend. simd is WebAssembly with 128-bit vectors on one thread, cpu is JavaScript, ' +
      'webgl draws with fragment shaders.',
  ],
  [
    'wasm, webgpu',
    'Our ops in reference kernels, made of that backend’s own slices, concatenations and matrix products.',
  ],
  ['stock …', 'TensorFlow.js’s own ops on that backend.'],
  ['layers …', 'An unmodified tf.layers model on that backend, trained by trainOnBatch.'],
  [
    'Renderer in software',
    'A program that does a GPU’s work on the processor. It is named as one wherever it drew: its ratios compare the ' +
      'work that two ways of drawing ask for, its milliseconds say nothing about a GPU.',
  ],
  [
    'First run',
    'The very first in this process or page, with all that is compiled then: on a GPU each program that no earlier case has used.',
  ],
  ['Upload', 'Moving the inputs to where the backend computes, once.'],
  [
    'Steady',
    'One run once everything is compiled, what it computes read back or awaited inside the clock. All ratios and charts are of this.',
  ],
  [
    'Read-back',
    'Fetching a result that is there from the GPU; part of a step that reads its loss.',
  ],
  ['GPU clock', 'One run by the GPU’s own clock, where the browser lets a page ask for it.'],
  [
    'Roofline',
    'The level part of a roof is the most multiply-adds that such code reaches without memory; the slanted part is what ' +
      'memory delivers, which lets a kernel compute the more, the more operations it does for each byte. Both are measured in the ' +
      'same run. A dot far below its roof could be faster. The bytes are the least that has to move; the slanted part is of memory, ' +
      'so that a kernel whose data stays in a cache can lie above it.',
  ],
];

export const howToRead = (): HTMLElement[] => [
  element(
    'dl',
    {class: 'how'},
    ...terms.flatMap(([term, text]) => [element('dt', {}, term), element('dd', {}, text)]),
  ),
];
