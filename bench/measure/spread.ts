/** Median and quartiles, by linear interpolation between order statistics (NumPy's default). */

export interface Spread {
  readonly median: number;
  readonly q1: number;
  readonly q3: number;
}

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((x, y) => x - y);
  return { median: quantile(sorted, 0.5), q1: quantile(sorted, 0.25), q3: quantile(sorted, 0.75) };
}

function quantile(sorted: readonly number[], p: number): number {
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const lower = sorted[below] ?? NaN;
  const upper = sorted[below + 1] ?? lower;
  return lower + (upper - lower) * (position - below);
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
