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

  result(name: MathFunction, dtype: Float): Measurement {
    const { points, worst, at } = this;
    return { name, dtype, points, worst, at, mean: this.#sum / points };
  }
}

/** Whether the bound of a function speaks about these arguments; special values have to be right everywhere. */
export function isPromised(name: MathFunction, at: readonly number[], nearest: number): boolean {
  const [x = NaN] = at;
  if (conditions[name] === undefined || x > 0) return true;
  return !Number.isFinite(x) || !Number.isFinite(nearest);
}

/** The error at each point of a fixture of `results`. */
export function measure(fixture: Fixture, results: ArrayLike<number>): Measurement {
  const { name, dtype, exact } = fixture;
  const tally = new Tally();
  exact.forEach((value, k) => {
    const at = fixture.arguments.map((column) => column[k] ?? NaN);
    if (!isPromised(name, at, value.nearest)) return;
    if (tally.add(ulpError(results[k] ?? NaN, value, dtype))) tally.at = at;
  });
  return tally.result(name, dtype);
}

export const boundOf = ({ name, dtype }: Measurement): number => bounds[name][dtype];

export const holds = (measurement: Measurement): boolean => measurement.worst <= boundOf(measurement);
