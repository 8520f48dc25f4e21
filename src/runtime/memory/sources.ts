/** Making sources, and what runs and readers ask of them: whether their memory is there, copies, views. */
import type { ArraySource } from '../../ir/node.ts';
import { copyOf, type TypedArray } from '../../ir/dtype.ts';
import type { Shape } from '../../ir/shape.ts';
import { inMemory } from '../../codegen/wasm/module/memory.ts';
import { inSession } from '../perSession.ts';
import { heap } from './heap.ts';
import { copyToHost, dtypeOf, HostCopy } from './host.ts';
import type { Copy } from './place.ts';
import { Source } from './source.ts';

/** A fresh identity for `values`, which must not change unless `touchSource` says so. */
export const createSource = (values: TypedArray): ArraySource => new Source(values);

/** The same for memory that a user keeps and may write to; the shape is for errors. */
export const wrapSource = (values: TypedArray, shape: Shape): ArraySource =>
  new Source(new HostCopy(fixedLength(values), values.byteLength, shape));

/** The same memory; where the buffer may be resized, by a view that does not grow with it. */
function fixedLength(values: TypedArray): TypedArray {
  const { buffer } = values;
  const mayChange = ('resizable' in buffer && buffer.resizable) || ('growable' in buffer && buffer.growable);
  return mayChange ? values.subarray(0, values.length) : values;
}

/** Throws a `DataError` if one of these is memory of a user that has gone. To be called before anything is computed. */
export function checkInputs(operation: string, inputs: readonly (ArraySource | TypedArray)[]): void {
  for (const input of inputs) if (input instanceof Source) input.check(operation);
}

/**
 * Computes what was dropped among these, so that all can be read. Restoring one may push out another: then all go to
 * ordinary memory.
 */
export function restoreAll(inputs: readonly (ArraySource | TypedArray)[]): void {
  if (!anyDropped(inputs)) return;
  for (const input of inputs) if (input instanceof Source) input.restore();
  if (!anyDropped(inputs)) return;
  for (const input of inputs) if (input instanceof Source) input.settle();
}

export function anyDropped(inputs: readonly (ArraySource | TypedArray)[]): boolean {
  for (const input of inputs) if (input instanceof Source && input.isDropped) return true;
  return false;
}

/** Stands for an input that no kernel reads: the passes found that the result does not depend on it. */
const unread = new Source(new Uint8Array(0));

/** The inputs of a run; those that no kernel reads are neither fetched, held, copied nor kept for a recipe. */
export function readInputs<T extends ArraySource | TypedArray>(
  parameters: readonly unknown[],
  inputs: readonly T[],
): readonly (T | Source)[] {
  for (let slot = 0; slot < inputs.length; slot++)
    if (parameters[slot] === undefined)
      return inputs.map((input, k) => (parameters[k] === undefined ? unread : input));
  return inputs;
}

/** Sources of what a run gave: values that several roots share have one source. */
export function sourcesOf(values: readonly (TypedArray | Copy | Source)[]): Source[] {
  const sources: Source[] = [];
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    if (value === undefined) continue;
    const same = k === 0 ? -1 : values.indexOf(value);
    const known = value instanceof Source ? value : same < k ? sources[same] : undefined;
    sources.push(known ?? new Source(value as Exclude<typeof value, Source>));
  }
  return sources;
}

/** A copy of the values that the reader may keep and write to. */
export function readCopy(source: ArraySource): TypedArray {
  const { values } = source;
  if (!inMemory(values)) return copyOf(values);
  const copy = copyToHost(dtypeOf(values), values);
  heap.current.copiedOut += copy.byteLength;
  return copy;
}

/** The memory that the source reads from, in an ordinary array that stays. */
export const readShared = (source: ArraySource): TypedArray =>
  source instanceof Source ? source.settle() : source.values;

/** The same two for values that may have to be fetched first. */
export async function readCopyAsync(source: ArraySource): Promise<TypedArray> {
  await inSession(bringToMemory([source]));
  return readCopy(source);
}

export async function readSharedAsync(source: ArraySource): Promise<TypedArray> {
  await inSession(bringToMemory([source]));
  return readShared(source);
}

/** Brings remote values to ordinary memory, until all of them are there at the same time. */
export async function bringToMemory(arrays: readonly (ArraySource | TypedArray)[]): Promise<void> {
  for (let missing = remoteOf(arrays); missing.length > 0; missing = remoteOf(arrays))
    for (const source of missing) await inSession(source.fetch());
}

/** Those whose values have to be fetched before they can be read. */
export const remoteOf = (arrays: readonly (ArraySource | TypedArray)[]): readonly Source[] =>
  Source.anyRemote
    ? arrays.filter((array): array is Source => array instanceof Source && array.remote !== undefined)
    : [];

/** The name of the place that the values have to be fetched from; `undefined` if they can be read. */
export const remotePlaceOf = (source: ArraySource): string | undefined =>
  source instanceof Source ? source.remote?.place.name : undefined;

/** The array a user could also hold that the source reads from. */
export const hostMemory = (source: ArraySource): TypedArray | undefined =>
  source instanceof Source ? source.host : source.values;

/** Whether two arrays overlap. All views on the heap are views on one memory, whatever buffer they were made with. */
export function sharesMemory(a: TypedArray, b: TypedArray): boolean {
  return (
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength &&
    (a.buffer === b.buffer || (inMemory(a) && inMemory(b)))
  );
}
