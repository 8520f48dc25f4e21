/**
 * Typed errors. Each names the operation, its argument and what would work. A wrong argument is refused by the call that
 * gets it, never later by the evaluation. The one exception is an index out of range inside an index *array*: only the
 * data show it.
 */

/** The base class of all errors that lazuli throws. `operation` is the public name of the call that threw it. */
export class LazuliError extends Error {
  readonly operation: string;

  constructor(operation: string, message: string) {
    super(`${operation}: ${message}`);
    this.name = new.target.name;
    this.operation = operation;
  }
}

/** Shapes that do not fit together, or an invalid shape. */
export class ShapeError extends LazuliError {}

/** An axis that does not exist, or is named twice. */
export class AxisError extends LazuliError {}

/** An index outside the array, or an invalid slice. */
export class IndexError extends LazuliError {
  /** For an index in the data of an index array: the index, the size of the axis, and what it was for (`indexPurpose`). */
  readonly outside: { readonly index: number; readonly size: number; readonly purpose: number } | undefined;

  constructor(operation: string, message: string, outside?: IndexError['outside']) {
    super(operation, message);
    this.outside = outside;
  }
}

/** A dtype that the operation does not take, or a value that a dtype cannot hold. */
export class DTypeError extends LazuliError {}

/** Values that are not array data: ragged nesting, mixed types, unreadable elements. */
export class DataError extends LazuliError {}

/** A read of a value that does not exist yet, inside a function that `compile` traces. */
export class TraceError extends LazuliError {}

/** An option or argument that is unknown, invalid or contradicts another. */
export class OptionError extends LazuliError {}

/** A kernel that threads could not finish: they kept failing, or stopped answering. */
export class WorkerError extends LazuliError {
  /** The kernel, as `explain` names it. */
  readonly kernel: string;

  constructor(operation: string, kernel: string, message: string) {
    super(operation, `${kernel}: ${message}`);
    this.kernel = kernel;
  }
}

const GiB = 2 ** 30;

/** Values that need more memory than the engine or the machine provides. Nothing has changed; work that fits still succeeds. */
export class MemoryError extends LazuliError {
  /** The purpose of the memory, and its size. */
  readonly what: string;
  readonly bytes: number;

  constructor(operation: string, what: string, bytes: number) {
    const size = bytes < GiB / 10 ? '' : ` (${(bytes / GiB).toFixed(1)} GiB)`;
    super(
      operation,
      `${what} needs ${bytes} bytes${size} at once, more than is available; ` +
        'reduce it before it is stored, compute it in parts (slice), use a smaller dtype, or release arrays that are no longer needed',
    );
    this.what = what;
    this.bytes = bytes;
  }

  /** The same error for another call, or with a more exact purpose. */
  named(operation: string, what = this.what): MemoryError {
    return new MemoryError(operation, what, this.bytes);
  }
}

/** A device that is missing, was lost, ran out of memory, refused work, or does not support a request. */
export class DeviceError extends LazuliError {}

/** A guarantee of the compiler that does not hold: a bug in lazuli, never in the program that calls it. */
export class InternalError extends LazuliError {
  constructor(operation: string, message: string) {
    super(operation, `${message} (this is a bug in lazuli, please report it)`);
  }
}
