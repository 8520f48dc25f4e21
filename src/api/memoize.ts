/**
 * `memoize`: a plain function that remembers its results, after Python's functools.lru_cache.
 */
import { LRUCache } from 'lru-cache';
import { checkCount, describe, maxEntries, wholeNumber } from '../ir/arguments.ts';
import { OptionError } from '../ir/errors.ts';
import { checkOptions } from '../ir/options.ts';

/** Keys are compared like keys of a Map: objects by identity. */
export type MemoizeKey = object | string | number | bigint | boolean | symbol;

export interface MemoizeOptions<A extends readonly unknown[]> {
  /** The maximum number of results, 1000 by default. The least recently used are dropped first. */
  readonly maxSize?: number;
  /**
   * Returns the key of a call; calls with equal keys share a result. By default all arguments count: primitive values by
   * value (-0 and 0 differ, NaN equals NaN), objects and arrays by identity.
   */
  readonly key?: (...args: A) => MemoizeKey;
}

export interface MemoizeInfo {
  readonly hits: number;
  readonly misses: number;
  readonly size: number;
  readonly maxSize: number;
}

export interface Memoized<A extends readonly unknown[], R> {
  (...args: A): R;
  /** The number of results found (hits), computed (misses) and kept (size). */
  cacheInfo(): MemoizeInfo;
  /** Forgets all results and resets the counts. */
  cacheClear(): void;
}

/**
 * `fn` with its results remembered. `fn` may call itself through the memoized name. Errors are not remembered. For an
 * asynchronous function the promise is remembered until it rejects, so concurrent calls share one run, and the call after
 * a rejection runs again. Throws `OptionError` for a `maxSize` that is not a whole number from 1 to 2^24.
 *
 * ```ts
 * const fibonacci = lz.memoize((n: number): bigint => (n < 2 ? BigInt(n) : fibonacci(n - 1) + fibonacci(n - 2)));
 * console.log(fibonacci(90)); // 2880067194370816120n
 * console.log(fibonacci.cacheInfo()); // { hits: 88, misses: 91, size: 91, maxSize: 1000 }
 * ```
 */
export function memoize<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: MemoizeOptions<A> = {},
): Memoized<A, R> {
  if (typeof fn !== 'function') throw new OptionError('memoize', `takes a function, not ${describe(fn)}`);
  checkCount('memoize', arguments.length, 2);
  checkOptions('memoize', options, ['maxSize', 'key']);
  const maxSize = wholeNumber('memoize', 'maxSize', options.maxSize ?? 1000, 1, maxEntries);
  const key = options.key ?? keyer();
  if (typeof key !== 'function')
    throw new OptionError('memoize', `key must be a function of the arguments, not ${describe(key)}`);
  // Wrapped, so that `undefined` can be a result.
  const results = new LRUCache<MemoizeKey, { readonly value: R }>({ max: maxSize });
  let [hits, misses] = [0, 0];

  function call(this: unknown, ...args: A): R {
    const id = key(...args);
    const found = results.get(id);
    if (found !== undefined) {
      hits++;
      return found.value;
    }
    misses++;
    const value = Reflect.apply<unknown, A, R>(fn, this, args);
    const entry = { value: value instanceof Promise ? (forgottenIfRejected(value, id) as R) : value };
    results.set(id, entry);
    return entry.value;
  }

  /** Callers get the promise after the removal of a rejected entry, so that an unhandled rejection is reported. */
  const forgottenIfRejected = (promise: Promise<unknown>, id: MemoizeKey): Promise<unknown> => {
    const shared = promise.catch((error: unknown) => {
      // The entry may have been dropped or replaced meanwhile.
      if (results.peek(id)?.value === shared) results.delete(id);
      throw error;
    });
    return shared;
  };

  return Object.assign(call, {
    cacheInfo: (): MemoizeInfo => ({ hits, misses, size: results.size, maxSize }),
    cacheClear: (): void => {
      results.clear();
      [hits, misses] = [0, 0];
    },
  });
}

/** A key for any arguments: a single number other than 0 as it is, everything else as a text that only equal arguments share. */
function keyer(): (...args: readonly unknown[]) => MemoizeKey {
  const identities = new WeakMap<WeakKey, number>();
  let count = 0;
  const identity = (object: WeakKey): number => {
    const known = identities.get(object);
    if (known !== undefined) return known;
    identities.set(object, ++count);
    return count;
  };
  const textOf = (value: unknown): string => {
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value);
      case 'number':
        return Object.is(value, -0) ? '-0' : String(value);
      case 'bigint':
        return `${value}n`;
      case 'symbol':
        return Symbol.keyFor(value) === undefined
          ? `#${identity(value)}`
          : `@${JSON.stringify(Symbol.keyFor(value))}`;
      case 'object':
      case 'function':
        return value === null ? 'null' : `#${identity(value)}`;
      default:
        return String(value);
    }
  };
  return (...args) => {
    const [only] = args;
    return args.length === 1 && typeof only === 'number' && only !== 0 ? only : args.map(textOf).join(',');
  };
}
