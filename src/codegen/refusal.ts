/**
 * What an engine says when it does not compile a generated program: the code is beyond one of its limits, or there is
 * no memory for it. Plans keep far below the limits that are known (`passes/profile.ts`); what is refused all the same
 * runs on another target, and `explain` says why.
 */
export class CompileRefusal {
  readonly target: string;
  /** The words of the engine. */
  readonly reason: string;

  constructor(target: string, reason: string) {
    this.target = target;
    this.reason = reason;
  }

  get message(): string {
    return `the engine does not compile the code for ${this.target} (${this.reason})`;
  }
}

/** The refusal that an error stands for; `undefined` for any other error. */
export function refusalOf(target: string, error: unknown): CompileRefusal | undefined {
  const isRefusal =
    error instanceof SyntaxError ||
    error instanceof RangeError ||
    error instanceof EvalError ||
    (typeof WebAssembly === 'object' &&
      (error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError));
  return isRefusal ? new CompileRefusal(target, error.message) : undefined;
}
