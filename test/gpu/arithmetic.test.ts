/**
 * Arithmetic of float32 on a device, pair by pair: what the contract rounds correctly comes out to the bit. Subnormal
 * numbers are left out, which a device may take for zero.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { threefry2x32 } from '../../src/ir/threefry.ts';
import { specialsOf } from '../support/specials.ts';
import { GpuHarness } from './harness.ts';
import { evaluateOnGpu } from './plans.ts';

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open();
});
afterAll(() => {
  gpu.close();
});

const isSubnormal = (x: number): boolean => x !== 0 && Math.abs(x) < 2 ** -126;
/** A product in float64: one that only rounding makes normal is flushed too. */
const product = (x: number, y: number): number => x * y;
const specials = specialsOf('float32').map(Number);

/** Every special value with every other, then random bits, then numbers of like size. */
function pairs(): readonly [Float32Array, Float32Array] {
  let count = 0;
  const next = (): number => threefry2x32([1, 2], [count++, 0])[0] / 2 ** 32;
  const left = specials.flatMap((x) => specials.map(() => x));
  const right = specials.flatMap(() => specials);
  const words = new Uint32Array(1);
  const floats = new Float32Array(words.buffer);
  const anyFloat = (): number => {
    words[0] = next() * 2 ** 32;
    return floats[0] ?? 0;
  };
  for (let i = 0; i < 4000; i++) {
    left.push(anyFloat());
    right.push(anyFloat());
  }
  for (let i = 0; i < 4000; i++) {
    left.push((next() - 0.5) * 2 ** (i % 24));
    right.push((next() - 0.5) * 2 ** (i % 7));
  }
  return [Float32Array.from(left), Float32Array.from(right)];
}

const [xs, ys] = pairs();

/** The largest distance in units in the last place, subnormal operands and outcomes aside. */
async function worst(expression: LazyArray): Promise<{ readonly ulps: number; readonly where: string }> {
  const node = nodeOf(expression);
  const [expected] = evaluateReference([node]);
  const { results } = await evaluateOnGpu(gpu, [node]);
  const [actual] = results;
  let [ulps, where] = [0, ''];
  for (let i = 0; i < xs.length; i++) {
    const [x, y] = [xs[i] ?? 0, ys[i] ?? 0];
    const [a, e] = [Number(actual?.[i]), Number(expected?.[i])];
    if (Object.is(a, e) || [x, y, e, product(x, y), product(x, x)].some(isSubnormal)) continue;
    const distance = Math.abs(a - e) / (Math.max(Math.abs(e), 2 ** -126) * 2 ** -23);
    if (!(distance <= ulps)) [ulps, where] = [distance, `${x}, ${y}: ${a} instead of ${e}`];
  }
  return { ulps, where };
}

const [x, y] = [lz.asArray(xs), lz.asArray(ys)];

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
