/**
 * Every scalar program as the targets write it out has the bits of the number machine, also where a target has code of
 * its own for the op; that code is held against the program by the tests of the ops.
 */
import { describe, expect, test } from 'vitest';
import { opExpression } from '../../src/codegen/js/ops.ts';
import { programFunction } from '../../src/codegen/js/programs.ts';
import { emitOp } from '../../src/codegen/wasm/values/ops.ts';
import { emitScalarProgram } from '../../src/codegen/wasm/values/programs.ts';
import type { Scalar } from '../../src/ir/dtype.ts';
import { castScalar } from '../../src/ir/scalar.ts';
import { expected, programCalls } from '../support/programs.ts';
import { specialsOf } from '../support/specials.ts';
import { generator, programOf, randomScalars, seen } from './wasm/harness.ts';

/** Special values with each other, small numbers, any bits: a multiple of 16. */
function operandsFor(call: (typeof programCalls)[number]): readonly (readonly Scalar[])[] {
  const random = generator(7);
  const specials = specialsOf(call.operand);
  const pick = (): Scalar => specials[Math.floor(random() * specials.length)] ?? 0;
  const small = (): Scalar => castScalar((random() - 0.3) * 40, 'float64', call.operand);
  const near = (): Scalar => castScalar((random() - 0.5) * 3, 'float64', call.operand);
  return Array.from({ length: call.arity }, () => [
    ...Array.from({ length: 160 }, pick),
    ...Array.from({ length: 96 }, small),
    ...Array.from({ length: 96 }, near),
    ...randomScalars(call.operand, 96, random),
  ]);
}

const title = ({ name, operand, result, results }: (typeof programCalls)[number]): string =>
  `${name} on ${operand}${results > 1 ? `, result ${result}` : ''}`;

describe('JavaScript', () => {
  test.each(programCalls.map((call) => [title(call), call] as const))('%s', (_, call) => {
    const run = programFunction(
      { ...call, name: `${call.name} of tests`.replaceAll(' ', '_') },
      opExpression,
    );
    const operands = operandsFor(call);
    operands[0]?.forEach((x, k) => {
      const args = operands.map((values) => values[k] ?? 0);
      const [, y = x, z = x] = args;
      expect(run(x, y, z), args.join(', ')).toBe(expected(call, args));
    });
  });
});

describe('WebAssembly', () => {
  test.each(programCalls.map((call) => [title(call), call] as const))('%s', (_, call) => {
    const operands = operandsFor(call);
    for (const lanes of [2, 16])
      for (const uniform of [[], [0], [0, 1, 2]]) {
        const forms = operands.map((__, k) => ({ dtype: call.operand, uniform: uniform.includes(k) }));
        const program = programOf(lanes, forms, (c, args) => {
          const pack = emitScalarProgram(c, call.program, call.operand, args, emitOp)[call.result];
          if (pack === undefined) throw new Error(`no result ${call.result}`);
          return pack;
        });
        const args = operands.map((values, k) =>
          seen(values, forms[k] ?? { dtype: 'bool', uniform: false }, lanes),
        );
        program.run(operands).forEach((value, k) => {
          const given = args.map((values) => values[k] ?? 0);
          expect(value, `${lanes} lanes: ${given.join(', ')}`).toBe(expected(call, given));
        });
      }
  });
});
