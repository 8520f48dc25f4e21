import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

describe('broadcasting', () => {
  test('stretches sizes of 1, aligned from the last axis', () => {
    expect(
      lz
        .array([
          [1, 2, 3],
          [4, 5, 6],
        ])
        .add([[10], [20]])
        .toArray(),
    ).toEqual([
      [11, 12, 13],
      [24, 25, 26],
    ]);
    expect(
      lz
        .array([[1], [2]])
        .add([[10, 20, 30]])
        .toArray(),
    ).toEqual([
      [11, 21, 31],
      [12, 22, 32],
    ]);
    expect(lz.array(5).add([1, 2]).toArray()).toEqual([6, 7]);
    expect(lz.array(5).add(lz.array(1)).shape).toEqual([]);
    expect(lz.zeros([0]).add(lz.zeros([1])).shape).toEqual([0]);
  });
  test('the error aligns the shapes and marks the axis', () => {
    expect(() => lz.array([1, 2, 3]).add([1, 2])).toThrow(
      new lz.ShapeError(
        'add',
        [
          'operands could not be broadcast together with shapes (3,) (2,)',
          '    3',
          '    2',
          '    ^ axis -1: the sizes must be equal or 1',
        ].join('\n'),
      ),
    );
    expect(() => lz.where(lz.zeros([2, 10, 3]), lz.zeros([4, 1]), 0)).toThrow(
      [
        'where: operands could not be broadcast together with shapes (2,10,3) (4,1) ()',
        '    2  10  3',
        '        4  1',
        '            ',
        '       ^^ axis -2: the sizes must be equal or 1',
      ].join('\n'),
    );
  });
  test('broadcastTo', () => {
    expect(
      lz
        .array([[1], [2]])
        .broadcastTo([2, 2, 2])
        .toArray(),
    ).toEqual([
      [
        [1, 1],
        [2, 2],
      ],
      [
        [1, 1],
        [2, 2],
      ],
    ]);
    expect(() => lz.zeros([3]).broadcastTo([2])).toThrow('broadcastTo: cannot broadcast (3,) to (2,)');
    expect(() => lz.zeros([2, 3]).broadcastTo([3])).toThrow(lz.ShapeError);
  });
});

describe('views', () => {
  const x = lz.arange(24).reshape(2, 3, 4);
  test('reshape', () => {
    expect(x.reshape([6, -1]).shape).toEqual([6, 4]);
    expect(x.reshape(-1).shape).toEqual([24]);
    expect(lz.zeros([0, 3]).reshape(3, 0).shape).toEqual([3, 0]);
    expect(() => x.reshape(5, 5)).toThrow('reshape: cannot reshape (2, 3, 4), of size 24, into (5, 5)');
    expect(() => x.reshape(5, -1)).toThrow(lz.ShapeError);
    expect(() => x.reshape(-1, -1)).toThrow('reshape: only one axis of (-1, -1) may be -1');
    expect(() => lz.zeros([0]).reshape(0, -1)).toThrow(lz.ShapeError);
  });
  test('of values in memory share the memory', () => {
    const y = lz.array([1, 2, 3, 4]);
    expect(y.reshape(2, 2).isEvaluated).toBe(true);
    expect(y.reshape(2, 2).dataSync({ copy: false })).toBe(y.dataSync({ copy: false }));
  });
  test('permuteDims, transpose, T', () => {
    expect(x.T.shape).toEqual([4, 3, 2]);
    expect(x.permuteDims(2, 0, 1).slice(1, 0, 2).item()).toBe(9);
    expect(x.transpose([-1, 0, 1]).shape).toEqual([4, 2, 3]);
    expect(lz.arange(3).T.shape).toEqual([3]);
    expect(() => x.permuteDims([0, 1])).toThrow(
      'permuteDims: [0, 1] does not name each axis once; the array has 3 axes',
    );
    expect(() => x.permuteDims([0, 1, 1])).toThrow(lz.AxisError);
    expect(() => x.permuteDims([0, 1, 3])).toThrow(lz.AxisError);
  });
  test('expandDims, squeeze', () => {
    expect(x.expandDims([0, -1]).shape).toEqual([1, 2, 3, 4, 1]);
    expect(lz.zeros([1, 2, 1]).squeeze().shape).toEqual([2]);
    expect(lz.zeros([1, 2, 1]).squeeze(-1).shape).toEqual([1, 2]);
    expect(() => lz.zeros([1, 2]).squeeze(1)).toThrow(
      'squeeze: axis 1 of (1, 2) has size 2, but only axes of size 1 can be removed',
    );
    expect(() => lz.zeros([2]).expandDims(2)).toThrow(lz.AxisError);
  });
  test('flip', () => {
    expect(
      lz
        .array([
          [1, 2],
          [3, 4],
        ])
        .flip()
        .toArray(),
    ).toEqual([
      [4, 3],
      [2, 1],
    ]);
    expect(
      lz
        .array([
          [1, 2],
          [3, 4],
        ])
        .flip(1)
        .toArray(),
    ).toEqual([
      [2, 1],
      [4, 3],
    ]);
    expect(lz.zeros([0]).flip().shape).toEqual([0]);
  });
});

describe('reductions', () => {
  const x = lz.array([
    [1, 5, 3],
    [4, 2, 6],
  ]);
  test('over axes, with or without keepdims', () => {
    expect(x.sum().item()).toBe(21);
    expect(x.sum(0).toArray()).toEqual([5, 7, 9]);
    expect(x.sum(-1, { keepdims: true }).toArray()).toEqual([[9], [12]]);
    expect(x.sum({ axis: [1, 0], keepdims: true }).toArray()).toEqual([[21]]);
    expect(x.sum([]).toArray()).toEqual(x.toArray());
    expect(x.sum(null, { keepdims: true }).shape).toEqual([1, 1]);
    expect(
      lz
        .sum(
          [
            [1, 2],
            [3, 4],
          ],
          0,
        )
        .toArray(),
    ).toEqual([4, 6]);
    expect(lz.array(3).sum().item()).toBe(3);
  });
  test('mean, var, std', () => {
    expect(x.mean(1).toArray()).toEqual([3, 4]);
    expect(x.var(1).toArray()).toEqual([8 / 3, 8 / 3]);
    expect(x.var({ axis: 1, correction: 1 }).toArray()).toEqual([4, 4]);
    expect(x.std(1, { correction: 1, keepdims: true }).toArray()).toEqual([[2], [2]]);
    expect(lz.zeros([0]).mean().item()).toBeNaN();
    expect(lz.array([1]).var({ correction: 1 }).item()).toBeNaN();
  });
  test('argmin and argmax', () => {
    expect(x.argmax(1).toArray()).toEqual([1, 2]);
    expect(x.argmin().item()).toBe(0);
    expect(x.argmax(null, { keepdims: true }).toArray()).toEqual([[5]]);
    expect(x.argmax({ axis: 0, keepdims: true }).toArray()).toEqual([[1, 0, 1]]);
    expect(lz.array([1, NaN, 0, NaN]).argmin().item()).toBe(1);
  });
  test('of nothing', () => {
    const none = lz.zeros([0, 2]);
    expect(none.sum(0).toArray()).toEqual([0, 0]);
    expect(none.prod().item()).toBe(1);
    expect(none.all().item()).toBe(true);
    expect(() => none.min(0)).toThrow('min: axis 0 of (0, 2) is empty; min needs at least one element');
    expect(() => none.argmax()).toThrow(lz.ShapeError);
    expect(none.max(1).shape).toEqual([0]);
  });
  test('refuse axes and options they do not have', () => {
    expect(() => x.sum(2)).toThrow('sum: axis 2 is out of bounds for an array of rank 2; use -2 to 1');
    expect(() => x.mean([0, -2])).toThrow('mean: axis 0 is named twice in [0, 0]');
    expect(() => x.min({ dtype: 'int8' } as never)).toThrow(
      'min: unknown option "dtype"; the options are axis, keepdims',
    );
    expect(() => x.argmin([0] as never)).toThrow(lz.OptionError);
  });
});

describe('concat and stack', () => {
  test('promote', () => {
    const joined = lz.concat([lz.ones(2, { dtype: 'int8' }), lz.zeros(1, { dtype: 'float32' })]);
    expect([joined.dtype, joined.toArray()]).toEqual(['float32', [1, 1, 0]]);
    expect(
      lz
        .concat(
          [
            [[1], [2]],
            [[3], [4]],
          ],
          1,
        )
        .toArray(),
    ).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(lz.concat([[[1, 2]], [[3], [4]]], null).toArray()).toEqual([1, 2, 3, 4]);
    expect(lz.stack([1, 2, 3]).toArray()).toEqual([1, 2, 3]);
    expect(
      lz
        .stack(
          [
            [1, 2],
            [3, 4],
          ],
          -1,
        )
        .toArray(),
    ).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });
  test('refuse what does not fit', () => {
    expect(() => lz.concat([[1], [[2]]])).toThrow(lz.ShapeError);
    expect(() => lz.concat([lz.zeros([2, 3]), lz.zeros([2, 4])])).toThrow(
      'concat: shapes (2, 3) and (2, 4) must be equal except along axis 0, where the arrays are joined',
    );
    expect(() => lz.concat([])).toThrow('concat: needs at least one array');
    expect(() => lz.stack([[1], [1, 2]])).toThrow(lz.ShapeError);
    expect(() => lz.concat([1, 2])).toThrow('concat: arrays without axes cannot be joined; use stack');
  });
});

describe('matmul', () => {
  const product = (a: lz.LazyArray, b: lz.LazyArray): unknown =>
    a.expandDims(-1).mul(b.expandDims(-3)).sum(-2).toArray();
  test('of matrices and stacks of them', () => {
    const [a, b] = [lz.arange(6).reshape(2, 3), lz.arange(12).reshape(3, 4)];
    expect(a.matmul(b).toArray()).toEqual(product(a, b));
    const [c, d] = [lz.arange(12).reshape(2, 1, 2, 3), lz.arange(24).reshape(2, 3, 4)];
    expect(c.matmul(d).shape).toEqual([2, 2, 2, 4]);
    expect(c.matmul(d).toArray()).toEqual(product(c, d));
    expect(a.matmul(a.T).toArray()).toEqual([
      [5, 14],
      [14, 50],
    ]);
  });
  test('of vectors', () => {
    const g = lz.array([1, 2, 3]);
    expect(g.matmul(g).item()).toBe(14);
    expect(lz.arange(6).reshape(2, 3).matmul(g).toArray()).toEqual([8, 26]);
    expect(g.matmul(lz.arange(6).reshape(3, 2)).toArray()).toEqual([16, 22]);
    expect(lz.outer(g, [1, 10]).toArray()).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    expect(g.astype('int8').matmul(g.astype('int8')).dtype).toBe('int8');
  });
  test('refuses what does not fit', () => {
    expect(() => lz.zeros([2, 3]).matmul(lz.zeros([2, 3]))).toThrow(
      'matmul: operands of shapes (2, 3) and (2, 3) do not fit: the last axis of the first has size 3, but the second-to-last axis of the second has size 2',
    );
    expect(() => lz.zeros([3]).matmul(2)).toThrow(lz.ShapeError);
    expect(() => lz.zeros([2, 2, 3]).matmul(lz.zeros([3, 3, 1]))).toThrow(lz.ShapeError);
  });
});

test('clip with one bound or two', () => {
  const x = lz.array([1, NaN, 9]);
  expect(x.clip(2, 5).toArray()).toEqual([2, NaN, 5]);
  expect(x.clip(2).toArray()).toEqual([2, NaN, 9]);
  expect(x.clip(null, 5).toArray()).toEqual([1, NaN, 5]);
  expect(x.clip(null).toArray()).toEqual([1, NaN, 9]);
  expect(lz.array([1, 2], { dtype: 'int8' }).clip(0, 1).dtype).toBe('int8');
});
