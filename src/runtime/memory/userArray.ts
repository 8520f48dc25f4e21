/**
 * Memory that a user keeps may go away: its buffer is transferred to another thread, resized, or detached because a
 * WebAssembly.Memory grew. Typed arrays on it then have no elements, and reading them gives `undefined` instead of
 * an error. What lazuli wrapped is checked before it is read; this says what happened.
 */
import { DataError } from '../../ir/errors.ts';
import { dtypeOfTypedArray, type TypedArray } from '../../ir/dtype.ts';
import { formatShape, type Shape } from '../../ir/shape.ts';

/** The error about wrapped memory that has not all of its bytes any more. */
export function memoryGone(operation: string, values: TypedArray, bytes: number, shape: Shape): DataError {
  const { buffer } = values;
  const dtype = dtypeOfTypedArray(values) ?? 'uint8';
  return new DataError(
    operation,
    `the memory of the ${dtype} array of shape ${formatShape(shape)} that asArray wrapped (copy: false) ${fateOf(buffer)}, ` +
      `and ${bytes} bytes of it are missing; wrap the memory where it is now, or let lazuli have a copy: asArray(values)`,
  );
}

/** The error about a result whose memory was handed out without a copy, and given away. */
export function resultGone(operation: string, values: TypedArray, bytes: number): DataError {
  const dtype = dtypeOfTypedArray(values) ?? 'uint8';
  return new DataError(
    operation,
    `the values of an array (${dtype}, ${bytes} bytes) were read with copy: false, and their memory ${fateOf(values.buffer)}; ` +
      'read a copy, which is the default, to give it away',
  );
}

/** Refuses a typed array whose memory has gone before it was handed in: it looks empty. */
export function checkMemory(operation: string, values: ArrayBufferView, which = 'the typed array'): void {
  if (values.byteLength > 0) return;
  const { buffer } = values;
  if (isDetached(buffer) || isOutOfBounds(values))
    throw new DataError(
      operation,
      `${which} has no values: its memory ${fateOf(buffer)}; hand in an array on the memory where it is now`,
    );
}

const fateOf = (buffer: ArrayBufferLike): string =>
  isDetached(buffer)
    ? 'was detached (its buffer was transferred, or belongs to a WebAssembly.Memory that grew)'
    : `was cut off (its buffer was resized to ${buffer.byteLength} bytes)`;

const isDetached = (buffer: ArrayBufferLike): boolean => 'detached' in buffer && buffer.detached;

/** Only methods tell: an array beyond the end of a resized buffer says that it begins at 0 and has no elements. */
function isOutOfBounds(values: ArrayBufferView): boolean {
  if (!(values.buffer instanceof ArrayBuffer && values.buffer.resizable) || values instanceof DataView)
    return false;
  try {
    (values as TypedArray).keys();
    return false;
  } catch {
    return true;
  }
}
