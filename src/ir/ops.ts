/**
 * The table of scalar operations: the one place where an elementwise op is defined.
 *
 * An op is a primitive, which every target has code for (`primitives.ts`), a math function, whose floats are a program
 * over a machine of floats (`math/functions.ts`), or a program over primitives, which every target writes out; their rows
 * stand beside the programs (`programs/`). A row states arity, dtype rule, and cost weight (1 = one add; research figures,
 * integers so that plans are exact).
 */
import { DTypeError, InternalError } from './errors.ts';
import { arithmeticOf, defaultFloat, isFloat, isInteger, promotion, type DType } from './dtype.ts';
import { isMathFunction, type MathFunction } from './math/functions.ts';
import { givesBool, primitiveRow, primitives, type PrimitiveOp } from './primitives.ts';
import { divisions } from './programs/division.ts';
import { floatOps } from './programs/floats.ts';
import { integerOps } from './programs/integers.ts';
import type { OpRow, OpRows, ProgramPart, ScalarProgram } from './programs/machine.ts';
import { numberOps } from './programs/numbers.ts';
import { wordOps } from './programs/words.ts';

/** A math function of one number. */
const mathOfOne = (weight: number) => ({ arity: 1, rule: 'float', weight }) as const;

export const opTable = {
  ...primitives,
  ...divisions,
  ...integerOps,
  ...numberOps,
  ...floatOps,
  ...wordOps,
  atan2: { arity: 2, rule: 'float', weight: 40 },
  hypot: { arity: 2, rule: 'float', weight: 30, commutative: true },
  cbrt: mathOfOne(30),
  exp: mathOfOne(25),
  exp2: mathOfOne(25),
  expm1: mathOfOne(30),
  log: mathOfOne(25),
  log1p: mathOfOne(30),
  log2: mathOfOne(25),
  log10: mathOfOne(25),
  sin: mathOfOne(35),
  cos: mathOfOne(35),
  tan: mathOfOne(45),
  asin: mathOfOne(35),
  acos: mathOfOne(35),
  atan: mathOfOne(35),
  sinh: mathOfOne(45),
  cosh: mathOfOne(45),
  tanh: mathOfOne(45),
  asinh: mathOfOne(45),
  acosh: mathOfOne(45),
  atanh: mathOfOne(45),
  erf: mathOfOne(60),
  erfc: mathOfOne(70),
  erfcinv: mathOfOne(80),
  lgamma: mathOfOne(150),
} as const satisfies OpRows & Record<MathFunction, OpRow>;

export type ScalarOp = keyof typeof opTable;
export const scalarOps = Object.keys(opTable) as readonly ScalarOp[];

const rows: Record<ScalarOp, OpRow> = { ...opTable };

/** Adds an op that is not in the table. Returns its name, and what takes it back. For tests. */
export function registerOp(
  name: string,
  row: OpRow,
): { readonly name: ScalarOp; readonly unregister: () => void } {
  if (isScalarOp(name)) throw new InternalError(name, 'is an operation already');
  const op = name as ScalarOp;
  rows[op] = row;
  return { name: op, unregister: () => void Reflect.deleteProperty(rows, op) };
}

export const opRow = (op: ScalarOp): OpRow => rows[op];
export const isCommutative = (op: ScalarOp): boolean => rows[op].commutative === true;

/** What code generators write: operations of kernels, and what programs are made of. */
export type CodeOp = ScalarOp | PrimitiveOp;

const isScalarOp = (op: string): op is ScalarOp => Object.hasOwn(rows, op);
export const codeRow = (op: CodeOp): OpRow => (isScalarOp(op) ? rows[op] : primitiveRow(op));

/** The dtype of the result of `op` on operands of dtype `operand`. */
export const codeResult = <D extends DType>(op: CodeOp, operand: D): D | 'bool' =>
  givesBool(codeRow(op)) ? 'bool' : operand;

/** A program on operands of one dtype, and which of its results is wanted. */
export interface ProgramCall<D extends DType = DType> extends ProgramPart {
  readonly program: ScalarProgram;
  readonly arity: 1 | 2 | 3;
  readonly operand: D;
  /** The dtype of every result. */
  readonly outcome: D | 'bool';
}

/** The program of `op` on elements of dtype `operand`. */
export function programOf<D extends DType>(op: CodeOp, operand: D): ProgramCall<D> | undefined {
  const row = codeRow(op);
  const { program, arity, part = { name: op, results: 1, result: 0 } } = row;
  const arithmetic = arithmeticOf(operand);
  const own = row[arithmetic] !== undefined || (arithmetic === 'float' && isMathFunction(op));
  if (program === undefined || own) return undefined;
  return { ...part, program, arity, operand, outcome: codeResult(op, operand) };
}

/** The dtype the operands are computed in, and the dtype of the result. */
export interface OpTypes {
  readonly operand: DType;
  readonly result: DType;
}

const reject = (operation: string, dtypes: readonly DType[], advice: string): never => {
  throw new DTypeError(operation, `does not take ${dtypes.join(' and ')}; ${advice}`);
};

/** Applies the dtype rule of `op`; throws a `DTypeError` that says what would work for the `operation` called. */
export function opTypes(op: ScalarOp, dtypes: readonly DType[], operation: string = op): OpTypes {
  const { rule } = rows[op];
  const values = rule === 'select' ? dtypes.slice(1) : dtypes;
  const first = values[0] ?? 'bool';
  const promoted = values.reduce<DType>((a, b) => promotion[a][b], first);
  switch (rule) {
    case 'numeric':
      if (promoted === 'bool')
        reject(operation, dtypes, "cast one operand, e.g. x.astype('int32'), or use a logical function");
      return { operand: promoted, result: promoted };
    case 'float': {
      const float = isFloat(promoted) ? promoted : defaultFloat;
      return { operand: float, result: float };
    }
    case 'compare':
      return { operand: promoted, result: 'bool' };
    case 'predicate':
      return { operand: promoted === 'bool' ? 'uint8' : promoted, result: 'bool' };
    case 'logical':
      return { operand: 'bool', result: 'bool' };
    case 'bitwise':
      if (isFloat(promoted))
        reject(operation, dtypes, "it works on integers and bool; cast first, e.g. x.astype('int32')");
      return { operand: promoted, result: promoted };
    case 'integer':
      if (!isInteger(promoted))
        reject(
          operation,
          dtypes,
          promoted === 'bool'
            ? 'cast to an integer first'
            : "it works on integers; cast first, e.g. x.astype('int32')",
        );
      return { operand: promoted, result: promoted };
    case 'select':
      return { operand: promoted, result: promoted };
    case 'word':
      if (isFloat(promoted)) reject(operation, dtypes, "it works on words: cast first, x.astype('uint32')");
      return { operand: 'uint32', result: 'uint32' };
  }
}
