/**
 * Every float32 argument of a function of one, against the same function in float64.
 *
 * That is valid as a reference: a float64 result with an error of one or two units is off by 2^-28 units of the last
 * place of float32 at most, so measured errors are right to eight digits. (The float64 functions have fixtures.)
 */
import type { MathFunction } from '../../src/ir/math/functions.ts';
import { isPromised, Tally, type Measurement } from './measure.ts';
import { evaluateFunction, type TargetOption } from './engine.ts';
import { ulpError, unitOf } from './ulp.ts';

const blockSize = 2 ** 20;
const blocks = 2 ** 32 / blockSize;

const nearestSingle = new Float32Array(1);
const nearestBits = new Uint32Array(nearestSingle.buffer);
/** One over the unit in the last place, by the exponent field of a float32. */
const perUnit = Float64Array.from(
  { length: 256 },
  (_, field) => 2 ** (150 - Math.min(Math.max(field, 1), 254)),
);

/** Calls `progress` with the share that is done. */
export function measureAll(
  name: MathFunction,
  target: TargetOption,
  progress: (share: number) => void,
): Measurement {
  const tally = new Tally();
  const bits = new Uint32Array(blockSize);
  const singles = new Float32Array(bits.buffer);
  for (let block = 0; block < blocks; block++) {
    progress(block / blocks);
    const start = block * blockSize;
    // Nothing but NaN.
    if (((start >>> 23) & 0xff) === 0xff && (start & 0x7fffff) !== 0) continue;
    for (let k = 0; k < blockSize; k++) bits[k] = start + k;
    const results = evaluateFunction(name, [singles], target);
    const exact = evaluateFunction(name, [new Float64Array(singles)], target);
    for (let k = 0; k < blockSize; k++) {
      const x = singles[k] ?? NaN;
      const [actual = NaN, value = NaN] = [results[k], exact[k]];
      if (Number.isNaN(x) || !isPromised(name, [x], value)) continue;
      nearestSingle[0] = value;
      const [nearest = NaN] = nearestSingle;
      const units = perUnit[((nearestBits[0] ?? 0) >>> 23) & 0xff] ?? NaN;
      const difference = Math.abs(actual - value);
      const error =
        difference < Infinity && nearest !== 0 && Math.abs(nearest) < Infinity
          ? difference * units
          : ulpError(actual, { nearest, remainder: remainderOf(value, nearest) }, 'float32');
      if (tally.add(error)) tally.at = [x];
    }
  }
  return tally.result(name, 'float32');
}

/** What a float64 value has beyond its float32 neighbour; infinite where that overflowed. */
export const remainderOf = (value: number, nearest: number): number =>
  Object.is(value, nearest) || Number.isNaN(value) ? 0 : (value - nearest) / unitOf(nearest, 'float32');
