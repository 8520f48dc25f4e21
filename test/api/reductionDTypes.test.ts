/** The option `dtype` of reductions: every dtype that it accepts gives the same on every target. */
import { expect, test } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import * as lz from '../../src/index.ts';
import { dtypeNames, isFloat, type DType } from '../../src/ir/dtype.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { expectSameBits } from '../support/bits.ts';
import { arrayOf, ordinary, specialsOf } from '../support/specials.ts';

const targets = ['js', 'wasm'] as const;

/** Two axes; ordinary numbers, and special ones here and there. */
function arrayIn(dtype: DType, rows: number, columns: number): lz.LazyArray {
  const specials = specialsOf(dtype);
  const values = Array.from({ length: rows * columns }, (_, i) =>
    i % 5 === 3 ? (specials[i % specials.length] ?? 0) : ordinary(i, dtype),
  );
  return lz.asArray(arrayOf(dtype, values), { dtype }).reshape([rows, columns]);
}

test.each(dtypeNames)('reductions of %s in every dtype', (from) => {
  const x = arrayIn(from, 3, 19);
  const roots = dtypeNames.flatMap((dtype) => [
    x.sum(1, { dtype }),
    x.prod(0, { dtype }),
    x.T.sum({ dtype }),
    ...(isFloat(dtype) ? [x.mean(0, { dtype }), x.std(1, { dtype })] : []),
  ]);
  const nodes = roots.map(nodeOf);
  const expected = evaluateReference(nodes);
  expect(nodes.map(({ dtype }) => dtype)).toEqual(expected.map((_, k) => roots[k]?.dtype));
  for (const target of targets) {
    const actual = evaluateNodes(nodes, { target, memo: false, verify: true });
    expectSameBits(
      actual.map(({ source }) => source.values),
      expected,
      target,
    );
  }
});

test('in bool a sum is any and a product is all', () => {
  const x = lz.array([
    [true, false, true],
    [true, true, true],
  ]);
  for (const target of [...targets, 'reference'] as const) {
    expect(x.sum(1, { dtype: 'bool' }).dataSync({ target, memo: false })).toEqual(Uint8Array.of(1, 1));
    expect(x.prod(1, { dtype: 'bool' }).dataSync({ target, memo: false })).toEqual(Uint8Array.of(0, 1));
    const numbers = lz.array([0.5, NaN, 256]);
    expect(numbers.sum({ dtype: 'bool' }).dataSync({ target, memo: false })[0]).toBe(1);
    expect(numbers.prod({ dtype: 'bool' }).dataSync({ target, memo: false })[0]).toBe(1);
    expect(lz.zeros([0]).sum({ dtype: 'bool' }).dataSync({ target, memo: false })[0]).toBe(0);
    expect(lz.zeros([0]).prod({ dtype: 'bool' }).dataSync({ target, memo: false })[0]).toBe(1);
  }
});
