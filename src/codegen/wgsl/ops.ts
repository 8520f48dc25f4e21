/**
 * Scalar operations as WGSL expressions: one row per op of the op table, one template per register type.
 *
 * Operators of WGSL work on one element and on four alike. A template may repeat its operands, which are names or
 * literals. Integer results that can leave a small dtype are wrapped.
 */
import { InternalError } from '../../ir/errors.ts';
import type { DType } from '../../ir/dtype.ts';
import { isMathFunction } from '../../ir/math/functions.ts';
import { opRow, type ScalarOp } from '../../ir/ops.ts';
import { wrap } from './casts.ts';
import type { Helper } from './functions.ts';
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
  /** `math`: the function of that name. A missing register type is one that the dtype rules never ask for. */
  readonly f32?: Template | 'math';
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
const math: OpCode = { f32: 'math' };
const predicate = (f32: Template, integers: boolean): OpCode => {
  const constant: Template = ({ lit }) => lit(String(integers), 'bool');
  return { f32, i32: constant, u32: constant };
};
const word = (u32: Template): OpCode => ({ u32, exact: true });
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
  remainder: { f32: helper('remainderFloat'), i32: helper('remainderInt'), u32: helper('remainderUint') },
  pow: { f32: 'math', i32: helper('powInt'), u32: helper('powUint') },
  atan2: math,
  hypot: math,
  negative: {
    f32: onBits('^', '0x80000000u'),
    i32: ({ x }) => `(-${x})`,
    u32: ({ x, lit }) => `(${lit('0u', 'u32')} - ${x})`,
  },
  abs: { f32: onBits('&', '0x7fffffffu'), i32: builtin('abs'), u32: same },
  sign: {
    f32: helper('signum', 1),
    i32: builtin('sign'),
    u32: ({ x, lit }) => `min(${x}, ${lit('1u', 'u32')})`,
    exact: true,
  },
  square: numbers(({ x }) => `(${x} * ${x})`),
  sqrt: { f32: helper('squareRoot', 1) },
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
  floor: rounding('floor'),
  ceil: rounding('ceil'),
  trunc: rounding('trunc'),
  round: rounding('round'),
  minimum: extremum('minimum', 'min', and),
  maximum: extremum('maximum', 'max', or),
  clip: {
    f32: ({ x, y, z, call }) => `${call('minimum')}(${call('maximum')}(${x}, ${y}), ${z})`,
    i32: ({ x, y, z }) => `min(max(${x}, ${y}), ${z})`,
    u32: ({ x, y, z }) => `min(max(${x}, ${y}), ${z})`,
    exact: true,
  },
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
  shiftLeft: { i32: helper('shiftLeftInt'), u32: helper('shiftLeftUint') },
  shiftRight: { i32: helper('shiftRightInt'), u32: helper('shiftRightUint'), exact: true },
  isnan: predicate(helper('isNan', 1), false),
  isfinite: predicate(helper('isFinite', 1), true),
  isinf: predicate(helper('isInfinite', 1), false),
  threefryFirst: word((operands) => `${helper('threefry', 3)(operands)}.x`),
  threefrySecond: word((operands) => `${helper('threefry', 3)(operands)}.y`),
  multiplyCarry: word(helper('multiplyCarry', 3)),
} as const satisfies Record<ScalarOp, OpCode>;

const codes: Readonly<Record<ScalarOp, OpCode>> = opCode;

/** `op` on names or literals of dtype `operand`, as an expression of the op's result dtype. */
export function opExpression(
  op: ScalarOp,
  operand: DType,
  args: readonly string[],
  width: Width,
  writer: ShaderWriter,
): string {
  const register = registerOf(operand);
  const code = codes[op];
  const template = code[register];
  if (template === undefined) throw new InternalError('webgpu', `${op} has no code for ${operand}`);
  const [x = '', y = '', z = ''] = args;
  if (template === 'math') {
    if (!isMathFunction(op)) throw new InternalError('webgpu', `${op} is no math function`);
    return `${writer.useMath(op, width)}(${args.join(', ')})`;
  }
  const raw = template({
    x,
    y,
    z,
    width,
    lit: (text, type) => splat(text, type, width),
    call: (name) => writer.use(name, width),
  });
  const { rule } = opRow(op);
  return code.exact === true || rule === 'compare' || rule === 'predicate' ? raw : wrap(operand, raw, width);
}

/**
 * The same value, but opaque: a compiler may not merge the product into a sum that uses it (which would skip one
 * rounding). `zero` is a word of the uniform buffer.
 */
export const opaque = (value: string, width: Width): string =>
  `bitcast<${typeOf('f32', width)}>(bitcast<${typeOf('u32', width)}>(${value}) ^ ${splat('numbers.zero', 'u32', width)})`;
