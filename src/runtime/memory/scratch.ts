/**
 * One reusable block of memory for temporaries: plans run one after the other, so they can share it. It grows to what
 * the largest plan needed; blocks beyond `keepBytes` are not kept, so that one huge plan does not pin memory.
 */
import { allocate } from '../../ir/dtype.ts';

const keepBytes = 64 * 2 ** 20;
let block: ArrayBufferLike = new ArrayBuffer(0);

export function scratchMemory(bytes: number): ArrayBufferLike {
  if (block.byteLength >= bytes) return block;
  const fresh = allocate('uint8', bytes, 'evaluate', () => 'what the plan keeps between its kernels').buffer;
  if (bytes <= keepBytes) block = fresh;
  return fresh;
}
