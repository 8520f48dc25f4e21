/** Ending what evaluations keep open: threads, and the device of a GPU. */
import { closeGpu } from '../runtime/gpu/device.ts';
import { stopThreads } from '../runtime/parallel/threads.ts';

/**
 * Ends the threads and closes the GPU, and resolves when both are gone. Neither keeps a process alive, so this is for
 * those who want their memory back; later work starts them again. Values that are only on the GPU are computed again.
 * `await lz.shutdown()` is `undefined`.
 */
export async function shutdown(): Promise<void> {
  await Promise.all([stopThreads(), closeGpu()]);
}
