/**
 * One reusable block of memory for temporaries: plans run one after the other, so they can share it. It grows to what
 * the largest plan needed; blocks beyond `keepBytes` are not kept, so that one huge plan does not pin memory.
 */
const keepBytes = 64 * 2 ** 20;
let block = new ArrayBuffer(0);

export function scratchMemory(bytes: number): ArrayBuffer {
  if (block.byteLength >= bytes) return block;
  const fresh = new ArrayBuffer(bytes);
  if (bytes <= keepBytes) block = fresh;
  return fresh;
}
