/**
 * Scalar operations as JS expressions: one row per op of the op table, one template per arithmetic class.
 *
 * A template is written out only where it is, to the bit, the reference function of that class; everything else
 * calls the reference function itself (`reference`), so an edge case is never decided twice. Math functions are called
 * too, as written out by `math.ts`. A row is exact where its template always lands inside the dtype; other results are
 * wrapped. Arguments are atoms (names, literals), which a template may repeat. bools are JS booleans.
 */
import { arithmeticOf, type ArithmeticClass, type ComputeDType } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import { isMathFunction } from '../../ir/math/functions.ts';
import { opFunction, opRow, type ScalarOp } from '../../ir/ops.ts';
import { wrap } from './casts.ts';
import { mathCode } from './math.ts';
import * as random from './random.ts';
import type { Closure } from '../text/source.ts';

type Template = (x: string, y: string, z: string) => string;

/** A function to be called. */
interface Called {
  readonly calls: (x: number, y: number, z: number) => number;
}

/**
 * `reference`: call the op table's function; `math`: call the math function of that name. A missing class is one that
 * the dtype rules never ask for.
 */
type ClassCode = Template | Called | 'reference' | 'math';

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
const reference: OpCode = { float: 'reference', int: 'reference', bigint: 'reference' };
const math: OpCode = { float: 'math' };
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
  floorDivide: reference,
  remainder: reference,
  pow: { ...reference, float: 'math' },
  atan2: math,
  hypot: math,
  negative: { float: (x) => `(-${x})`, int: (x) => `(-${x})`, bigint: (x) => `(-${x})`, exact: ['float'] },
  abs: {
    float: call('Math.abs'),
    int: call('Math.abs'),
    bigint: (x) => `(${x} < 0n ? -${x} : ${x})`,
    exact: ['float'],
  },
  sign: {
    float: 'reference',
    int: 'reference',
    bigint: (x) => `(${x} > 0n ? 1n : ${x} < 0n ? -1n : 0n)`,
    exact: all,
  },
  square: {
    float: (x) => `(${x} * ${x})`,
    int: (x) => `Math.imul(${x}, ${x})`,
    bigint: (x) => `(${x} * ${x})`,
  },
  sqrt: { float: call('Math.sqrt') },
  cbrt: math,
  exp: math,
  exp2: math,
  expm1: math,
  log: math,
  log1p: math,
  log2: math,
  log10: math,
  sin: math,
  cos: math,
  tan: math,
  asin: math,
  acos: math,
  atan: math,
  sinh: math,
  cosh: math,
  tanh: math,
  asinh: math,
  acosh: math,
  atanh: math,
  erf: math,
  erfc: math,
  erfcinv: math,
  lgamma: math,
  floor: rounding(call('Math.floor')),
  ceil: rounding(call('Math.ceil')),
  trunc: rounding(call('Math.trunc')),
  round: rounding('reference'),
  minimum: { ...extremum('Math.min', '<'), bool: (x, y) => `(${x} && ${y})` },
  maximum: { ...extremum('Math.max', '>'), bool: (x, y) => `(${x} || ${y})` },
  clip: {
    float: (x, low, high) => `Math.min(Math.max(${x}, ${low}), ${high})`,
    int: (x, low, high) => `Math.min(Math.max(${x}, ${low}), ${high})`,
    bigint: 'reference',
    exact: all,
  },
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
  shiftLeft: reference,
  shiftRight: reference,
  isnan: { float: (x) => `(${x} !== ${x})`, int: constant(false), bigint: constant(false) },
  isfinite: { float: call('Number.isFinite'), int: constant(true), bigint: constant(true) },
  isinf: {
    float: (x) => `(${x} === Infinity || ${x} === -Infinity)`,
    int: constant(false),
    bigint: constant(false),
  },
  threefryFirst: { int: { calls: random.threefryFirst }, exact: all },
  threefrySecond: { int: { calls: random.threefrySecond }, exact: all },
  multiplyCarry: { int: { calls: random.multiplyCarry }, exact: all },
} as const satisfies Record<ScalarOp, OpCode>;

const codes: Readonly<Record<ScalarOp, OpCode>> = opCode;

/** `op` on atoms of dtype `operand`, as an expression of the op's result dtype. */
export function opExpression(
  op: ScalarOp,
  operand: ComputeDType,
  args: readonly string[],
  closure: Closure,
): string {
  const code = codes[op];
  const [x = '', y = '', z = ''] = args;
  if (operand === 'bool') {
    if (code.bool === undefined) throw new InternalError('js', `${op} has no code for bool`);
    return code.bool(x, y, z);
  }
  const arithmetic = arithmeticOf(operand);
  const template = code[arithmetic];
  if (template === undefined) throw new InternalError('js', `${op} has no code for ${operand}`);
  const raw =
    typeof template === 'function'
      ? template(x, y, z)
      : `${called(op, operand, template, closure)}(${args.join(', ')})`;
  const { rule } = opRow(op);
  if (rule === 'compare' || rule === 'predicate') return raw;
  const exact =
    code.exact?.some(
      (name) => name === arithmetic || (name === 'int*' && arithmetic === 'int' && operand !== 'uint32'),
    ) === true;
  return exact ? raw : wrap(operand, raw);
}

/** The function to call, as a name that the kernel closes over. */
function called(
  op: ScalarOp,
  operand: ComputeDType,
  code: Exclude<ClassCode, Template>,
  closure: Closure,
): string {
  if (typeof code === 'object') return closure.use(op, code.calls);
  if (code === 'math' && isMathFunction(op)) {
    const { name, run } = mathCode(op, operand === 'float32');
    return closure.useMath(name, run);
  }
  return closure.use(`${op}_${operand}`, opFunction(op, operand));
}
