/** Ends the resources that evaluations keep open: threads, and the device of a GPU. */
import { checkCount } from '../ir/arguments.ts';
import { endGpu } from '../runtime/gpu/close.ts';
import { stopThreads } from '../runtime/parallel/threads.ts';
import { inSession } from '../runtime/perSession.ts';

/**
 * Ends the threads and closes the GPU of the current session, and resolves when both have ended. Neither keeps a process alive: the call only
 * frees their memory, and later work starts them again. Values that are only on the GPU are recomputed when needed; values
 * that cannot be recomputed are read back first.
 * `await lz.shutdown()` is `undefined`.
 */
export async function shutdown(): Promise<void> {
  checkCount('shutdown', arguments.length, 0);
  await inSession(Promise.all([stopThreads(), endGpu()]));
}
