// How far a float32 number is from the definition's, in units in the last place (ULP): the distance between two neighbours in float32.

/** Fraction bits of a float32, and the exponents of its smallest and largest normal numbers. */
const FRACTION = 23;
const [SMALLEST, LARGEST] = [-126, 127];
/** The exponent's bits of a float64, above 20 of its fraction in the upper word. */
const UPPER_FRACTION = 20;
const EXPONENT_MASK = 0x7ff;
const EXPONENT_BIAS = 1023;

const view = new DataView(new ArrayBuffer(8));

/** The distance of float32 numbers at x. All subnormal numbers, and 0, have that of the smallest normal one. */
export function ulpAt(x: number): number {
  view.setFloat64(0, x);
  const exponent = ((view.getUint32(0) >>> UPPER_FRACTION) & EXPONENT_MASK) - EXPONENT_BIAS;
  return 2 ** (Math.min(Math.max(exponent, SMALLEST), LARGEST) - FRACTION);
}

/** value − definition in ULP at the definition. 0 where both are the same infinity, or NaN; NaN or ±∞ where just one is. */
export const ulps = (value: number, definition: number): number =>
  value === definition || Object.is(value, definition)
    ? 0
    : (value - definition) / ulpAt(definition);
