/**
 * Do two implementations compute the same thing?
 *
 * Each output is thinned to its length, its mean and at most 64 evenly spaced elements, which is cheap to send
 * from a child process. The error of an output is max |x - reference| / max |reference| over these: relative to
 * the size of the whole output, so that an element that happens to be near zero does not count as a failure.
 */

export interface Sample {
  readonly length: number;
  readonly mean: number;
  readonly elements: readonly number[];
}

const ELEMENTS = 64;

export function sampleOf(output: ArrayLike<number | bigint>): Sample {
  return sampledFrom(output.length, meanOf(output), (i) => Number(output[i]));
}

/** The sample of an output that is only computed where it is looked at. */
export function sampledFrom(length: number, mean: number, at: (i: number) => number): Sample {
  const count = Math.min(length, ELEMENTS);
  return {
    length,
    mean,
    elements: Array.from({ length: count }, (_, k) => at(sampleIndex(k, count, length))),
  };
}

function sampleIndex(k: number, count: number, length: number): number {
  return count < 2 ? 0 : Math.floor((k * (length - 1)) / (count - 1));
}

/** Neumaier's compensated sum, so that the mean of 2e7 elements adds no error of its own. */
function meanOf(output: ArrayLike<number | bigint>): number {
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < output.length; i++) {
    const value = Number(output[i]);
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return (sum + lost) / output.length;
}

/** The largest error over all outputs; Infinity when shapes differ or a value is not finite on one side only. */
export function errorBetween(samples: readonly Sample[], reference: readonly Sample[]): number {
  if (samples.length !== reference.length) return Infinity;
  return Math.max(0, ...reference.map((expected, i) => outputError(samples[i], expected)));
}

function outputError(actual: Sample | undefined, expected: Sample): number {
  if (actual === undefined || actual.length !== expected.length) return Infinity;
  const scale = Math.max(...expected.elements.map(Math.abs)) || 1;
  const errors = expected.elements.map((value, i) => Math.abs(value - (actual.elements[i] ?? NaN)) / scale);
  const worst = Math.max(...errors, Math.abs(actual.mean - expected.mean) / scale);
  return Number.isNaN(worst) ? Infinity : worst;
}
