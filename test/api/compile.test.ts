import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

describe('compile', () => {
  test('traces once per dtypes and shapes', () => {
    let traces = 0;
    const f = lz.compile((x, y) => {
      traces++;
      return x.mul(2).add(y);
    });
    const x = lz.array([1, 2]);
    expect(f(x, [1, 2].length).toArray()).toEqual([4, 6]);
    expect(f(x.add(1), 2).toArray()).toEqual([6, 8]);
    expect(traces).toBe(1);
    expect(f(Float64Array.of(5, 6), 0).toArray()).toEqual([10, 12]);
    expect(traces).toBe(1);
    expect(f(x.reshape(2, 1), x).shape).toEqual([2, 2]);
    expect(f(x.astype('float32'), lz.array(1, { dtype: 'float32' })).dtype).toBe('float32');
    expect(traces).toBe(3);
    f(x, 1);
    f(x.reshape(2, 1), x);
    expect(traces).toBe(3);
  });

  test('returns arrays with values, one or several', () => {
    const f = lz.compile((x) => [x.min(), x.max()] as const);
    const [low, high] = f(Float64Array.of(3, 1, 2));
    expect([low.isEvaluated, low.item(), high.item()]).toEqual([true, 1, 3]);
    expect(
      lz
        .compile((x: lz.LazyArray<'float64'>) => x.gt(1))(lz.array([1, 2]))
        .toArray(),
    ).toEqual([false, true]);
  });

  test('results do not share memory with arguments', () => {
    const memory = Float64Array.of(1, 2);
    const same = lz.compile((x) => x)(memory);
    const turned = lz.compile((x) => x.reshape(2, 1))(memory);
    memory[0] = 9;
    expect(same.toArray()).toEqual([1, 2]);
    expect(turned.toArray()).toEqual([[1], [2]]);
    const captured = lz.asArray(memory, { copy: false });
    const kept = lz.compile((x) => [captured, x.add(1)])(1)[0];
    memory[0] = 7;
    expect(kept?.toArray()).toEqual([9, 2]);
  });

  test('reads captured arrays at every call', () => {
    const memory = Float64Array.of(1, 2);
    const captured = lz.asArray(memory, { copy: false });
    const f = lz.compile((x) => x.add(captured));
    expect(f(0).toArray()).toEqual([1, 2]);
    memory[0] = 5;
    captured.touch();
    expect(f(0).toArray()).toEqual([5, 2]);
  });

  test('into writes to memory that is given', () => {
    const f = lz.compile((x, y) => x.add(y));
    const out = new Float64Array(2);
    const x = Float64Array.of(1, 2);
    expect(f.into(out, x, x)).toBe(out);
    expect(out).toEqual(Float64Array.of(2, 4));
    const pair = lz.compile((a) => [a, a.gt(1)] as const);
    const outs = [new Float64Array(2), new Uint8Array(2)] as const;
    expect(pair.into(outs, x)).toBe(outs);
    expect(outs).toEqual([x, Uint8Array.of(0, 1)]);
  });

  test('results may be equal, or not depend on arguments at all', () => {
    const f = lz.compile((x) => [x.add(1), x.add(1), lz.ones(2), x, x.T]);
    const x = lz.array([1, 2]);
    expect(f(x).map((array) => array.toArray())).toEqual([
      [2, 3],
      [2, 3],
      [1, 1],
      [1, 2],
      [1, 2],
    ]);
    const outs = Array.from({ length: 5 }, () => new Float64Array(2));
    f.into(outs, x);
    expect(outs.map((out) => [...out])).toEqual([
      [2, 3],
      [2, 3],
      [1, 1],
      [1, 2],
      [1, 2],
    ]);
    const g = lz.compile((y) => [y.add(1), y.add(1), lz.zeros(2)]);
    const others = Array.from({ length: 3 }, () => new Float64Array(2));
    g.into(others, x);
    expect(others.map((out) => [...out])).toEqual([
      [2, 3],
      [2, 3],
      [0, 0],
    ]);
  });

  test('into refuses memory that does not fit or is shared', () => {
    const captured = lz.array([1, 2]);
    const f = lz.compile((x) => x.add(captured));
    const memory = new Float64Array(4);
    const x = memory.subarray(0, 2);
    expect(() => f.into(new Float64Array(3), x)).toThrow(lz.ShapeError);
    expect(() => f.into(new Float32Array(2), x)).toThrow(lz.DTypeError);
    expect(() => f.into(x, x)).toThrow(lz.OptionError);
    expect(() => f.into(memory.subarray(1, 3), x)).toThrow(/overlaps an argument/);
    expect(() => f.into(captured.dataSync({ copy: false }), x)).toThrow(lz.OptionError);
    expect(f.into(memory.subarray(2), x)).toEqual(Float64Array.of(1, 2));
    const g = lz.compile((a) => [a.add(1), a.add(2)]);
    expect(() => g.into([memory.subarray(2), memory.subarray(2)], x)).toThrow(lz.OptionError);
    expect(() => g.into([memory.subarray(2)], x)).toThrow(lz.OptionError);
  });

  test('reading inside the traced function is an error', () => {
    const reading = (read: (x: lz.LazyArray) => unknown) => () =>
      lz.compile((x) => {
        read(x.add(1));
        return x;
      })(1);
    for (const read of [
      (x: lz.LazyArray) => x.item(),
      (x: lz.LazyArray) => x.toArray(),
      (x: lz.LazyArray) => x.dataSync(),
      (x: lz.LazyArray) => x.toString(),
      (x: lz.LazyArray) => lz.evaluateSync([x]),
    ])
      expect(reading(read)).toThrow(lz.TraceError);
    expect(reading((x) => [x.shape, x.dtype, lz.array([1]).sum().item()])).not.toThrow();
    expect(() => lz.compile((async (x: lz.LazyArray) => x) as never)(1)).toThrow(
      'compile: the function is asynchronous',
    );
    expect(() => lz.compile((() => 1) as never)(1)).toThrow(
      'compile: the function must return an array or a list of arrays',
    );
    expect(() => lz.compile((x) => x)('1' as never)).toThrow(lz.DataError);
  });

  test('an array that escaped from a trace has no value', () => {
    let escaped: lz.LazyArray | undefined;
    lz.compile((x) => (escaped = x.add(1)))(1);
    expect(() => escaped?.item()).toThrow(lz.TraceError);
  });
});

describe('evaluate', () => {
  test('resolves to the arrays themselves, values present', async () => {
    const x = lz.arange(4);
    const y = x.mul(2);
    expect(await y.evaluate()).toBe(y);
    expect(y.isEvaluated).toBe(true);
    const both = [x.sum(), x.add(y)] as const;
    expect(await lz.evaluate(both)).toBe(both);
    expect(both.map((array) => array.isEvaluated)).toEqual([true, true]);
    expect(await y.data()).toEqual(Float64Array.of(0, 2, 4, 6));
    await expect(lz.evaluate(y.add(1), { target: 'gpu' as 'js' })).rejects.toThrow(lz.OptionError);
  });
  test('reading one element', () => {
    expect(lz.array([[true]]).item()).toBe(true);
    expect(lz.array([7n]).item()).toBe(7n);
    expect(() => lz.arange(2).item()).toThrow(
      'item: the array of shape (2,) has 2 elements, but item() reads exactly one',
    );
  });
  test('explains what was, or will be, computed', () => {
    const x = lz.array([1, 2, 3]);
    const y = x.mul(x).sum();
    expect(y.explain().toJSON().plan.kernels).toHaveLength(1);
    expect(y.isEvaluated).toBe(false);
    y.evaluateSync();
    expect(y.explain().toString()).toBeTypeOf('string');
    expect(lz.explain([x.min(), x.max()]).toJSON().plan.kernels).toHaveLength(1);
  });
});
