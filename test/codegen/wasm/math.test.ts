/** The vector machine against the number machine, bit for bit, on programs of every operation. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emitProgram } from '../../../src/codegen/wasm/values/math.ts';
import type { Lowering, Machine, Table } from '../../../src/ir/math/machine.ts';
import { numberMachine } from '../../../src/ir/math/numberMachine.ts';
import { specialsOf } from '../../support/specials.ts';
import { programOf } from './harness.ts';

const table: Table = { name: 'eighths', values: Float64Array.from({ length: 8 }, (_, k) => k / 8) };

/** A program as numbers: each step takes an operation and operands by number, from what exists at that point. */
type Step = readonly [operation: number, a: number, b: number, c: number];

const binary = ['add', 'subtract', 'multiply', 'divide'] as const;
const unary = ['sqrt', 'negate', 'abs', 'floor', 'nearest', 'significand', 'exponent', 'highHalf'] as const;

function run<V, M>(m: Machine<V, M>, steps: readonly Step[], x: V, y: V): V {
  /** Whole, and not beyond the limit. */
  const whole = (value: V, limit: number): V => {
    const inside = m.less(m.abs(value), m.constant(limit));
    return m.select(inside, m.floor(value), m.constant(3));
  };
  const values: V[] = [x, y, m.constant(1.5), m.constant(-0)];
  const conditions: M[] = [m.less(x, y), m.signBit(m.select(m.equal(x, x), x, y))];
  const perform = (from: number, to: number): void => {
    for (let k = from; k < to; k++) {
      const [operation, i, j, l] = steps[k] ?? [0, 0, 0, 0];
      const value = (n: number): V => values[values.length - 1 - (n % values.length)] ?? x;
      const condition = (n: number): M => conditions[n % conditions.length] ?? m.less(x, y);
      const [a, b] = [value(i), value(j)];
      // The bits of a NaN are anybody's.
      const number = m.select(m.equal(a, a), a, m.constant(0.75));
      if (operation < 8) values.push(m[binary[operation % 4] ?? 'add'](a, b));
      else if (operation < 16) values.push(m[unary[operation - 8] ?? 'abs'](number));
      else if (operation === 16) values.push(m.copySign(b, number));
      else if (operation === 17) values.push(m.powerOfTwo(whole(a, 1022)));
      else if (operation === 18) values.push(m.lookup(table, whole(a, 1e6)));
      else if (operation === 19) conditions.push(m.less(a, b), m.equal(a, b));
      else if (operation === 20) conditions.push(m.lessEqual(a, b), m.signBit(number));
      else if (operation === 21) conditions.push(m.and(condition(i), m.not(condition(j))));
      else if (operation === 22) conditions.push(m.or(condition(i), condition(j)));
      else if (operation === 23) values.push(m.select(condition(l), a, b));
      else {
        const end = Math.min(to, k + 2 + (l % 6));
        const usual = [a, b, m.multiply(a, a)];
        const result = m.rarely(condition(j), usual, () => {
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
  };
  perform(0, steps.length);
  return values.reduce((a, b) => m.add(a, m.select(m.equal(b, b), b, m.constant(1))));
}

const step = fc.tuple(fc.nat({ max: 26 }), fc.nat({ max: 12 }), fc.nat({ max: 12 }), fc.nat({ max: 12 }));
const machine = numberMachine(false);

test('any program gives the bits of the number machine', () => {
  const specials = specialsOf('float64') as readonly number[];
  const others = fc.array(fc.double(), { minLength: 48, maxLength: 48 });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      others,
      others,
      fc.constantFrom(2, 4, 8),
      fc.boolean(),
      (steps, xs, ys, lanes, uniform) => {
        const lowering: Lowering = (m, x, y) => run(m, steps, x, y);
        const forms = [
          { dtype: 'float64', uniform: false },
          { dtype: 'float64', uniform },
        ] as const;
        const program = programOf(lanes, forms, (c, args) => emitProgram(c, lowering, 'float64', args));
        const mixed = [0, 1].map((turn) =>
          xs.map((x, k) =>
            k % 3 === turn ? (specials[k % specials.length] ?? 0) : turn === 0 ? x : (ys[k] ?? 0),
          ),
        );
        program.run(mixed).forEach((actual, k) => {
          const [x = 0, y = 0] = [mixed[0]?.[k], mixed[1]?.[uniform ? k - (k % lanes) : k]];
          const expected = run(machine, steps, x, y);
          if (!Object.is(actual, expected))
            expect.fail(
              `program(${x}, ${y}) gives ${String(actual)} instead of ${expected}\n${program.text}`,
            );
        });
      },
    ),
    { numRuns: 400 },
  );
});
