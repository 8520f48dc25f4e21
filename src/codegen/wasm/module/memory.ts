/**
 * The one WebAssembly.Memory that all modules and the shared heap live in.
 *
 * It only grows. Regions are allocated from the bottom up and never released (`extend`): small
 * permanent blocks of the code generator (`reserve`) are cut from regions of their own, everything else is the heap's
 * (`runtime/memory/heap.ts`), which allocates and frees within its regions. So neither depends on the other.
 *
 * Where the host shares memory between threads, the memory is shared: growing then leaves all views valid. Where it
 * does not, growing detaches every view, and code that holds an address makes a new view of `memoryBuffer()`.
 */
import { MemoryError } from '../../../ir/errors.ts';
import { maxPages } from '../assembler/module.ts';

const pageBytes = 65_536;

/** What vector code may read beyond the end of a buffer. */
export const readableBeyond = 256;

/** Regions for `reserve` are taken in pieces of this size. */
const reserveBytes = 256 * 1024;
/** The first bytes stay unused, so that 0 is no address. */
const bottom = 1024;

interface State {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  /** `memory.buffer`, which takes V8 40 ns to fetch. Only `grow` changes it. */
  buffer: ArrayBufferLike;
  /** Everything below has been handed out. */
  top: number;
  /** What is left of the region that `reserve` cuts from. */
  free: number;
  freeEnd: number;
}

let state: State | undefined;
/** Buffers the memory has had: a view on any of them lies in it. */
const buffers = new WeakSet<ArrayBufferLike>();

/** Whether this host has WebAssembly and gives it memory. */
export function hasMemory(): boolean {
  try {
    open();
    return true;
  } catch {
    return false;
  }
}

function open(): State {
  if (state !== undefined) return state;
  const [memory, shared] = create();
  state = { memory, shared, buffer: memory.buffer, top: bottom, free: 0, freeEnd: 0 };
  buffers.add(state.buffer);
  return state;
}

function create(): readonly [WebAssembly.Memory, boolean] {
  const initial = 16;
  if (typeof SharedArrayBuffer === 'function')
    try {
      const memory = new WebAssembly.Memory({ initial, maximum: maxPages, shared: true });
      if (memory.buffer instanceof SharedArrayBuffer) return [memory, true];
    } catch {
      // No room for 4 GiB of addresses, or sharing is forbidden.
    }
  return [new WebAssembly.Memory({ initial, maximum: maxPages }), false];
}

/** The memory, for modules to import. */
export const wasmMemory = (): WebAssembly.Memory => open().memory;

/** Whether it is shared, so that threads can have it and views survive growth. */
export const isShared = (): boolean => open().shared;

/** The memory as it is now. */
export const memoryBuffer = (): ArrayBufferLike => (state ?? open()).buffer;

/** Bytes the memory has now; 0 before its first use. */
export const memoryBytes = (): number => state?.buffer.byteLength ?? 0;

/** Whether the values lie in the memory. */
export const inMemory = (values: ArrayBufferView): boolean =>
  state !== undefined && buffers.has(values.buffer);

/** Takes `bytes` at the end of what has been handed out, a multiple of 64 from 0; `undefined` if there is no more. */
export function extend(bytes: number): number | undefined {
  const current = open();
  const start = Math.ceil(current.top / 64) * 64;
  return grow(current, start + bytes) ? start : undefined;
}

/** Makes everything below `end` usable, and `readableBeyond` bytes after it. */
function grow(current: State, end: number): boolean {
  const has = current.buffer.byteLength / pageBytes;
  const needs = Math.ceil((end + readableBeyond) / pageBytes);
  if (needs > maxPages) return false;
  if (needs > has) {
    try {
      current.memory.grow(needs - has);
    } catch {
      return false;
    }
    current.buffer = current.memory.buffer;
    buffers.add(current.buffer);
  }
  current.top = end;
  return true;
}

/** A small block that is never given back: arguments, constants, scratch of a kernel. Returns its address. */
export function reserve(bytes: number, align = 16): number {
  const current = open();
  const start = Math.ceil(current.free / align) * align;
  if (current.freeEnd > 0 && start + bytes <= current.freeEnd) {
    current.free = start + bytes;
    return start;
  }
  const taken = Math.max(reserveBytes, bytes + align);
  const region = extend(taken);
  if (region === undefined)
    throw new MemoryError(
      'evaluate',
      'a kernel (the memory of WebAssembly, of which configure({ heapBytes }) leaves too little)',
      taken,
    );
  const address = Math.ceil(region / align) * align;
  // A large block leaves the region in use as it is, if that has more room.
  if (region + taken - (address + bytes) >= current.freeEnd - current.free) {
    current.free = address + bytes;
    current.freeEnd = region + taken;
  }
  return address;
}

/** A block that one kernel after the other uses; it is replaced by a larger one when a kernel needs more. */
export class GrowingBlock {
  #address = 0;
  #bytes = 0;

  atLeast(bytes: number): number {
    if (bytes > this.#bytes) {
      this.#bytes = Math.max(4096, 2 * this.#bytes, bytes);
      this.#address = reserve(this.#bytes, 64);
    }
    return this.#address;
  }
}
