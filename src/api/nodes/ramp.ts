/**
 * Evenly spaced values, start + i * step: how many there are before a stop, and the nodes that compute them.
 *
 * Integers are counted exactly, in bigints, and wrap on the way to elements that fit. Floats are computed in float64 and
 * round once more to a narrower dtype, so that the elements rise (or fall) with i, though not strictly: the count is found
 * by bisection on the elements themselves. Where a product i * step, or a difference of two ends, leaves the range of
 * float64, everything is scaled by a power of two, which rounds nothing.
 */
import { dtypeTable, isBigint, isFloat, type DType, type FloatDType } from '../../ir/dtype.ts';
import { DTypeError, OptionError } from '../../ir/errors.ts';
import { constant, iota, type Node } from '../../ir/node.ts';
import { normalize } from '../../ir/scalar.ts';
import { checkElementCount, sizeOf } from '../../ir/shape.ts';
import { binary, castTo, elementwise, scalarIn } from './elementwise.ts';

type Value = number | bigint;

const isFinite = (value: Value): boolean => typeof value === 'bigint' || Number.isFinite(value);

/** start, start + step and so on, as far as they lie before `stop`. */
export function range(operation: string, start: Value, stop: Value, step: Value, dtype: DType): Node {
  if (Number(step) === 0) throw new OptionError(operation, 'the step must not be 0');
  if ((dtype === 'float64' || dtype === 'int32') && isSmall(start) && isSmall(stop) && isSmall(step))
    return smallRange(start, stop, step, dtype);
  if (!(isFinite(start) && isFinite(stop) && isFinite(step)))
    throw new OptionError(
      operation,
      `no range leads from ${start} to ${stop} in steps of ${step}: all three must be finite`,
    );
  return isFloat(dtype)
    ? floatRange(operation, start, stop, step, dtype)
    : integerRange(operation, start, stop, step, dtype);
}

/** A whole number that fits int32. */
const isSmall = (value: Value): value is number => typeof value === 'number' && value === (value | 0);

/** Between small ends nothing rounds or wraps. */
function smallRange(start: number, stop: number, step: number, dtype: 'float64' | 'int32'): Node {
  const length = Math.max(0, Math.ceil((stop - start) / step)) + 0;
  if (dtype === 'float64') return scaledRamp(length, start, step, 1);
  return length === 0 ? iota(0, dtype) : multiples(length, step, start, dtype, step === 1, start === 0);
}

// -------------------------------------------------------------------------------------------------- integers

function integerRange(operation: string, start: Value, stop: Value, step: Value, dtype: DType): Node {
  const [from, by] = [wholeNumber(operation, start, dtype), wholeNumber(operation, step, dtype)];
  const up = by > 0n;
  // Before 2.5 and before 3 lie the same whole numbers.
  const end = BigInt(typeof stop === 'bigint' ? stop : up ? Math.ceil(stop) : Math.floor(stop));
  const count = (end - from + by - (up ? 1n : -1n)) / by;
  const length = sizeOf(checkElementCount(operation, [count > 0n ? Number(count) : 0]));
  if (length === 0) return iota(0, dtype);
  for (const element of [from, from + BigInt(length - 1) * by])
    if (element < dtypeTable[dtype].min || element > dtypeTable[dtype].max)
      throw new DTypeError(
        operation,
        `element ${element} does not fit ${dtype}, which holds ${dtypeTable[dtype].min} to ${dtypeTable[dtype].max}; ask for a wider dtype`,
      );
  // The step itself need not fit: modulo the size of the dtype the elements come out right.
  return multiples(length, wrapped(by, dtype), wrapped(from, dtype), dtype, by === 1n, from === 0n);
}

function wholeNumber(operation: string, value: Value, dtype: DType): bigint {
  if (typeof value === 'bigint') return value;
  if (Number.isInteger(value)) return BigInt(value);
  throw new DTypeError(operation, `${value} is not a whole number, and so no ${dtype}`);
}

const wrapped = (value: bigint, dtype: DType): Value =>
  isBigint(dtype) ? normalize(dtype, value) : normalize(dtype, Number(BigInt.asIntN(32, value)));

// ---------------------------------------------------------------------------------------------------- floats

function floatRange(operation: string, start: Value, stop: Value, step: Value, dtype: FloatDType): Node {
  const from = Number(scalarIn(operation, start, 'float64'));
  const by = Number(scalarIn(operation, step, 'float64'));
  const estimate = stepsBetween(from, Number(stop), by);
  checkElementCount(operation, [Math.max(0, estimate - 1)]);
  // One more than the quotient says may lie before the stop, never two.
  const most = Math.max(0, estimate + 1);
  const scale = Number.isFinite(most * by) ? 1 : 0.5;
  const element = (i: number): number => (i * (by * scale) + from * scale) / scale;
  const isBefore = (x: number, end: Value): boolean => (by > 0 ? x < end : x > end);
  const before = countWhile(most, (i) => isBefore(element(i), stop));
  if (before > 0) {
    finiteIn(operation, from, dtype);
    finiteIn(operation, element(before - 1), dtype);
  }
  // A narrower float may round an element to the stop, and the stop to an element.
  const rounded = (x: number): number => Number(normalize(dtype, x));
  const end = rounded(Number(stop));
  const length = countWhile(before, (i) => {
    const x = rounded(element(i));
    return isBefore(x, stop) && isBefore(x, end);
  });
  checkElementCount(operation, [length]);
  return castTo(scaledRamp(length, from * scale, by * scale, scale), dtype);
}

function stepsBetween(start: number, stop: number, step: number): number {
  const distance = stop - start;
  return Math.ceil(Number.isFinite(distance) ? distance / step : ((stop / 2 - start / 2) / step) * 2);
}

/** The first of `length` places where `holds` fails; it fails from there on. Most of the time that is at the last. */
function countWhile(length: number, holds: (i: number) => boolean): number {
  if (length === 0 || holds(length - 1)) return length;
  let [low, high] = length > 1 && holds(length - 2) ? [length - 1, length - 1] : [0, length - 1];
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Throws a `DTypeError` for a finite number that `dtype` would round to infinity. */
function finiteIn(operation: string, value: number, dtype: FloatDType): void {
  if (!Number.isFinite(normalize(dtype, value)))
    throw new DTypeError(operation, `element ${value} does not fit ${dtype}; ask for a wider dtype`);
}

/** `num` values from `start` to `stop`, the last of which is `stop` itself if `endpoint` says so. */
export function spaced(
  operation: string,
  start: number,
  stop: number,
  length: number,
  endpoint: boolean,
  dtype: FloatDType,
): Node {
  checkEnd(operation, 'start', start, dtype);
  checkEnd(operation, 'stop', stop, dtype);
  const steps = endpoint ? length - 1 : length;
  const scale = spacedScale(start, stop, steps);
  // No -0, which would make the first element one.
  const step = steps > 0 ? (stop * scale - start * scale) / steps + 0 : 0;
  const values = scaledRamp(length, start * scale, step, scale);
  // The sum of -0 and 0 is 0, and the product may miss the end by a rounding.
  const first = Object.is(start, -0) ? replaced(values, 0, start) : values;
  const all = endpoint && length > 1 ? replaced(first, length - 1, stop) : first;
  return castTo(all, dtype);
}

function checkEnd(operation: string, name: string, value: number, dtype: FloatDType): void {
  if (!Number.isFinite(value))
    throw new OptionError(operation, `${name} must be a finite number, not ${value}`);
  finiteIn(operation, value, dtype);
}

/**
 * What the ends are multiplied by before they are divided into steps. A step that is subnormal has too few bits to be added
 * up; ends that far apart have a distance, or a step times the count, beyond float64.
 */
function spacedScale(start: number, stop: number, steps: number): number {
  const distance = Math.abs(stop - start);
  if (!Number.isFinite(distance)) return 0.5;
  return distance > 0 && distance / steps < 2 ** -1022 ? 2 ** 600 : 1;
}

const replaced = (values: Node, position: number, value: number): Node =>
  elementwise('where', [
    binary('equal', iota<number>(values.shape[0] ?? 0, 'int32'), position),
    constant(value, 'float64'),
    values,
  ]);

// ----------------------------------------------------------------------------------------------------- nodes

/** (start + i * step) / scale, in float64. */
function scaledRamp(length: number, start: number, step: number, scale: number): Node {
  // 0 times a negative step is -0, to which 0 must be added.
  const plain = start === 0 && step >= 0;
  const values = multiples(length, step, start, 'float64', step === 1, plain);
  return scale === 1 ? values : binary('multiply', values, constant(1 / scale, 'float64'));
}

function multiples(
  length: number,
  by: Value,
  from: Value,
  dtype: DType,
  unscaled: boolean,
  plain: boolean,
): Node {
  const count = iota<number>(length, dtype);
  const scaled = unscaled ? count : binary('multiply', count, constant(by, dtype));
  return plain ? scaled : binary('add', scaled, constant(from, dtype));
}
