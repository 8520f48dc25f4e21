/**
 * Memory that was wrapped without copying and that its owner transfers, detaches or shrinks: a `DataError` that says so,
 * before anything is computed, wherever the array is read; what was computed before stays.
 */
import { afterEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { touchSource } from '../../src/runtime/evaluate/knownValues.ts';

const cpuTargets = ['js', 'wasm', 'reference', 'auto'] as const;

const length = 1000;

interface Victim {
  readonly memory: Float64Array;
  readonly lose: () => void;
}

const fill = (memory: Float64Array): Float64Array => memory.map((_, k) => (memory[k] = k));

/** Ways to lose memory, each with what the error says. */
const ways: Readonly<Record<string, readonly [RegExp, () => Victim]>> = {
  'transferred by structuredClone': [
    /detached/,
    () => {
      const memory = new Float64Array(length);
      return { memory, lose: () => void structuredClone(memory.buffer, { transfer: [memory.buffer] }) };
    },
  ],
  'posted to another thread': [
    /detached/,
    () => {
      const memory = new Float64Array(length);
      const { port1 } = new MessageChannel();
      return {
        memory,
        lose: () => {
          port1.postMessage(memory, [memory.buffer]);
          port1.close();
        },
      };
    },
  ],
  'ArrayBuffer.transfer': [
    /detached/,
    () => {
      const memory = new Float64Array(length);
      return { memory, lose: () => void memory.buffer.transfer() };
    },
  ],
  'a WebAssembly memory that grew': [
    /detached/,
    () => {
      const wasm = new WebAssembly.Memory({ initial: 1, maximum: 4 });
      return { memory: new Float64Array(wasm.buffer, 0, length), lose: () => void wasm.grow(1) };
    },
  ],
  'a resizable buffer under a fixed view': [
    /resized to 8 bytes/,
    () => {
      const buffer = new ArrayBuffer(8 * length, { maxByteLength: 8 * length });
      return {
        memory: new Float64Array(buffer, 0, length),
        lose: () => {
          buffer.resize(8);
        },
      };
    },
  ],
  'a resizable buffer under a view that follows its length': [
    /resized to 4000 bytes/,
    () => {
      const buffer = new ArrayBuffer(8 * length, { maxByteLength: 16 * length });
      return {
        memory: new Float64Array(buffer),
        lose: () => {
          buffer.resize(4 * length);
        },
      };
    },
  ],
};

/** A fresh array of which the memory is lost after `before`. */
function lost<T>(
  make: () => Victim,
  before: (x: lz.LazyArray<'float64'>) => T,
): { x: lz.LazyArray<'float64'>; made: T } {
  const { memory, lose } = make();
  fill(memory);
  const x = lz.asArray(memory, { copy: false, shape: [10, length / 10] });
  const made = before(x);
  lose();
  return { x, made };
}

/** Throws a `DataError` that names the array. */
function expectGone(read: () => unknown, says: RegExp): void {
  expect(read).toThrow(lz.DataError);
  expect(read).toThrow(says);
  expect(read).toThrow('the memory of the float64 array of shape (10, 100) that asArray wrapped');
}

afterEach(() => {
  lz.configure({ heapBytes: 2 ** 30 });
});

describe.each(Object.entries(ways))('%s', (_, [says, make]) => {
  test.each(cpuTargets)('every way to compute on %s', async (target) => {
    const f = lz.compile((a: lz.LazyArray) => a.mul(2), { target });
    const { x, made } = lost(make, (array) => {
      const sum = array.sum();
      return {
        sum,
        doubled: f(array),
        plus: array.add(1).evaluateSync({ target }),
        captured: lz.compile((a: lz.LazyArray) => array.add(a), { target }),
      };
    });
    const out = new Float64Array(length);
    expectGone(() => made.sum.item({ target }), says);
    expectGone(() => x.sub(1).evaluateSync({ target }), says);
    expectGone(() => x.mul(lz.ones([10, 1])).dataSync({ target, memo: false }), says);
    expectGone(() => f(x), says);
    expectGone(() => f.into(out, x), says);
    expectGone(() => made.captured(1), says);
    expect(out.every((value) => value === 0)).toBe(true);
    for (const promise of [
      x.sub(2).data({ target }),
      x.exp().evaluate({ target }),
      f.async(x),
      lz.parallelMap(
        100,
        (k) =>
          x
            .slice([k % 10])
            .sum()
            .add(k),
        { target },
      ),
    ])
      await expect(promise).rejects.toThrow(lz.DataError);
    expect([made.doubled.dataSync()[999], made.plus.dataSync()[999]]).toEqual([1998, 1000]);
    // And everything else goes on.
    expect(lz.arange(5).add(1).sum().item({ target, memo: false })).toBe(15);
  });

  test('reading it, and saying that it was written to', async () => {
    const { x } = lost(make, () => undefined);
    for (const read of [
      () => x.dataSync(),
      () => x.dataSync({ copy: false }),
      () => x.toArray(),
      () => x.toString(),
      () => x.touch(),
      () => JSON.stringify(x),
    ])
      expectGone(read, says);
    await expect(x.data()).rejects.toThrow(lz.DataError);
    await expect(x.data({ copy: false })).rejects.toThrow(lz.DataError);
    expect(String(x.sub(1).explain())).toContain('subtract');
  });

  test('what was copied to the heap or streamed through it', () => {
    const { x } = lost(make, (array) => array.add(1).sum().item({ target: 'wasm' }));
    expectGone(() => x.add(1).mean().item({ target: 'wasm' }), says);
    lz.configure({ heapBytes: 8192 });
    expectGone(() => x.add(1).dataSync({ target: 'wasm', memo: false }), says);
  });

  test('results that are dropped and computed again do not need it', () => {
    const { made } = lost(make, (array) => array.add(1).evaluateSync({ target: 'wasm', memo: false }));
    lz.configure({ heapBytes: 0 });
    expect(made.dataSync()[999]).toBe(1000);
  });

  test('handed in after it was lost', async () => {
    const { memory, lose } = make();
    lose();
    const f = lz.compile((a: lz.LazyArray) => a.mul(2));
    const isShorter = memory.length > 0;
    for (const hand of [
      () => lz.array(memory),
      () => lz.asArray(memory, { copy: false }),
      () => lz.add(memory, 1),
      () => f(memory),
      () => f.into(memory, new Float64Array(length)),
    ])
      if (!isShorter) {
        expect(hand).toThrow(lz.DataError);
        expect(hand).toThrow(says);
      }
    if (!isShorter) await expect(f.async(memory)).rejects.toThrow(lz.DataError);
  });
});

test('a buffer that grows, or shrinks outside of the array, is no reason', () => {
  const buffer = new ArrayBuffer(8 * length, { maxByteLength: 16 * length });
  const x = lz.asArray(new Float64Array(buffer, 0, 10), { copy: false });
  buffer.resize(16 * length);
  expect(x.sum().item()).toBe(0);
  buffer.resize(80);
  expect(x.add(1).sum().item()).toBe(10);
  buffer.resize(72);
  expect(() => x.add(1).sum().item()).not.toThrow();
  expect(() => x.add(2).sum().item()).toThrow(lz.DataError);
  expect(() => {
    touchSource({ id: 0, version: 0, values: new Float64Array() });
  }).not.toThrow();
});

test('arrays without elements are well', () => {
  const memory = new Float64Array(0);
  const x = lz.asArray(memory, { copy: false });
  expect(x.sum().item()).toBe(0);
  const resizable = new ArrayBuffer(8, { maxByteLength: 8 });
  expect(lz.array(new Float64Array(resizable, 8, 0)).size).toBe(0);
});

test.each(['auto', 'js', 'wasm', 'reference'] as const)(
  'a result that was read without a copy, and given away, on %s',
  (target) => {
    const x = lz.arange(1000).mul(2);
    const { buffer } = x.dataSync({ copy: false, target });
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    for (const read of [
      () => x.sum().item({ target }),
      () => x.toArray({ target }),
      () =>
        lz
          .compile((y: lz.LazyArray) => y.add(1), { target })(x)
          .dataSync(),
    ])
      expect(read).toThrow(lz.DataError);
    expect(lz.arange(1000).mul(2).add(0.5).sum().item({ target })).toBe(999_500);
  },
);
