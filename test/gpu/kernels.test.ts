/** Kernels on a device in the sizes and forms that random graphs do not reach. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import { sumDepth } from '../../src/codegen/wgsl/rows.ts';
import { isGpuDType } from '../../src/codegen/wgsl/registers.ts';
import { dtypeNames, type DType, type TypedArray } from '../../src/ir/dtype.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { firstDifference } from '../support/bits.ts';
import { arrayOf, ordinary, specialsOf } from '../support/specials.ts';
import { GpuHarness } from './harness.ts';
import { evaluateOnGpu, planOf } from './plans.ts';
import { indexPurpose } from '../../src/ir/scatter.ts';

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

const gpuDTypes = dtypeNames.filter(isGpuDType);
const of = (dtype: DType, length: number, from = 0): LazyArray =>
  lz.asArray(
    arrayOf(
      dtype,
      Array.from({ length }, (_, i) => ordinary(i + from, dtype)),
    ),
  );

describe('maps', () => {
  test('200,000 workgroups: the grid is folded', async () => {
    // One element each: rows of odd length, read from the second element on, do not split into vectors.
    const columns = 2 ** 22 + 1;
    const x = lz.asArray(new Uint8Array(3 * columns + 3).fill(7)).reshape([3, columns + 1]);
    const { results, notes } = await evaluateOnGpu(
      gpu,
      [nodeOf(x.slice(null, [1]).add(x.slice(null, [0, -1])))],
      { workgroupSize: 64 },
    );
    expect(notes).toEqual(['map, 1 element each']);
    expect(results[0]?.length).toBe(3 * columns);
    expect(results[0]?.every((value) => value === 14)).toBe(true);
  });

  test('nine axes', async () => {
    const x = floats(2, 3, 2, 1, 2, 3, 2, 2, 5);
    await expectExact(x.transpose([8, 7, 6, 5, 4, 3, 2, 1, 0]).add(x.slice([0, 1]).mul(3).transpose()));
  });

  test('transposed operands, by squares', async () => {
    for (const [rows, columns] of [
      [40, 72],
      [37, 51],
    ] as const) {
      const notes = await expectExact(floats(rows, columns).add(floats(columns, rows).transpose()));
      expect(notes).toEqual([expect.stringContaining('by squares')]);
      await expectExact(floats(columns, 2, rows).transpose([2, 1, 0]).mul(3));
      await expectExact(
        of('uint8', rows * columns)
          .reshape([rows, columns])
          .transpose()
          .add(of('uint8', rows)),
      );
    }
  });

  test('an index out of bounds is reported, signed or not', async () => {
    const x = floats(10, 4);
    const purpose = indexPurpose(0, 'take');
    for (const [indices, reported] of [
      [Int32Array.of(3, -10, 9), [0, 0, 0, 0]],
      [Int32Array.of(3, -11, 9), [1, 2 ** 32 - 11, 10, purpose]],
      [Uint32Array.of(3, 2 ** 32 - 1, 9), [2, 2 ** 32 - 1, 10, purpose]],
    ] as const) {
      const [first] = planOf([nodeOf(lz.take(x, lz.asArray(indices), 0))]).runs;
      if (first === undefined) throw new Error('no kernel');
      const { kernel, program, arrays, integers, scalars } = first;
      expect(program.checksIndices).toBe(true);
      const { status } = await gpu.run(kernel, program, arrays, integers, scalars);
      expect(status).toEqual(reported);
    }
  });

  test('nothing, and a scalar', async () => {
    expect((await run(floats(0, 3).add(1))).values.length).toBe(0);
    expect((await run(floats(0, 3).sum(0))).values).toEqual(new Float32Array(3));
    expect((await run(lz.asArray(Float32Array.of(2)).reshape([]).mul(4))).values).toEqual(Float32Array.of(8));
  });

  test.each(['bool', 'int8', 'uint8', 'int16', 'uint16', 'float16'] as const)(
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

  test.each(gpuDTypes)('%s to every other dtype', async (dtype) => {
    const values = arrayOf(dtype, [...specialsOf(dtype), ...specialsOf(dtype).slice(0, 3)]);
    const x = lz.asArray(values, { dtype });
    for (const to of gpuDTypes) if (to !== dtype) await expectExact(x.astype(to));
  });
});

describe('rows', () => {
  /** Every schedule: one lane and many, across and along, whole and in parts. */
  const shapes = [
    [5000, 3],
    [3, 64],
    [2, 5000],
    [3, 40_001],
    [1, 70_000],
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
      [2, 70_000],
    ] as const) {
      const x = floats(rows, columns);
      const centred = x.sub(x.max(1, { keepdims: true }));
      const weights = centred.add(17);
      const columnwise = floats(columns, rows);
      await expectExact(
        columnwise.sub(columnwise.max(0)).mul(columnwise.argmin(0).astype('float32')).add(columnwise.sum(0)),
      );
      await expectExact(weights.mul(2).sub(weights.sum(1, { keepdims: true })));
      await expectExact(centred.add(centred.min(1, { keepdims: true })).sum(1));
    }
  });

  test('what is kept on chip has the bits of what is computed again', async () => {
    const values = (...shape: readonly number[]): LazyArray<'float32'> =>
      lz
        .asArray(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)))
        .reshape(shape);
    const weighted = (x: LazyArray, axis: number | readonly number[] = 1): LazyArray => {
      const weights = lz.square(x.sub(x.max(axis, { keepdims: true })).add(0.3));
      return weights.sub(weights.sum(axis, { keepdims: true }));
    };
    const normalized = (x: LazyArray): LazyArray => {
      const deviations = x.sub(x.mean(1, { keepdims: true }));
      return deviations.mul(deviations.mul(deviations).mean(1, { keepdims: true }));
    };
    // A mask and elements; elements and their squares.
    const masked = (x: LazyArray): LazyArray => {
      const mask = x.greaterEqual(x.max(1, { keepdims: true }).sub(0.5));
      return lz.where(mask, x, 0).sub(mask.astype('float32').sum(1, { keepdims: true }));
    };
    const twice = (x: LazyArray): LazyArray =>
      x.sub(x.max(1, { keepdims: true })).mul(x.mul(x).sub(x.mul(x).sum(1, { keepdims: true })));
    const cases: readonly LazyArray[] = [
      ...[3, 37, 64, 4096, 7000].map((columns) => weighted(values(5, columns))),
      normalized(values(3, 1000)),
      masked(values(9, 121)),
      twice(values(7, 516)),
      // Two axes, contiguous or not; memory across the rows; packed elements.
      weighted(values(6, 12, 20).slice(null, null, [0, 8]), [1, 2]),
      weighted(values(6, 12, 20).slice(null, null, [0, 10, 2]), [1, 2]),
      weighted(values(60, 64).transpose()),
      weighted(
        of('uint8', 3 * 100)
          .reshape([3, 100])
          .astype('float32'),
      ),
    ];
    for (const expression of cases) {
      const kept = await evaluateOnGpu(gpu, [nodeOf(expression)]);
      const again = await evaluateOnGpu(gpu, [nodeOf(expression)], { workgroupBytes: 2048 });
      expect(kept.notes).toEqual([expect.stringContaining('kept on chip')]);
      expect(again.notes).not.toContainEqual(expect.stringContaining('kept on chip'));
      const [x = Float32Array.of(), y = Float32Array.of(0)] = [kept.results[0], again.results[0]];
      expect(firstDifference(x, y)).toBeUndefined();
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
    for (const y of [x, x.add(0)]) {
      await expectExact(y.max(1));
      await expectExact(y.min(1));
      await expectExact(y.argmax(1));
      await expectExact(y.argmin(1));
      await expectExact(lz.all(y, 1));
    }
  });

  test('an integer sum wraps in its own dtype', async () => {
    for (const dtype of ['int8', 'uint16', 'int32'] as const) {
      const x = of(dtype, 1001).reshape([7, 143]);
      await expectExact(x.sum(1, { dtype }));
      await expectExact(x.prod(0, { dtype }));
    }
  });
});

describe('matrix products', () => {
  test.each([
    [65, 67, 66],
    [68, 72, 0],
    [1, 300, 500],
    [300, 1, 500],
  ] as const)('%i x %i, %i deep', async (m, n, k) => {
    await expectExact(floats(m, k).matmul(floats(k, n)));
  });

  test('operands whose memory runs along k, and along the other axis', async () => {
    const [m, n, k] = [68, 72, 20];
    await expectExact(floats(m, k).matmul(floats(k, n)));
    await expectExact(floats(k, m).transpose().matmul(floats(n, k).transpose()));
  });

  test('batches, broadcast and strided', async () => {
    const [a, b] = [floats(3, 2, 20, 24), floats(2, 24, 27)];
    await expectExact(a.slice(null, null, [null, null, 2]).matmul(b.slice(null, null, [0, 26, 2])));
  });

  test.each(['int8', 'uint16', 'int32'] as const)('%s wraps', async (dtype) => {
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
