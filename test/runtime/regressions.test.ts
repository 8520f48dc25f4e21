/** Defects that were found by use and by review, each with the expression that showed it. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';

describe('shifted selves', () => {
  test('levels of shifts are stored, not computed at 2^k places', () => {
    let y: LazyArray = lz.asArray(Float64Array.from({ length: 200 }, (_, k) => k));
    for (let k = 0; k < 40; k++)
      y = y
        .slice([2, null])
        .add(y.slice([0, -2]))
        .mul(0.5);
    expect(y.explain().toJSON().plan.kernels.length).toBeGreaterThan(5);
    expect(y.shape).toEqual([120]);
    expect(y.slice(0).item()).toBe(40);
  });

  test('30 Jacobi steps are a handful of operations per point each', () => {
    let x: LazyArray = lz
      .asArray(Float64Array.from({ length: 70 * 70 }, (_, k) => Math.sin(k)))
      .reshape([70, 70]);
    const inner = [1, -1] as const;
    for (let k = 0; k < 30; k++)
      x = x
        .slice([0, -2], inner)
        .add(x.slice([2, null], inner))
        .add(x.slice(inner, [0, -2]))
        .add(x.slice(inner, [2, null]))
        .mul(0.25);
    const { kernels } = x.explain().toJSON().plan;
    expect(kernels.reduce((sum, { ops }) => sum + ops, 0)).toBeLessThan(30 * 16);
  });

  test('a costly producer of a moving sum is computed once', () => {
    const e = lz.asArray(new Float64Array(1000)).sin().exp();
    const windows = Array.from({ length: 9 }, (_, k) => e.slice([k, 992 + k]));
    const y = windows.reduce((sum, window) => sum.add(window));
    expect([
      ...y
        .explain()
        .toString('code')
        .matchAll(/= sin\./g),
    ]).toHaveLength(1);
  });
});

describe('long chains', () => {
  test('of views do not overflow the stack', () => {
    let y: LazyArray = lz.array([1, 2, 3]).add(1);
    for (let k = 0; k < 5001; k++) y = y.flip();
    expect(y.toArray()).toEqual([4, 3, 2]);
  });

  test('concat of many parts stores no part twice', () => {
    const parts = Array.from({ length: 30 }, (_, k) => lz.asArray(new Float64Array(100).fill(k)).add(1.5));
    const { plan } = lz.concat(parts).explain().toJSON();
    expect(plan.bytesMoved).toBe(plan.bytesMinimum);
    expect(plan.peakTemporaryBytes).toBe(0);
  });

  test('scalars stay scalars when a long expression is cut', () => {
    let y: LazyArray = lz.asArray(new Float64Array(4));
    for (let k = 0; k < 450; k++) y = y.add(1.5);
    expect(
      y
        .explain()
        .toJSON()
        .plan.kernels.every(({ iterationSpace }) => iterationSpace.length === 1),
    ).toBe(true);
    expect(y.slice(0).item()).toBe(675);
  });
});

describe('touch', () => {
  test('an expression sees new values even if a part of it was read before', () => {
    const memory = Float64Array.of(1, 2, 3);
    const x = lz.asArray(memory, { copy: false });
    const y = x.add(1);
    const z = y.mul(2);
    y.evaluateSync();
    memory[0] = 100;
    x.touch();
    expect(z.toArray()).toEqual([202, 6, 8]);
  });
});

describe('compile', () => {
  test('refuses an argument of another compiled function', () => {
    const outer = lz.compile((x: LazyArray) => lz.compile((y: LazyArray) => y.mul(x))(lz.array([1, 2])));
    expect(() => outer(Float64Array.of(1, 2))).toThrow(lz.TraceError);
  });

  test('refuses what is no function, too few arguments and unknown options', () => {
    expect(() => lz.compile(3 as never)).toThrow(lz.OptionError);
    const f = lz.compile((a: LazyArray, b: LazyArray) => a.add(b));
    expect(() => f(Float64Array.of(1))).toThrow(/takes 2 arguments/);
    expect(() => lz.compile((a: LazyArray) => a.neg(), { mmo: false } as object)).toThrow(
      /unknown option "mmo"/,
    );
  });
});

describe('misuse is a typed error', () => {
  const x = lz.array([1, 2, 3]);
  test.each([
    ['options', () => x.add(1).evaluateSync({ mmo: true } as object), lz.OptionError],
    ['roots', () => lz.evaluateSync([1 as never]), lz.DataError],
    ['axis', () => x.sum('0' as never), lz.AxisError],
    ['shape', () => lz.zeros('3' as never), lz.ShapeError],
    [
      'bounds',
      () => {
        lz.configure({ resultBytes: -1 });
      },
      lz.OptionError,
    ],
    ['operators', () => (x as unknown as number) * 2, lz.DTypeError],
  ])('%s', (_, call, kind) => {
    expect(call).toThrow(kind);
  });

  test('a bound of 0 keeps nothing', () => {
    lz.configure({ resultBytes: 0 });
    try {
      x.add(41).evaluateSync();
      expect(lz.cacheInfo().results.entries).toBe(0);
    } finally {
      lz.configure({ resultBytes: 256 * 2 ** 20, results: 4096 });
    }
  });

  test('JSON, templates and shapes', () => {
    expect(JSON.stringify({ x })).toBe('{"x":[1,2,3]}');
    expect(String(x)).toBe('[1. 2. 3.]');
    expect(() => {
      (x.shape as number[])[0] = 5;
    }).toThrow(TypeError);
  });
});

test('an index out of range in an expression without elements is not read', () => {
  const where = lz
    .array(new Int32Array([7]))
    .slice(0)
    .broadcastTo([0]);
  expect(lz.array([1, 2]).take(where, 0).add(1).toArray()).toEqual([]);
});
