/** Scalar programs that no op is: loops, exceptions, several results, the bits of floats. */
import { isFloat, isInteger } from '../../src/ir/dtype.ts';
import type { ComputeDType, Scalar } from '../../src/ir/dtype.ts';
import { opTypes, programOf, scalarOps, type ProgramCall, type ScalarOp } from '../../src/ir/ops.ts';
import { arithmetic, stateAt, wordFloat, wordOf, type ScalarProgram } from '../../src/ir/programs/machine.ts';
import { scalarNumbers } from '../../src/ir/scalarNumbers.ts';
import { computeDTypes } from './specials.ts';

/** How many steps the point (x, y) takes to leave the circle of radius 2, up to 40, and how far out it is then. */
const mandelbrot: ScalarProgram = (machine, dtype, x, y) => {
  const { add, constant, lessEqual, multiply, square, subtract } = arithmetic(machine, dtype);
  type V = typeof x;
  const distance = (state: readonly V[]): V => add(square(stateAt(state, 0)), square(stateAt(state, 1)));
  const end = machine.loop(
    [constant(0), constant(0), constant(0)],
    (state) => lessEqual(distance(state), constant(4)),
    (state) => {
      const [a, b, count] = [stateAt(state, 0), stateAt(state, 1), stateAt(state, 2)];
      const real = add(subtract(square(a), square(b)), x);
      return [real, add(multiply(multiply(constant(2), a), b), y), add(count, constant(1))];
    },
    40,
  );
  return [stateAt(end, 2), distance(end)];
};

/** The next float from x toward y. */
const nextafter: ScalarProgram = (machine, dtype, x, y) => {
  const float = wordFloat(dtype);
  const word = wordOf(float);
  const on = arithmetic(machine, dtype);
  const words = arithmetic(machine, word);
  const bits = machine.bitsOf(x, float);
  const grows = machine.op('notEqual', 'bool', on.less(x, y), on.signbit(x));
  const next = words.where(
    grows,
    words.add(bits, words.constant(1)),
    words.subtract(bits, words.constant(1)),
  );
  const least = machine.ofBits(words.constant(1), float);
  const fromZero = on.where(on.signbit(y), on.negative(least), least);
  const moved = on.where(on.equal(x, on.constant(0)), fromZero, machine.ofBits(next, float));
  const same = on.where(on.equal(x, y), y, moved);
  return [on.where(on.logicalOr(on.isnan(x), on.isnan(y)), on.add(x, y), same)];
};

/** Quotient and rest. */
const divmod: ScalarProgram = (machine, dtype, x, y) => {
  const { floorDivide, multiply, subtract } = arithmetic(machine, dtype);
  const quotient = floorDivide(x, y);
  return [quotient, subtract(x, multiply(quotient, y))];
};

/** 1 / x, of 0 the size of 1, and whether it is above y: an exception, and a state of bool. */
const rare: ScalarProgram = (machine, dtype, x, y) => {
  const { constant, equal, greater, subtract, where } = arithmetic(machine, dtype);
  const zero = constant(0);
  const [value, above] = machine.rarely(equal(x, zero), [x, greater(x, y)], () => [
    subtract(y, constant(1)),
    greater(y, zero),
  ]);
  if (value === undefined || above === undefined) return [];
  return [where(above, value, y)];
};

/** Two values that change places until a count is done: each turn reads what both were. */
const swaps: ScalarProgram = (machine, dtype, x, y, z) => {
  const { bitwiseAnd, constant, notEqual, subtract } = arithmetic(machine, dtype);
  const [first] = machine.loop(
    [x, y, bitwiseAnd(z, constant(7))],
    (state) => notEqual(stateAt(state, 2), constant(0)),
    (state) => [stateAt(state, 1), stateAt(state, 0), subtract(stateAt(state, 2), constant(1))],
    5,
  );
  return first === undefined ? [] : [first];
};

const own = (
  name: string,
  program: ScalarProgram,
  arity: 1 | 2 | 3,
  results: number,
  takes: (dtype: ComputeDType) => boolean,
): readonly ProgramCall<ComputeDType>[] =>
  computeDTypes.filter(takes).flatMap((operand) =>
    Array.from({ length: results }, (_, result) => ({
      name,
      program,
      arity,
      operand,
      outcome: operand,
      results,
      result,
    })),
  );

function computesIn(op: ScalarOp, { operand, arity }: ProgramCall): boolean {
  try {
    return (
      opTypes(
        op,
        Array.from({ length: arity }, () => operand),
      ).operand === operand
    );
  } catch {
    return false;
  }
}

/** All programs on all dtypes: those of the op table, and some more. */
export const programCalls: readonly ProgramCall<ComputeDType>[] = [
  ...own('mandelbrot', mandelbrot, 2, 2, isFloat),
  ...own('nextafter', nextafter, 2, 1, isFloat),
  ...own('divmod', divmod, 2, 2, isInteger),
  ...own('rare', rare, 2, 1, (dtype) => dtype !== 'bool'),
  ...own('swaps', swaps, 3, 1, isInteger),
  ...scalarOps.flatMap((op) =>
    computeDTypes.flatMap((dtype) => {
      const call = programOf(op, dtype);
      return call !== undefined && computesIn(op, call) ? [call] : [];
    }),
  ),
];

/** What a program means. */
export function expected(
  { program, operand, result }: ProgramCall<ComputeDType>,
  args: readonly Scalar[],
): Scalar {
  const [x = 0, y = x, z = x] = args;
  const value = program(scalarNumbers, operand, x, y, z)[result];
  if (value === undefined) throw new Error(`no result ${result}`);
  return value;
}
