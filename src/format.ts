// Numbers and sentences as the command line and the page write them.

/** 12345 -> "12,345" */
export const count = (n: number): string => Math.round(n).toLocaleString('en-US');

/** 0.97654 -> "97.65 %". A share just below 1 is 99.99 %, and one just above 0 is 0.01 %: rounding gives neither 100 % nor 0 %. */
export function percent(share: number): string {
  const rounded = (100 * share).toFixed(2);
  if (share < 1 && rounded === '100.00') return '99.99 %';
  if (share > 0 && rounded === '0.00') return '0.01 %';
  return `${rounded} %`;
}

/** Milliseconds as "0:09", "12:34" or "1:02:03". */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** What stands in a sentence's braces, by name. */
export type Values = Record<string, string | number>;

/** Fills in the values. English has "an 8", also where the sentence has "a". */
export const fill = (text: string, values: Values): string =>
  text.replace(/(\ba )?\{(\w+)\}/g, (_, article = '', name) => {
    const value = String(values[name]);
    return (article && value.startsWith('8') ? 'an ' : article) + value;
  });
