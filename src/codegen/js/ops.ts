/**
 * Scalar operations as JS expressions: one row per primitive, one template per arithmetic class.
 *
 * A template is written out only where it is, to the bit, the reference function of that class; everything else
 * calls the reference function itself (`reference`), so an edge case is never decided twice. Math functions and
 * programs are called too, as written out by `math.ts` and `programs.ts`; a row of such an op is code that is faster
 * than the program. A row is exact where its template always lands inside the dtype; other results are wrapped.
 * Arguments are atoms (names, literals), which a template may repeat. bools are JS booleans.
 */
import { arithmeticOf, type ArithmeticClass, type ComputeDType } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import { isMathFunction } from '../../ir/math/functions.ts';
import { codeRow, programOf, type CodeOp, type ScalarOp } from '../../ir/ops.ts';
import { givesBool, type PrimitiveOp } from '../../ir/primitives.ts';
import { opFunction } from '../../ir/scalarNumbers.ts';
import type { ProgramText } from '../text/programText.ts';
import { wrap } from './casts.ts';
import { mathCode } from './math.ts';
import { programFunction, ProgramWriter } from './programs.ts';
import type { Closure } from '../text/source.ts';

type Template = (x: string, y: string, z: string, dtype: ComputeDType) => string;

/** A function to be called. */
interface Called {
  readonly calls: (x: never, y: never, z: never) => number | bigint;
}

/** `reference`: call the op table's function. A missing class is one that the dtype rules never ask for. */
type ClassCode = Template | Called | 'reference';

interface OpCode {
  readonly float?: ClassCode;
  readonly int?: ClassCode;
  readonly bigint?: ClassCode;
  /** On JS booleans; gives a JS boolean. */
  readonly bool?: Template;
  /** Classes whose results need no wrapping. `int*` excludes uint32, whose values bit operators make negative. */
  readonly exact?: readonly (ArithmeticClass | 'int*')[];
}

const infix =
  (operator: string): Template =>
  (x, y) =>
    `(${x} ${operator} ${y})`;
const call =
  (name: string): Template =>
  (x) =>
    `${name}(${x})`;
const all = ['float', 'int', 'bigint'] as const;

const arithmetic = (operator: string): OpCode => {
  const template = infix(operator);
  return { float: template, int: template, bigint: template };
};
const comparison = (operator: string, bool: Template): OpCode => ({ ...arithmetic(operator), bool });
const rounding = (template: ClassCode): OpCode => ({
  float: template,
  int: (x) => x,
  bigint: (x) => x,
  exact: all,
});
const bitwise = (operator: string, bool: Template): OpCode => ({
  int: infix(operator),
  bigint: infix(operator),
  bool,
  exact: ['int*', 'bigint'],
});
const extremum = (name: string, operator: string): OpCode => ({
  float: (x, y) => `${name}(${x}, ${y})`,
  int: (x, y) => `${name}(${x}, ${y})`,
  bigint: (x, y) => `(${x} ${operator} ${y} ? ${x} : ${y})`,
  exact: all,
});
const select: Template = (c, x, y) => `(${c} ? ${x} : ${y})`;
const constant =
  (value: boolean): Template =>
  () =>
    String(value);

const opCode = {
  add: arithmetic('+'),
  subtract: arithmetic('-'),
  multiply: { float: infix('*'), int: (x, y) => `Math.imul(${x}, ${y})`, bigint: infix('*') },
  divide: { float: infix('/') },
  floorDivide: { int: 'reference', bigint: 'reference' },
  // The operations of the programs take longer than one and a branch.
  remainder: { float: { calls: remainderFloat }, bigint: { calls: remainderBigint } },
  truncatedRemainder: { float: infix('%'), exact: ['float'] },
  // The program multiplies at every bit of the exponent.
  pow: { bigint: { calls: powBigint } },
  negative: { float: (x) => `(-${x})`, int: (x) => `(-${x})`, bigint: (x) => `(-${x})`, exact: ['float'] },
  abs: {
    float: call('Math.abs'),
    int: call('Math.abs'),
    bigint: (x) => `(${x} < 0n ? -${x} : ${x})`,
    exact: ['float'],
  },
  sign: { bigint: (x) => `(${x} > 0n ? 1n : ${x} < 0n ? -1n : 0n)`, exact: all },
  square: {
    float: (x) => `(${x} * ${x})`,
    int: (x) => `Math.imul(${x}, ${x})`,
    bigint: (x) => `(${x} * ${x})`,
  },
  sqrt: { float: call('Math.sqrt') },
  floor: rounding(call('Math.floor')),
  ceil: rounding(call('Math.ceil')),
  trunc: rounding(call('Math.trunc')),
  round: rounding('reference'),
  minimum: { ...extremum('Math.min', '<'), bool: (x, y) => `(${x} && ${y})` },
  maximum: { ...extremum('Math.max', '>'), bool: (x, y) => `(${x} || ${y})` },
  where: { float: select, int: select, bigint: select, bool: select, exact: all },
  equal: comparison('===', infix('===')),
  notEqual: comparison('!==', infix('!==')),
  less: comparison('<', (x, y) => `(!${x} && ${y})`),
  lessEqual: comparison('<=', (x, y) => `(!${x} || ${y})`),
  greater: comparison('>', (x, y) => `(${x} && !${y})`),
  greaterEqual: comparison('>=', (x, y) => `(${x} || !${y})`),
  logicalAnd: { bool: infix('&&') },
  logicalOr: { bool: infix('||') },
  logicalXor: { bool: infix('!==') },
  logicalNot: { bool: (x) => `(!${x})` },
  bitwiseAnd: bitwise('&', infix('&&')),
  bitwiseOr: bitwise('|', infix('||')),
  bitwiseXor: bitwise('^', infix('!==')),
  bitwiseNot: { int: (x) => `(~${x})`, bigint: (x) => `(~${x})`, bool: (x) => `(!${x})` },
  isnan: { float: (x) => `(${x} !== ${x})`, int: constant(false), bigint: constant(false) },
  isfinite: { float: call('Number.isFinite'), int: constant(true), bigint: constant(true) },
  isinf: {
    float: (x) => `(${x} === Infinity || ${x} === -Infinity)`,
    int: constant(false),
    bigint: constant(false),
  },
  // Operators take counts modulo 32.
  shiftLeft: {
    int: (x, y) => `(${y} >>> 0 < 32 ? ${x} << ${y} : 0)`,
    bigint: (x, y) => `(${y} >= 0n && ${y} < 64n ? ${x} << ${y} : 0n)`,
  },
  shiftRight: {
    int: (x, y, _, dtype) =>
      dtype === 'uint32' ? `(${y} < 32 ? ${x} >>> ${y} : 0)` : `(${x} >> (${y} >>> 0 < 32 ? ${y} : 31))`,
    bigint: (x, y) => `(${y} >= 0n && ${y} < 64n ? ${x} >> ${y} : ${x} < 0n ? -1n : 0n)`,
    exact: all,
  },
  signbit: {
    float: (x) => `(${x} < 0 || ${x} === 0 && 1 / ${x} < 0)`,
    int: (x) => `(${x} < 0)`,
    bigint: (x) => `(${x} < 0n)`,
  },
  shiftLeftWithin: { int: infix('<<'), bigint: (x, y) => `(${x} << (${y} & 63n))` },
  shiftRightWithin: {
    int: (x, y, _, dtype) => `(${x} ${dtype === 'uint32' ? '>>>' : '>>'} ${y})`,
    bigint: (x, y) => `(${x} >> (${y} & 63n))`,
    exact: all,
  },
  rotateLeft: { int: (x, y) => `(${x} << ${y} | ${x} >>> ${32 - Number(y)})` },
} as const satisfies Record<PrimitiveOp, OpCode> & Partial<Record<ScalarOp, OpCode>>;

const codes: Readonly<Partial<Record<CodeOp, OpCode>>> = opCode;

/** `op` on atoms of dtype `operand`, as an expression of the op's result dtype. */
export function opExpression(
  op: CodeOp,
  operand: ComputeDType,
  args: readonly string[],
  closure: Closure,
): string {
  const code = codes[op];
  const [x = '', y = '', z = ''] = args;
  if (operand === 'bool') {
    if (code?.bool === undefined) throw new InternalError('js', `${op} has no code for bool`);
    return code.bool(x, y, z, operand);
  }
  const arithmetic = arithmeticOf(operand);
  const template = code?.[arithmetic];
  if (typeof template !== 'function') {
    const call = `${called(op, operand, template, closure)}(${args.join(', ')})`;
    return template === undefined && programOf(op, operand) !== undefined ? call : wrap(operand, call);
  }
  const raw = template(x, y, z, operand);
  if (givesBool(codeRow(op))) return raw;
  const exact =
    code?.exact?.some(
      (name) => name === arithmetic || (name === 'int*' && arithmetic === 'int' && operand !== 'uint32'),
    ) === true;
  return exact ? raw : wrap(operand, raw);
}

/** The machine of programs that are written where they are used, in names that begin with `prefix`. */
export const programText = (closure: Closure, prefix: string): ProgramText =>
  new ProgramWriter(opExpression, closure, prefix);

function remainderFloat(x: number, y: number): number {
  const rest = x % y;
  if (rest === 0) return y < 0 ? -0 : 0;
  return rest < 0 !== y < 0 ? rest + y : rest;
}

function remainderBigint(x: bigint, y: bigint): bigint {
  if (y === 0n) return 0n;
  const rest = x % y;
  return rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest;
}

/** Modulo 2^64; a negative exponent gives the truncated reciprocal. */
function powBigint(x: bigint, y: bigint): bigint {
  if (y < 0n) return x === 1n || (x === -1n && (y & 1n) === 0n) ? 1n : x === -1n ? x : 0n;
  let [result, base, exponent] = [1n, x, y];
  for (;;) {
    if ((exponent & 1n) === 1n) result = BigInt.asIntN(64, result * base);
    exponent >>= 1n;
    if (exponent === 0n) return result;
    base = BigInt.asIntN(64, base * base);
  }
}

/** The function to call, as a name that the kernel closes over. */
function called(
  op: CodeOp,
  operand: ComputeDType,
  code: Called | 'reference' | undefined,
  closure: Closure,
): string {
  const title = `${op}_${operand}`;
  if (typeof code === 'object') return closure.use(title, code.calls);
  if (code === 'reference') return closure.use(title, opFunction(op, operand));
  if (isMathFunction(op) && arithmeticOf(operand) === 'float') {
    const { name, run } = mathCode(op, operand === 'float32');
    return closure.useMath(name, run);
  }
  const program = programOf(op, operand);
  if (program === undefined) throw new InternalError('js', `${op} has no code for ${operand}`);
  return closure.use(title, programFunction(program, opExpression));
}
