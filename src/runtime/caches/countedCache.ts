/** A bounded cache that counts: least recently used first out, by number or by weight. */
import { LRUCache } from 'lru-cache';

export interface CacheCounters {
  readonly entries: number;
  readonly maxEntries: number;
  readonly hits: number;
  readonly misses: number;
}

/** An LRU that counts. `lru-cache` does the work. */
export class CountedCache<V extends object> {
  hits = 0;
  misses = 0;
  /** How often it was cleared. */
  clears = 0;
  #cache: LRUCache<string, V>;
  /** A bound of 0: nothing is kept. */
  #off = false;
  #max: number;
  readonly #sizeOf: ((value: V, key: string) => number) | undefined;
  readonly #dispose: ((value: V) => void) | undefined;

  /** `dispose` is told what leaves the cache. */
  constructor(
    max: number,
    maxSize?: number,
    sizeOf?: (value: V, key: string) => number,
    dispose?: (value: V) => void,
  ) {
    this.#sizeOf = sizeOf;
    this.#dispose = dispose;
    this.#max = max;
    this.#cache = this.#make(max, maxSize);
  }

  #make(max: number, maxSize?: number): LRUCache<string, V> {
    const sizeCalculation = this.#sizeOf;
    const dispose = this.#dispose === undefined ? {} : { dispose: this.#dispose };
    return maxSize === undefined || sizeCalculation === undefined
      ? new LRUCache<string, V>({ max, ...dispose })
      : new LRUCache<string, V>({ max, maxSize, sizeCalculation, ...dispose });
  }

  get(key: string): V | undefined {
    const value = this.#cache.get(key);
    if (value === undefined) this.misses++;
    else this.hits++;
    return value;
  }

  /** Looks without counting or touching. */
  peek(key: string): V | undefined {
    return this.#cache.peek(key);
  }

  /** Looks without counting; what is found counts as used. */
  use(key: string): V | undefined {
    return this.#cache.get(key);
  }

  delete(key: string): void {
    this.#cache.delete(key);
  }

  set(key: string, value: V): void {
    if (!this.#off) this.#cache.set(key, value);
  }

  clear(): void {
    this.#cache.clear();
    this.clears++;
    this.hits = 0;
    this.misses = 0;
  }

  resize(max: number, maxSize?: number): void {
    this.#off = max === 0 || maxSize === 0;
    this.#max = max;
    if (this.#off) {
      this.#cache.clear();
      return;
    }
    const next = this.#make(max, maxSize);
    for (const [key, value] of [...this.#cache.entries()].reverse()) next.set(key, value);
    this.#cache = next;
  }

  get counters(): CacheCounters {
    return { entries: this.#cache.size, maxEntries: this.#max, hits: this.hits, misses: this.misses };
  }

  /** The most that a value may weigh; 0 where nothing is kept. */
  get room(): number {
    return this.#off ? 0 : this.#cache.maxSize;
  }

  get bytes(): { readonly bytes: number; readonly maxBytes: number } {
    return { bytes: this.#cache.calculatedSize, maxBytes: this.#cache.maxSize };
  }
}

/** Empties a cache that will keep nothing any more. */
export function turnOff<V extends object>(cache: CountedCache<V>): void {
  cache.clear();
  cache.resize(0);
}
