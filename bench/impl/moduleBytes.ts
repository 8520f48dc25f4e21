/** How large the WebAssembly modules are that a piece of work compiles: the constructor is watched meanwhile. */

/** Runs `work`; gives the bytes of all modules compiled synchronously in it. */
export function compiledModuleBytes(work: () => void): number {
  const original = WebAssembly.Module;
  let total = 0;
  WebAssembly.Module = new Proxy(original, {
    construct(constructor, args: [Uint8Array | ArrayBuffer]) {
      total += args[0].byteLength;
      return new constructor(...args);
    },
  });
  try {
    work();
  } finally {
    WebAssembly.Module = original;
  }
  return total;
}
