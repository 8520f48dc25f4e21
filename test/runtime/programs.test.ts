/** Programs as users write them, where runs, recipes, settings and memory of the user meet. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { EvaluateOptions, LazyArray } from '../../src/index.ts';
import { expectSameBits } from '../support/bits.ts';

const MiB = 2 ** 20;
const wasm: EvaluateOptions = { target: 'wasm', memo: false };
const js: EvaluateOptions = { target: 'js', memo: false };

const ramp = (length: number, start = 0): Float64Array => Float64Array.from({ length }, (_, k) => start + k);

beforeEach(() => {
  lz.clearCache();
});

afterEach(() => {
  lz.configure({ heapBytes: 1024 * MiB, target: 'auto' });
});

describe('results that may be dropped', () => {
  test('stay while a run that reads them makes room for its temporaries', () => {
    lz.configure({ heapBytes: 0 });
    lz.configure({ heapBytes: MiB });
    const gram = (x: LazyArray): LazyArray => {
      const rows = x.reshape(300, 40);
      return rows.matmul(rows.T).sum(0);
    };
    const y = lz.array(ramp(12_000)).add(0.5).evaluateSync(wasm);
    lz.array(ramp(38_400)).sum().evaluateSync(wasm);
    // 96 KB of input beside 720 KB of temporaries: others have to go.
    expectSameBits([gram(y).dataSync(wasm)], [gram(lz.array(ramp(12_000, 0.5))).dataSync(js)]);
  });

  test('pass through a heap that is too small for all of them', () => {
    lz.configure({ heapBytes: 0 });
    lz.configure({ heapBytes: MiB });
    const x = lz.array(ramp(30_000));
    const [a, b, c, d] = [0, 1, 2, 3].map((k) => x.add(k).evaluateSync(wasm));
    if (a === undefined || b === undefined || c === undefined || d === undefined)
      throw new Error('unreachable');
    expect(a.add(b).mul(c).sub(d).dataSync(wasm)).toEqual(
      ramp(30_000).map((value) => (value + value + 1) * (value + 2) - (value + 3)),
    );
  });

  test('are computed elsewhere when the heap has no room for them any more', () => {
    lz.configure({ heapBytes: MiB });
    const x = lz.array(ramp(20_000));
    const [first, second, third] = [1, 2, 3].map((k) => x.add(k).evaluateSync(wasm));
    lz.configure({ heapBytes: 4096 });
    expect(first?.dataSync({ copy: false })[5]).toBe(6);
    expect(second?.dataSync()[5]).toBe(7);
    expect(third?.slice(5).item(wasm)).toBe(8);
  });
});

test('a root whose value is known may be the input of another root', () => {
  const sum = lz.arange(6).reshape(2, 3).sum(0);
  const same = sum.on('js');
  const twice = same.mul(2);
  sum.evaluateSync();
  lz.evaluateSync([same, twice]);
  expect([same.toArray(), twice.toArray()]).toEqual([
    [3, 5, 7],
    [6, 10, 14],
  ]);
});

test('data({ copy: false }) that was written to and touched is read anew on every target', () => {
  const x = lz.array(ramp(1000));
  const read = (options: EvaluateOptions): unknown => x.mul(2).slice(0).item(options);
  x.mul(2).evaluateSync(wasm);
  for (const value of [50, 60]) {
    x.dataSync({ copy: false })[0] = value;
    x.touch();
    x.mul(2).evaluateSync(wasm);
    expect([read(wasm), read(js), x.mul(2).evaluateSync(wasm).slice(0).item()]).toEqual([
      2 * value,
      2 * value,
      2 * value,
    ]);
  }
});

test('memory that its owner enlarges is wrapped at the length it had', () => {
  const buffer = new ArrayBuffer(8000, { maxByteLength: 16_000 });
  const memory = new Float64Array(buffer).fill(1);
  const [large, small] = [memory, new Float64Array(buffer.slice(0, 80))].map((values) =>
    lz.asArray(values, { copy: false }),
  );
  buffer.resize(16_000);
  for (const options of [wasm, js]) {
    expect(large?.sum().item(options)).toBe(1000);
    expect(large?.add(0).dataSync(options)).toHaveLength(1000);
    expect(small?.sum().item(options)).toBe(10);
  }
});

describe('settings', () => {
  test('the target of configure holds for functions that were compiled before', () => {
    const f = lz.compile((x: LazyArray) => x.exp().sum());
    const values = ramp(2000).map((value) => value / 1000);
    const [expected] = f(values).dataSync();
    lz.configure({ target: 'wasm' });
    const { copiedIn } = lz.cacheInfo().heap;
    expect(f(values).item()).toBe(expected);
    expect(lz.cacheInfo().heap.copiedIn - copiedIn).toBe(16_000);
    for (const target of ['js', 'reference', 'wasm', 'auto'] as const) {
      lz.configure({ target });
      expect(f(values).item()).toBe(expected);
      const out = new Float64Array(1);
      f.into(out, values);
      expect(out[0]).toBe(expected);
    }
  });

  test('are all set or none', () => {
    expect(() => {
      lz.configure({ target: 'js', heapBytes: -5 });
    }).toThrow(lz.OptionError);
    expect(lz.arange(3).add(1).explain().toJSON().plan.candidates).not.toEqual([]);
    lz.configure();
  });

  test('errors name the call', () => {
    const x = lz.arange(3).add(1);
    const target = 'gpu' as 'js';
    expect(() => x.dataSync({ target })).toThrow(/^dataSync: unknown target "gpu"/);
    expect(() => x.on(target)).toThrow(/^on: unknown target/);
    expect(() => {
      lz.configure({ target });
    }).toThrow(/^configure: unknown target/);
    expect(() => lz.compile(() => x, { target })).toThrow(/^compile: unknown target/);
  });
});
