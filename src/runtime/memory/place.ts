/**
 * Places where arrays can have values, and what the values of one array at one place can do.
 *
 * Ordinary memory, the shared heap and the memory of a GPU are places (`host.ts`, `lease.ts`, `../gpu/values.ts`). Files
 * or other machines can be places too: a source of values (`source.ts`) knows places by these types alone. A place
 * decides itself which of its copies it drops to stay within its budget; a source finds out when it looks at the copy.
 */
import type { TypedArray } from '../../ir/dtype.ts';

/** A place, and which copies can be read there: `C`. */
export interface Place<C extends Copy = Copy> {
  /** As in "the values are on NAME". */
  readonly name: string;
  /** Bytes its copies may take together; `undefined` if the place sets no bound. */
  readonly budget: number | undefined;
  /** Whether these values can be read at this place as they are. Copies of other places may qualify. */
  holds(copy: Copy): copy is C;
  /** Copies values to this place, at once; `undefined` if it has no room. */
  bring(values: TypedArray): C | undefined;
}

/**
 * The values of one array at one place. A copy does not know its source: what a place or a finalizer keeps must not keep
 * a dead source, its host array, or its other copies.
 */
export interface Copy {
  readonly place: Place;
  /** Known without reading. */
  readonly byteLength: number;
  /** Whether the place has the values. */
  readonly isThere: boolean;
  /** Whether `read` gives the values without loading or computing anything. */
  readonly isInMemory: boolean;
  /** Whether other code may write to the values, and says so by `touch()`. */
  readonly mayChange?: boolean;
  /** The only values, saved to ordinary memory because the place needed the room. */
  readonly rescued?: TypedArray | undefined;
  /** Whether the only values were dropped, and `recompute` gives them. */
  readonly isDropped?: boolean;
  /** Whether the values are there, and may be dropped for good. */
  readonly isExpendable?: boolean;
  /** The values, at once. Not to be kept: the place may reuse the memory. */
  read(): TypedArray;
  /** The values in an ordinary array that stays, where `read` gives another. The copy may end, and leave it `rescued`. */
  settle?(): TypedArray;
  /** Not while a run is in progress. */
  recompute?(): TypedArray | Copy;
  /** Throws a `DataError` if the memory of the values has gone. */
  check?(operation: string): void;
  /** Other code wrote to the values: what the place remembers of them is stale. */
  changed?(): void;
  /** Keeps the values where they are until the run in progress is over. */
  pin?(): void;
  /** From now on the same values are elsewhere, too, and may be dropped here. */
  demote?(): void;
  /** Makes a copy the only values, which are never dropped for good; false if they have gone already. */
  promote?(): boolean;
  /** From now on the values are saved when their room is needed, and not dropped. */
  detach?(): void;
  /** Lets the place drop the only values for good, which `dropped` is told; `undefined`: not any more. */
  setExpendable?(dropped: (() => void) | undefined): void;
  /** The values are not needed any more. Called at the latest when the source has been collected. */
  free?(): void;
}

/** Values that take time to read: on a device, on another machine. `read` throws an error that says how to read them. */
export interface RemoteCopy extends Copy {
  /** Whether the values can be had: those that were lost may not come back, those that are there may be worthless. */
  readonly isObtainable: boolean;
  /** The values in an ordinary array. */
  fetch(): Promise<TypedArray>;
  /** Whether `fetch` failed because the place is gone, so that the values have to be computed again. */
  isLost(): Promise<boolean>;
  /** Values that are not there any more, computed again; held until `release`. */
  recomputeLater(): Promise<RemoteCopy>;
  release(): void;
  free(): void;
}

export const isRemote = (copy: Copy): copy is RemoteCopy => 'fetch' in copy;

/** Gives memory back whose sources are gone. */
export const finalizers = new FinalizationRegistry((copy: Copy) => {
  copy.free?.();
});
