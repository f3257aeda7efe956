// Two statistics, for the command line, the page and the bench.

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The 95 % confidence interval of a share seen as `correct` of `total`, both ends in [0, 1].
 * Unlike share ± 2 deviations, it stays inside [0, 1] and is right near 0 and 1, where a good classifier's share lies.
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
