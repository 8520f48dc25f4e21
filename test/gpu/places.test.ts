/**
 * What docs/architecture.md promises under "How to add": places from outside, each by its class alone. Arrays in files
 * that are read when they are first needed and may be evicted, and arrays on another machine, are inputs like others on
 * every target. No executor, cache or pass knows of them.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { TargetName } from '../../src/index.ts';
import type { DType, TypedArray } from '../../src/ir/dtype.ts';
import { DeviceError } from '../../src/ir/errors.ts';
import { data } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { LazyArray } from '../../src/api/lazyArray.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { HostCopy } from '../../src/runtime/memory/host.ts';
import { heapPlace, Lease } from '../../src/runtime/memory/lease.ts';
import type { Copy, Place, RemoteCopy } from '../../src/runtime/memory/place.ts';
import { Source } from '../../src/runtime/memory/source.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show } from '../support/graphs.ts';
import { rewriteGraph } from '../support/rewriteGraph.ts';
import { settings } from '../support/runs.ts';

/** Arrays in files. What was read is kept within a budget, and evicted as the first that was read. */
class FilePlace implements Place<FileCopy> {
  readonly name = 'the disk';
  readonly budget: number;
  readonly cached = new Set<FileCopy>();

  constructor(budget: number) {
    this.budget = budget;
  }

  holds(copy: Copy): copy is FileCopy {
    return copy instanceof FileCopy && copy.place === this;
  }

  bring(values: TypedArray): FileCopy {
    const stored = values.slice();
    return new FileCopy(this, stored.byteLength, () => stored.slice());
  }

  makeRoom(bytes: number): void {
    const used = (): number => [...this.cached].reduce((sum, { byteLength }) => sum + byteLength, 0);
    for (const copy of this.cached) {
      if (used() + bytes <= this.budget) return;
      copy.evict();
    }
  }
}

class FileCopy implements Copy {
  readonly place: FilePlace;
  readonly byteLength: number;
  readonly #load: () => TypedArray;
  #values: TypedArray | undefined;
  readonly mayChange = true;
  loads = 0;
  isOpen = true;

  constructor(place: FilePlace, byteLength: number, load: () => TypedArray) {
    this.place = place;
    this.byteLength = byteLength;
    this.#load = load;
  }

  get isThere(): boolean {
    return this.isOpen;
  }

  get isInMemory(): boolean {
    return this.#values !== undefined;
  }

  changed(): void {
    this.evict();
  }

  read(): TypedArray {
    if (this.#values === undefined) {
      this.place.makeRoom(this.byteLength);
      this.loads++;
      this.#values = this.#load();
      this.place.cached.add(this);
    }
    return this.#values;
  }

  settle(): TypedArray {
    return this.read().slice();
  }

  evict(): void {
    this.#values = undefined;
    this.place.cached.delete(this);
  }

  free(): void {
    this.evict();
    this.isOpen = false;
  }
}

/** Arrays on another machine, which may restart and lose them: the first time what it has is asked for. */
class MachineCopy implements RemoteCopy {
  static readonly place: Place<MachineCopy> = {
    name: 'another machine',
    budget: undefined,
    holds: (copy) => copy instanceof MachineCopy,
    bring: (values) => new MachineCopy(values.slice()),
  };
  readonly place = MachineCopy.place;
  readonly #values: TypedArray;
  readonly failures: number;
  readonly isInMemory = false;
  readonly isObtainable = true;
  fetches = 0;
  isThere = true;

  constructor(values: TypedArray, failures = 0) {
    this.#values = values;
    this.failures = failures;
  }

  get byteLength(): number {
    return this.#values.byteLength;
  }

  read(): never {
    throw new DeviceError('data', 'the values are on another machine: `await x.data()`');
  }

  fetch(): Promise<TypedArray> {
    this.fetches++;
    if (this.failures === 0) return Promise.resolve(this.#values.slice());
    this.isThere = false;
    return Promise.reject(new DeviceError('data', 'the connection was lost'));
  }

  recomputeLater(): Promise<MachineCopy> {
    return Promise.resolve(new MachineCopy(this.#values, this.failures - 1));
  }

  isLost(): Promise<boolean> {
    return Promise.resolve(!this.isThere);
  }

  release(): void {
    // Nothing is held.
  }

  free(): void {
    this.isThere = false;
  }
}

const arrayAt = (copy: Copy, dtype: DType, shape: readonly number[]): LazyArray =>
  new LazyArray(data(new Source(copy), dtype, shape));

const sync: readonly TargetName[] = ['js', 'wasm', 'reference'];
const targets: readonly TargetName[] = [...sync, 'auto', 'webgpu'];

const place = new FilePlace(2 ** 20);

function fileOf(values: Float32Array, at = place): { readonly copy: FileCopy; readonly x: LazyArray } {
  const copy = new FileCopy(at, values.byteLength, () => values.slice());
  return { copy, x: arrayAt(copy, 'float32', [values.length]) };
}

const numbers = (length: number, first = 0): Float32Array =>
  Float32Array.from({ length }, (_, k) => first + (k % 64));

beforeEach(() => {
  lz.clearCache();
});

describe('an array in a file', () => {
  test('is not read before it is needed', () => {
    const { copy, x } = fileOf(numbers(1000));
    const sum = x.mul(2).sum();
    expect(sum.explain().toString()).toContain('sum');
    expect(copy.byteLength).toBe(4000);
    expect(copy.loads).toBe(0);
    expect(sum.item()).toBeGreaterThan(0);
    expect(copy.loads).toBe(1);
  });

  test.each(targets)('has the bits of an array in memory on %s, and is read once', async (target) => {
    const values = numbers(700, -30);
    const { copy, x } = fileOf(values);
    const f = (y: LazyArray): LazyArray =>
      y
        .mul(3)
        .add(y.max())
        .sub(y.slice([null, null, -1]));
    const wanted = await f(lz.array(values)).data({ target: 'reference' });
    expect(await f(x).data({ target })).toEqual(wanted);
    const compiled = lz.compile(f, { target });
    expect(await (await compiled.async(x)).data()).toEqual(wanted);
    expect(copy.loads).toBe(1);
  });

  test.each(sync)('is evicted and read again within random graphs on %s, which have their bits', (target) => {
    let loads = 0;
    fc.assert(
      fc.property(graphs({ maxSteps: 10 }), (graph) => {
        const tight = new FilePlace(64);
        const files: FileCopy[] = [];
        const roots = rewriteGraph(graph.roots, (node) => {
          if (node.kind !== 'data') return node;
          const { values } = node.source;
          const copy = new FileCopy(tight, values.byteLength, () => values.slice());
          files.push(copy);
          return data(new Source(copy), node.dtype, node.shape);
        });
        const results = evaluateNodes(roots, { target, memo: false });
        for (const { loads: own } of files) loads += own;
        const read = results.map(({ source }) => source.values);
        expectSameBits(read, evaluateReference(graph.roots), show(roots));
      }),
      settings(60),
    );
    expect(loads).toBeGreaterThan(0);
  });

  test.each(sync)('serves compiled functions and batches on %s', (target) => {
    const files = Array.from({ length: 80 }, (_, k) => fileOf(numbers(300, k)));
    const double = lz.compile((x) => x.mul(2), { target });
    const out = new Float32Array(300);
    files.forEach(({ copy, x }, k) => {
      expect(double.into(out, x)[0]).toBe(2 * k);
      expect(copy.loads).toBe(1);
    });
    const sums = lz.evaluateSync(
      files.map(({ x }) => x.sum()),
      { target },
    );
    sums.forEach((sum, k) => expect(sum.item()).toBe(numbers(300, k).reduce((a, b) => a + b)));
    expect(
      lz
        .stack(files.map(({ x }) => x))
        .sum({ axis: 1 })
        .dataSync({ target })[3],
    ).toBe(sums[3]?.item());
  });

  test('is evicted within the budget of its place, and read again', () => {
    const small = new FilePlace(2 * 4000);
    const files = Array.from({ length: 4 }, (_, k) => fileOf(numbers(1000, k), small));
    const [first] = files;
    const sums = (): number[] => files.map(({ x }) => Number(x.sum().item({ target: 'js', memo: false })));
    const wanted = sums();
    expect(small.cached.size).toBe(2);
    expect(first?.copy.isInMemory).toBe(false);
    expect(sums()).toEqual(wanted);
    expect(files.map(({ copy }) => copy.loads)).toEqual([2, 2, 2, 2]);
  });

  test('is read from the copy on the heap while that is there', () => {
    const { copy, x } = fileOf(numbers(1000));
    const before = x.sum().item({ target: 'wasm', memo: false });
    copy.evict();
    expect(x.sum().item({ target: 'wasm', memo: false })).toBe(before);
    expect(x.sum().item({ target: 'js', memo: false })).toBe(before);
    expect(copy.loads).toBe(1);
  });

  test.each(targets)('that was written to is read again after touch() on %s', async (target) => {
    const values = numbers(1000);
    const { copy, x } = fileOf(values);
    const sum = async (): Promise<unknown> => (await x.sum().data({ target }))[0];
    const result = (await x.add(1).evaluate({ target })) as LazyArray;
    const before = await sum();
    values.fill(2);
    expect(await sum()).toBe(before);
    x.touch();
    expect(await sum()).toBe(2000);
    // What was computed from it keeps its values, though it may have been dropped with a recipe.
    expect((await result.data())[5]).toBe(6);
    expect(copy.loads).toBe(2);
  });

  test('handed out without a copy is memory of its own', () => {
    const { copy, x } = fileOf(numbers(10));
    const mine = x.dataSync({ copy: false });
    mine[0] = 99;
    expect(x.add(0).dataSync()[0]).toBe(0);
    expect(copy.loads).toBe(1);
  });
});

describe('a source knows its copies', () => {
  test('at each place, and which one is the truth', () => {
    const copy = fileOf(numbers(1000)).copy;
    const source = new Source(copy);
    expect(source.truth).toBe(copy);
    expect([source.at(heapPlace), source.host, source.remote]).toEqual([undefined, undefined, undefined]);
    const lease = source.bring(heapPlace);
    expect(lease).toBeInstanceOf(Lease);
    expect(source.at(heapPlace)).toBe(lease);
    expect(source.bring(heapPlace)).toBe(lease);
    expect(source.truth).toBe(copy);
    source.touch();
    expect(source.at(heapPlace)).toBe(undefined);
    expect(lease?.isThere).toBe(false);
  });

  test('an array in memory may be copied to a file', () => {
    const source = new Source(numbers(100));
    const copy = source.bring(place);
    expect(copy?.read()).toEqual(numbers(100));
    expect(source.truth).toBeInstanceOf(HostCopy);
    expect(source.at(place)).toBe(copy);
    source.touch();
    expect([copy?.isOpen, source.at(place)]).toEqual([false, undefined]);
  });

  test('a place without room has none', () => {
    const source = new Source(numbers(100));
    expect(source.bring(new FilePlace(100))).toBe(undefined);
    expect(source.values).toEqual(numbers(100));
  });
});

describe('an array on another machine', () => {
  test.each(targets)('is fetched for evaluations on %s that may wait', async (target) => {
    const copy = new MachineCopy(numbers(3000));
    const x = arrayAt(copy, 'float32', [3000]);
    expect((await x.add(1).data({ target }))[63]).toBe(64);
    expect((await x.add(2).data({ target }))[63]).toBe(65);
    expect(x.add(3).dataSync({ target: 'js' })[63]).toBe(66);
    expect(copy.fetches).toBe(1);
  });

  test('cannot be read at once before, and says where it is', () => {
    const x = arrayAt(new MachineCopy(numbers(4)), 'float32', [4]);
    expect(() => x.add(1).dataSync({ target: 'js' })).toThrow('another machine');
    expect((x as unknown as Record<symbol, () => string>)[Symbol.for('nodejs.util.inspect.custom')]?.()).toBe(
      'LazyArray(float32, (4,)) on another machine',
    );
  });

  test.each(['js', 'webgpu'] as const)('that restarts is asked again, a few times, on %s', async (target) => {
    const once = arrayAt(new MachineCopy(numbers(4), 1), 'float32', [4]);
    expect([...(await once.add(1).data({ target }))]).toEqual([1, 2, 3, 4]);
    const never = arrayAt(new MachineCopy(numbers(4), 9), 'float32', [4]);
    await expect(never.add(1).data({ target })).rejects.toThrow('the connection was lost');
  });
});
