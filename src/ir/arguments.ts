/**
 * Arguments from callers, checked once at the public border: their count, switches, and numbers that become sizes,
 * positions, axes and counts. Behind the border they are trusted. JavaScript callers have no type checker, so `describe`
 * has a text for any value.
 */
import { OptionError, type LazuliError } from './errors.ts';

/** The class of the error for a wrong argument. */
export type Refusal = new (operation: string, message: string) => LazuliError;

const longest = 60;
const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}...` : text);

/** A value in the text of an error. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return cut(JSON.stringify(value));
    case 'bigint':
      return cut(`the bigint ${value}n`);
    case 'symbol':
      return 'a symbol';
    case 'function':
      return 'a function';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? describeList(value) : describeObject(value);
    default:
      return String(value);
  }
}

function describeList(list: readonly unknown[]): string {
  const entries = list
    .slice(0, 5)
    .map((entry) =>
      Array.isArray(entry) ? '[...]' : typeof entry === 'bigint' ? cut(`${entry}n`) : describe(entry),
    );
  return cut(`[${entries.join(', ')}${list.length > 5 ? ', ...' : ''}]`);
}

function describeObject(value: object): string {
  const { constructor: made } = value as { readonly constructor?: unknown };
  return typeof made === 'function' && made !== Object ? `an object of class ${made.name}` : 'an object';
}

/** `1 axis`, `2 axes`. */
export const countOf = (count: number, singular: string, plural = `${singular}s`): string =>
  `${count} ${count === 1 ? singular : plural}`;

/**
 * Throws an `OptionError` for surplus arguments, which JavaScript would silently ignore. `advice` says what to write
 * instead.
 */
export function checkCount(operation: string, given: number, most: number, advice?: string): void {
  if (given <= most) return;
  const takes = most === 0 ? 'takes no arguments' : `takes at most ${countOf(most, 'argument')}`;
  throw new OptionError(operation, `${takes}, got ${given}${advice === undefined ? '' : `; ${advice}`}`);
}

/** The same for methods, and for functions that call methods: the array itself does not count. */
export function checkMethodCount(operation: string, given: number, most: number, advice?: string): void {
  if (given <= most) return;
  const takes = most === 0 ? 'no argument' : `at most ${countOf(most, 'argument')}`;
  throw new OptionError(
    operation,
    `takes ${takes} in addition to the array, got ${given}${advice === undefined ? '' : `; ${advice}`}`,
  );
}

/** `value` if it is a whole number within the bounds, which must be safe integers. */
export function wholeNumber(
  operation: string,
  name: string,
  value: unknown,
  least: number,
  most: number,
  Refusal: Refusal = OptionError,
): number {
  // + 0: a size, position or count is never -0.
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value + 0;
  const range =
    least === -Infinity
      ? `a whole number${typeof value === 'number' && Number.isInteger(value) ? ' from -(2^53 - 1) to 2^53 - 1' : ''}`
      : `a whole number from ${least} to ${most === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : most}`;
  throw new Refusal(operation, `${name} must be ${range}, got ${describe(value)}${bigintAdvice(value)}`);
}

/** The most entries of a JavaScript `Map`, and so of a cache. */
export const maxEntries = 2 ** 24;

/** Sums of integers are bigints: `mask.sum().item()` is a frequent size. */
export const bigintAdvice = (value: unknown): string =>
  typeof value === 'bigint' ? '; convert it with Number()' : '';

/** Beyond 2^53 - 1 a number may stand for its neighbours as well. */
export const inexactAdvice = (value: unknown): string =>
  typeof value === 'number' && Number.isInteger(value)
    ? '; numbers beyond 2^53 - 1 are not exact, so write a bigint'
    : '';
