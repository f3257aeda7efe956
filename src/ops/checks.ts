// What an op refuses. Every message begins with the op's name and says what was expected and what was found.
import * as tf from '@tensorflow/tfjs-core';

export function fail(op: string, expected: string, got: string): never {
  throw new Error(`${op}: expected ${expected}, got ${got}`);
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** Throws unless `value` is a float32 tensor with something on each axis. `axes` names them; null allows any rank. */
export function checkTensor(
  op: string,
  name: string,
  value: tf.Tensor,
  axes: string[] | null,
): void {
  const expected = `${name} to be a float32 tensor${axes ? ` [${axes.join(', ')}]` : ''}`;
  if (!(value instanceof tf.Tensor)) fail(op, expected, value === null ? 'null' : typeof value);
  if (value.dtype !== 'float32') fail(op, expected, `dtype ${value.dtype}`);
  if (axes && value.rank !== axes.length) fail(op, expected, `shape ${shapeText(value.shape)}`);
  const empty = value.shape.indexOf(0);
  if (empty >= 0) {
    fail(
      op,
      `${name} with at least one ${axes?.[empty] ?? 'element'}`,
      `shape ${shapeText(value.shape)}`,
    );
  }
}
