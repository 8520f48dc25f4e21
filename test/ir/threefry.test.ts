/** The generator against the published vectors, and what the targets make of it against the generator. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { opExpression } from '../../src/codegen/js/ops.ts';
import { programFunction } from '../../src/codegen/js/programs.ts';
import { programOf, type CodeOp } from '../../src/ir/ops.ts';
import { applyOp } from '../../src/ir/scalarNumbers.ts';
import { settings } from '../support/runs.ts';
import { threefry2x32, type Words } from '../support/threefry.ts';

/** Lines "threefry2x32 20" of kat_vectors in the Random123 library of the authors: counter, key, result. */
const vectors: readonly (readonly [counter: Words, key: Words, result: Words])[] = [
  [
    [0x00000000, 0x00000000],
    [0x00000000, 0x00000000],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x243f6a88, 0x85a308d3],
    [0x13198a2e, 0x03707344],
    [0xc4923a9c, 0x483df7a0],
  ],
];

test.each(vectors)('counter %j, key %j gives %j', (counter, key, result) => {
  expect(threefry2x32(key, counter)).toEqual(result);
});

const word = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff),
);

describe('the operations', () => {
  const onJs = (op: CodeOp): ((...args: readonly number[]) => unknown) => {
    const program = programOf(op, 'uint32');
    if (program === undefined) throw new Error(`${op} is no program`);
    return programFunction(program, opExpression);
  };

  test('threefryFirst and threefrySecond are its words for counters up to 2^32, on the JS target too', () => {
    const [first, second] = [onJs('threefryFirst'), onJs('threefrySecond')];
    fc.assert(
      fc.property(word, word, word, fc.boolean(), (key0, key1, counter, secondFirst) => {
        const words = threefry2x32([key0, key1], [counter, 0]);
        const args = [key0, key1, counter] as const;
        expect(applyOp('threefryFirst', 'uint32', args)).toBe(words[0]);
        expect(applyOp('threefrySecond', 'uint32', args)).toBe(words[1]);
        // In any order: the JS target remembers the latest block.
        const order = secondFirst ? ([1, 0, 1] as const) : ([0, 1, 0] as const);
        for (const k of order) expect((k === 0 ? first : second)(...args)).toBe(words[k]);
      }),
      settings(1000),
    );
  });

  test('multiplyCarry is the upper word of x y + z', () => {
    const carry = onJs('multiplyCarry');
    fc.assert(
      fc.property(word, word, word, (x, y, z) => {
        const exact = Number((BigInt(x) * BigInt(y) + BigInt(z)) / 2n ** 32n);
        expect(applyOp('multiplyCarry', 'uint32', [x, y, z])).toBe(exact);
        expect(carry(x, y, z)).toBe(exact);
      }),
      settings(1000),
    );
  });
});
