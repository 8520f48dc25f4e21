/** The options of an evaluation, and their checks. */
import { describe } from '../../ir/arguments.ts';
import { OptionError } from '../../ir/errors.ts';
import { checkOptions, checkSwitch } from '../../ir/options.ts';
import { passNames, type PassName } from '../../passes/pipeline.ts';
import { requestFor } from '../choose/request.ts';
import type { TargetName } from '../executors/registry.ts';

export interface EvaluateOptions {
  /** Keep the result for later evaluations of the same expression over the same data, and use kept ones. Default true. */
  readonly memo?: boolean;
  /**
   * `js`: generated loops; `wasm`: WebAssembly; `webgpu`: a GPU, asynchronously; `reference`: the plain evaluator;
   * `auto`: what is likely to be fastest. The default is what `configure` was given, `auto` at first.
   */
  readonly target?: TargetName;
  /** Passes to leave out; results do not change. */
  readonly disable?: readonly PassName[];
  /** Check what each pass guarantees (slow; for tests and bug reports). */
  readonly verify?: boolean;
}

const evaluateOptionKeys = ['memo', 'target', 'disable', 'verify'] as const;

/** Throws an `OptionError` for a target that is unknown or does not run here. */
export const checkTarget = (operation: string, target: TargetName): void => {
  requestFor(target, operation);
};

/** The options that were checked last: programs hand in the same object again and again. */
let lastChecked: EvaluateOptions | undefined;

/** Throws an `OptionError` for an unknown option, target or pass. `more` are options of the operation's own. */
export function checkEvaluateOptions(
  operation: string,
  options: EvaluateOptions,
  more: readonly string[] = [],
): void {
  if (options === lastChecked) return;
  checkOptions(operation, options, [...evaluateOptionKeys, ...more]);
  if (options.target !== undefined) checkTarget(operation, options.target);
  checkSwitch(operation, 'memo', options.memo);
  checkSwitch(operation, 'verify', options.verify);
  if (options.disable !== undefined) disabledPasses(options, operation);
  if (more.length === 0) lastChecked = options;
}

let lastRead: EvaluateOptions | undefined;

/** The same for a call that reads values, and may hand out their memory. */
export function checkReadOptions(
  operation: string,
  options: EvaluateOptions & { readonly copy?: unknown },
): void {
  if (options === lastRead) return;
  checkEvaluateOptions(operation, options, ['copy']);
  checkSwitch(operation, 'copy', options.copy);
  lastRead = options;
}

const noPasses: ReadonlySet<PassName> = new Set();

export function disabledPasses(options: EvaluateOptions, operation = 'evaluate'): ReadonlySet<PassName> {
  if (options.disable === undefined || options.disable.length === 0) return noPasses;
  const given: unknown = options.disable;
  if (!Array.isArray(given))
    throw new OptionError(operation, `disable is a list of passes, not ${describe(given)}`);
  for (const name of options.disable)
    if (!passNames.includes(name))
      throw new OptionError(
        operation,
        `unknown pass ${describe(name)}; the passes are ${passNames.join(', ')}`,
      );
  return new Set(options.disable);
}
