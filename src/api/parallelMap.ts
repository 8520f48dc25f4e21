/**
 * `parallelMap`: a function from numbers to expressions, computed for 0, 1, 2, ..., like Numba's `prange` and Python's
 * `multiprocessing.Pool.map`.
 *
 * The function builds expressions on the caller's thread, one chunk at a time. Each chunk is evaluated as a batch
 * (`runtime/batch`) before the next is built, so that the graphs of few items are in memory at once.
 */
import { checkCount, describe, wholeNumber } from '../ir/arguments.ts';
import { DataError, OptionError } from '../ir/errors.ts';
import { Families } from '../runtime/batch/family.ts';
import { eachInSession, inSession } from '../runtime/perSession.ts';
import { isArray, type AnyArray } from './anyArray.ts';
import { settling, type Roots } from './evaluate.ts';
import { checkManyOptions, evaluateOptionsOf, inTurns, type ManyOptions } from './turns.ts';

/** The number of items of the first chunk, and of the largest. */
const [firstChunk, largestChunk] = [64, 4096];
/** Chunks grow until they take this long. Building the expressions of a chunk stops after half of it. */
const chunkMilliseconds = 50;

/**
 * The arrays that `fn` returns for 0 to `count - 1`, computed together, in this order. `fn` returns an array or a list of
 * arrays and must not read values. The expressions for different numbers should differ only in sizes, scalars and input
 * arrays: then they share one plan and take a few microseconds each. Throws `OptionError` for an invalid count,
 * `DataError` if `fn` returns another value.
 *
 * ```ts
 * const key = lz.random.key(1);
 * const sums = await lz.parallelMap(1000, (i) => lz.random.normal(lz.random.foldIn(key, i), i + 1).square().sum(), {
 *   onProgress: ({ done, total }) => { if (done === total) console.log('all', total); }, // all 1000
 * });
 * console.log(sums.length, sums[999].item().toFixed(3)); // 1000 1036.997
 * ```
 */
export async function parallelMap<R extends Roots | readonly []>(
  count: number,
  fn: (index: number) => R,
  options: ManyOptions = {},
): Promise<R[]> {
  wholeNumber('parallelMap', 'the first argument, the number of items,', count, 0, Number.MAX_SAFE_INTEGER);
  if (typeof fn !== 'function')
    throw new OptionError('parallelMap', `takes a function of the item number, not ${describe(fn)}`);
  checkCount('parallelMap', arguments.length, 3);
  checkManyOptions('parallelMap', options);
  const results: R[] = [];
  await inSession(inTurns(chunks(count, fn, options, results), count, options));
  return results;
}

async function* chunks<R extends Roots | readonly []>(
  count: number,
  fn: (index: number) => R,
  options: ManyOptions,
  results: R[],
): AsyncGenerator<number, void, undefined> {
  const evaluateOptions = evaluateOptionsOf(options);
  const families = new Families(evaluateOptions, 'parallelMap');
  let size = firstChunk;
  yield 0;
  while (results.length < count) {
    const done = results.length;
    const start = performance.now();
    const end = Math.min(count, done + size);
    const arrays: AnyArray[] = [];
    while (results.length < end && performance.now() < start + chunkMilliseconds / 2) {
      const item = fn(results.length);
      for (const array of arraysOf(item, results.length)) arrays.push(array);
      results.push(item);
    }
    const items = results.length - done;
    for await (const settled of eachInSession(settling('parallelMap', arrays, evaluateOptions, families))) {
      const share = arrays.length === 0 ? 1 : settled / arrays.length;
      yield done + Math.floor(items * share);
    }
    const took = performance.now() - start;
    if (took < chunkMilliseconds / 2) size = Math.min(2 * size, largestChunk);
    else if (took > 2 * chunkMilliseconds) size = Math.max(size >> 1, firstChunk);
  }
}

function arraysOf(item: unknown, index: number): readonly AnyArray[] {
  const list: readonly unknown[] = Array.isArray(item) ? item : [item];
  return Array.from(list, (array) => {
    if (isArray(array)) return array;
    throw new DataError(
      'parallelMap',
      array instanceof Promise
        ? `the function is asynchronous; it must return arrays at once (item ${index})`
        : `the function must return an array of lazuli or a list of them, not ${describe(array)} (item ${index})`,
    );
  });
}
