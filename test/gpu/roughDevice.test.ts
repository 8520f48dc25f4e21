/**
 * Division and square root on a device as rough as WGSL allows: multiply-add is fused, a reciprocal comes to 2.5 ulp and
 * is 0 where it would be subnormal, a root comes to a few ulp. The device of the tests is better than that and has no
 * fused multiply-add, so these operators of the shaders are replaced by functions that behave so.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { GpuHarness } from './harness.ts';
import { pairs, worstPair } from './pairs.ts';

/** Exact: the product and the sum as pairs of floats, their errors added rounding to odd (Boldo, Melquiond 2008). */
const replacements = `
fn upper(x: vec4f) -> vec4f {
  let scaled = x * 4097f;
  return scaled - (scaled - x);
}
fn sumError(x: vec4f, y: vec4f, sum: vec4f) -> vec4f {
  let part = sum - x;
  return (x - (sum - part)) + (y - part);
}
fn fusedMultiplyAdd(x: vec4f, y: vec4f, z: vec4f) -> vec4f {
  let product = x * y;
  let error = (((upper(x) * upper(y) - product) + upper(x) * (y - upper(y))) + (x - upper(x)) * upper(y))
    + (x - upper(x)) * (y - upper(y));
  let sum = product + z;
  let left = sumError(product, z, sum);
  let errors = left + error;
  let lost = sumError(left, error, errors);
  let bits = bitcast<vec4u>(errors);
  let outwards = (lost > vec4f()) == (errors > vec4f());
  let odd = select(bits - vec4u(1u), bits + vec4u(1u), outwards);
  let even = (lost != vec4f()) & ((bits & vec4u(1u)) == vec4u());
  return sum + bitcast<vec4f>(select(bits, odd, even));
}
fn rough(exact: vec4f, x: vec4f) -> vec4f {
  let bits = bitcast<vec4u>(exact);
  let near = bits + ((bitcast<vec4u>(x) >> vec4u(1u)) % vec4u(5u)) - vec4u(2u);
  let magnitude = bits & vec4u(0x7fffffffu);
  let flushed = select(bits, bits & vec4u(0x80000000u), magnitude < vec4u(0x800000u));
  return bitcast<vec4f>(select(flushed, near, (magnitude > vec4u(0x800002u)) & (magnitude < vec4u(0x7f7ffffdu))));
}
fn roughReciprocal(x: vec4f, y: vec4f) -> vec4f { return rough(x / y, y); }
fn roughRoot(x: vec4f) -> vec4f { return rough(sqrt(x), x); }
`;

/** What the shader says, in the functions above. */
const asOnRoughDevice = (wgsl: string): string =>
  wgsl
    .replace(/(fn fusedx4\(\) -> bool) .*$/m, '$1 { return true; }')
    .replaceAll(/\bfma\(/g, 'fusedMultiplyAdd(')
    .replaceAll(/\bsqrt\(/g, 'roughRoot(')
    .replaceAll(/(vec4f\(0?[1.][5f]?f?\)) \/ (\w+)/g, 'roughReciprocal($1, $2)') + replacements;

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open(asOnRoughDevice);
});
afterAll(() => {
  gpu.close();
});

const [xs, ys] = pairs();
const [x, y] = [lz.asArray(xs), lz.asArray(ys)];

describe('on a rough device', () => {
  test.each([
    ['x / y', x.div(y)],
    ['y / x', y.div(x)],
    ['sqrt(x)', x.sqrt()],
    ['x * y + y', x.mul(y).add(y)],
  ] as const)('%s is correctly rounded', async (_, expression) => {
    expect(await worstPair(gpu, expression, xs, ys)).toEqual({ ulps: 0, where: '' });
  });
});
