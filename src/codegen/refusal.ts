/**
 * What an engine says when it does not compile a generated program: the code is beyond one of its limits, or there is
 * no memory for it. Plans keep far below the limits that are known (`passes/profile.ts`); what is refused all the same
 * runs on another target, and `explain` says why.
 */
export class CompileRefusal {
  readonly target: string;
  /** The words of the engine. */
  readonly reason: string;
  /** False where the engine may compile the program another time. */
  readonly isLasting: boolean;

  constructor(target: string, reason: string, isLasting = true) {
    this.target = target;
    this.reason = reason;
    this.isLasting = isLasting;
  }

  get message(): string {
    return `the engine does not compile the code for ${this.target} (${this.reason})`;
  }
}

/** An error of the engine about a generated program; errors of what generates it are none. */
class EngineError extends Error {
  readonly isLasting: boolean;

  constructor(error: Error) {
    super(error.message, { cause: error });
    // A program that is nested too deeply looks like one that is compiled with little of the stack left.
    this.isLasting = !(error instanceof RangeError && /call stack/i.test(error.message));
  }
}

/** The work of the engine on a generated program: what it refuses can be told from other errors. */
export function byEngine<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isRefusal(error) ? new EngineError(error) : error;
  }
}

const isRefusal = (error: unknown): error is Error =>
  error instanceof SyntaxError ||
  error instanceof RangeError ||
  error instanceof EvalError ||
  (typeof WebAssembly === 'object' &&
    (error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError));

/** The refusal that an error stands for; `undefined` for any other error. */
export const refusalOf = (target: string, error: unknown): CompileRefusal | undefined =>
  error instanceof EngineError ? new CompileRefusal(target, error.message, error.isLasting) : undefined;
