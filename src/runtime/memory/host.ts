/** Ordinary memory as a place: typed arrays, of the library or of the user. */
import { allocate, dtypeOfTypedArray, type DType, type TypedArray } from '../../ir/dtype.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Copy, Place } from './place.ts';
import { memoryGone, resultGone } from './userArray.ts';

/** Values in an ordinary typed array. */
export class HostCopy implements Copy {
  readonly values: TypedArray;
  readonly byteLength: number;
  /** Of memory that users may write to: the shape it was wrapped in, for errors. */
  readonly #wrapped: Shape | undefined;

  constructor(values: TypedArray, byteLength = values.byteLength, wrapped?: Shape) {
    this.values = values;
    this.byteLength = byteLength;
    this.#wrapped = wrapped;
  }

  get place(): Place {
    return hostPlace;
  }

  get isThere(): true {
    return true;
  }

  get isInMemory(): true {
    return true;
  }

  get mayChange(): boolean {
    return this.#wrapped !== undefined;
  }

  check(operation: string): void {
    const { values, byteLength } = this;
    if (values.byteLength === byteLength) return;
    if (this.#wrapped !== undefined) throw memoryGone(operation, values, byteLength, this.#wrapped);
    if (values.byteLength === 0) throw resultGone(operation, values, byteLength);
  }

  read(): TypedArray {
    return this.values;
  }
}

export const hostPlace: Place<HostCopy> = {
  name: 'the host',
  budget: undefined,
  holds: (copy) => copy instanceof HostCopy,
  bring: (values) => new HostCopy(copyToHost(dtypeOf(values), values)),
};

/** An ordinary array with these values. `slice` would do the same more slowly for shared memory. */
export function copyToHost(dtype: DType, values: TypedArray): TypedArray {
  const copy = allocate(dtype, values.length, 'data', () => `a copy of ${values.length} elements, ${dtype},`);
  copy.set(values as never);
  return copy;
}

/** The dtype to keep the bits with: bool lives in bytes. */
export const dtypeOf = (values: TypedArray): DType => dtypeOfTypedArray(values) ?? 'uint8';
