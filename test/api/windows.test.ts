/** Pads, windows and sums over windows: NumPy's results (scripts/fixtures/windows.py), plans of one kernel, and errors. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { allocate, isBigint, type DType } from '../../src/ir/dtype.ts';

interface Array_ {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly values: readonly (number | string | boolean)[];
}

interface Fixtures {
  readonly pad: readonly {
    readonly mode: lz.PadMode;
    readonly widths: lz.PadWidths;
    readonly value?: number;
    readonly x: Array_;
    readonly result: Array_;
  }[];
  readonly slidingWindowView: readonly {
    readonly window: number | number[];
    readonly axis: number | number[] | null;
    readonly x: Array_;
    readonly result: Array_;
  }[];
  readonly sequences: readonly {
    readonly name: 'convolve' | 'correlate';
    readonly mode: lz.OverlapMode;
    readonly x: Array_;
    readonly y: Array_;
    readonly result: Array_;
  }[];
  readonly conv2d: readonly (lz.Conv2dOptions & {
    readonly x: Array_;
    readonly kernel: Array_;
    readonly result: Array_;
  })[];
}

const fixtures = JSON.parse(
  readFileSync(new URL('../fixtures/windows.json', import.meta.url), 'utf8'),
) as Fixtures;

function read({ dtype, shape, values }: Array_): lz.LazyArray {
  const memory = allocate(dtype, values.length);
  values.forEach((value, k) => (memory[k] = isBigint(dtype) ? BigInt(value) : Number(value)));
  return lz.array(memory, { dtype, shape });
}

/** Everything as texts, 64-bit integers too. */
const textsOf = (values: Iterable<number | bigint>): string[] =>
  Array.from(values, (value) => (typeof value === 'bigint' ? value : value + 0).toString());

const targets = ['js', 'wasm', 'reference'] as const;

async function expectNumPy(actual: lz.LazyArray, expected: Array_): Promise<void> {
  const { dtype, shape, values } = expected;
  expect({ dtype: actual.dtype, shape: actual.shape }).toEqual({ dtype, shape });
  const wanted = textsOf(values.map((value) => (typeof value === 'string' ? BigInt(value) : Number(value))));
  for (const target of targets) expect(textsOf(await actual.data({ target })), target).toEqual(wanted);
}

describe("NumPy's results", () => {
  test('of pad, in every mode, with every form of widths, in all dtypes', async () => {
    for (const { mode, widths, value, x, result } of fixtures.pad)
      await expectNumPy(lz.pad(read(x), widths, value === undefined ? { mode } : { mode, value }), result);
  });

  test('of slidingWindowView', async () => {
    for (const { window, axis, x, result } of fixtures.slidingWindowView)
      await expectNumPy(lz.slidingWindowView(read(x), window, { axis }), result);
  });

  test('of convolve and correlate, in every mode, whichever is longer', async () => {
    for (const { name, mode, x, y, result } of fixtures.sequences)
      await expectNumPy(lz[name](read(x), read(y), mode), result);
  });

  test('of conv2d, with strides, widths and dilation', async () => {
    for (const { x, kernel, stride, padding, dilation, result } of fixtures.conv2d)
      await expectNumPy(lz.conv2d(read(x), read(kernel), { stride, padding, dilation }), result);
  });
});

const kernelsOf = (x: lz.LazyArray): number => x.explain().toJSON().plan.kernels.length;

describe('plans', () => {
  const x = lz.arange(100);
  const parts = (y: lz.LazyArray): lz.LazyArray =>
    y
      .slice([0, 100])
      .add(y.slice([1, 101]))
      .add(y.slice([2, 102]));

  test.each([
    ['a pad of an expression', lz.pad(x.mul(2), 1), 1],
    ['a stencil over a pad', parts(lz.pad(x, 1, { value: 3 })), 1],
    ['a sum of a pad', lz.pad(x.sqrt(), [0, 3]).sum(), 1],
    ['a pad of a pad', lz.pad(lz.pad(x, 2), 1, { value: 1 }), 1],
    ['a pad with a computed value', lz.pad(x, 1, { value: x.max() }), 2],
    ['a moving average', lz.slidingWindowView(x, 5).mean(1), 1],
    ['a convolution', lz.convolve(x, [1, 2, 3], 'same'), 1],
    [
      'a convolution of images',
      lz.conv2d(lz.ones([2, 3, 8, 8]), lz.ones([4, 3, 3, 3]), { padding: 'same' }),
      1,
    ],
    ['a repeated edge, whose sides are kernels of their own', lz.pad(x, 1, { mode: 'edge' }), 3],
  ] as const)('%s', (_, y, kernels) => {
    expect(kernelsOf(y)).toBe(kernels);
  });

  test('other sizes, widths and values take the same plan', async () => {
    lz.clearCache();
    for (let n = 3; n < 9; n++) {
      const y = lz.pad(lz.arange(5 * n), [n, 2 * n], { value: 10 * n + 3 });
      await lz
        .slidingWindowView(y, n + 4, { step: n - 1 })
        .max(1)
        .data({ target: 'js' });
    }
    expect(lz.cacheInfo().plans.entries).toBe(1);
  });
});

test('values may be computed, and have the dtype of the array', async () => {
  const x = lz.array([1, 4, 2], { dtype: 'float32' });
  expect([...(await lz.pad(x, 1, { value: x.min() }).data())]).toEqual([1, 1, 4, 2, 1]);
  expect(lz.pad(lz.array([1, 2], { dtype: 'uint8' }), 1, { value: 255 }).dtype).toBe('uint8');
});

test('windows take steps and dilation, which NumPy writes as slices', async () => {
  const x = lz.arange(10);
  const view = lz.slidingWindowView(x, 3, { step: 2, dilation: 3 });
  expect(view.shape).toEqual([2, 3]);
  expect([...(await view.data())]).toEqual([0, 3, 6, 2, 5, 8]);
});

test("padding 'same' gives as many positions as there are elements, divided by the stride", () => {
  for (const [size, length, stride, dilation] of [
    [7, 3, 1, 1],
    [8, 3, 2, 1],
    [9, 4, 2, 2],
    [5, 1, 3, 1],
  ] as const) {
    const [x, kernel] = [lz.ones([1, 1, size, size]), lz.ones([1, 1, length, length])];
    const { shape } = lz.conv2d(x, kernel, { padding: 'same', stride, dilation });
    expect(shape).toEqual([1, 1, Math.ceil(size / stride), Math.ceil(size / stride)]);
  }
});

describe('errors', () => {
  const x = lz.ones([2, 3]);
  test.each([
    [
      'widths of another number of axes',
      () =>
        lz.pad(x, [
          [1, 1],
          [1, 1],
          [1, 1],
        ]),
      lz.ShapeError,
      'each of 2 axes',
    ],
    ['negative widths', () => lz.pad(x, -1), lz.ShapeError, 'a width must be a whole number from 0'],
    ['three widths', () => lz.pad(x, [1, 2, 3]), lz.ShapeError, 'widths must be'],
    ['another mode', () => lz.pad(x, 1, { mode: 'mirror' as 'wrap' }), lz.OptionError, 'constant, edge'],
    [
      'a value for another mode',
      () => lz.pad(x, 1, { mode: 'edge', value: 2 }),
      lz.OptionError,
      'takes no value',
    ],
    [
      'a value that does not fit',
      () => lz.pad(lz.ones([2], { dtype: 'int8' }), 1, { value: 1.5 }),
      lz.DTypeError,
      '1.5',
    ],
    [
      'a value of a wider dtype',
      () => lz.pad(lz.ones([2], { dtype: 'int8' }), 1, { value: x.sum() }),
      lz.DTypeError,
      'float64',
    ],
    ['several values', () => lz.pad(x, 1, { value: x }), lz.ShapeError, 'a single one'],
    ['nothing to repeat', () => lz.pad(lz.zeros([0]), 1, { mode: 'wrap' }), lz.ShapeError, 'is empty'],
    ['a window that is too long', () => lz.slidingWindowView(x, [3, 1]), lz.ShapeError, 'longer than axis 0'],
    ['too few window lengths', () => lz.slidingWindowView(x, 2), lz.ShapeError, '1 window length for 2 axes'],
    ['an axis that does not exist', () => lz.slidingWindowView(x, 2, { axis: 2 }), lz.AxisError, ''],
    ['a step of nothing', () => lz.slidingWindowView(x, 2, { axis: 1, step: 0 }), lz.ShapeError, 'step'],
    ['matrices to convolve', () => lz.convolve(x, [1]), lz.ShapeError, 'one axis'],
    ['nothing to convolve', () => lz.convolve([], [1]), lz.ShapeError, 'at least one element'],
    [
      'another mode of overlap',
      () => lz.correlate([1], [1], 'whole' as 'full'),
      lz.OptionError,
      'full, same, valid',
    ],
    ['images without channels', () => lz.conv2d(x, lz.ones([1, 1, 1, 1])), lz.ShapeError, '(2, 3)'],
    [
      'other channels',
      () => lz.conv2d(lz.ones([1, 2, 3, 3]), lz.ones([1, 3, 1, 1])),
      lz.ShapeError,
      'channels',
    ],
    [
      'kernels larger than images',
      () => lz.conv2d(lz.ones([1, 1, 2, 2]), lz.ones([1, 1, 3, 3])),
      lz.ShapeError,
      'longer than axis 2',
    ],
    [
      'another padding',
      () => lz.conv2d(lz.ones([1, 1, 2, 2]), lz.ones([1, 1, 1, 1]), { padding: 'full' as 'same' }),
      lz.OptionError,
      "'same' or 'valid'",
    ],
  ] as const)('%s', (_, call, Refusal, text) => {
    expect(call).toThrow(Refusal);
    expect(call).toThrow(text);
  });
});
