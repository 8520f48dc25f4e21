/** Kernels on a device in the sizes and forms that random graphs do not reach. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import { sumDepth } from '../../src/codegen/wgsl/rows.ts';
import type { DType, TypedArray } from '../../src/ir/dtype.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { firstDifference } from '../support/bits.ts';
import { arrayOf, ordinary, specialsOf } from '../support/specials.ts';
import { GpuHarness } from './harness.ts';
import { evaluateOnGpu } from './plans.ts';

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open();
});
afterAll(() => {
  gpu.close();
});

interface Outcome {
  readonly values: TypedArray;
  readonly notes: readonly string[];
}

async function run(expression: LazyArray): Promise<Outcome> {
  const { results, notes } = await evaluateOnGpu(gpu, [nodeOf(expression)]);
  const [values] = results;
  if (values === undefined) throw new Error('no result');
  return { values, notes };
}

const reference = (expression: LazyArray): TypedArray => {
  const [values] = evaluateReference([nodeOf(expression)]);
  if (values === undefined) throw new Error('no result');
  return values;
};

/** Runs on the device and expects the bits of the reference evaluator. */
async function expectExact(expression: LazyArray): Promise<readonly string[]> {
  const { values, notes } = await run(expression);
  expect(firstDifference(values, reference(expression))).toBeUndefined();
  return notes;
}

/** Whole numbers around 0, small enough for sums of many of them to be exact in float32. */
const whole = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((i * 7919) % 17) - 8);
const floats = (...shape: readonly number[]): LazyArray<'float32'> =>
  lz.asArray(whole(shape.reduce((a, b) => a * b, 1))).reshape(shape);

const of = (dtype: DType, length: number, from = 0): LazyArray =>
  lz.asArray(
    arrayOf(
      dtype,
      Array.from({ length }, (_, i) => ordinary(i + from, dtype)),
    ),
  );

describe('maps', () => {
  test('200,000 workgroups: the grid is folded', async () => {
    // One element each: a slice from an odd place on is no whole vector.
    const length = 200_000 * 256;
    const x = lz.asArray(new Uint8Array(length + 1).fill(7));
    const { values, notes } = await run(x.slice([1]).add(lz.asArray(Uint8Array.of(1))));
    expect(notes).toEqual(['map, 4 elements each']);
    expect(values.length).toBe(length);
    expect(values.every((value) => value === 8)).toBe(true);
  });

  test('nine axes', async () => {
    const x = floats(2, 3, 2, 1, 2, 3, 2, 2, 5);
    await expectExact(x.transpose([8, 7, 6, 5, 4, 3, 2, 1, 0]).add(x.slice([0, 1]).mul(3).transpose()));
  });

  test('nothing, and a scalar', async () => {
    expect((await run(floats(0, 3).add(1))).values.length).toBe(0);
    expect((await run(floats(0, 3).sum(0))).values).toEqual(new Float32Array(3));
    expect((await run(lz.asArray(Float32Array.of(2)).reshape([]).mul(4))).values).toEqual(Float32Array.of(8));
  });

  test.each(['bool', 'int8', 'uint8', 'int16', 'uint16'] as const)(
    '%s, packed in words: any length from any offset',
    async (dtype) => {
      for (const length of [1, 2, 3, 4, 5, 8, 301])
        for (const [left, right] of [
          [0, 0],
          [1, 0],
          [0, 3],
          [2, 5],
        ] as const) {
          const x = of(dtype, length + left).slice([left]);
          const y = of(dtype, length + right, 3).slice([right]);
          await expectExact(dtype === 'bool' ? lz.logicalXor(x, y) : lz.add(x, y));
          await expectExact(lz.concat([x, y, x]));
        }
    },
  );

  test.each(['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'bool', 'float32'] as const)(
    '%s to every other dtype',
    async (dtype) => {
      const values = arrayOf(dtype, [...specialsOf(dtype), ...specialsOf(dtype).slice(0, 3)]);
      const x = lz.asArray(values, { dtype });
      for (const to of ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'bool', 'float32'] as const)
        if (to !== dtype) await expectExact(x.astype(to));
    },
  );
});

describe('rows', () => {
  /** Every schedule: one lane and many, across and along, whole and in parts. */
  const shapes = [
    [1, 3],
    [5000, 3],
    [3, 64],
    [300, 100],
    [2, 5000],
    [1, 70_000],
    [3, 131_076],
    [1, 1_000_001],
  ] as const;

  test.each(shapes)('sums of %i rows of %i, along and across', async (rows, columns) => {
    const x = floats(rows, columns);
    await expectExact(x.sum(1));
    await expectExact(x.transpose().sum(0));
    await expectExact(floats(columns, rows).sum(0));
    await expectExact(x.astype('int32').max(1).sub(x.astype('int32').min(1)));
    await expectExact(x.argmin(1));
    await expectExact(floats(columns, rows).argmax(0));
    await expectExact(lz.any(x.equal(8), 1));
  });

  test('sums are within the stated bound, however long', async () => {
    for (const length of [1000, 100_000, 3_000_001]) {
      const values = Float32Array.from({ length }, (_, i) => Math.sin(i * i) + 0.1);
      const { values: sums } = await run(lz.asArray(values).sum());
      let [exact, size] = [0, 0];
      for (const value of values) {
        exact += value;
        size += Math.abs(value);
      }
      expect(Math.abs(Number(sums[0]) - exact)).toBeLessThan(sumDepth * 2 ** -24 * size);
    }
  });

  test('several stages in one row, and in parts', async () => {
    for (const [rows, columns] of [
      [3, 37],
      [100, 64],
      [2, 200_000],
    ] as const) {
      const x = floats(rows, columns);
      const centred = x.sub(x.max(1, { keepdims: true }));
      const weights = centred.add(17);
      await expectExact(weights.mul(2).sub(weights.sum(1, { keepdims: true })));
      await expectExact(centred.add(centred.min(1, { keepdims: true })).sum(1));
    }
  });

  test('NaN and infinities', async () => {
    const columns = 300;
    const rows = [NaN, Infinity, -Infinity, -0, 0, 1, -1].flatMap((special) =>
      [0, 17, 299].map((place) => {
        const row = new Float32Array(columns).fill(special === 0 ? -0 : 0.5);
        row[place] = special;
        return row;
      }),
    );
    const flat = new Float32Array(rows.length * columns);
    rows.forEach((row, k) => {
      flat.set(row, k * columns);
    });
    const x = lz.asArray(flat).reshape([rows.length, columns]);
    for (const y of [x, x.transpose().add(0).transpose()]) {
      await expectExact(y.max(1));
      await expectExact(y.min(1));
      await expectExact(y.argmax(1));
      await expectExact(y.argmin(1));
      await expectExact(lz.all(y, 1));
    }
  });

  test('an integer sum wraps in its own dtype', async () => {
    for (const dtype of ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32'] as const) {
      const x = of(dtype, 1001).reshape([7, 143]);
      await expectExact(x.sum(1, { dtype }));
      await expectExact(x.prod(0, { dtype }));
    }
  });
});

describe('matrix products', () => {
  test.each([
    [1, 1, 1],
    [9, 9, 9],
    [64, 64, 64],
    [65, 67, 66],
    [20, 130, 1],
    [12, 12, 0],
    [1, 300, 500],
    [300, 1, 500],
    [4, 5, 3000],
  ] as const)('%i x %i, %i deep', async (m, n, k) => {
    const [a, b] = [floats(m, k), floats(k, n)];
    await expectExact(a.matmul(b));
    await expectExact(floats(k, m).transpose().matmul(floats(n, k).transpose()));
    await expectExact(a.astype('int32').matmul(b.astype('int32')));
  });

  test('batches, broadcast and strided', async () => {
    const [a, b] = [floats(3, 2, 20, 24), floats(2, 24, 28)];
    await expectExact(a.matmul(b));
    await expectExact(a.slice(null, null, [null, null, 2]).matmul(b.slice(null, null, [0, 26, 2])));
    await expectExact(a.transpose([1, 0, 3, 2]).matmul(floats(20, 9)));
  });

  test.each(['int8', 'uint8', 'int16', 'uint16', 'uint32'] as const)('%s wraps', async (dtype) => {
    const [a, b] = [of(dtype, 20 * 18).reshape([20, 18]), of(dtype, 18 * 13, 5).reshape([18, 13])];
    await expectExact(a.matmul(b));
  });

  test('large tiles', async () => {
    const [a, b] = [floats(16 * 128, 20), floats(20, 8 * 128 - 3)];
    const { values, notes } = await run(a.matmul(b));
    expect(notes).toEqual(['tiles of 128 x 128']);
    const [left, right] = [a, b].map((x) => reference(x));
    for (let i = 0; i < values.length; i += 997) {
      const [row, column] = [Math.floor(i / 1021), i % 1021];
      let sum = 0;
      for (let k = 0; k < 20; k++) sum += Number(left?.[row * 20 + k]) * Number(right?.[k * 1021 + column]);
      expect(values[i]).toBe(sum);
    }
  });
});
