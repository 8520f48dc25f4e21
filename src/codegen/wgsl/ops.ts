/**
 * Scalar operations as WGSL expressions: one row per primitive, one template per register type. Math functions and
 * programs are called (`math.ts`, `programs.ts`); a row of such an op is code that is faster than the program.
 *
 * Operators of WGSL work on one element and on four alike. A template may repeat its operands, which are names or
 * literals. Integer results that can leave a small dtype are wrapped.
 */
import { InternalError } from '../../ir/errors.ts';
import { computeDType, type DType } from '../../ir/dtype.ts';
import { isMathFunction } from '../../ir/math/functions.ts';
import { codeRow, programOf, type CodeOp, type ScalarOp } from '../../ir/ops.ts';
import { givesBool, type PrimitiveOp } from '../../ir/primitives.ts';
import type { ProgramText } from '../text/programText.ts';
import { wrap } from './casts.ts';
import type { Helper } from './functions.ts';
import { programCall, ProgramWriter } from './programs.ts';
import { registerOf, splat, typeOf, type Register, type Width } from './registers.ts';
import type { ShaderWriter } from './shader.ts';

/** What a template knows: its operands, and how to write a literal or a call in their width. */
interface Operands {
  readonly x: string;
  readonly y: string;
  readonly z: string;
  readonly width: Width;
  readonly lit: (text: string, register: Register) => string;
  readonly call: (helper: Helper) => string;
}

type Template = (operands: Operands) => string;

interface OpCode {
  readonly f32?: Template;
  readonly i32?: Template;
  readonly u32?: Template;
  readonly bool?: Template;
  /** Integer results stay inside their dtype. */
  readonly exact?: true;
}

const infix =
  (operator: string): Template =>
  ({ x, y }) =>
    `(${x} ${operator} ${y})`;
const builtin =
  (name: string): Template =>
  ({ x }) =>
    `${name}(${x})`;
/** The sign of a float goes by bits: its operators may take subnormal numbers for zero. */
const onBits =
  (operator: string, word: string): Template =>
  ({ x, width, lit }) =>
    `bitcast<${typeOf('f32', width)}>(bitcast<${typeOf('u32', width)}>(${x}) ${operator} ${lit(word, 'u32')})`;
const same: Template = ({ x }) => x;
const helper =
  (name: Helper, count: 1 | 2 | 3 = 2): Template =>
  ({ x, y, z, call }) =>
    `${call(name)}(${[x, y, z].slice(0, count).join(', ')})`;
const numbers = (template: Template): OpCode => ({ f32: template, i32: template, u32: template });
const comparison = (operator: string, bool: Template): OpCode => ({ ...numbers(infix(operator)), bool });
const rounding = (name: string): OpCode => ({ f32: builtin(name), i32: same, u32: same, exact: true });
const bitwise = (operator: string): OpCode => ({
  i32: infix(operator),
  u32: infix(operator),
  bool: infix(operator),
  exact: true,
});
const extremum = (name: 'minimum' | 'maximum', short: string, bool: Template): OpCode => {
  const integers: Template = ({ x, y }) => `${short}(${x}, ${y})`;
  return { f32: helper(name), i32: integers, u32: integers, bool, exact: true };
};
const select: Template = ({ x, y, z }) => `select(${z}, ${y}, ${x})`;
const predicate = (f32: Template, integers: boolean, i32?: Template): OpCode => {
  const constant: Template = ({ lit }) => lit(String(integers), 'bool');
  return { f32, i32: i32 ?? constant, u32: constant };
};
const shift = (operator: '<<' | '>>'): OpCode => ({
  i32: ({ x, y, width }) => `(${x} ${operator} ${typeOf('u32', width)}(${y}))`,
  u32: infix(operator),
});
const and = infix('&');
const or = infix('|');
const different = infix('!=');

const opCode = {
  add: numbers(infix('+')),
  subtract: numbers(infix('-')),
  multiply: numbers(infix('*')),
  divide: { f32: helper('divide') },
  floorDivide: {
    f32: helper('floorDivideFloat'),
    i32: helper('floorDivideInt'),
    u32: helper('floorDivideUint'),
  },
  remainder: { f32: helper('remainderFloat') },
  truncatedRemainder: { f32: helper('truncatedRemainder') },
  negative: {
    f32: onBits('^', '0x80000000u'),
    i32: ({ x }) => `(-${x})`,
    u32: ({ x, lit }) => `(${lit('0u', 'u32')} - ${x})`,
  },
  abs: { f32: onBits('&', '0x7fffffffu'), i32: builtin('abs'), u32: same },
  sign: { f32: helper('signum', 1), exact: true },
  square: numbers(({ x }) => `(${x} * ${x})`),
  sqrt: { f32: helper('squareRoot', 1) },
  floor: rounding('floor'),
  ceil: rounding('ceil'),
  trunc: rounding('trunc'),
  round: rounding('round'),
  minimum: extremum('minimum', 'min', and),
  maximum: extremum('maximum', 'max', or),
  where: { f32: select, i32: select, u32: select, bool: select, exact: true },
  equal: comparison('==', infix('==')),
  notEqual: { ...comparison('!=', different), f32: ({ x, y }) => `!(${x} == ${y})` },
  less: comparison('<', ({ x, y }) => `(!${x} & ${y})`),
  lessEqual: comparison('<=', ({ x, y }) => `(!${x} | ${y})`),
  greater: comparison('>', ({ x, y }) => `(${x} & !${y})`),
  greaterEqual: comparison('>=', ({ x, y }) => `(${x} | !${y})`),
  logicalAnd: { bool: and },
  logicalOr: { bool: or },
  logicalXor: { bool: different },
  logicalNot: { bool: ({ x }) => `(!${x})` },
  bitwiseAnd: bitwise('&'),
  bitwiseOr: bitwise('|'),
  bitwiseXor: { ...bitwise('^'), bool: different },
  bitwiseNot: { i32: ({ x }) => `(~${x})`, u32: ({ x }) => `(~${x})`, bool: ({ x }) => `(!${x})` },
  isnan: predicate(helper('isNan', 1), false),
  isfinite: predicate(helper('isFinite', 1), true),
  isinf: predicate(helper('isInfinite', 1), false),
  signbit: predicate(
    ({ x, width, lit }) =>
      `((bitcast<${typeOf('u32', width)}>(${x}) - ${lit('0x80000000u', 'u32')}) <= ${lit('0x7f800000u', 'u32')})`,
    false,
    ({ x, lit }) => `(${x} < ${lit('0i', 'i32')})`,
  ),
  shiftLeftWithin: shift('<<'),
  shiftRightWithin: { ...shift('>>'), exact: true },
  rotateLeft: {
    u32: ({ x, y, lit }) => `((${x} << ${y}) | (${x} >> (${lit('32u', 'u32')} - ${y})))`,
    exact: true,
  },
} as const satisfies Record<PrimitiveOp, OpCode> & Partial<Record<ScalarOp, OpCode>>;

const codes: Readonly<Partial<Record<CodeOp, OpCode>>> = opCode;

/** `op` on names or literals of dtype `operand`, as an expression of the op's result dtype. */
export function opExpression(
  op: CodeOp,
  operand: DType,
  args: readonly string[],
  width: Width,
  writer: ShaderWriter,
): string {
  const register = registerOf(operand);
  const code = codes[op];
  const template = code?.[register];
  if (template === undefined) {
    if (isMathFunction(op) && register === 'f32') return `${writer.useMath(op, width)}(${args.join(', ')})`;
    const program = programOf(op, computeDType(operand));
    if (program === undefined) throw new InternalError('webgpu', `${op} has no code for ${operand}`);
    return programCall(program, args, width, writer, opExpression);
  }
  const [x = '', y = '', z = ''] = args;
  const raw = template({
    x,
    y,
    z,
    width,
    lit: (text, type) => splat(text, type, width),
    call: (name) => writer.use(name, width),
  });
  return code?.exact === true || givesBool(codeRow(op)) ? raw : wrap(operand, raw, width);
}

/** The machine of programs that are written where they are used, in names that begin with `prefix`. */
export const programText = (writer: ShaderWriter, prefix: string, width: Width): ProgramText =>
  new ProgramWriter(opExpression, writer, width, prefix);
