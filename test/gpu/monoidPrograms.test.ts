/** The programs of a reduction may do what those of operations may: loops, exceptions, bits of floats, on every target. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allocate, isFloat, type ComputeDType } from '../../src/ir/dtype.ts';
import { registerMonoid, type Reduction } from '../../src/ir/monoids.ts';
import { reduce, scan, type Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { castScalar } from '../../src/ir/scalar.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { firstDifference } from '../support/bits.ts';
import { divisor, powers } from '../support/monoidPrograms.ts';
import * as t from '../support/typed.ts';
import { GpuHarness } from './harness.ts';
import { evaluateOnGpu } from './plans.ts';

let gpu: GpuHarness;
const names = new Map<'divisor' | 'powers', Reduction>();
const takenBack: (() => void)[] = [];

beforeAll(async () => {
  gpu = await GpuHarness.open();
  for (const [key, row] of [
    ['divisor', divisor],
    ['powers', powers],
  ] as const) {
    const { name, unregister } = registerMonoid(`${key} of tests`, row);
    names.set(key, name);
    takenBack.push(unregister);
  }
});
afterAll(() => {
  for (const unregister of takenBack) unregister();
  gpu.close();
});

/** Multiples of 6, or floats of many magnitudes, NaN and infinities among them. */
function elements(dtype: ComputeDType, shape: readonly number[]): Node {
  const count = shape.reduce((x, y) => x * y, 1);
  const array = allocate(dtype, count);
  for (let k = 0; k < count; k++) {
    const number = ((k * 37) % 201) - 100;
    const float =
      k % 50 === 3 ? ([NaN, Infinity, -Infinity, 0][(k / 50) & 3] ?? 0) : number * 2 ** ((k % 41) - 20);
    array[k] = castScalar(isFloat(dtype) ? float : number * 6 * ((k % 5) + 1), 'float64', dtype);
  }
  return t.data(array, shape);
}

describe.each([
  ['divisor', 'int32'],
  ['divisor', 'uint32'],
  ['divisor', 'int64'],
  ['powers', 'float32'],
  ['powers', 'float64'],
] as const)('%s of %s', (key, dtype) => {
  test.each([
    ['rows', 1],
    ['columns', 0],
  ] as const)('%s', async (_, axis) => {
    const op = names.get(key);
    if (op === undefined) throw new Error('the reduction is registered');
    const x = elements(dtype, [37, 45]);
    const roots = [reduce(op, x, [axis], dtype), scan(op, x, axis, false, dtype)];
    const wanted = evaluateReference(roots);
    for (const target of ['js', 'wasm'] as const) {
      const results = evaluateNodes(roots, { memo: false, verify: true, target });
      wanted.forEach((values, k) => {
        const found = results[k]?.source.values;
        expect(found && firstDifference(found, values), `${target}, root ${k}`).toBeUndefined();
      });
    }
    if (dtype === 'int64' || dtype === 'float64') return;
    for (const [k, root] of roots.entries()) {
      const { results } = await evaluateOnGpu(gpu, [root]);
      const [found, values] = [results[0], wanted[k]];
      expect(found && values && firstDifference(found, values), `GPU, root ${k}`).toBeUndefined();
    }
  });
});
