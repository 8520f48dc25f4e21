/** The settings of functions that take the axis as an argument, followed by options, or as one of the options. */
import { describe } from '../ir/arguments.ts';
import { OptionError } from '../ir/errors.ts';
import { checkOptions, isOptions } from '../ir/options.ts';

interface WithAxis {
  readonly axis?: unknown;
}

/**
 * The settings of a call as `(axis, options)` or `(options)`. `allowed` are the names of the options. Throws an
 * `OptionError` for unknown options, options before the axis, and an axis that is given twice.
 */
export function settingsOf<S extends WithAxis>(
  operation: string,
  axis: S['axis'] | S | undefined,
  options: S | undefined,
  allowed: readonly (keyof S & string)[],
): S {
  if (isOptions(axis)) {
    if (options !== undefined)
      throw new OptionError(
        operation,
        `the options must be the last argument, got ${describe(options)} after them`,
      );
    checkOptions(operation, axis, allowed);
    return axis as unknown as S;
  }
  checkOptions(operation, options, allowed);
  if (axis === undefined || axis === null) return options ?? ({} as S);
  if (options?.axis !== undefined)
    throw new OptionError(operation, 'the axis is given twice, as an argument and as an option');
  return { ...options, axis } as S;
}
