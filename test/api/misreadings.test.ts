/** Calls that read as if they meant something else, as they come from other libraries, and rows and lengths of arrays. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

/** Untyped JavaScript. */
type Untyped = Record<string, (...args: readonly unknown[]) => lz.LazyArray>;
const js = lz as unknown as Untyped;
const method = (array: lz.LazyArray, name: string, ...args: readonly unknown[]): unknown =>
  (array as unknown as Untyped)[name]?.(...args);

const x = lz.array([
  [1, 2, 3],
  [4, 5, 6],
]);

describe('what was ignored or misread is refused with the call to write', () => {
  test.each<[string, () => unknown, new (...args: never) => lz.LazuliError, string]>([
    [
      'zeros(2, 3)',
      () => js.zeros?.(2, 3),
      lz.ShapeError,
      'write a shape of several axes as a list, such as [2, 3]',
    ],
    ["zeros(3, 'int32')", () => js.zeros?.(3, 'int32'), lz.OptionError, "write { dtype: 'int32' }"],
    ["eye(3, 'int8')", () => js.eye?.(3, 'int8'), lz.OptionError, "write { dtype: 'int8' }"],
    ['{ dype }', () => js.zeros?.([2], { dype: 'int8' }), lz.OptionError, 'unknown option "dype"'],
    ['full([2])', () => js.full?.([2]), lz.DataError, 'not undefined'],
    ['round(2)', () => method(x, 'round', 2), lz.OptionError, 'x.mul(100).round().div(100)'],
    ['sum(1, true)', () => method(x, 'sum', 1, true), lz.OptionError, 'options must be an object'],
    ['sum(0, { axis })', () => x.sum(0, { axis: 1 }), lz.OptionError, 'given twice'],
    ['keepdims: 1', () => x.sum({ keepdims: 1 as never }), lz.OptionError, 'keepdims must be true or false'],
    ['min(x, y)', () => js.min?.(x, x), lz.OptionError, 'use minimum'],
    ['max(x, y)', () => js.max?.(x, x), lz.OptionError, 'use maximum'],
    ['explain({ copy })', () => x.explain({ copy: false } as never), lz.OptionError, 'unknown option "copy"'],
    ['item({ copy })', () => x.sum().item({ copy: false } as never), lz.OptionError, 'unknown option "copy"'],
    ['concat(x, y)', () => js.concat?.(x, x), lz.DataError, 'lz.concat([x, y])'],
    ['evaluateSync(x, y)', () => js.evaluateSync?.(x, x), lz.DataError, 'a list: [x, y]'],
    ['slice(mask)', () => method(x, 'slice', x.greater(2)), lz.IndexError, 'lz.where(mask, x, other)'],
    ['slice(positions)', () => x.slice([[0, 1]] as never), lz.IndexError, 'take(positions, axis)'],
    ["slice(['0', null])", () => x.slice(['0', null] as never), lz.IndexError, 'is not a slice'],
    ['slice([true, null])', () => x.slice([true, null] as never), lz.IndexError, 'is not a slice'],
    ['slice(0n)', () => x.slice(0n as never), lz.IndexError, 'Number()'],
    ['slice([0n, 2n])', () => x.slice([0n, 2n] as never), lz.IndexError, '[0n, 2n] is not a slice'],
    ['slice({})', () => x.slice({} as never), lz.IndexError, 'an object is not a slice'],
    ['take(arange)', () => x.take(lz.arange(2)), lz.DTypeError, "lz.arange(n, { dtype: 'int32' })"],
    ['take(2^32 + 1)', () => lz.take([1, 2, 3], [2 ** 32 + 1]), lz.IndexError, 'index 4294967297'],
    ["arange('3')", () => js.arange?.('3'), lz.OptionError, 'not "3"'],
    ['expandDims(x)', () => js.expandDims?.(x), lz.AxisError, 'expandDims(0)'],
    ['array shape', () => lz.array([1, 2, 3], { shape: [2, 2] }), lz.ShapeError, 'array: cannot reshape'],
    ['explain options', () => lz.explain(x.add(1), { dype: 1 } as never), lz.OptionError, 'explain: unknown'],
    ['1 axis', () => lz.ones(2).slice(0, 0), lz.IndexError, 'has 1 axis'],
    ['sizes of bigint', () => lz.zeros([2n] as never), lz.ShapeError, 'convert it with Number()'],
    [
      'new LazyArray()',
      () => new (lz.LazyArray as never as new () => object)(),
      lz.DataError,
      'use lz.array',
    ],
    ['endless lists', () => lz.array(endless()), lz.DataError, 'nested more than 64 deep'],
  ])('%s', (_, run, kind, text) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(text);
  });

  function endless(): never {
    const list: unknown[] = [];
    list.push(list);
    return list as never;
  }
});

describe('what is meant without a doubt works', () => {
  test('an axis as an option, wherever it is an argument', () => {
    const pair = [x, x];
    expect(lz.concat(pair, { axis: 1 }).shape).toEqual([2, 6]);
    expect(lz.concat(pair, { axis: null }).shape).toEqual([12]);
    expect(lz.stack(pair, { axis: 1 }).shape).toEqual([2, 2, 3]);
    expect(x.expandDims({ axis: 1 }).shape).toEqual([2, 1, 3]);
    expect(x.expandDims(1).squeeze({ axis: 1 }).shape).toEqual([2, 3]);
    expect(x.flip({ axis: 0 }).toArray()).toEqual(x.flip(0).toArray());
    expect(x.take([0], { axis: 1 }).shape).toEqual([2, 1]);
    expect(x.take([5], null).toArray()).toEqual([6]);
    expect(() => x.flip({ axes: 0 } as never)).toThrow(lz.OptionError);
  });
  test('options after any of the numbers', () => {
    expect(lz.eye(2, { dtype: 'int8' }).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(lz.eye(1, 2, { dtype: 'int8' }).toArray()).toEqual([[1, 0]]);
    expect(lz.linspace(0, 1, { dtype: 'float32' }).size).toBe(50);
  });
  test('a diagonal far off', () => {
    for (const k of [3e9, -3e9, 2, -2]) expect(lz.eye(2, 2, k).sum().item()).toBe(0);
  });
  test('clip without bounds', () => {
    expect(lz.clip([1, 2], null, null).toArray()).toEqual([1, 2]);
    expect(x.clip().toArray()).toEqual(x.toArray());
    expect(x.clip(undefined, 2).max().item()).toBe(2);
    expect(lz.clip(lz.array([1, 2], { dtype: 'int8' }), null, undefined).dtype).toBe('int8');
  });
  test('functions as callbacks of map and reduce', () => {
    expect([x, x].map(lz.sqrt).length).toBe(2);
    expect([x, x, x].reduce(lz.add).toArray()).toEqual(x.mul(3).toArray());
    expect(() => [x].map(lz.squeeze)).toThrow(lz.OptionError);
    expect(() => js.add?.(x, x, x)).toThrow('add: takes at most 2 arguments, got 3');
  });
});

describe('an array has rows', () => {
  test('for ... of, spread, Array.from, destructuring', () => {
    expect([...x].map((row) => row.toArray())).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const [first, second] = x.mul(2);
    expect(first?.toArray()).toEqual([2, 4, 6]);
    expect(second?.isEvaluated).toBe(false);
    expect(Array.from(lz.arange(3), (one) => one.item())).toEqual([0, 1, 2]);
    expect([...lz.zeros([0, 2])]).toEqual([]);
    expect(() => [...x.sum()]).toThrow(lz.ShapeError);
  });
  test('length', () => {
    expect(x.length).toBe(2);
    expect(() => x.sum().length).toThrow(lz.ShapeError);
  });
  test('lists of arrays are no operands', () => {
    expect(() => lz.add([x, x] as never, 1)).toThrow(/use stack or concat/);
    expect(() => lz.concat(x as never)).toThrow(lz.DataError);
  });
  test('inside of a function being compiled', () => {
    const swap = lz.compile((pair) => {
      const [a, b] = pair;
      return a === undefined || b === undefined ? pair : lz.stack([b, a]);
    });
    expect(swap(x).toArray()).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ]);
  });
});

describe('arrays that leave', () => {
  test('JSON: 64-bit integers are numbers if all of them are exact, else text', () => {
    expect(JSON.stringify({ x })).toBe('{"x":[[1,2,3],[4,5,6]]}');
    expect(JSON.stringify(lz.array([[1n], [-(2n ** 53n) + 1n]]))).toBe('[[1],[-9007199254740991]]');
    expect(JSON.stringify(lz.array([1n, 2n ** 53n]))).toBe('["1","9007199254740992"]');
    expect(JSON.stringify(lz.array(5n))).toBe('5');
    expect(JSON.stringify(lz.array([2n ** 64n - 1n], { dtype: 'uint64' }))).toBe('["18446744073709551615"]');
  });
  test('structuredClone refuses', () => {
    expect(() => structuredClone(x)).toThrow(/data\(\) and shape/);
  });
});
