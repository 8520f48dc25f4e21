/** Where values live when a target works on the shared heap: resident inputs, results that stay, eviction. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { nodeOf } from '../../src/api/anyArray.ts';
import { wasmTarget } from '../../src/codegen/wasm/target.ts';
import { memoryBuffer, memoryBytes } from '../../src/codegen/wasm/module/memory.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { registerTarget } from '../../src/runtime/executors/registry.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { heapTarget } from './heapTarget.ts';

const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
const MiB = 2 ** 20;
let unregister: () => void;

beforeAll(() => {
  unregister = registerTarget(heapTarget);
  lz.configure({ target: 'wasm' });
});

afterAll(() => {
  lz.configure({ target: 'auto' });
  unregister();
});

beforeEach(() => {
  lz.clearCache();
});

afterEach(() => {
  lz.configure({ heapBytes: 1024 * MiB, resultBytes: 256 * MiB });
});

const heap = (): lz.CacheInfo['heap'] => lz.cacheInfo().heap;

/** What `work` copied between ordinary memory and the heap. */
function copied(work: () => void): { readonly in: number; readonly out: number; readonly evictions: number } {
  const { copiedIn, copiedOut, evictions } = heap();
  work();
  const after = heap();
  return {
    in: after.copiedIn - copiedIn,
    out: after.copiedOut - copiedOut,
    evictions: after.evictions - evictions,
  };
}

const wrap = (values: Float64Array): LazyArray<'float64'> => lz.asArray(values, { copy: false });
const ramp = (length: number): Float64Array => Float64Array.from({ length }, (_, k) => k);
const run = (x: LazyArray): LazyArray => x.evaluateSync({ memo: false });

describe('inputs', () => {
  test('are copied to the heap once, and again when they were touched', () => {
    const memory = ramp(1000);
    const x = wrap(memory);
    expect(copied(() => run(x.sum())).in).toBe(8000);
    expect(copied(() => run(x.add(1).sum())).in).toBe(0);
    memory[0] = 500;
    x.touch();
    let sum = 0;
    expect(copied(() => (sum = Number(run(x.sum()).item()))).in).toBe(8000);
    expect(sum).toBe(499_500 + 500);
  });

  test('small ones pass through without being kept', () => {
    const x = wrap(ramp(10));
    const { blocks } = heap();
    expect(run(x.mul(2)).toArray()).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    expect(heap().blocks - blocks).toBeLessThanOrEqual(1);
  });

  test('an evicted copy is made again', () => {
    lz.configure({ heapBytes: MiB });
    const arrays = Array.from({ length: 30 }, (_, k) => wrap(new Float64Array(10_000).fill(k)));
    for (const round of [0, 1, 2])
      arrays.forEach((x, k) => {
        expect(run(x.max().add(round)).item()).toBe(k + round);
      });
    expect(heap().bytes).toBeLessThanOrEqual(MiB);
  });

  test('memory from allocate needs no copy', () => {
    const memory = lz.allocate('float64', 1000);
    memory.fill(2);
    expect(copied(() => run(wrap(memory).sum()))).toMatchObject({ in: 0, out: 0 });
    const f = lz.compile((x: LazyArray) => x.mul(3));
    const out = lz.allocate('float64', 1000);
    expect(copied(() => f.into(out, memory))).toMatchObject({ in: 0, out: 0 });
    expect(out).toEqual(new Float64Array(1000).fill(6));
  });
});

describe('results', () => {
  test('stay on the heap, and are read from there', () => {
    const x = wrap(ramp(1000));
    run(x.sum());
    let y = x.add(1);
    expect(copied(() => (y = run(y) as LazyArray<'float64'>))).toMatchObject({ in: 0, out: 0 });
    expect(copied(() => run(y.sum()))).toMatchObject({ in: 0, out: 0 });
    expect(y.slice(5).item()).toBe(6);
    expect(y.dataSync()).toEqual(ramp(1000).map((value) => value + 1));
  });

  test('data() is a copy in ordinary memory, data({ copy: false }) is the array’s own from then on', () => {
    const y = run(wrap(ramp(1000)).add(1));
    const copy = y.dataSync();
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
    const own = y.dataSync({ copy: false }) as Float64Array;
    expect(own.buffer).toBeInstanceOf(ArrayBuffer);
    expect(y.dataSync({ copy: false })).toBe(own);
    own[0] = 77;
    y.touch();
    expect(run(y.slice([0, 2]).add(1)).toArray()).toEqual([78, 3]);
    expect(copy[0]).toBe(1);
  });

  test('are copied out before their memory is used for others', () => {
    lz.configure({ heapBytes: 2 * MiB, resultBytes: 0 });
    const x = wrap(ramp(10_000));
    const results = Array.from({ length: 60 }, (_, k) => x.add(k).evaluateSync());
    expect(heap().bytes).toBeLessThanOrEqual(2 * MiB);
    results.forEach((y, k) => {
      expect(y.slice(9_999).item()).toBe(9_999 + k);
      expect(y.dataSync()).toEqual(ramp(10_000).map((value) => value + k));
    });
  });

  test('are remembered, with their bytes', () => {
    const x = wrap(ramp(10_000));
    const first = x.add(1).evaluateSync();
    expect(lz.cacheInfo().results.bytes).toBeGreaterThan(80_000);
    const { hits } = lz.cacheInfo().results;
    const second = x.add(1).evaluateSync();
    expect(lz.cacheInfo().results.hits).toBe(hits + 1);
    first.evaluateSync();
    lz.configure({ heapBytes: MiB });
    for (let k = 0; k < 30; k++) run(wrap(ramp(10_000)).add(k));
    expect(second.dataSync()).toEqual(first.dataSync());
    expect(x.add(1).slice(7).item()).toBe(8);
  });

  test('equal roots share one block', () => {
    const x = wrap(ramp(1000));
    const f = lz.compile((a: LazyArray) => [a.add(1), a.add(1), a] as const);
    const [first, second, third] = f(x);
    expect(first.dataSync()).toEqual(second.dataSync());
    expect(third.dataSync()).toEqual(ramp(1000));
  });

  test('of a run that failed are given back', () => {
    const { blocks } = heap();
    const x = wrap(ramp(1000));
    const where = lz.array(new Int32Array(1000).fill(1000));
    for (let k = 0; k < 10; k++) expect(() => run(x.take(where, 0).add(k))).toThrow(lz.IndexError);
    expect(heap().blocks - blocks).toBeLessThanOrEqual(3);
  });
});

describe('compiled functions', () => {
  test('write to ordinary memory by way of the heap', () => {
    const f = lz.compile((x: LazyArray, y: LazyArray) => [x.add(y), x.mul(y).sum()] as const);
    const outs = [new Float64Array(1000), new Float64Array(1)] as const;
    const [x, y] = [ramp(1000), ramp(1000)];
    expect(copied(() => f.into(outs, x, y))).toMatchObject({ in: 16_000, out: 8008 });
    expect(outs[0]).toEqual(x.map((value) => 2 * value));
    expect(outs[1][0]).toBe(332_833_500);
    const { blocks } = heap();
    for (let k = 0; k < 10; k++) f.into(outs, x, y);
    expect(heap().blocks).toBe(blocks);
  });

  test('refuse heap memory that overlaps', () => {
    const memory = lz.allocate('float64', 2000);
    const f = lz.compile((x: LazyArray) => x.add(1));
    expect(() => f.into(memory.subarray(500, 1500), memory.subarray(0, 1000))).toThrow(lz.OptionError);
    f.into(memory.subarray(1000), memory.subarray(0, 1000));
    expect(memory[1999]).toBe(1);
    // Not aligned: it goes through a copy.
    f.into(memory.subarray(1, 1000), memory.subarray(1001));
    expect(memory[999]).toBe(2);
  });
});

describe('what does not fit', () => {
  test('runs on the host, and explain says so', () => {
    lz.configure({ heapBytes: MiB });
    const x = wrap(ramp(500_000));
    const y = x.take(lz.array([0, 1], { dtype: 'int32' }), 0).add(x.sum());
    expect(y.explain().toJSON().plan).toMatchObject({ target: 'js' });
    expect(y.explain().toString()).toMatch(/the heap may have 1.0 MiB .*js runs instead/);
    expect(run(y).toArray()).toEqual([124_999_750_000, 124_999_750_001]);
    lz.configure({ heapBytes: 0 });
    expect(run(wrap(ramp(3)).add(1)).toArray()).toEqual([1, 2, 3]);
  });

  test('passes through in blocks where every row is computed by itself', () => {
    lz.configure({ heapBytes: 4 * MiB });
    const [rows, columns] = [3001, 400];
    const values = ramp(rows * columns);
    const x = lz.asArray(values, { shape: [rows, columns] });
    const row = wrap(ramp(columns));
    const expressions: Record<string, () => LazyArray> = {
      'a map': () => x.mul(0.5).add(x),
      'a broadcast row': () => x.sub(row),
      'a broadcast column': () => x.add(lz.asArray(ramp(rows), { shape: [rows, 1] })),
      'rows reduced': () => x.mul(2).sum(1),
      'rows normalized': () => x.sub(x.mean(1, { keepdims: true })).div(x.std(1, { keepdims: true })),
      'a part of each row': () => x.slice(null, [10, 300]).add(1),
      'another dtype': () => x.astype('float32').add(row.astype('float32')).gt(7),
    };
    for (const [name, make] of Object.entries(expressions)) {
      const y = make();
      expect(y.explain().toString(), name).toMatch(/pass through it in blocks/);
      const { target, heap: use } = run(y).explain().toJSON().plan;
      expect(target, name).toBe('wasm');
      expect(use?.copiedIn, name).toBeGreaterThan(8 * MiB);
      expectSameBits([y.dataSync()], [make().dataSync({ target: 'js', memo: false })], name);
    }
    const out = new Float64Array(rows * columns);
    lz.compile((a: LazyArray) => a.mul(2)).into(out, values);
    expect(out).toEqual(values.map((value) => value * 2));
  });

  test('and otherwise not', () => {
    lz.configure({ heapBytes: 4 * MiB });
    const x = lz.asArray(ramp(1_000_000), { shape: [1000, 1000] });
    for (const y of [
      x.sum(0),
      x.sum(),
      x.add(x.T),
      x.flip(0).add(1),
      x.add(lz.arange(1000).reshape(1000, 1)),
    ]) {
      expect(y.explain().toJSON().plan.target).toBe('js');
      expect(y.slice(...y.shape.map(() => -1)).item()).toBeTypeOf('number');
    }
  });

  test('explain shows heap use and candidates', () => {
    const x = wrap(ramp(1000));
    const y = x.add(1).evaluateSync({ memo: false });
    expect(y.explain().toJSON().plan.heap).toMatchObject({ copiedIn: 8000, copiedOut: 0, evictions: 0 });
    expect(y.explain().toString()).toMatch(/heap: .* in use, copied in 7.8 KiB/);
    const { candidates, reasons } = x.mul(2).explain({ target: 'auto' }).toJSON().plan;
    expect(candidates.map(({ target }) => target)).toEqual(['js', 'wasm']);
    expect(reasons[0]).toMatch(/^auto: js about \d.* us; wasm about \d.* us/);
  });
});

describe('cheap results', () => {
  const values = ramp(10_000);
  const sum = (k: number): Float64Array => values.map((value) => value + k);

  test('are dropped when their memory is needed, and computed again when they are read', () => {
    lz.configure({ heapBytes: 4 * MiB });
    const x = lz.array(values);
    const results: LazyArray[] = [];
    const { out } = copied(() => {
      for (let k = 0; k < 100; k++) results.push(run(x.add(k)));
    });
    expect(out).toBe(0);
    results.forEach((y, k) => {
      expect(y.slice(5).item()).toBe(5 + k);
      expect(y.dataSync()).toEqual(sum(k));
    });
  });

  test('over memory that was written to since are what they were', () => {
    lz.configure({ heapBytes: 4 * MiB });
    const memory = values.slice();
    const x = wrap(memory);
    const results = Array.from({ length: 200 }, (_, k) => {
      if (k % 7 === 6) {
        memory[0] = k;
        x.touch();
      }
      return [memory[0] ?? 0, run(x.add(k))] as const;
    });
    memory.fill(-1);
    results.forEach(([first, y], k) => {
      expect(y.dataSync()).toEqual(Float64Array.of(first + k, ...sum(k).subarray(1)));
    });
    x.touch();
    expect(run(x.add(1)).slice(3).item()).toBe(0);
  });

  test('of other such results, in chains', () => {
    lz.configure({ heapBytes: 2 * MiB });
    const kept: LazyArray[] = [];
    let x: LazyArray = lz.array(values);
    for (let k = 1; k <= 100; k++) {
      x = run(x.add(1));
      if (k % 3 === 0) kept.push(x);
    }
    kept.forEach((y, k) => {
      expect(y.dataSync()).toEqual(sum(3 * k + 3));
    });
  });

  test('keep no large arrays for small results', () => {
    lz.configure({ heapBytes: 0 });
    lz.configure({ heapBytes: 64 * MiB });
    const x = lz.array(ramp(100_000));
    const y = run(x.slice([0, 1000]).add(1));
    // Everything that may go goes: the small result is copied out, and needs the large array no more.
    const { out } = copied(() => {
      lz.configure({ heapBytes: 0 });
    });
    expect(out).toBe(8000);
    expect(y.slice([0, 2]).toArray()).toEqual([1, 2]);
  });
});

describe('synchronous loops', () => {
  /** In a process of its own, whose memory nobody else uses. */
  const distinctArrays = (make: string): string => `
    import * as lz from ${JSON.stringify(entry)};
    lz.configure({ heapBytes: 256 * 2 ** 20, target: 'wasm' });
    const length = Math.round(2 ** 32 / 10_000 / 8);
    const before = process.memoryUsage().rss;
    const kept = [];
    let peak = 0;
    for (let k = 0; k < 10_000; k++) {
      const memory = new Float64Array(length);
      memory[length - 1] = k;
      const y = ${make}.add(1).evaluateSync({ memo: false });
      if (k % 100 !== 0) continue;
      kept.push([k, y]);
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    const { bytes, reservedBytes } = lz.cacheInfo().heap;
    const wrong = kept.filter(([k, y]) => y.slice(-1).item() !== k + 1).length;
    console.log(JSON.stringify({ bytes, reservedBytes, peak, wrong }));`;

  test.runIf(wasmTarget.available).each(['lz.array(memory)', 'lz.asArray(memory, { copy: false })'])(
    '10,000 evaluations over 4 GiB of distinct arrays, %s, stay within a heap of 256 MiB',
    (make) => {
      const output = execFileSync(process.execPath, ['--input-type=module', '--eval', distinctArrays(make)], {
        encoding: 'utf8',
      });
      const { bytes, reservedBytes, peak, wrong } = JSON.parse(output) as Record<string, number>;
      expect(wrong).toBe(0);
      expect(bytes).toBeLessThanOrEqual(256 * MiB);
      expect(reservedBytes).toBeLessThanOrEqual(256 * MiB);
      // The heap, 40 MiB that are kept, and what the collector has not come to yet.
      expect(peak).toBeLessThan(800 * MiB);
    },
  );

  test('60 updates of 8 MiB stay within 64 MiB', () => {
    lz.configure({ heapBytes: 64 * MiB });
    let x: LazyArray = lz.zeros([MiB]);
    for (let k = 0; k < 60; k++) x = x.add(1).evaluateSync();
    expect(heap().bytes).toBeLessThanOrEqual(64 * MiB);
    expect(x.slice([0, 2]).toArray()).toEqual([60, 60]);
  });
});

describe('on a heap of a few KiB', () => {
  test('graphs have the bits of the reference', () => {
    fc.assert(
      fc.property(graphs(), fc.constantFrom(2, 8, 64, 1024), ({ roots }, kib) => {
        lz.configure({ heapBytes: kib * 1024 });
        const expected = evaluateReference(roots);
        for (const memo of [false, true, true]) {
          const actual = evaluateNodes(roots, { memo, target: 'wasm' });
          expectSameBits(
            actual.map(({ source }) => source.values),
            expected,
            show(roots),
          );
        }
      }),
      settings(1500),
    );
  });

  test('programs of updates, reads and touches behave as on the host', () => {
    const step = fc.record({
      from: fc.nat(9),
      other: fc.nat(9),
      to: fc.nat(9),
      what: fc.constantFrom('add', 'mul', 'sum', 'read', 'own', 'touch', 'memo', 'into' as const),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(4, 40, 400), (steps, kib) => {
        lz.configure({ heapBytes: kib * 1024, resultBytes: 64 * 1024 });
        const memories = Array.from({ length: 4 }, (_, k) => new Float64Array(500).fill(k + 1));
        const arrays: LazyArray[] = memories.map((memory) => wrap(memory));
        const model: Float64Array[] = memories.map((memory) => memory.slice());
        const into = lz.compile((a: LazyArray, b: LazyArray) => a.sub(b));
        for (const { from, other, to, what } of steps) {
          const [p, q] = [from % arrays.length, other % arrays.length];
          const [x, y] = [arrays[p], arrays[q]];
          const [mx, my] = [model[p], model[q]];
          if (x === undefined || y === undefined || mx === undefined || my === undefined) continue;
          const put = (array: LazyArray, values: Float64Array): void => {
            const at = 4 + (to % 8);
            if (at < arrays.length) [arrays[at], model[at]] = [array, values];
            else [arrays, model].forEach((list, k) => list.push((k === 0 ? array : values) as never));
          };
          if (what === 'add')
            put(
              run(x.add(y)),
              mx.map((value, k) => value + (my[k] ?? 0)),
            );
          else if (what === 'mul')
            put(
              x.mul(0.5).evaluateSync(),
              mx.map((value) => value * 0.5),
            );
          else if (what === 'memo')
            put(
              x.sub(y).evaluateSync(),
              mx.map((value, k) => value - (my[k] ?? 0)),
            );
          else if (what === 'sum')
            expect(x.max().item()).toBe(mx.reduce((a, b) => Math.max(a, b), -Infinity));
          else if (what === 'read') expect(x.dataSync()).toEqual(mx);
          else if (what === 'own') expect(x.dataSync({ copy: false })).toEqual(mx);
          else if (what === 'into') {
            const out = new Float64Array(500);
            into.into(out, x, y);
            expect(out).toEqual(mx.map((value, k) => value - (my[k] ?? 0)));
          } else {
            const memory = memories[p % 4];
            if (memory === undefined) continue;
            memory[3] = (memory[3] ?? 0) + 1;
            arrays[p % 4]?.touch();
            model[p % 4] = memory.slice();
          }
        }
        arrays.forEach((array, k) => expect(array.dataSync()).toEqual(model[k]));
      }),
      settings(300),
    );
  });
});

test('nodes hold no views on the heap', () => {
  const y = run(wrap(ramp(1000)).add(1));
  expect(nodeOf(y).kind).toBe('data');
  expect(memoryBytes()).toBe(memoryBuffer().byteLength);
});
