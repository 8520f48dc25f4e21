/**
 * What an error about a dtype that GPUs lack says to do instead: it names the right advice, and doing it works.
 */
import { afterAll, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { TypedArray } from '../../src/ir/dtype.ts';

afterAll(() => lz.shutdown());

const onGpu = { target: 'webgpu' } as const;
const auto = { target: 'auto' } as const;
const int32 = lz.array([1, 2], { dtype: 'int32' });
const key = lz.random.key(3);
const create = /begins in it; create it with \{ dtype: 'float32' \}/;
const convert = /await x\.astype\('float32'\)\.evaluate\(\{ target: 'auto' \}\)/;
const number = /a plain number has it; .*lz\.array\(number, \{ dtype: 'float32' \}\)/;

/** An array of any dtype. */
interface Readable {
  data(options: { readonly target: 'webgpu' | 'js' }): Promise<TypedArray>;
  evaluate(options: typeof onGpu): Promise<Readable>;
  explain(options?: typeof onGpu): lz.Explanation;
}

interface Case {
  readonly what: string;
  readonly refused: Readable;
  readonly advice: RegExp;
  readonly instead: Readable | Promise<Readable>;
}

const cases: readonly Case[] = [
  {
    what: 'data: another dtype at creation',
    refused: lz.array([1, 2]).add(1),
    advice: create,
    instead: lz.array([1, 2], { dtype: 'float32' }).add(1),
  },
  {
    what: 'data that is cast in the expression: cast it on the CPU first',
    refused: lz.array([1, 2]).astype('float32').add(1),
    advice: convert,
    instead: lz
      .array([1, 2])
      .astype('float32')
      .evaluate(auto)
      .then((x) => x.add(1)),
  },
  {
    what: 'int64 data: int32',
    refused: lz.array([1n, 2n], { dtype: 'int64' }).add(1),
    advice: /\{ dtype: 'int32' \}.*x\.astype\('int32'\)/,
    instead: lz
      .array([1n, 2n], { dtype: 'int64' })
      .astype('int32')
      .evaluate(auto)
      .then((x) => x.add(1)),
  },
  {
    what: 'a range: convert it first',
    refused: lz.arange(0, 1, 0.25, { dtype: 'float32' }).exp(),
    advice: convert,
    instead: lz
      .arange(0, 1, 0.25, { dtype: 'float32' })
      .astype('float32')
      .evaluate(auto)
      .then((x) => x.exp()),
  },
  {
    what: 'a range of whole numbers: count in integers',
    refused: lz.arange(4).astype('float32').exp(),
    advice: /lz\.arange\(n, \{ dtype: 'int32' \}\)\.astype\('float32'\)/,
    instead: lz.arange(4, { dtype: 'int32' }).astype('float32').exp(),
  },
  {
    what: 'a number where arrays may stand: an array of the dtype',
    refused: lz.where(int32.equal(1), 1.5, 2),
    advice: number,
    instead: lz.where(int32.equal(1), lz.array(1.5, { dtype: 'float32' }), lz.array(2, { dtype: 'float32' })),
  },
  {
    what: 'a sum of integers: the dtype of the sum',
    refused: int32.sum(),
    advice: /sum of int32 accumulates in it; say sum\(\{ dtype: 'int32' \}\)/,
    instead: int32.sum({ dtype: 'int32' }),
  },
  {
    what: 'a product of small unsigned integers',
    refused: int32.astype('uint8').prod(),
    advice: /prod of uint8 accumulates in it; say prod\(\{ dtype: 'uint32' \}\)/,
    instead: int32.astype('uint8').prod({ dtype: 'uint32' }),
  },
  {
    what: 'a mean of integers: cast before',
    refused: int32.mean(),
    advice: /comes of int32 here; .*x\.astype\('float32'\)/,
    instead: int32.astype('float32').mean(),
  },
  {
    what: 'random numbers: the dtype of the call',
    refused: lz.random.normal(key, [4]),
    advice: /comes of uint32 here; give \{ dtype: 'float32' \} to the call/,
    instead: lz.random.normal(key, [4], { dtype: 'float32' }),
  },
];

test.each(cases)('$what', async ({ refused, advice, instead }) => {
  const outcome = refused.data(onGpu);
  await expect(outcome).rejects.toThrow(lz.DTypeError);
  await expect(outcome).rejects.toThrow(advice);
  const values = await (await instead).evaluate(onGpu);
  expect(values.explain().toJSON().plan.target).toBe('webgpu');
  const expected = await refused.data({ target: 'js' });
  (await values.data(onGpu)).forEach((value, k) => expect(Number(value)).toBeCloseTo(Number(expected[k]), 5));
});

test('explain refuses to measure with the same words', async () => {
  await expect(lz.arange(3).exp().explain(onGpu).analyze()).rejects.toThrow(convert);
});
