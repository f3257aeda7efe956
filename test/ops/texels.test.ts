// Fragment programs divide integers with floats: the result must be that of integers.
import {test} from 'uvu';
import * as assert from 'uvu/assert';
import {integerQuotient} from '../../src/kernels/webgl/texels.ts';

/** int((float(a) + 0.5) * float(c)), with every step rounded to float32. */
const inFloats = (a: number, c: number) =>
  Math.trunc(Math.fround(Math.fround(a + 0.5) * Math.fround(c)));

test('integerQuotient is exact in float32 below 2^20, and divides integers from 2^20 on', () => {
  for (const b of [1, 2, 3, 5, 7, 12, 28, 257, 1000]) {
    const formula = integerQuotient('a', b, 2 ** 20 - 1);
    const [, c] = /^int\(\(float\(a\) \+ 0\.5\) \* float\((.*)\)\)$/.exec(formula)!;
    for (const near of [1, 1000, 2 ** 19, 2 ** 20 - 1]) {
      const multiple = near - (near % b);
      for (const a of [multiple - 1, multiple, multiple + 1]) {
        if (a >= 0 && a < 2 ** 20)
          assert.is(inFloats(a, Number(c)), Math.floor(a / b), `${a} / ${b}`);
      }
    }
    assert.is(integerQuotient('a', b, 2 ** 20), `a / ${b}`);
  }
});

test.run();
