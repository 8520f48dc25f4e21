/**
 * Arithmetic of float32 on a device, pair by pair: what the contract rounds correctly comes out to the bit. Subnormal
 * numbers are left out, which a device may take for zero.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { GpuHarness } from './harness.ts';
import { pairs, worstPair, type Distance } from './pairs.ts';
import { evaluateOnGpu } from './plans.ts';
import * as t from '../support/typed.ts';

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open();
});
afterAll(() => {
  gpu.close();
});

const [xs, ys] = pairs();
const [x, y] = [lz.asArray(xs), lz.asArray(ys)];
const worst = (expression: LazyArray): Promise<Distance> => worstPair(gpu, expression, xs, ys);

describe('to the bit', () => {
  test.each([
    ['x + y', x.add(y)],
    ['x - y', x.sub(y)],
    ['x * y', x.mul(y)],
    ['x * y + y: two roundings', x.mul(y).add(y)],
    ['x^2 - y: two roundings', x.square().sub(y)],
    ['x / y', x.div(y)],
    ['sqrt(x)', x.sqrt()],
    ['x mod y', lz.remainder(x, y)],
    ['minimum', lz.minimum(x, y)],
    ['maximum', lz.maximum(x, y)],
    ['clip', lz.clip(x, -1, 2)],
    ['sign', x.sign()],
    ['floor', x.floor()],
    ['ceil', x.ceil()],
    ['trunc', x.trunc()],
    ['round half to even', x.mul(0.5).round()],
    ['x + 0: drops the sign of -0', x.add(0)],
    ['0 - x: keeps +0', lz.subtract(0, x)],
    ['x * 0: not 0 for infinities', x.mul(0)],
    ['x - x: NaN for infinities', x.sub(x)],
    ['-x + x', x.negative().add(x)],
    ['x / x', x.div(x)],
    ['x == x: not for NaN', x.equal(x)],
    ['x <= x', x.lessEqual(x)],
    ['less', x.less(y)],
    ['not equal', x.notEqual(y)],
    ['is NaN', x.isnan()],
  ] as const)('%s', async (_, expression) => {
    expect(await worst(expression)).toEqual({ ulps: 0, where: '' });
  });
});

test('floor(x / y): exact below 2^23, within an ulp beyond', async () => {
  expect((await worst(lz.floorDivide(x, y))).ulps).toBeLessThanOrEqual(1);
});

test('the index of a single element is hidden from the compiler, which would lose the sign of a zero', async () => {
  const product = t.apply('multiply', t.cast(t.iota(1, 'int32'), 'float32'), t.constant(-0, 'float32'));
  const { results } = await evaluateOnGpu(gpu, [product]);
  expect(results[0]?.[0]).toBe(-0);
});
