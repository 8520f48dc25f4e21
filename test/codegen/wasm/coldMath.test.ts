/** Math functions that a kernel uses again and again: called while the kernel is cold, written out when it is hot. */
import { describe, expect, test } from 'vitest';
import { nodeOf } from '../../../src/api/anyArray.ts';
import type { CompiledKernel } from '../../../src/codegen/target.ts';
import { wasmTarget } from '../../../src/codegen/wasm/target.ts';
import * as lz from '../../../src/index.ts';
import type { LazyArray } from '../../../src/index.ts';
import { bindGraph, encode } from '../../../src/passes/bind.ts';
import { compilePlan } from '../../../src/passes/pipeline.ts';

/** The one kernel of an expression. */
function kernelOf(root: LazyArray): CompiledKernel {
  const encoding = encode([nodeOf(root)], () => undefined, true);
  const { kernels } = compilePlan('', bindGraph(encoding), { disabled: new Set(), verify: false });
  expect(kernels).toHaveLength(1);
  const [only] = kernels;
  if (only === undefined) throw new Error('the plan is empty');
  return wasmTarget.compile(only.kernel);
}

const line = (n: number, dtype: 'float64' | 'float32' = 'float64'): LazyArray =>
  lz.asArray(Float64Array.from({ length: n }, (_, k) => 40 * Math.sin(k * k))).astype(dtype);

type Step = (x: LazyArray, y: LazyArray) => LazyArray;

/** Each uses functions four times and more. */
const steps: Readonly<Record<string, Step>> = {
  sin: (x) => x.sin().mul(30),
  'sin and exp': (x, y) => x.sin().add(y.exp()).log1p(),
  'pow by arrays and scalars': (x, y) => x.abs().pow(y.abs()).add(lz.pow(1.5, x)).pow(0.3),
  atan2: (x, y) => lz.atan2(x, y).mul(3),
  gamma: (x) => x.abs().lgamma(),
};
const chain = (step: Step, x: LazyArray, y: LazyArray): LazyArray => {
  let z = x;
  for (let k = 0; k < 4; k++) z = step(z, y).add(k);
  return z;
};

describe('the code of a function stands once', () => {
  const bytesOf = (sines: number): number => {
    let x = line(64);
    for (let k = 0; k < sines; k++) x = x.sin().mul(0.5);
    return kernelOf(x).about?.bytes ?? 0;
  };

  test('sixteen sines take little more than one', () => {
    expect(bytesOf(16)).toBeLessThan(2 * bytesOf(1));
  });

  test('up to three are written where they are used', () => {
    expect(kernelOf(line(64).sin().sin().sin()).code).not.toContain('func sin');
  });

  test('the code says so', () => {
    let x = line(64);
    for (let k = 0; k < 4; k++) x = x.sin();
    const { code } = kernelOf(x);
    expect(code).toContain('sin is called; written out where it is used from 1048576 elements on');
    expect(code).toMatch(/func sin\.float64x2\(x_0: v128, x_1: v128\): v128, v128/);
  });
});

test('parts on threads are cold, too, until the loops have gone over 2^20 elements', () => {
  let x = line(64);
  for (let k = 0; k < 4; k++) x = x.sin();
  const { parts } = kernelOf(x);
  if (parts === undefined) throw new Error('this host has no shared memory');
  const half = [2 ** 19];
  const cold = parts.programFor(half);
  parts.beforeRun(half);
  expect(parts.programFor(half)).toBe(cold);
  parts.beforeRun(half);
  const hot = parts.programFor(half);
  expect(hot.id).not.toBe(cold.id);
  expect(hot.bytes.length).toBeGreaterThan(2 * cold.bytes.length);
});

describe.each(['float64', 'float32'] as const)('bits of %s do not depend on the form', (dtype) => {
  test.each(Object.entries(steps))('%s', (_, step) => {
    const few = 173;
    const [x, y] = [line(few, dtype), line(few, dtype).add(0.25)];
    const [row, column] = lz.evaluateSync([x, y]);
    const wanted = chain(step, x, y).dataSync({ target: 'reference' });
    const f = lz.compile((a: LazyArray, b: LazyArray) => chain(step, a, b), { target: 'wasm' });
    // Cold, and then hot.
    for (let k = 0; k * few < 2 ** 20 + 2 * few; k += 1) {
      const result = f(row, column);
      if (k < 3 || k * few > 2 ** 20) expect(result.dataSync()).toEqual(wanted);
    }
  });

  test('of what is the same for all elements of a loop', () => {
    const table = line(24, dtype).reshape([8, 3]);
    const expression = (): LazyArray =>
      chain((z, w) => z.sin().mul(w.sin()), table.sum(1, { keepdims: true }), table);
    expect(expression().dataSync({ target: 'wasm' })).toEqual(expression().dataSync({ target: 'reference' }));
  });
});
