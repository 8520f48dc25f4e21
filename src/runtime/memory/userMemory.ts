/**
 * Memory of the shared heap that users hold as typed arrays, and how to recognize it. A block goes back to the heap
 * when the array is collected, and stays where it is until then.
 */
import { bytesOf, isBigint, viewOf, type DType, type TypedArray } from '../../ir/dtype.ts';
import { hasMemory, inMemory, isShared, memoryBuffer } from '../../codegen/wasm/module/memory.ts';
import { heap, type Block } from './heap.ts';

/** Targets ask for 16; it is what typed arrays over shared memory of a user may lack. */
const alignment = 16;

/** Whether a heap target can use the memory of this array as it is. */
export const isUsableOnHeap = (values: TypedArray): boolean =>
  values.byteOffset % alignment === 0 && inMemory(values);

/** Blocks of arrays that users hold, given back when the array is gone. */
const userBlocks = new FinalizationRegistry((block: Block) => {
  block.heap.free(block);
});

/** Zeros in memory of the heap that stays until the array is collected; `undefined` where that cannot be promised. */
export function allocateOnHeap(dtype: DType, length: number): TypedArray | undefined {
  // Growing a memory that is not shared would detach the array.
  if (length === 0 || !hasMemory() || !isShared()) return undefined;
  const block = heap.current.allocate(length * bytesOf(dtype));
  if (block === undefined) return undefined;
  const values = viewOf(dtype, memoryBuffer(), block.address, length);
  values.fill((isBigint(dtype) ? 0n : 0) as never);
  userBlocks.register(values, block);
  return keepingOwner(values, values);
}

/** Which array owns the memory that a part of it is a view on: it lives as long as any of its parts. */
const owners = new WeakMap<TypedArray, TypedArray>();

/** The view, whose `subarray` gives views that keep the owner of the memory as this one does. */
function keepingOwner(view: TypedArray, owner: TypedArray): TypedArray {
  if (view !== owner) owners.set(view, owner);
  const plain = view.subarray.bind(view) as (begin?: number, end?: number) => TypedArray;
  const subarray = (begin?: number, end?: number): TypedArray => keepingOwner(plain(begin, end), owner);
  return Object.defineProperty(view, 'subarray', { value: subarray });
}
