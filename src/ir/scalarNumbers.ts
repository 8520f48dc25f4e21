/**
 * The machine that computes: operations and scalar programs on the values themselves. It is what they mean: the reference
 * evaluator, constant folding and the threads compute with it, and generated code gives the same bits.
 */
import { arithmeticOf, computeDType, type ComputeDType, type DType, type Scalar } from './dtype.ts';
import { InternalError } from './errors.ts';
import { isMathFunction, mathFunctions, onNumbers, onSingles } from './math/functions.ts';
import { codeRow, programOf, type CodeOp } from './ops.ts';
import type { BigintFunction, FloatFunction } from './primitives.ts';
import type { ScalarMachine } from './programs/machine.ts';
import { castScalar, normalizers } from './scalar.ts';

type Functions = Readonly<Partial<Record<CodeOp, FloatFunction>>>;
const mathOfDoubles: Functions = Object.fromEntries(mathFunctions.map((name) => [name, onNumbers(name)]));
const mathOfSingles: Functions = Object.fromEntries(mathFunctions.map((name) => [name, onSingles(name)]));

/** The reference function of `op`, other than a program, on elements of dtype `operand`. */
export function opFunction(op: CodeOp, operand: DType): FloatFunction | BigintFunction {
  const arithmetic = arithmeticOf(operand);
  const math = operand === 'float32' ? mathOfSingles : mathOfDoubles;
  const found = arithmetic === 'float' && isMathFunction(op) ? math[op] : codeRow(op)[arithmetic];
  if (found === undefined) throw new InternalError(op, `has no ${arithmetic} arithmetic`);
  return found;
}

/** An op on single elements; what it does not take may be left out. */
export type ScalarFunction = (x: Scalar, y?: Scalar, z?: Scalar) => Scalar;

/** Those that were asked for: one per op and dtype at the most. */
const functions = new Map<DType, Map<CodeOp, ScalarFunction>>();

/** `op` on elements of dtype `operand`, results in the dtype that it gives. */
export function scalarFunction(op: CodeOp, operand: DType): ScalarFunction {
  let own = functions.get(operand);
  if (own === undefined) functions.set(operand, (own = new Map<CodeOp, ScalarFunction>()));
  let found = own.get(op);
  if (found === undefined) own.set(op, (found = makeFunction(op, operand)));
  return found;
}

function makeFunction(op: CodeOp, operand: DType): ScalarFunction {
  const { rule } = codeRow(op);
  const compute = programFunction(op, operand) ?? (opFunction(op, operand) as ScalarFunction);
  if (rule === 'compare' || rule === 'predicate') return compute;
  // `not` on bool is logical: of 1 it is 0, not -2.
  if (operand === 'bool') return (x, y, z) => Number(compute(x, y, z)) & 1;
  const normalize = normalizers[operand];
  return (x, y, z) => normalize(compute(x, y, z));
}

function programFunction(op: CodeOp, operand: DType): ScalarFunction | undefined {
  const found = programOf(op, operand);
  if (found === undefined) return undefined;
  const { program, result } = found;
  const dtype = computeDType(operand);
  return (x, y = x, z = x) => {
    const value = program(scalarNumbers, dtype, x, y, z)[result];
    if (value === undefined) throw new InternalError(op, `has no result ${result}`);
    return value;
  };
}

/** The same for one element. */
export const applyOp = (op: CodeOp, operand: DType, args: readonly Scalar[]): Scalar =>
  scalarFunction(op, operand)(args[0] ?? 0, args[1], args[2]);

const floats = new DataView(new ArrayBuffer(8));

export const scalarNumbers: ScalarMachine<Scalar, CodeOp> = {
  constant: (_, value) => value,
  op: (op, operand, x = 0, y, z) => scalarFunction(op, operand)(x, y, z),
  functionOf: (op, operand) =>
    codeRow(op)[arithmeticOf(operand)] === undefined ? undefined : scalarFunction(op, operand),
  cast: (value, from: ComputeDType, to: ComputeDType) => castScalar(value, from, to),
  bitsOf(value, dtype) {
    if (dtype === 'float32') floats.setFloat32(0, Number(value));
    else floats.setFloat64(0, Number(value));
    return dtype === 'float32' ? floats.getUint32(0) : floats.getBigUint64(0);
  },
  ofBits(bits, dtype) {
    if (dtype === 'float32') floats.setUint32(0, Number(bits));
    else floats.setBigUint64(0, BigInt(bits));
    return dtype === 'float32' ? floats.getFloat32(0) : floats.getFloat64(0);
  },
  rarely: (condition, usual, exception) => (condition === 0 ? usual : exception()),
  loop(state, more, next, most) {
    let current = state;
    for (let k = 0; k < most && more(current) !== 0; k++) current = next(current);
    return current;
  },
};
