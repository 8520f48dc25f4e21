/**
 * Equality of results down to the bit: signs of zero count, NaN equals NaN whatever its payload.
 */
import type { Scalar, TypedArray } from '../../src/ir/dtype.ts';

/** The first position where two arrays differ; `undefined` when they are equal. */
export function firstDifference(actual: TypedArray, expected: TypedArray): string | undefined {
  if (actual.constructor !== expected.constructor)
    return `a ${actual.constructor.name} instead of a ${expected.constructor.name}`;
  if (actual.length !== expected.length) return `${actual.length} elements instead of ${expected.length}`;
  for (let i = 0; i < actual.length; i++)
    if (!Object.is(actual[i], expected[i]))
      return `element ${i} is ${text(actual[i])} instead of ${text(expected[i])}`;
  return undefined;
}

/** Throws unless the lists of arrays are equal to the bit. */
export function expectSameBits(
  actual: readonly TypedArray[],
  expected: readonly TypedArray[],
  what = '',
): void {
  if (actual.length !== expected.length)
    throw new Error(`${what}${actual.length} results instead of ${expected.length}`);
  expected.forEach((values, k) => {
    const given = actual[k];
    const difference = given === undefined ? 'is missing' : firstDifference(given, values);
    if (difference !== undefined) throw new Error(`${what}result ${k}: ${difference}`);
  });
}

const text = (value: Scalar | undefined): string =>
  Object.is(value, -0) ? '-0' : typeof value === 'bigint' ? `${value}n` : String(value);
