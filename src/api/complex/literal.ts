/** Complex numbers in JS data: `{ re, im }`, alone or in nested lists, mixed with numbers. */
import { complexTable, type ComplexDType, type ComplexNumber } from '../../ir/dtype.ts';
import { DataError } from '../../ir/errors.ts';
import { data } from '../../ir/node.ts';
import { createSource } from '../../runtime/memory/sources.ts';
import { isTypedArray, readLiteral } from '../literal.ts';
import { storedPair, type Pair } from './pair.ts';

export const isComplexNumber = (value: unknown): value is ComplexNumber => {
  if (typeof value !== 'object' || value === null) return false;
  const { re, im } = value as Partial<ComplexNumber>;
  return typeof re === 'number' && typeof im === 'number';
};

/** Whether nested lists contain a complex number anywhere, up to the depth that data may have. */
export function containsComplex(value: unknown, seen = new Set<unknown>()): boolean {
  if (!Array.isArray(value)) return isComplexNumber(value);
  // A list may contain itself, and others many times.
  if (seen.has(value)) return false;
  seen.add(value);
  return value.some((entry) => containsComplex(entry, seen));
}

/** Refuses memory that ends within a number. */
export function checkPairs(operation: string, { length }: { readonly length: number }): void {
  if (length % 2 === 1)
    throw new DataError(
      operation,
      `the typed array has ${length} numbers, but complex numbers are two each: a real and an imaginary part by turns`,
    );
}

/** Nested lists of numbers and complex numbers, or a typed array of real and imaginary parts by turns. */
export function readComplex(operation: string, input: unknown, dtype: ComplexDType = 'complex128'): Pair {
  const { part } = complexTable[dtype];
  if (isTypedArray(input)) {
    checkPairs(operation, input);
    const { values } = readLiteral(operation, input, part);
    return storedPair(data(createSource(values), part, [values.length / 2, 2]), dtype);
  }
  const { values, shape } = readLiteral(operation, splitNumbers(input), part);
  const stored = values.length === 0 ? [...shape, 2] : shape;
  return storedPair(data(createSource(values), part, stored), dtype);
}

/** Each number as a list of its parts, which is what is stored. */
function splitNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, splitNumbers);
  if (isComplexNumber(value)) return [value.re, value.im];
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? [Number(value), 0]
    : value;
}
