/** Concatenations of many parts: put together ahead of the plan, with the bits of the reference. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import * as lz from '../../src/index.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { expectSameBits } from '../support/bits.ts';
import { settings } from '../support/runs.ts';

beforeEach(() => {
  lz.clearCache();
});

const many = 70;

/** One part of rows by 3, from what all parts share and from its position. */
const forms: Record<string, (shared: lz.LazyArray, k: number, rows: number) => lz.LazyArray> = {
  stored: (_, k, rows) => lz.array(Array.from({ length: rows }, (_row, i) => [k, -0, i + 0.5])),
  sliced: (shared, k, rows) => shared.slice([k % 7, (k % 7) + rows]),
  reversed: (shared, k, rows) =>
    shared.slice([(k % 7) + rows - 1, k % 7 === 0 ? null : (k % 7) - 1, -1], [null, null, -1]),
  transposed: (_, k, rows) =>
    lz.array([Array<number>(rows).fill(k), Array<number>(rows).fill(NaN), Array<number>(rows).fill(1)]).T,
  broadcast: (_, k, rows) => lz.broadcastTo(lz.array([1, k, 3]), [rows, 3]),
  reshaped: (shared, k, rows) => shared.T.slice(null, [k % 7, (k % 7) + rows]).reshape([rows, 3]),
  computed: (shared, k, rows) =>
    shared
      .slice([0, rows])
      .mul(k + 0.25)
      .sqrt(),
  reduced: (shared, k, rows) => lz.broadcastTo(shared.slice([0, (k % 9) + 1]).sum(0), [rows, 3]),
  shared: (shared, _, rows) => lz.broadcastTo(shared.exp().sum(0), [rows, 3]),
  formula: (_, k, rows) => lz.full([rows, 3], k),
  integers: (_, k, rows) =>
    lz
      .full([rows, 3], k, { dtype: 'int8' })
      .astype('int32')
      .add(lz.arange(3, { dtype: 'int32' })),
};
const part = fc.tuple(fc.constantFrom(...Object.keys(forms)), fc.integer({ min: 1, max: 3 }));

const shared = (): lz.LazyArray => lz.arange(36).reshape([12, 3]).add(0.125);

function joined(parts: readonly (readonly [string, number])[], turned: boolean): lz.LazyArray {
  const from = shared();
  const arrays = Array.from({ length: many }, (_, k) => {
    const [form = 'stored', rows = 1] = parts[k % parts.length] ?? [];
    const array = forms[form]?.(from, k, rows) ?? from;
    return turned ? array.T : array;
  });
  return lz.concat(arrays, turned ? 1 : 0);
}

describe.each(['js', 'wasm', 'auto', 'reference'] as const)('on target %s', (target) => {
  test('any mixture of parts has the bits of the reference, alone and below other work', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.boolean(), (parts, turned) => {
        const x = joined(parts, turned);
        const y = x.mul(2).sum(0);
        const expected = evaluateReference([nodeOf(x), nodeOf(y)]);
        const values = lz.evaluateSync([x, y], { target, memo: false }).map((array) => array.dataSync());
        expectSameBits(values, expected, parts.join(' '));
      }),
      settings(target === 'reference' ? 5 : 25),
    );
  });
});

test('parts of one structure take one plan and few kernels, however many', () => {
  const x = lz.asArray(
    Float64Array.from({ length: 8000 }, (_, k) => k / 3),
    { shape: [1000, 8] },
  );
  const sums = lz.stack(
    Array.from({ length: 1000 }, (_, k) =>
      x
        .slice(k)
        .mul(k + 0.5)
        .sum(),
    ),
  );
  expect(sums.dataSync({ target: 'js' })).toEqual(
    x
      .mul(lz.arange(1000).add(0.5).reshape([1000, 1]))
      .sum(1)
      .dataSync(),
  );
  expect(lz.cacheInfo().plans.entries).toBeLessThan(6);
});

test('explain computes nothing and tells; so does it afterwards', () => {
  const parts = Array.from({ length: 5000 }, (_, k) => lz.array([k, k + 1]));
  const x = lz.stack(parts).sum(1);
  const line = '5000 parts are put together ahead of the plan';
  const before = x.explain();
  expect(before.toString()).toContain(line);
  expect(before.toJSON().plan.kernels.length).toBe(1);
  expect(x.dataSync().at(-1)).toBe(9999);
  expect(x.explain().toString()).toContain(line);
});

test('another expression over the same parts reads what is there, unless an array was touched', () => {
  const memory = Float64Array.of(1, 2);
  const wrapped = lz.asArray(memory, { copy: false });
  const x = lz.stack(Array.from({ length: many }, () => wrapped));
  expect(x.sum().item()).toBe(3 * many);
  memory[0] = 5;
  wrapped.touch();
  expect(x.add(0).sum().item()).toBe(7 * many);
});

test('errors of parts are those of the parts', () => {
  const x = lz.array([1, 2, 3]);
  const parts = Array.from({ length: many }, (_, k) => x.take(lz.array([k], { dtype: 'int32' })));
  expect(() => lz.concat(parts).dataSync()).toThrow(lz.IndexError);
});

test('compiled functions take many parts, of arguments and of arrays they captured', () => {
  const parts = Array.from({ length: many }, (_, k) => lz.array([k]));
  const f = lz.compile((a: lz.LazyArray) => lz.concat([...parts, ...parts.map((one) => one.mul(a))]));
  const values = Array.from({ length: many }, (_, k) => k);
  expect([...f(Float64Array.of(3)).dataSync()]).toEqual([...values, ...values.map((k) => 3 * k)]);
});

test('with a pass switched off, and verified, plans do it themselves', () => {
  const x = lz.stack(Array.from({ length: many }, (_, k) => lz.array([k, 1])));
  const plain = x.sum(1).dataSync();
  expect(x.sum(1).dataSync({ disable: ['fuse'], memo: false })).toEqual(plain);
  expect(x.sum(1).dataSync({ verify: true })).toEqual(plain);
});
