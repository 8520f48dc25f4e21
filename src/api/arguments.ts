/**
 * The arguments of functions that make arrays: a shape or some numbers first, options last.
 */
import { checkCount, wholeNumber, type Refusal } from '../ir/arguments.ts';
import { isDType } from '../ir/dtype.ts';
import { AxisError, OptionError, ShapeError } from '../ir/errors.ts';
import { checkOptions, isOptions } from '../ir/options.ts';
import { checkShape, checkSize, normalizeAxis, type Shape } from '../ir/shape.ts';

const listAdvice = 'write a shape of several axes as a list, such as [2, 3]';

/**
 * The shape of a call such as `zeros(shape, options)` with `given` arguments; the options are argument number `most`.
 * Other libraries take each size as an argument.
 */
export function readShape(
  operation: string,
  shape: number | readonly number[],
  options: unknown,
  allowed: readonly string[],
  given: number,
  most: number,
): Shape {
  if (typeof options === 'number') throw new ShapeError(operation, listAdvice);
  if (isOptions(shape)) throw new OptionError(operation, 'the options come after the shape');
  if (given >= most) checkOptions(operation, options, allowed);
  checkCount(operation, given, most, listAdvice);
  return checkShape(operation, shape);
}

/** The same for functions that number elements in 32 bits: a shape that an array in memory can have. */
export const readStorableShape = (operation: string, ...rest: Rest<Parameters<typeof readShape>>): Shape =>
  checkSize(operation, readShape(operation, ...rest));

type Rest<T extends readonly unknown[]> = T extends readonly [unknown, ...infer R] ? R : never;

function areNumbers(given: readonly unknown[]): boolean {
  for (const value of given) if (typeof value !== 'number') return false;
  return true;
}

/** The arguments of a call such as `arange(start, stop, options)`, where options may follow any of them. */
export function readNumbers<Options extends object>(
  operation: string,
  given: readonly unknown[],
  most: number,
  allowed: readonly (keyof Options & string)[],
): { readonly numbers: readonly unknown[]; readonly options: Partial<Options> } {
  if (given.length <= most && areNumbers(given)) return { numbers: given, options: {} };
  const numbers = [...given];
  while (numbers.length > 0 && numbers.at(-1) === undefined) numbers.pop();
  // A dtype is an option: `checkOptions` says so.
  const last = numbers.at(-1);
  const options = isOptions(last) || isDType(last) || numbers.length > most ? numbers.pop() : undefined;
  checkOptions(operation, options, allowed);
  checkCount(operation, numbers.length, most);
  return { numbers, options: options ?? {} };
}

/** Whole numbers between safe bounds, given one by itself or several in a list. */
export function readWholeNumbers(
  operation: string,
  name: string,
  given: unknown,
  least = -Infinity,
  most = Infinity,
  Refusal?: Refusal,
): readonly number[] {
  const list: readonly unknown[] = Array.isArray(given) ? Array.from(given as readonly unknown[]) : [given];
  return list.map((value) => wholeNumber(operation, name, value, least, most, Refusal));
}

/** Axes of an array of this rank in the order in which they are given, each at most once. */
export function readAxes(operation: string, given: unknown, rank: number): readonly number[] {
  const list: readonly unknown[] = Array.isArray(given) ? Array.from(given as readonly unknown[]) : [given];
  const axes = list.map((axis) => normalizeAxis(operation, axis, rank));
  const twice = axes.find((axis, k) => axes.indexOf(axis) !== k);
  if (twice !== undefined) throw new AxisError(operation, `axis ${twice} is named twice`);
  return axes;
}
