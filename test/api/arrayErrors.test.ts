/** Calls of array functions that are refused: the error names the function, what was given, and what to do. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const matrix = lz.zeros([2, 3]);

describe.each<[text: string, call: () => unknown, error: new (...args: never[]) => Error, message: RegExp]>([
  [
    'a scan of a matrix without an axis',
    () => matrix.cumulativeSum(),
    lz.AxisError,
    /cumulativeSum: .*\(2, 3\).*axis: 0/,
  ],
  ['an axis that does not exist', () => lz.sort(matrix, 2), lz.AxisError, /sort: .*axis 2/],
  [
    'an order that partitions lack',
    () => lz.partition([1, 2], 0, { descending: true } as object),
    lz.OptionError,
    /partition: unknown option "descending"/,
  ],
  ['an unknown option', () => lz.sort(matrix, { descend: true } as object), lz.OptionError, /"descend"/],
  ['the axis twice', () => lz.sort(matrix, 0, { axis: 0 }), lz.OptionError, /twice/],
  [
    'initial values of an exclusive scan',
    () => lz.cumulativeSum([1], { exclusive: true, includeInitial: true }),
    lz.OptionError,
    /exclusive/,
  ],
  [
    'repeats of another length',
    () => lz.repeat([1, 2], [1, 2, 3]),
    lz.ShapeError,
    /repeat: 3 repeats.*size 2/,
  ],
  ['a negative count', () => lz.tile([1], -1), lz.OptionError, /tile/],
  ['a position outside', () => lz.delete([1, 2], 2), lz.IndexError, /delete: position 2.*size 2/],
  ['axes named twice', () => lz.moveaxis(matrix, [0, 0], [0, 1]), lz.AxisError, /named twice/],
  ['shifts that do not fit', () => lz.roll(matrix, [1, 2, 3], [0, 1]), lz.ShapeError, /3 shifts.*2 axes/],
  [
    'a minimum of what may be nothing',
    () => matrix.min({ where: [true, false, true] }),
    lz.OptionError,
    /min: .*initial/,
  ],
  ['a mask that does not fit', () => matrix.sum({ where: [true, false] }), lz.ShapeError, /sum/],
  ['an order that norms lack', () => lz.norm(matrix, [0, 1], { ord: 3 }), lz.OptionError, /norm: .*'fro'/],
  ['vectors of two elements', () => lz.cross([1, 2], [3, 4]), lz.ShapeError, /cross: .*three/],
  [
    'axes of different sizes',
    () => lz.tensordot(matrix, matrix, 1),
    lz.ShapeError,
    /tensordot: axis 1 of \(2, 3\).*axis 0/,
  ],
  ['a quantile above 1', () => lz.quantile([1, 2], 1.5), lz.OptionError, /from 0 to 1/],
  [
    'an unknown method',
    () => lz.quantile([1], 0.5, { method: 'best' as 'linear' }),
    lz.OptionError,
    /"best".*linear/,
  ],
  ['quantiles of nothing', () => lz.quantile([], 0.5), lz.ShapeError, /empty/],
  [
    'weights without their method',
    () => lz.quantile([1], 0.5, { weights: [1] }),
    lz.OptionError,
    /invertedCdf/,
  ],
  ['more than there is', () => lz.topk([1, 2], 3), lz.OptionError, /topk: k/],
  ['counts of fractions', () => lz.bincount([1.5]), lz.DTypeError, /bincount: .*float64/],
  ['counts of negative numbers', () => lz.bincount([-1n]), lz.OptionError, /-1/],
  ['edges of one', () => lz.histogram([1], [0]), lz.ShapeError, /histogram/],
  ['points of different counts', () => lz.interp(1, [1, 2], [1]), lz.ShapeError, /\(2,\) and \(1,\)/],
  ['limits of a float as integer', () => lz.iinfo('float32'), lz.DTypeError, /finfo/],
  ['an unknown kind', () => lz.isdtype('int8', 'whole' as 'integral'), lz.OptionError, /"whole"/],
  ['ends of two signs', () => lz.geomspace(-1, 1), lz.OptionError, /one sign/],
  ['blocks of different depths', () => lz.block([[1], [[2]]]), lz.DataError, /depths/],
])('%s', (_, call, error, message) => {
  test('is refused', () => {
    expect(call).toThrow(error);
    expect(call).toThrow(message);
  });
});

describe('dtypes', () => {
  test.each([
    ['int8', -128, 127],
    ['uint16', 0, 65535],
    ['int64', -(2n ** 63n), 2n ** 63n - 1n],
  ] as const)('iinfo of %s', (dtype, min, max) => {
    expect(lz.iinfo(dtype)).toMatchObject({ dtype, min, max });
  });
  test('finfo of each float dtype is what its arithmetic shows', () => {
    for (const dtype of ['float16', 'float32', 'float64'] as const) {
      const { eps, max, smallestNormal } = lz.finfo(dtype);
      const one = lz.array([1, 1, max, smallestNormal, max], { dtype });
      const values = one.add(lz.array([eps, eps / 4, 0, 0, max], { dtype })).dataSync();
      expect(Array.from(values, Number)).toEqual([1 + eps, 1, max, smallestNormal, Infinity]);
    }
  });
  test('canCast', () => {
    expect([
      lz.canCast('int8', 'uint8'),
      lz.canCast('uint8', 'int16'),
      lz.canCast(lz.zeros(1), 'float32'),
    ]).toEqual([false, true, false]);
  });
  test('the version is that of the package', async () => {
    const { default: manifest } = (await import('../../package.json', { with: { type: 'json' } })) as {
      default: { version: string };
    };
    expect(lz.info().version).toBe(manifest.version);
  });
});
