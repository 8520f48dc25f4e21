/**
 * Pairs of float32 numbers that try an operation out, and how far a device is off on them. Subnormal numbers are left
 * out, which a device may take for zero.
 */
import { nodeOf } from '../../src/api/anyArray.ts';
import type { LazyArray } from '../../src/index.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { threefry2x32 } from '../support/threefry.ts';
import { specialsOf } from '../support/specials.ts';
import type { GpuHarness } from './harness.ts';
import { evaluateOnGpu } from './plans.ts';

const isSubnormal = (x: number): boolean => x !== 0 && Math.abs(x) < 2 ** -126;
/** A product in float64: one that only rounding makes normal is flushed too. */
const product = (x: number, y: number): number => x * y;
const specials = specialsOf('float32').map(Number);

/** Every special value with every other, then random bits, then numbers of like size. */
export function pairs(): readonly [Float32Array, Float32Array] {
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

export interface Distance {
  readonly ulps: number;
  readonly where: string;
}

/** The largest distance in units in the last place, subnormal operands and outcomes aside. */
export async function worstPair(
  gpu: GpuHarness,
  expression: LazyArray,
  xs: Float32Array,
  ys: Float32Array,
): Promise<Distance> {
  const node = nodeOf(expression);
  const [expected] = evaluateReference([node]);
  const { results } = await evaluateOnGpu(gpu, [node]);
  const [actual] = results;
  let [ulps, where] = [0, ''];
  for (let i = 0; i < xs.length; i++) {
    const [x, y] = [xs[i] ?? 0, ys[i] ?? 0];
    const [a, e] = [Number(actual?.[i]), Number(expected?.[i])];
    if (Object.is(a, e) || [x, y, e, product(x, y), product(x, x)].some(isSubnormal)) continue;
    const ulp = Math.max(Math.abs(e), 2 ** -126) * 2 ** -23;
    const distance = Number.isFinite(a) && Number.isFinite(e) ? Math.abs(a - e) / ulp : Infinity;
    if (distance > ulps) [ulps, where] = [distance, `${x}, ${y}: ${a} instead of ${e}`];
  }
  return { ulps, where };
}
