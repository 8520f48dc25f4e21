/**
 * Long work on the caller's thread, done in slices. Between two slices the event loop runs, progress is reported, and an
 * `AbortSignal` may stop the work.
 */
import { describe } from '../ir/arguments.ts';
import { OptionError } from '../ir/errors.ts';
import { checkEvaluateOptions, type EvaluateOptions } from '../runtime/evaluate/options.ts';
import { eachInSession, inSession } from '../runtime/perSession.ts';

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** The part of `AbortSignal` that lazuli uses. */
export interface StopSignal {
  throwIfAborted(): void;
}

export interface ManyOptions extends EvaluateOptions {
  /** Called every few milliseconds, and at the end, where `done` is `total`. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** An `AbortSignal`: once it is aborted, the promise rejects with its reason. Arrays that are already evaluated keep their values. */
  readonly signal?: StopSignal | undefined;
}

/** Throws an `OptionError` for an unknown or invalid option. */
export function checkManyOptions(operation: string, options: ManyOptions): void {
  checkEvaluateOptions(operation, options, ['onProgress', 'signal']);
  const { onProgress, signal } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new OptionError(operation, `onProgress must be a function, not ${describe(onProgress)}`);
  if (signal !== undefined && !isStopSignal(signal))
    throw new OptionError(
      operation,
      `signal must be an AbortSignal, such as that of an AbortController, not ${describe(signal)}`,
    );
}

const isStopSignal = (signal: unknown): boolean =>
  typeof (signal as Partial<StopSignal> | null)?.throwIfAborted === 'function';

/** The options without `onProgress` and `signal`. */
export function evaluateOptionsOf(options: ManyOptions): EvaluateOptions {
  if (options.onProgress === undefined && options.signal === undefined) return options;
  const { onProgress: _, signal: __, ...rest } = options;
  return rest;
}

/** Lets the event loop run pending work. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Runs the slices of some work; each yields the amount of work done so far. */
export async function inTurns(
  slices: AsyncGenerator<number, void, undefined>,
  total: number,
  { onProgress, signal }: ManyOptions,
): Promise<void> {
  signal?.throwIfAborted();
  let reported = -1;
  for await (const done of eachInSession(slices)) {
    if (done > reported) {
      reported = done;
      onProgress?.({ done, total });
    }
    if (done === total) continue;
    await inSession(turn());
    signal?.throwIfAborted();
  }
}
