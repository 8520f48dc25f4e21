/** Measures results of a function against exact ones: the largest error, where it is, and the mean. */
import type { MathFunction } from '../../src/ir/math/functions.ts';
import { bounds, conditions, type Float } from './bounds.ts';
import type { Fixture } from './fixtures.ts';
import { ulpError } from './ulp.ts';

export interface Measurement {
  readonly name: MathFunction;
  readonly dtype: Float;
  readonly points: number;
  /** The largest error in units in the last place, and its arguments. */
  readonly worst: number;
  readonly at: readonly number[];
  readonly mean: number;
}

/** Collects errors. */
export class Tally {
  points = 0;
  worst = 0;
  at: readonly number[] = [];
  #sum = 0;

  /** Counts a point; whether it is the worst so far, whose arguments `at` is then to hold. */
  add(error: number): boolean {
    this.points++;
    this.#sum += error;
    if (error <= this.worst && this.points > 1) return false;
    this.worst = error;
    return true;
  }

  get mean(): number {
    return this.#sum / this.points;
  }

  result(name: MathFunction, dtype: Float): Measurement {
    const { points, worst, at, mean } = this;
    return { name, dtype, points, worst, at, mean };
  }
}

/** Whether the bound of a function speaks about these arguments; special values have to be right everywhere. */
export function isPromised(name: MathFunction, at: readonly number[], nearest: number): boolean {
  const [x = NaN] = at;
  if (conditions[name] === undefined || x > 0) return true;
  return !Number.isFinite(x) || !Number.isFinite(nearest);
}

interface Point {
  readonly at: readonly number[];
  readonly error: number;
}

/** The points of a fixture that the bound speaks about, with the errors of `results`. */
function* errorsOf(
  { name, dtype, exact, arguments: columns }: Fixture,
  results: ArrayLike<number>,
): Iterable<Point> {
  for (const [k, value] of exact.entries()) {
    const at = columns.map((column) => column[k] ?? NaN);
    if (isPromised(name, at, value.nearest)) yield { at, error: ulpError(results[k] ?? NaN, value, dtype) };
  }
}

export function measure(fixture: Fixture, results: ArrayLike<number>): Measurement {
  const tally = new Tally();
  for (const { at, error } of errorsOf(fixture, results)) if (tally.add(error)) tally.at = at;
  return tally.result(fixture.name, fixture.dtype);
}

/** The points with the largest errors, as lines of `worst.txt`. */
export function worstPoints(fixture: Fixture, results: ArrayLike<number>, count: number): readonly string[] {
  return [...errorsOf(fixture, results)]
    .sort((a, b) => b.error - a.error)
    .slice(0, count)
    .map(({ at }) => [fixture.name, fixture.dtype, ...at].join(' '));
}

export const boundOf = ({ name, dtype }: Measurement): number => bounds[name][dtype];

export const holds = (measurement: Measurement): boolean => measurement.worst <= boundOf(measurement);
