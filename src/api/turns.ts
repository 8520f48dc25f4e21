/**
 * Long work on the one thread that there is for everybody: it is done in slices, between which the event loop turns,
 * progress is reported, and an `AbortSignal` may say that nobody wants the rest.
 */
import { describe } from '../ir/arguments.ts';
import { OptionError } from '../ir/errors.ts';
import { checkEvaluateOptions, type EvaluateOptions } from '../runtime/evaluate/options.ts';

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** What lazuli needs of an `AbortSignal`. */
export interface StopSignal {
  throwIfAborted(): void;
}

export interface ManyOptions extends EvaluateOptions {
  /** Called every few milliseconds, and at the end, when `done` is `total`. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** An `AbortSignal`: once it is aborted, the promise is rejected with its reason. What has its values by then keeps them. */
  readonly signal?: StopSignal | undefined;
}

/** Throws an `OptionError` for what is no such option. */
export function checkManyOptions(operation: string, options: ManyOptions): void {
  checkEvaluateOptions(operation, options, ['onProgress', 'signal']);
  const { onProgress, signal } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new OptionError(operation, `onProgress is a function, not ${describe(onProgress)}`);
  if (signal !== undefined && !isStopSignal(signal))
    throw new OptionError(
      operation,
      `signal is an AbortSignal, such as that of an AbortController, not ${describe(signal)}`,
    );
}

const isStopSignal = (signal: unknown): boolean =>
  typeof (signal as Partial<StopSignal> | null)?.throwIfAborted === 'function';

/** The options without those that are for turns. */
export function evaluateOptionsOf(options: ManyOptions): EvaluateOptions {
  if (options.onProgress === undefined && options.signal === undefined) return options;
  const { onProgress: _, signal: __, ...rest } = options;
  return rest;
}

/** The event loop runs what has come up meanwhile. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Goes through the slices of some work, each of which tells how much is done by then. */
export async function inTurns(
  slices: AsyncIterable<number>,
  total: number,
  { onProgress, signal }: ManyOptions,
): Promise<void> {
  signal?.throwIfAborted();
  let reported = -1;
  for await (const done of slices) {
    if (done > reported) {
      reported = done;
      onProgress?.({ done, total });
    }
    if (done === total) continue;
    await turn();
    signal?.throwIfAborted();
  }
}
