/** Ending what evaluations keep open: threads, and the device of a GPU. */
import { checkCount } from '../ir/arguments.ts';
import { endGpu } from '../runtime/gpu/close.ts';
import { stopThreads } from '../runtime/parallel/threads.ts';

/**
 * Ends the threads and closes the GPU, and resolves when both are gone. Neither keeps a process alive, so this is for
 * those who want their memory back; later work starts them again. Values that are only on the GPU are computed again
 * when they are wanted, or read back before, where they cannot be.
 * `await lz.shutdown()` is `undefined`.
 */
export async function shutdown(): Promise<void> {
  checkCount('shutdown', arguments.length, 0);
  await Promise.all([stopThreads(), endGpu()]);
}
