// A training step's time by kernel. tf.profile measures it with a clock around each kernel, or on WebGL with the GPU's own.
import {kernelTimes} from '../../src/profile.ts';
import {median} from '../../src/statistics.ts';
import {type Name, networkOf, type Split} from '../report/results.ts';
import type {Case} from './contest.ts';
import {enter, sample} from './measure.ts';
import type {Bench} from './rows.ts';

/** One step is enough if it takes longer than this, in ms. */
const slowMs = 100;

export async function splitStep(
  step: Case,
  name: Name,
  {data, load}: Pick<Bench, 'data' | 'load'>,
): Promise<Split> {
  await enter(name);
  const contender = await step.prepare(data, load).join(name);
  const whole: number[] = [];
  const times = new Map<string, number[][]>();
  const steps = (await sample(contender, 1)) > slowMs ? 1 : 5;
  for (let i = 0; i < steps; i++) {
    const ms = await sample(contender, 1);
    const kernels = await kernelTimes(contender.run);
    whole.push(ms);
    for (const [kernel, taken] of kernels) {
      if (/__op( |$)/.test(kernel)) continue; // a stock op with a gradient of its own; its kernels are listed too
      times.set(kernel, [...(times.get(kernel) ?? []), taken]);
    }
  }
  contender.dispose();
  const kernels = [...times].map(([kernel, ofSteps]) => ({
    kernel: kernel.replace(/^mnist\./, ''),
    ms: median(ofSteps.map(taken => taken.reduce((sum, ms) => sum + ms, 0))),
    calls: ofSteps[0].length,
  }));
  const inKernels = kernels.reduce((sum, {ms}) => sum + ms, 0);
  return {
    network: networkOf(step.name),
    name,
    kernels,
    rest: Math.max(0, median(whole) - inKernels),
  };
}
