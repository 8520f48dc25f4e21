/** Math functions as JavaScript against the number machine, bit for bit: any program, and every function of the table. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { compileMath, mathCode } from '../../src/codegen/js/math.ts';
import { mathFunctions, onNumbers, onSingles } from '../../src/ir/math/functions.ts';
import type { Lowering, Machine, Table } from '../../src/ir/math/machine.ts';
import { numberMachine } from '../../src/ir/math/numberMachine.ts';
import { opRow } from '../../src/ir/ops.ts';
import { specialsOf } from '../support/specials.ts';

// ---------------------------------------------------------------------------------------------------------
// Any program

const table: Table = { name: 'eighths', values: Float64Array.from({ length: 8 }, (_, k) => k / 8) };

/** A program as numbers: each step takes an operation and operands by number, from what exists at that point. */
type Step = readonly [operation: number, a: number, b: number, c: number];

function run<V, M>(machine: Machine<V, M>, steps: readonly Step[], x: V, y: V): V {
  const values: V[] = [x, y, machine.constant(1.5), machine.constant(-0)];
  const conditions: M[] = [machine.less(x, y), machine.signBit(x)];
  const perform = (from: number, to: number): void => {
    for (let k = from; k < to; k++) {
      const [operation, i, j, l] = steps[k] ?? [0, 0, 0, 0];
      const value = (n: number): V => values[values.length - 1 - (n % values.length)] ?? x;
      const condition = (n: number): M => conditions[n % conditions.length] ?? machine.less(x, y);
      const [a, b] = [value(i), value(j)];
      switch (operation % 24) {
        case 0:
        case 1:
          values.push(machine.add(a, b));
          break;
        case 2:
          values.push(machine.subtract(a, b));
          break;
        case 3:
        case 4:
          values.push(machine.multiply(a, b));
          break;
        case 5:
          values.push(machine.divide(a, b));
          break;
        case 6:
          values.push(machine.sqrt(a));
          break;
        case 7:
          values.push(machine.negate(a));
          break;
        case 8:
          values.push(machine.abs(a));
          break;
        case 9:
          values.push(machine.floor(a));
          break;
        case 10:
          values.push(machine.nearest(a));
          break;
        case 11:
          // The sign of a NaN is anybody's.
          values.push(machine.select(machine.equal(b, b), machine.copySign(a, b), a));
          break;
        case 12:
          conditions.push(machine.less(a, b));
          break;
        case 13:
          conditions.push(machine.lessEqual(a, b), machine.equal(a, b));
          break;
        case 14:
          conditions.push(machine.and(condition(i), condition(j)), machine.or(condition(j), condition(l)));
          break;
        case 15:
          conditions.push(machine.not(condition(i)));
          break;
        case 16:
        case 17:
          values.push(machine.select(condition(l), a, b));
          break;
        case 18:
          values.push(machine.highHalf(a), machine.exponent(a), machine.significand(a));
          break;
        case 19:
          values.push(machine.powerOfTwo(machine.floor(a)));
          break;
        case 20:
          values.push(machine.lookup(table, machine.floor(a)));
          break;
        case 21: {
          const both = condition(l);
          values.push(machine.select(both, a, b), machine.select(both, machine.add(a, b), a));
          break;
        }
        default: {
          const end = Math.min(to, k + 2 + (l % 6));
          const usual = [a, b, machine.multiply(a, a)];
          const result = machine.rarely(condition(j), usual, () => {
            const [known, decided] = [values.length, conditions.length];
            perform(k + 1, end);
            const given = [value(i), value(j), value(l)];
            values.length = known;
            conditions.length = decided;
            return given;
          });
          values.push(...result);
          k = end - 1;
        }
      }
    }
  };
  perform(0, steps.length);
  return values.reduce((a, b) => machine.add(a, machine.select(machine.equal(b, b), b, machine.constant(1))));
}

/** The payload and the sign of NaN are not defined by JavaScript. */
const same = (actual: number, expected: number, what: () => string): void => {
  if (!Object.is(actual, expected)) expect.fail(`${what()} gives ${actual} instead of ${expected}`);
};

const step = fc.tuple(...[24, 12, 12, 12].map((max) => fc.nat({ max })));

test('any program gives the bits of the number machine', () => {
  const specials = specialsOf('float64') as readonly number[];
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.double(), fc.double(), (steps, a, b) => {
      const program: Lowering = (machine, x, y) => run(machine, steps as unknown as Step[], x, y);
      const { run: generated, code } = compileMath('program', program, false);
      const machine = numberMachine(false);
      for (const [x, y] of [[a, b], ...specials.map((special, k) => [special, k % 2 === 0 ? a : b])]) {
        if (x === undefined || y === undefined) continue;
        same(
          generated(x, y),
          run(machine, steps as unknown as Step[], x, y),
          () => `program(${x}, ${y})\n${code}\n`,
        );
      }
    }),
    { numRuns: 500 },
  );
});

// ---------------------------------------------------------------------------------------------------------
// The table

/** Any bit pattern, so that every exponent is as likely as another. */
const anyDouble = fc.tuple(fc.nat({ max: 0xffffffff }), fc.nat({ max: 0xffffffff })).map(([low, high]) => {
  const words = Uint32Array.of(low, high);
  return new Float64Array(words.buffer)[0] ?? 0;
});
const argument = fc.oneof(
  anyDouble,
  fc.double({ min: -8, max: 8 }),
  fc.double({ min: -1000, max: 1000 }),
  fc.integer({ min: -2000, max: 2000 }),
);

describe('every math function has the bits of the number machine', () => {
  for (const name of mathFunctions) {
    for (const single of [false, true]) {
      it(`${name} on ${single ? 'float32' : 'float64'}`, () => {
        const { run: raw, code } = mathCode(name, single);
        const round = single ? Math.fround : (x: number): number => x;
        const expected = (single ? onSingles : onNumbers)(name);
        const check = (x: number, y: number): void =>
          same(round(raw(round(x), round(y))), expected(round(x), round(y)), () => `${name}(${x}, ${y})`);
        const specials = specialsOf(single ? 'float32' : 'float64') as readonly number[];
        for (const x of specials) for (const y of specials) check(x, y);
        fc.assert(fc.property(argument, argument, check), { numRuns: 3000 });
        expect(code).toMatch(/^function \w+\(/);
      });
    }
  }
});

test('kernels call our functions, and explain names them', () => {
  const functions = lz as unknown as Readonly<Record<string, (...args: readonly unknown[]) => lz.LazyArray>>;
  for (const name of mathFunctions) {
    for (const dtype of ['float64', 'float32'] as const) {
      const args = Array.from({ length: opRow(name).arity }, (_, k) => lz.array([0.25, 0.75 + k], { dtype }));
      const code =
        functions[name]?.(...args)
          .explain({ target: 'js' })
          .toString('code') ?? '';
      const called = dtype === 'float32' ? `${name}32` : name;
      expect(code).toContain(`${called}(`);
      expect(code).toContain(`// math functions: ${called} (docs/numerics.md)`);
      expect(code.match(/Math\.\w+/g)?.filter((used) => used !== 'Math.fround') ?? []).toEqual([]);
    }
  }
});

test('what a function uses of Math is exact', () => {
  const exact = new Set(['Math.abs', 'Math.floor', 'Math.sqrt']);
  for (const name of mathFunctions)
    for (const single of [false, true])
      expect(
        mathCode(name, single)
          .code.match(/Math\.\w+/g)
          ?.filter((used) => !exact.has(used)) ?? [],
      ).toEqual([]);
});
