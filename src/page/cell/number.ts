// A number on the page: its text is rounded, and its value attribute is exact.
import {create, setText} from '../dom.ts';

/** 0.0123456 -> "0.0123", 1234567 -> "1230000", 1.2e-7 -> "1.2e−7", −0 -> "0". A number that needs fewer digits gets no zeros behind it. */
export function significant(value: number, digits = 3): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const rounded = Number(value.toPrecision(digits));
  let text = String(rounded);
  if (rounded !== value) {
    const isSmall = Math.abs(rounded) < 1e-3;
    const precise = isSmall ? value.toExponential(digits - 1) : value.toPrecision(digits);
    if (isSmall || !precise.includes('e')) text = precise;
  }
  return text.replace('e+', 'e').replaceAll('-', '−');
}

/** A number's text from which Number reads it back; −0 too. */
const exact = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

export const numberElement = (): HTMLDataElement => create('data');

/** @param value undefined: the number isn't there, and a dash stands in its place */
export function setNumber(target: HTMLDataElement, value: number | undefined, digits = 3): void {
  if (value === undefined) {
    target.removeAttribute('value');
    setText(target, '—');
    return;
  }
  const text = exact(value);
  if (target.value === text && target.textContent) return;
  target.value = text;
  setText(target, significant(value, digits));
}
