/** Checks of what callers hand in beside arrays, for users without a type checker. */
import { OptionError } from './errors.ts';

/** Throws an `OptionError` unless `options` is an object with none but the `allowed` keys. */
export function checkOptions(operation: string, options: unknown, allowed: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new OptionError(
      operation,
      `options are an object such as { ${allowed[0] ?? ''}: ... }, not ${Array.isArray(options) ? 'a list' : `a ${typeof options}`}`,
    );
  for (const key of Object.keys(options))
    if (!allowed.includes(key))
      throw new OptionError(
        operation,
        `unknown option ${JSON.stringify(key)}; the options are ${allowed.join(', ')}`,
      );
}
