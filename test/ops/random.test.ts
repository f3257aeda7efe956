// The random generator beside its authors' numbers, and its distributions beside theory. Seeds are fixed, so a bound of four or five
// standard errors always holds or never does.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {Random} from '../../src/random.ts';

const draw = <T>(count: number, next: () => T): T[] => Array.from({length: count}, next);
/** 0, 1, …, n − 1 */
const upTo = (n: number): number[] => [...Array(n).keys()];
const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);
const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
const deviation = (values: number[]) => {
  const center = mean(values);
  return Math.sqrt(mean(values.map(v => (v - center) ** 2)));
};
function near(actual: number, expected: number, bound: number, what: string): void {
  const message = `${what}: expected ${expected} ± ${bound}, found ${actual}`;
  assert.ok(Math.abs(actual - expected) <= bound, message);
}

test('xoshiro128** from the state 1, 2, 3, 4 gives its reference sequence', () => {
  // From the authors' C code; it is also the test vector of the Rust crate rand_xoshiro.
  const random = Random.fromState([1, 2, 3, 4]);
  const first = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849];
  const found = draw(10, () => random.uint32());
  assert.equal(found, [...first, 3729100597, 4258142804]);
});

const start = (seed: number, stream?: string) => {
  const random = new Random(seed, stream);
  return draw(8, () => random.uint32());
};

test('Random: the same seed and stream give the same numbers, and another seed or stream gives others', () => {
  assert.equal(start(7, 'weights'), start(7, 'weights'));
  assert.not.equal(start(7, 'weights'), start(8, 'weights'));
  assert.not.equal(start(7, 'weights'), start(7, 'train order'));
  assert.not.equal(start(7), start(-7));
});

test('Random: the streams of a seed differ, for every seed', () => {
  // A hash of seed and stream name together gave the same stream twice for each of the last two seeds.
  for (const seed of [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 1528371947, -619111701]) {
    assert.not.equal(start(seed, 'train order'), start(seed, 'test order'), `seed ${seed}`);
  }
});

test('Random: streams and neighbouring seeds are uncorrelated', () => {
  const n = 10000;
  const uniforms = (seed: number, stream: string) => {
    const random = new Random(seed, stream);
    return draw(n, () => random.uniform());
  };
  const correlation = (x: number[], y: number[]) => {
    const centers = mean(x) * mean(y);
    return (mean(x.map((v, i) => v * y[i])) - centers) / (deviation(x) * deviation(y));
  };
  const base = uniforms(1, 'weights');
  const fourErrors = 4 / Math.sqrt(n);
  near(correlation(base, uniforms(1, 'train order')), 0, fourErrors, 'another stream');
  near(correlation(base, uniforms(2, 'weights')), 0, fourErrors, 'another seed');
});

test('uniform is in [0, 1), with the mean, deviation and tails of the uniform distribution', () => {
  const random = new Random(1);
  const values = draw(100000, () => random.uniform());
  const [lowest, highest] = [sorted(values)[0], sorted(values)[99999]];
  assert.ok(lowest >= 0 && lowest < 1e-4, `lowest ${lowest}`);
  assert.ok(highest < 1 && highest > 1 - 1e-4, `highest ${highest}`);
  near(mean(values), 1 / 2, 0.004, 'mean'); // standard error 0.00091
  near(deviation(values), Math.sqrt(1 / 12), 0.002, 'deviation'); // standard error 0.00041
});

test('uniform is below 1 even for the largest word', () => {
  const random = new Random(0);
  random.uint32 = () => 2 ** 32 - 1;
  assert.is(random.uniform(), 1 - 2 ** -32);
  assert.is(random.below(60000), 59999);
  random.uint32 = () => 0;
  assert.is(random.uniform(), 0);
  assert.is(random.below(60000), 0);
});

test('below(n) gives every integer from 0 to n - 1 equally often, and never n', () => {
  for (const n of [1, 2, 7, 10]) {
    const random = new Random(n);
    const counts = new Map<number, number>();
    for (let i = 0; i < 10000 * n; i++) {
      const value = random.below(n);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    assert.equal(sorted(counts.keys()), upTo(n));
    // The standard error of a count is below √10000 = 100.
    for (const [value, count] of counts) near(count, 10000, 400, `below(${n}): count of ${value}`);
  }
});

test('normal has the moments of the normal distribution', () => {
  const random = new Random(3);
  const values = draw(100000, () => random.normal());
  assert.ok(values.every(Number.isFinite));
  near(mean(values), 0, 0.013, 'mean'); // standard error 0.0032
  near(deviation(values), 1, 0.009, 'deviation'); // standard error 0.0022
  near(mean(values.map(v => v ** 3)), 0, 0.05, 'third moment'); // standard error 0.012
  near(mean(values.map(v => v ** 4)), 3, 0.13, 'fourth moment'); // standard error 0.031
});

test('normal is finite even where a uniform number is 0, whose logarithm is not', () => {
  const random = new Random(0);
  random.uint32 = () => 0;
  assert.is(random.normal(), 0);
  random.uint32 = () => 2 ** 32 - 1;
  assert.ok(Number.isFinite(random.normal()));
});

test('truncatedNormal stays below 2 and has the deviation of the truncated normal distribution', () => {
  const random = new Random(4);
  const values = draw(100000, () => random.truncatedNormal());
  assert.ok(values.every(v => Math.abs(v) < 2)); // resampled, not clipped to the bound
  assert.ok(values.some(v => v > 1.99) && values.some(v => v < -1.99), 'no narrower bound');
  near(mean(values), 0, 0.011, 'mean'); // standard error 0.0028
  // √(1 − 4 φ(2) / (2 Φ(2) − 1)), the density and the distribution function of the normal distribution
  near(deviation(values), 0.8796, 0.006, 'deviation'); // standard error 0.0015
});

test('shuffle keeps every element', () => {
  const random = new Random(5);
  for (const size of [0, 1, 2, 100]) {
    const shuffled = Uint32Array.from(upTo(size));
    random.shuffle(shuffled);
    assert.equal(sorted(shuffled), upTo(size));
  }
});

test('shuffle brings every element to every position, and every order of three, equally often', () => {
  const random = new Random(6);
  const size = 5;
  const shuffles = 50000;
  const at = upTo(size).map(() => new Array<number>(size).fill(0));
  const orders = new Map<string, number>();
  for (let i = 0; i < shuffles; i++) {
    const five = Uint32Array.from(upTo(size));
    random.shuffle(five);
    five.forEach((element, position) => {
      at[element][position]++;
    });
    const three = Uint32Array.of(0, 1, 2);
    random.shuffle(three);
    orders.set(three.join(), (orders.get(three.join()) ?? 0) + 1);
  }
  // The standard error of a count is below √10000 = 100.
  at.forEach((counts, element) => {
    counts.forEach((count, position) => {
      near(count, shuffles / size, 450, `${element} at ${position}`);
    });
  });
  assert.is(orders.size, 6);
  for (const [order, count] of orders) near(count, shuffles / 6, 400, `order ${order}`);
});

test.run();
