/**
 * Arguments from outside, parsed once at the border: how many there are, numbers that become sizes, positions, axes and
 * counts, switches. Behind the border they are trusted. For users without a type checker as well, who may hand in anything:
 * whatever it is, `describe` has words for it.
 */
import { OptionError, type LazuliError } from './errors.ts';

/** The class of the error that a wrong argument is answered with. */
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
 * Throws an `OptionError` for arguments beyond the last that the operation knows, which JavaScript would ignore without a
 * word. `advice` says what to write instead.
 */
export function checkCount(operation: string, given: number, most: number, advice?: string): void {
  if (given <= most) return;
  const takes = most === 0 ? 'takes no arguments' : `takes at most ${countOf(most, 'argument')}`;
  throw new OptionError(operation, `${takes}, got ${given}${advice === undefined ? '' : `; ${advice}`}`);
}

/** The same for methods, and for the functions that are their mirror: the array itself does not count. */
export function checkMethodCount(operation: string, given: number, most: number, advice?: string): void {
  if (given <= most) return;
  const takes = most === 0 ? 'no argument' : `at most ${countOf(most, 'argument')}`;
  throw new OptionError(
    operation,
    `takes ${takes} beside the array, got ${given}${advice === undefined ? '' : `; ${advice}`}`,
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
  // 0 + : there is no size, position or count of -0.
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
    return value + 0;
  const range =
    least === -Infinity
      ? `a whole number${typeof value === 'number' && Number.isInteger(value) ? ' within 2^53 - 1 of 0' : ''}`
      : `a whole number from ${least} to ${most === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : most}`;
  throw new Refusal(operation, `${name} must be ${range}, got ${describe(value)}${bigintAdvice(value)}`);
}

/** What a JavaScript `Map` holds at most, and so a cache. */
export const maxEntries = 2 ** 24;

/** Sums of integers are bigints: `mask.sum().item()` is a frequent size. */
export const bigintAdvice = (value: unknown): string =>
  typeof value === 'bigint' ? '; convert it with Number()' : '';

/** Beyond 2^53 - 1 a number may stand for its neighbours as well. */
export const inexactAdvice = (value: unknown): string =>
  typeof value === 'number' && Number.isInteger(value)
    ? '; numbers beyond 2^53 - 1 are not exact, write a bigint'
    : '';
