/**
 * Typed errors. Each names the operation, what it was given and what would work, and is thrown by the call
 * that made the mistake, never later at evaluation (an index out of range inside an index *array* is the one
 * thing only the data can tell).
 */

/** Base class of every error lazuli throws on purpose. `operation` is the public name of the call. */
export class LazuliError extends Error {
  readonly operation: string;

  constructor(operation: string, message: string) {
    super(`${operation}: ${message}`);
    this.name = new.target.name;
    this.operation = operation;
  }
}

/** Shapes that do not fit together, or a shape that is not one. */
export class ShapeError extends LazuliError {}

/** An axis that the array does not have, or that is named twice. */
export class AxisError extends LazuliError {}

/** An index or slice outside the array. */
export class IndexError extends LazuliError {
  /** The index in the data, and the size of the axis, if that is what it is about. */
  readonly outside: { readonly index: number; readonly size: number } | undefined;

  constructor(operation: string, message: string, outside?: IndexError['outside']) {
    super(operation, message);
    this.outside = outside;
  }
}

/** A dtype the operation does not take, or a value its dtype cannot hold. */
export class DTypeError extends LazuliError {}

/** Values that are not array data: ragged nesting, mixed types, unreadable elements. */
export class DataError extends LazuliError {}

/** A value was asked for where there is none yet: inside a function being traced by `compile`. */
export class TraceError extends LazuliError {}

/** An option that is unknown or contradicts another. */
export class OptionError extends LazuliError {}

/** A kernel could not be brought to an end: threads kept failing at it, or stopped answering. */
export class WorkerError extends LazuliError {
  /** The kernel, as `explain` names it. */
  readonly kernel: string;

  constructor(operation: string, kernel: string, message: string) {
    super(operation, `${kernel}: ${message}`);
    this.kernel = kernel;
  }
}

const GiB = 2 ** 30;

/** Values that need more memory than the engine or the machine gives. Nothing has changed: whatever fits still works. */
export class MemoryError extends LazuliError {
  /** What the memory was for, and how much of it. */
  readonly what: string;
  readonly bytes: number;

  constructor(operation: string, what: string, bytes: number) {
    const size = bytes < GiB / 10 ? '' : ` (${(bytes / GiB).toFixed(1)} GiB)`;
    super(
      operation,
      `${what} needs ${bytes} bytes${size} at once, more than there is; ` +
        'reduce it before it is stored, compute it in parts (slice), choose a smaller dtype, or drop arrays that are not needed',
    );
    this.what = what;
    this.bytes = bytes;
  }

  /** The same of another call, or with more known about what the memory is for. */
  named(operation: string, what = this.what): MemoryError {
    return new MemoryError(operation, what, this.bytes);
  }
}

/** A device that is missing, was lost, ran out of memory or refused work, or that cannot do what was asked of it. */
export class DeviceError extends LazuliError {}

/** A promise of the compiler that does not hold: always our bug, never the user's. */
export class InternalError extends LazuliError {
  constructor(operation: string, message: string) {
    super(operation, `${message} (this is a bug in lazuli, please report it)`);
  }
}
