/** What `configure` sets: bounds of caches and memory, the default target, threads. */
import { checkCount, wholeNumber } from '../ir/arguments.ts';
import { checkOptions } from '../ir/options.ts';
import { limitCaches } from './caches/caches.ts';
import { limitNames, type CacheLimits } from './caches/cacheLimits.ts';
import { configureGpu } from './gpu/device.ts';
import { checkThreads, setThreads } from './parallel/threads.ts';
import { setDefaultTarget } from './choose/request.ts';
import type { TargetName } from './executors/registry.ts';
import { checkTarget } from './evaluate/options.ts';

/** Bounds of the caches, and what evaluations do unless told otherwise. */
export interface Configuration extends CacheLimits {
  /** The target of evaluations that ask for none. */
  readonly target?: TargetName;
  /** Threads that compute, the caller's included. By default as many as the machine has processors. */
  readonly threads?: number;
  /** The most bytes of GPU memory in use at a time. Default 2 GiB. */
  readonly gpuBytes?: number;
}

/**
 * Sets, for the current session, the bounds of the caches, dropping what does not fit any more, least recently used first (0 keeps nothing), and
 * the target of evaluations that ask for none, the number of threads. Throws an `OptionError` for an unknown setting, a
 * bound that is not a whole number, a target that does not run here.
 *
 * ```ts
 * lz.configure({ resultBytes: 64 * 2 ** 20, target: 'js' });
 * console.log(lz.cacheInfo().results.maxBytes, lz.arange(3).add(1).explain().toJSON().plan.target); // 67108864 js
 * lz.configure({ resultBytes: 256 * 2 ** 20, target: 'auto' });
 * ```
 */
export function configure(settings: Configuration = {}): void {
  checkCount('configure', arguments.length, 1);
  applySettings('configure', settings);
}

/** Sets what is given, of the current session; nothing if any of it is invalid. */
export function applySettings(operation: string, settings: Configuration): void {
  checkOptions(operation, settings, [...limitNames, 'target', 'threads', 'gpuBytes']);
  if (settings.target !== undefined) checkTarget(operation, settings.target);
  if (settings.threads !== undefined) checkThreads(operation, settings.threads);
  const { gpuBytes } = settings;
  if (gpuBytes !== undefined) wholeNumber(operation, 'gpuBytes', gpuBytes, 0, Number.MAX_SAFE_INTEGER);
  limitCaches(operation, settings);
  if (gpuBytes !== undefined) configureGpu({ bytes: gpuBytes });
  if (settings.target !== undefined) setDefaultTarget(settings.target);
  if (settings.threads !== undefined) setThreads(settings.threads);
}
