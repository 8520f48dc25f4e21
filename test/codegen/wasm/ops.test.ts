/** Every op and every cast on packs against the reference functions, to the bit, for all dtypes and pack widths. */
import { describe, expect, it, test } from 'vitest';
import { constantPack } from '../../../src/codegen/wasm/values/constants.ts';
import { emitCast } from '../../../src/codegen/wasm/values/casts.ts';
import { emitOp } from '../../../src/codegen/wasm/values/ops.ts';
import type { LaneBytes } from '../../../src/codegen/wasm/values/pack.ts';
import { dtypeNames, isFloat, isInteger, type DType, type Scalar } from '../../../src/ir/dtype.ts';
import { opRow, opTypes, scalarOps, type ScalarOp } from '../../../src/ir/ops.ts';
import { applyOp } from '../../../src/ir/scalarNumbers.ts';
import { castScalar } from '../../../src/ir/scalar.ts';
import { computeDTypes, specialsOf } from '../../support/specials.ts';
import { generator, programOf, randomScalars, seen, type OperandForm, type Program } from './harness.ts';

const laneCounts = [2, 4, 8, 16];
const widths: readonly LaneBytes[] = [1, 2, 4, 8];

const padded = (values: readonly Scalar[], count: number): readonly Scalar[] =>
  Array.from({ length: count }, (_, k) => values[k % values.length] ?? 0);

/** Every special value with every other, then values at random: small ones, and any bits. */
function operandsFor(
  dtypes: readonly DType[],
  seed: number,
  randoms: number,
): readonly (readonly Scalar[])[] {
  const random = generator(seed);
  const specials = dtypes.map(specialsOf);
  const [first = [], ...others] = specials;
  const combined: Scalar[][] = dtypes.map(() => []);
  const [second = [0]] = others;
  for (const x of first)
    for (const y of second) {
      combined[0]?.push(x);
      combined[1]?.push(y);
      const third = specials[2];
      if (third !== undefined) combined[2]?.push(third[Math.floor(random() * third.length)] ?? 0);
    }
  const small = (dtype: DType): Scalar => castScalar((random() - 0.5) * 40, 'float64', dtype);
  const lists = dtypes.map((dtype, k) => [
    ...(combined[k] ?? []),
    ...Array.from({ length: randoms }, () => small(dtype)),
    ...randomScalars(dtype, randoms, random),
  ]);
  const count = Math.ceil(Math.max(...lists.map((list) => list.length)) / 16) * 16;
  return lists.map((list) => padded(list, count));
}

function expectResults(
  program: Program,
  lanes: number,
  forms: readonly OperandForm[],
  operands: readonly (readonly Scalar[])[],
  reference: (args: readonly Scalar[]) => Scalar,
  what: string,
): void {
  const actual = program.run(operands);
  const args = operands.map((values, k) =>
    seen(values, forms[k] ?? { dtype: 'bool', uniform: false }, lanes),
  );
  actual.forEach((value, k) => {
    const given = args.map((values) => values[k] ?? 0);
    const expected = reference(given);
    if (!Object.is(value, expected))
      expect.fail(
        `${what} with ${lanes} lanes: (${given.map(show).join(', ')}) gives ${show(value)} instead of ${show(expected)}\n${program.text}`,
      );
  });
}

const show = (value: Scalar): string =>
  Object.is(value, -0) ? '-0' : typeof value === 'bigint' ? `${value}n` : String(value);

/** The dtypes an op computes in. */
const legal = (op: ScalarOp): readonly DType[] =>
  computeDTypes.filter((dtype) => {
    const operands = Array.from({ length: opRow(op).arity }, () => dtype);
    try {
      return opTypes(op, operands).operand === dtype;
    } catch {
      return false;
    }
  });

/** Which operands are uniform: none, each one alone, all. */
const mixes = (arity: number): readonly (readonly boolean[])[] => {
  const none = Array.from({ length: arity }, () => false);
  const alone = none.map((_, k) => none.map((__, j) => j === k));
  return [none, ...(arity > 1 ? alone : []), none.map(() => true)];
};

describe('ops have the bits of the reference', () => {
  for (const op of scalarOps)
    for (const dtype of legal(op)) {
      it(`${op} on ${dtype}`, () => {
        const { arity } = opRow(op);
        const dtypes = Array.from({ length: arity }, (_, k) =>
          op === 'where' && k === 0 ? ('bool' as const) : dtype,
        );
        const operands = operandsFor(dtypes, 1, 400);
        let turn = 0;
        for (const lanes of laneCounts)
          for (const mix of mixes(arity)) {
            const forms = dtypes.map((operand, k) => ({
              dtype: operand,
              uniform: mix[k] ?? false,
              maskBytes: widths[turn++ % 4] ?? 1,
            }));
            const program = programOf(lanes, forms, (c, args) => emitOp(c, op, dtype, args));
            const reference = (args: readonly Scalar[]): Scalar => applyOp(op, dtype, args);
            expectResults(program, lanes, forms, operands, reference, `${op} ${dtype}`);
          }
      });
    }
});

describe('casts have the bits of the reference', () => {
  for (const from of dtypeNames)
    it(`from ${from}`, () => {
      const limits = isFloat(from) ? dtypeNames.flatMap((to) => specialsOf(to)) : [];
      const around = limits
        .flatMap((value) => [Number(value), Number(value) + 0.5, Number(value) - 0.75, Number(value) * 1.5])
        .map((value) => castScalar(value, 'float64', from));
      const values = [...(operandsFor([from], 2, 500)[0] ?? []), ...around];
      const operands = [padded(values, Math.ceil(values.length / 16) * 16)];
      for (const to of dtypeNames)
        for (const lanes of laneCounts)
          for (const uniform of [false, true])
            for (const maskBytes of from === 'bool' ? widths : [1 as const]) {
              const forms = [{ dtype: from, uniform, maskBytes }];
              const program = programOf(lanes, forms, (c, [x]) => {
                if (x === undefined) throw new Error('one operand');
                return emitCast(c, x, to);
              });
              const reference = ([x = 0]: readonly Scalar[]): Scalar => castScalar(x, from, to);
              expectResults(program, lanes, forms, operands, reference, `${from} to ${to}`);
            }
    });
});

test('shifts by constants', () => {
  for (const dtype of dtypeNames.filter(isInteger))
    for (const op of ['shiftLeft', 'shiftRight'] as const)
      for (const count of specialsOf(dtype)) {
        const forms = [{ dtype, uniform: false }];
        const program = programOf(4, forms, (c, args) =>
          emitOp(c, op, dtype, [...args, constantPack(c, dtype, count)]),
        );
        const [values = []] = operandsFor([dtype], 3, 32);
        const reference = ([x = 0]: readonly Scalar[]): Scalar => applyOp(op, dtype, [x, count]);
        expectResults(program, 4, forms, [values], reference, `${op} by ${count}`);
      }
});

test('powers by constants', () => {
  for (const dtype of dtypeNames.filter(isInteger))
    for (const exponent of specialsOf(dtype)) {
      const forms = [{ dtype, uniform: false }];
      const program = programOf(8, forms, (c, args) =>
        emitOp(c, 'pow', dtype, [...args, constantPack(c, dtype, exponent)]),
      );
      const [values = []] = operandsFor([dtype], 3, 32);
      const reference = ([x = 0]: readonly Scalar[]): Scalar => applyOp('pow', dtype, [x, exponent]);
      expectResults(program, 8, forms, [values], reference, `pow by ${exponent}`);
    }
});

test('casts of constants are constants', () => {
  for (const from of dtypeNames)
    for (const to of dtypeNames)
      for (const value of specialsOf(from)) {
        const program = programOf(4, [], (c) => emitCast(c, constantPack(c, from, value), to));
        expect(program.run([]), `${from} to ${to}`).toEqual([]);
        expect(program.text).not.toMatch(/trunc|convert|extend|narrow|demote|promote/);
      }
});

/** Close to where the quotient turns, over many sizes of quotient. */
test('remainders of quotients near whole numbers', () => {
  const random = generator(4);
  const scaled = (bits: number): number => (random() + 0.5) * 2 ** Math.floor((random() - 0.5) * bits);
  for (const dtype of ['float64', 'float32'] as const)
    for (const op of ['remainder', 'floorDivide'] as const) {
      const [xs, ys]: [number[], number[]] = [[], []];
      for (let k = 0; k < 16_000; k++) {
        const y = scaled(k % 7 === 0 ? 2000 : 60) * (random() < 0.5 ? -1 : 1);
        const whole = Math.floor(random() * 2 ** Math.floor(random() * 60));
        const near = y * whole * (1 + (Math.floor(random() * 5) - 2) * 2 ** -52);
        xs.push((k % 3 === 0 ? scaled(2000) : near) * (random() < 0.5 ? -1 : 1));
        ys.push(y);
      }
      const rounded = [xs, ys].map((values) =>
        values.map((value) => Number(castScalar(value, 'float64', dtype))),
      );
      const forms = [0, 1].map(() => ({ dtype, uniform: false }));
      const program = programOf(4, forms, (c, args) => emitOp(c, op, dtype, args));
      const reference = (args: readonly Scalar[]): Scalar => applyOp(op, dtype, args);
      expectResults(program, 4, forms, rounded, reference, op);
    }
});
