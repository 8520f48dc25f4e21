/**
 * Typed arrays of another realm (a Node vm context, as in test runners; an iframe) are instances of other classes, over
 * ordinary memory.
 */
import { bytesOf, dtypeNames, dtypeOfTypedArray, dtypeTable, viewOf, type TypedArray } from '../ir/dtype.ts';

/** The class name of a typed array of any realm; `undefined` for any other value, including a Proxy of a typed array. */
const classNameOf = (value: object): unknown => Reflect.get(typedArrays, Symbol.toStringTag, value);
const typedArrays = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** A typed array of another realm as one of this realm, on the same memory; `undefined` for every other value. */
export function fromOtherRealm(value: unknown): TypedArray | undefined {
  if (!ArrayBuffer.isView(value) || dtypeOfTypedArray(value) !== undefined) return undefined;
  const name = classNameOf(value);
  const dtype =
    name === 'Uint8ClampedArray'
      ? 'uint8'
      : dtypeNames.find((known) => known !== 'bool' && dtypeTable[known].array.name === name);
  return dtype && viewOf(dtype, value.buffer, value.byteOffset, value.byteLength / bytesOf(dtype));
}
