/**
 * Sessions: configurations side by side in one process. A session has its own settings, caches, heap and GPU device;
 * the memory of WebAssembly, the threads and the code of the kernels in them are those of the process.
 */
import { checkCount, describe } from '../ir/arguments.ts';
import { OptionError } from '../ir/errors.ts';
import { cacheInfo, clearCache, type CacheInfo } from '../runtime/caches/caches.ts';
import { applySettings, type Configuration } from '../runtime/configure.ts';
import { endGpu } from '../runtime/gpu/close.ts';
import { inSession, inState, releaseState, SessionState } from '../runtime/perSession.ts';

/**
 * A configuration with its caches and budgets, independent of other sessions. `lz.session()` makes one. Arrays are not
 * bound to sessions: each may read what another has computed.
 */
export class Session {
  readonly #state = new SessionState();

  constructor() {
    forgotten.register(this, this.#state);
  }

  /**
   * Calls `fn` with this session as the current one and returns its result. All evaluations that begin in `fn` belong to
   * the session until they end, asynchronous ones included; but what `fn` itself does after an `await` does not:
   * `await session.run(() => x.data())`. Throws `OptionError` after the session was disposed of.
   */
  run<T>(fn: () => T): T {
    checkCount('run', arguments.length, 1);
    if (typeof fn !== 'function') throw new OptionError('run', `takes a function, not ${describe(fn)}`);
    return this.#within('run', fn);
  }

  /** `lz.configure` for this session. */
  configure(settings: Configuration = {}): void {
    checkCount('configure', arguments.length, 1);
    this.#within('configure', () => {
      applySettings('configure', settings);
    });
  }

  /** `lz.cacheInfo` of this session. */
  cacheInfo(): CacheInfo {
    checkCount('cacheInfo', arguments.length, 0);
    return this.#within('cacheInfo', cacheInfo);
  }

  /** `lz.clearCache` for this session. */
  clearCache(): void {
    checkCount('clearCache', arguments.length, 0);
    this.#within('clearCache', clearCache);
  }

  /** Closes the GPU of this session, as `lz.shutdown` does. The threads are shared by all sessions and stay. */
  shutdown(): Promise<void> {
    checkCount('shutdown', arguments.length, 0);
    return this.#within('shutdown', endGpu);
  }

  /**
   * Ends the session, after `shutdown`: its caches are emptied and its part of the heap is free for other sessions.
   * Values that arrays hold stay. Evaluations in progress come to their end without caches.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.isOpen) await inSession(this.shutdown());
    releaseState(this.#state);
  }

  /** The same at once. A GPU that is open is closed a little later. */
  [Symbol.dispose](): void {
    end(this.#state);
  }

  #within<T>(operation: string, work: () => T): T {
    if (!this.#state.isOpen)
      throw new OptionError(operation, 'the session was disposed of; make another with lz.session()');
    return inState(this.#state, work);
  }
}

function end(state: SessionState): void {
  // What cannot be read back is an error where it is read.
  if (state.isOpen) inState(state, endGpu).catch(() => undefined);
  releaseState(state);
}

/** Ends sessions that were not disposed of. */
const forgotten = new FinalizationRegistry(end);

/**
 * A session with settings of its own, those of `lz.configure`; what is not given is as it is by default. The caches and
 * the heap begin empty. Throws `OptionError` like `lz.configure`.
 *
 * ```ts
 * const small = lz.session({ target: 'js', resultBytes: 2 ** 20 });
 * const x = lz.arange(3).add(1);
 * console.log(small.run(() => x.explain().toJSON().plan.target)); // js
 * console.log(small.cacheInfo().results.maxBytes, lz.cacheInfo().results.maxBytes); // 1048576 268435456
 * ```
 */
export function session(settings: Configuration = {}): Session {
  checkCount('session', arguments.length, 1);
  const made = new Session();
  made.run(() => {
    applySettings('session', settings);
  });
  return made;
}
