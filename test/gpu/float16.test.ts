/**
 * float16 against its definition on a device: every value there is, every number at which rounding turns, arithmetic.
 * Exact without exception: what float16 makes of float32 is never subnormal in float32.
 */
import { afterAll, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { allHalves, decode, nearest, turns } from '../support/halves.ts';

const target = 'webgpu';

const x = lz.asArray(allHalves());
const values = Array.from({ length: 65536 }, (_, bits) => decode(bits));
const at = (k: number): number => values[k] ?? NaN;
const partner = (bits: number): number => (Math.imul(bits, 40503) + 12345) & 0xffff;
const other = (k: number): number => at(partner(k));
const y = lz.asArray(allHalves().map((_, bits) => other(bits)));

afterAll(() => lz.shutdown());

async function expectValues(
  array: lz.LazyArray,
  expected: (k: number) => number,
  length = values.length,
): Promise<void> {
  const actual = await array.data({ target });
  expect(actual.length).toBe(length);
  for (let k = 0; k < length; k++)
    if (!Object.is(actual[k], expected(k)))
      expect.fail(`element ${k} is ${String(actual[k])} instead of ${String(expected(k))}`);
}

test('every value is what its bits stand for, and comes back', async () => {
  await expectValues(x.astype('float32'), at);
  await expectValues(x.slice([null, null, -1]), (k) => at(65535 - k));
  await expectValues(x.astype('float32').negative().astype('float16'), (k) => -at(k));
  await expectValues(x.slice([1]).astype('float32'), (k) => at(k + 1), 65535);
  await expectValues(lz.concat([x.slice([0, 3]), x.slice([-2])]), (k) => at(k < 3 ? k : 65531 + k), 5);
  await expectValues(x.take([0x7bff, 0x8001]), (k) => [65504, -(2 ** -24)][k] ?? 0, 2);
});

test('float32 rounds once, to nearest even', async () => {
  const given = turns('float32');
  await expectValues(lz.asArray(given).astype('float16'), (k) => nearest(given[k] ?? NaN), given.length);
});

test('from and to integers and bool', async () => {
  const whole = Int32Array.of(
    2049,
    2051,
    4098,
    4102,
    65519,
    65520,
    2 ** 24 + 1,
    2 ** 31 - 1,
    -2049,
    -65520,
    0,
  );
  await expectValues(lz.asArray(whole).astype('float16'), (k) => nearest(whole[k] ?? NaN), whole.length);
  await expectValues(lz.arange(5, { dtype: 'int32' }).astype('float16').add(0.5), (k) => k + 0.5, 5);
  const clamped = (low: number, high: number) => (k: number) =>
    Number.isNaN(at(k)) ? 0 : Math.min(Math.max(Math.trunc(at(k)), low), high) + 0;
  await expectValues(x.astype('int8'), clamped(-128, 127));
  await expectValues(x.astype('uint32'), clamped(0, 2 ** 32 - 1));
  await expectValues(x.astype('bool'), (k) => (at(k) === 0 ? 0 : 1));
});

describe('to the bit', () => {
  test.each([
    ['x + y', x.add(y), (k: number) => at(k) + other(k)],
    ['x - y', x.subtract(y), (k: number) => at(k) - other(k)],
    ['x * y', x.multiply(y), (k: number) => at(k) * other(k)],
    ['x / y', x.divide(y), (k: number) => at(k) / other(k)],
    ['sqrt(x)', x.sqrt(), (k: number) => Math.sqrt(at(k))],
    ['x * 0.1', x.multiply(0.1), (k: number) => at(k) * nearest(0.1)],
    ['max(x, y)', lz.maximum(x, y), (k: number) => Math.max(at(k), other(k))],
    ['x y + x: two roundings', x.multiply(y).add(x), (k: number) => nearest(at(k) * other(k)) + at(k)],
    ['x - x', x.subtract(x), (k: number) => at(k) - at(k)],
  ] as const)('%s', async (_, array, exact) => {
    await expectValues(array, (k) => nearest(exact(k)));
  });
});

test('sums and matrix products are those of float32, rounded once', async () => {
  const a = lz
    .arange(64 * 300, { dtype: 'int32' })
    .remainder(7)
    .astype('float16')
    .reshape(64, 300);
  const exact = a.astype('int32');
  const rounded = (array: lz.LazyArray): ((k: number) => number) => {
    const list = array.dataSync({ target: 'js' });
    return (k) => nearest(Number(list[k]));
  };
  await expectValues(a.sum(1), rounded(exact.sum(1)), 64);
  await expectValues(a.transpose().sum(0), rounded(exact.sum(1)), 64);
  await expectValues(a.max(0), rounded(exact.max(0)), 300);
  await expectValues(a.matmul(a.transpose()), rounded(exact.matmul(exact.transpose())), 64 * 64);
});

test('scalars and buffers of the device', async () => {
  const twice = lz.compile((array, factor: lz.LazyArray) => array.mul(factor), { target });
  const factor = lz.array(0.1, { dtype: 'float16' });
  await expectValues(await twice.async(x, factor), (k) => nearest(at(k) * nearest(0.1)));
  const filled = lz.concat([lz.full([5], 0.3, { dtype: 'float16' }), lz.ones(1, { dtype: 'float16' })]);
  await expectValues(filled, (k) => (k < 5 ? nearest(0.3) : 1), 6);
  const buffer = await x.add(1).toGPUBuffer({ target });
  const back = lz.fromGPUBuffer(buffer, { dtype: 'float16' });
  await expectValues(back.sub(1), (k) => nearest(nearest(at(k) + 1) - 1));
  buffer.destroy();
});
