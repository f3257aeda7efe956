// Numbers as the command line and the page say them, and two statistics.

/** 12345 -> "12,345" */
export const count = (n: number): string => Math.round(n).toLocaleString('en-US');

/** 0.97654 -> "97.65 %". Only all right is 100 and only none right is 0: neither is reached by rounding. */
export function percent(share: number): string {
  const rounded = (100 * share).toFixed(2);
  if (share < 1 && rounded === '100.00') return '99.99 %';
  if (share > 0 && rounded === '0.00') return '0.01 %';
  return `${rounded} %`;
}

/**
 * The 95 % confidence interval of a share seen as `correct` of `total`, both ends in [0, 1].
 * Unlike share ± 2 deviations it stays inside [0, 1] and is right near its ends, where a good classifier lives.
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
 */
export function wilsonInterval(correct: number, total: number): [number, number] {
  const z = 1.959964; // the normal distribution's 97.5 % quantile
  const share = correct / total;
  const centre = share + z ** 2 / (2 * total);
  const margin = z * Math.sqrt((share * (1 - share)) / total + z ** 2 / (4 * total ** 2));
  const scale = 1 + z ** 2 / total;
  return [Math.max(0, (centre - margin) / scale), Math.min(1, (centre + margin) / scale)];
}

/** Milliseconds as "0:09", "12:34" or "1:02:03". */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
