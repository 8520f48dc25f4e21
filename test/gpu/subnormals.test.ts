/**
 * What selects a number, moves it or looks at its bits is exact on a device that takes subnormal numbers for zero in
 * arithmetic and comparisons, as the device of the tests does.
 */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import * as lz from '../../src/index.ts';
import type { AnyArray } from '../../src/api/anyArray.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { expectSameBits } from '../support/bits.ts';
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

const ofWords = (...words: readonly number[]): Float32Array =>
  new Float32Array(Uint32Array.from(words).buffer);
const subnormals = [1, 2, 3, 4, 0x400000, 0x7ffffe, 0x7fffff].flatMap((word) => [word, word + 0x80000000]);
const nans = [0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff];
const all = [...specialsOf('float32').map(Number), ...ofWords(...subnormals, ...nans)];

const x = lz.asArray(Float32Array.from(all.flatMap((value) => all.map(() => value))));
const y = lz.asArray(Float32Array.from(all.flatMap(() => all)));

async function expectReference(expression: AnyArray): Promise<void> {
  const node = nodeOf(expression);
  const { results } = await evaluateOnGpu(gpu, [node]);
  expectSameBits(results, evaluateReference([node]));
}

describe('every special value with every other', () => {
  test.each([
    ['minimum', lz.minimum(x, y)],
    ['maximum', lz.maximum(x, y)],
    ['clip', lz.clip(x, y, 1)],
    ['clip from above', lz.clip(x, -1, y)],
    ['negative', x.negative()],
    ['negative of negative minimum', lz.minimum(x.negative(), y).negative()],
    ['abs', x.abs()],
    ['sign', x.sign()],
    ['where', lz.where(x.isnan(), y, x)],
    ['isnan', x.isnan()],
    ['isfinite', x.isfinite()],
    ['isinf', x.isinf()],
    ['to bool', x.astype('bool')],
  ] as const)('%s', (_, expression) => expectReference(expression));
});

describe('reductions', () => {
  const square = x.reshape([all.length, all.length]);
  const mixed = lz.maximum(square, square.T);
  const tiny = lz.asArray(ofWords(...Array.from({ length: 70_000 }, (_, k) => 0x7ffff0 - (k % 4001))));
  const signed = lz.asArray(
    ofWords(...Array.from({ length: 70_001 }, (_, k) => (k % 2) * 0x80000000 + (k % 911))),
  );
  const few = lz.asArray(ofWords(2, 1, 4));
  type Reduced = (array: lz.LazyArray, axis?: number) => lz.LazyArray;
  const reductions: Readonly<Record<'min' | 'max' | 'argmin' | 'argmax', Reduced>> = {
    min: lz.min,
    max: lz.max,
    argmin: lz.argmin,
    argmax: lz.argmax,
  };
  const cases = Object.entries(reductions).flatMap(([op, of]) => [
    [`${op} of three`, of(few)] as const,
    [`${op} along rows`, of(square, 1)] as const,
    [`${op} down columns`, of(square, 0)] as const,
    [`${op} of all, a NaN among them`, of(mixed)] as const,
    [`${op} of rows without NaN`, of(lz.where(square.isnan(), 1e-45, square), 0)] as const,
    [`${op} in parts`, of(tiny)] as const,
    [`${op} in parts, of both signs`, of(signed)] as const,
  ]);
  test.each(cases)('%s', (_, expression) => expectReference(expression));
  const rows = tiny.negative().reshape([7, 10_000]);
  test.each([
    ['the least of a row, used by the row', lz.maximum(rows, rows.min(1, { keepdims: true }).negative())],
    ['the greatest of a row, used by the row', lz.minimum(rows, rows.max(1, { keepdims: true }))],
  ] as const)('%s', (_, expression) => expectReference(expression));
});
