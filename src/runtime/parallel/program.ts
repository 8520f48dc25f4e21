/**
 * A program in the shared memory, for threads to instantiate: its id, the length of its module, the bytes. V8
 * recognizes equal bytes: all threads run the same machine code, and get the optimized one together.
 */
const headBytes = 8;

export const programBytes = (module: Uint8Array): number => headBytes + module.byteLength;

export function writeProgram(memory: ArrayBufferLike, address: number, id: number, module: Uint8Array): void {
  new Int32Array(memory, address, 2).set([id, module.byteLength]);
  new Uint8Array(memory, address + headBytes, module.byteLength).set(module);
}

/** The id of the program at an address of the memory whose words these are. */
export const programId = (words: Int32Array, address: number): number => words[address >>> 2] ?? 0;

/** The bytes of the module, in memory of their own, as compiling asks for. */
export function programModule(memory: ArrayBufferLike, address: number): Uint8Array<ArrayBuffer> {
  const [, length = 0] = new Int32Array(memory, address, 2);
  return new Uint8Array(new Uint8Array(memory, address + headBytes, length));
}
