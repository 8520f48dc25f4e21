/** Checks of options, for callers without a type checker. */
import { describe } from './arguments.ts';
import { isDType } from './dtype.ts';
import { OptionError } from './errors.ts';

/** Options are plain objects; an array, a list or a date is not. */
export function isOptions(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm has that realm's `Object.prototype`, which has no prototype itself.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/** Throws an `OptionError` unless `options` is an object with only the `allowed` keys. */
export function checkOptions(operation: string, options: unknown, allowed: readonly string[]): void {
  if (options === undefined) return;
  if (!isOptions(options)) {
    if (isDType(options) && allowed.includes('dtype'))
      throw new OptionError(operation, `the dtype is an option: write { dtype: '${options}' }`);
    throw new OptionError(
      operation,
      `options must be an object such as { ${allowed[0] ?? ''}: ... }, not ${describe(options)}`,
    );
  }
  for (const key of Object.keys(options))
    if (!allowed.includes(key))
      throw new OptionError(
        operation,
        `unknown option ${JSON.stringify(key)}; the options are ${allowed.join(', ')}`,
      );
}

/** An option that is on or off. */
export function checkSwitch(operation: string, name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean')
    throw new OptionError(operation, `${name} must be true or false, not ${describe(value)}`);
}

/** An option that is one of some values. */
export function checkChoice(
  operation: string,
  name: string,
  value: unknown,
  choices: readonly unknown[],
): void {
  if (!choices.includes(value))
    throw new OptionError(
      operation,
      `${name} must be ${choices.map((choice) => describe(choice)).join(' or ')}, not ${describe(value)}`,
    );
}

/** An argument that may also be an option of the same name: `1` or `{ axis: 1 }`. */
export function argumentOrOption<A>(
  operation: string,
  name: string,
  given: A | Readonly<Record<string, unknown>> | undefined,
): A | undefined {
  if (!isOptions(given)) return given;
  checkOptions(operation, given, [name]);
  return given[name] as A | undefined;
}
