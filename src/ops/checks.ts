// Checks of arguments. Every message begins with the function's name, and says what was expected and what was found.
import * as tf from '@tensorflow/tfjs-core';

export function fail(op: string, expected: string, got: string): never {
  throw new Error(`${op}: expected ${expected}, got ${got}`);
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** A value as a program writes it, or the kind of object that it is. Unlike JSON, this knows NaN, undefined and functions. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(valueText)}]`;
  if (value instanceof tf.Tensor) return `a tensor ${shapeText(value.shape)}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (!isPlain(value)) return `a ${value.constructor?.name ?? 'strange object'}`;
  const inner = (field: unknown) =>
    typeof field === 'object' && !Array.isArray(field) ? '…' : valueText(field);
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${inner(field)}`);
  return `{${fields.join(', ')}}`;
}

/** True for an object literal, also for one of another frame, where Object is another function. */
const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** Throws unless `options` is an object that has fields of these names and no others. */
export function checkOptions(name: string, options: unknown, known: readonly string[]): void {
  const expected = `options to be an object with ${known.join(', ')}`;
  if (typeof options !== 'object' || options === null || !isPlain(options)) {
    fail(name, expected, valueText(options));
  }
  for (const unknown of Object.keys(options)) {
    if (known.includes(unknown)) continue;
    // stride, padding, dilationRate, batchsize: each begins with the same letters as the option that was meant.
    const [meant] = known
      .filter(each => sameLetters(each, unknown) >= 3)
      .sort((a, b) => sameLetters(b, unknown) - sameLetters(a, unknown));
    fail(name, expected, `${unknown}${meant ? ` (${meant} was probably meant)` : ''}`);
  }
}

/** The number of letters with which both names begin. Capitals count as small letters. */
function sameLetters(a: string, b: string): number {
  let n = 0;
  while (n < a.length && a[n].toLowerCase() === b[n]?.toLowerCase()) n++;
  return n;
}

/** Throws unless `seed` is an integer: "1" and 1 would be two seeds, and 1.5 and 1 the same. */
export function checkSeed(name: string, seed: unknown): void {
  if (!Number.isSafeInteger(seed)) fail(name, 'a seed that is an integer', valueText(seed));
}

/** Throws unless `value` is a float32 tensor without an empty axis. `axes` names its axes; null allows any rank. */
export function checkTensor(
  op: string,
  name: string,
  value: tf.Tensor,
  axes: string[] | null,
): void {
  const expected = `${name} to be a float32 tensor${axes ? ` [${axes.join(', ')}]` : ''}`;
  if (!(value instanceof tf.Tensor)) fail(op, expected, valueText(value));
  if (value.isDisposed) fail(op, expected, 'one that is disposed of');
  if (value.dtype !== 'float32') fail(op, expected, `dtype ${value.dtype}`);
  if (axes && value.rank !== axes.length) fail(op, expected, `shape ${shapeText(value.shape)}`);
  const empty = value.shape.indexOf(0);
  if (empty < 0) return;
  const atLeastOne = `${name} with at least one ${axes?.[empty] ?? 'element'}`;
  fail(op, atLeastOne, `shape ${shapeText(value.shape)}`);
}
