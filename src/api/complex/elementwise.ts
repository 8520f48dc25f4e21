/** Elementwise functions of complex arrays: one row per scalar op that has a complex form. All others are refused. */
import { complexTable } from '../../ir/dtype.ts';
import { DTypeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import type { ScalarOp } from '../../ir/ops.ts';
import { broadcastShapes } from '../../ir/shape.ts';
import {
  binary,
  broadcast,
  castTo,
  elementwise,
  promoteNodes,
  unary,
  weakConstant,
} from '../nodes/elementwise.ts';
import { inputOf } from '../operand.ts';
import type { Operand } from '../types.ts';
import {
  difference,
  direction,
  magnitude,
  negative,
  product,
  quotient,
  square,
  sum,
  truth,
} from './arithmetic.ts';
import { acos, acosh, asin, asinh, atan, atanh, cos, cosh, sin, sinh, tan, tanh } from './circular.ts';
import { add, both, either, mul } from './floats.ts';
import { isComplex, complexFrom, complexesFrom, stretched, weakComplex } from './operands.ts';
import { Pair } from './pair.ts';
import { exp, expm1, log, log10, log1p, log2, power, sqrt, wholePower } from './powers.ts';

type Result = Pair | Node;

const unaryForms: Partial<Record<ScalarOp, (z: Pair) => Result>> = {
  negative,
  abs: magnitude,
  sign: direction,
  square,
  sqrt,
  exp,
  expm1,
  log,
  log1p,
  log2,
  log10,
  sin,
  cos,
  tan,
  sinh,
  cosh,
  tanh,
  asin,
  acos,
  atan,
  asinh,
  acosh,
  atanh,
  round: (z) => z.map((part) => unary('round', part)),
  isnan: (z) => either(unary('isnan', z.re), unary('isnan', z.im)),
  isinf: (z) => either(unary('isinf', z.re), unary('isinf', z.im)),
  isfinite: (z) => both(unary('isfinite', z.re), unary('isfinite', z.im)),
  logicalNot: (z) => unary('logicalNot', truth(z)),
};

const binaryForms: Partial<Record<ScalarOp, (z: Pair, w: Pair) => Result>> = {
  add: sum,
  subtract: difference,
  multiply: product,
  divide: quotient,
  pow: power,
  equal: (z, w) => both(binary('equal', z.re, w.re), binary('equal', z.im, w.im)),
  notEqual: (z, w) => either(binary('notEqual', z.re, w.re), binary('notEqual', z.im, w.im)),
  logicalAnd: (z, w) => both(truth(z), truth(w)),
  logicalOr: (z, w) => either(truth(z), truth(w)),
  logicalXor: (z, w) => binary('logicalXor', truth(z), truth(w)),
};

const refuse = (op: string): never => {
  throw new DTypeError(
    op,
    'has no form for complex numbers; use it on the parts, lz.real(x) and lz.imag(x), or on lz.abs(x)',
  );
};

export function complexUnary(op: ScalarOp, operand: Operand): Result {
  const form = unaryForms[op];
  return form === undefined ? refuse(op) : form(complexFrom(op, operand));
}

/** `operation` is the name of the call in errors, if that is not the scalar op itself. */
export function complexBinary(op: ScalarOp, x: Operand, y: Operand, operation: string = op): Result {
  const form = binaryForms[op];
  if (form === undefined) return refuse(operation);
  if (op === 'pow' && typeof y === 'number' && Number.isInteger(y) && Math.abs(y) < 100)
    return wholePower(complexFrom(operation, x), y);
  const [z, w] = stretched(operation, complexesFrom(operation, [x, y]));
  return z === undefined || w === undefined ? refuse(operation) : form(z, w);
}

/** `x` where the condition holds, `y` elsewhere. */
export function complexWhere(condition: Operand, x: Operand, y: Operand): Pair {
  const [z, w] = complexesFrom('where', [x, y]);
  if (z === undefined || w === undefined || isComplex(condition)) return refuse('where');
  const test = inputOf('where', condition);
  const of = (part: 're' | 'im'): Node => elementwise('where', [test, z[part], w[part]]);
  return new Pair(z.dtype, of('re'), of('im'));
}

/** Whether elements differ by at most `atol + rtol |y|`. */
export function complexClose(
  operation: string,
  x: Operand,
  y: Operand,
  { rtol, atol, equalNan }: { readonly rtol: number; readonly atol: number; readonly equalNan: boolean },
): Node {
  const [z, w] = stretched(operation, complexesFrom(operation, [x, y]));
  if (z === undefined || w === undefined) return refuse(operation);
  const isNan = (one: Pair): Node => either(unary('isnan', one.re), unary('isnan', one.im));
  const isFinite = both(unary('isfinite', w.re), unary('isfinite', w.im));
  const allowed = add(mul(magnitude(w), rtol), atol);
  const isNear = both(binary('lessEqual', magnitude(difference(z, w)), allowed), isFinite);
  const isEqual = both(binary('equal', z.re, w.re), binary('equal', z.im, w.im));
  const isClose = either(isNear, isEqual);
  return equalNan ? either(isClose, both(isNan(z), isNan(w))) : isClose;
}

/** Two real operands as the parts of complex numbers. */
export function fromParts(re: Operand, im: Operand): Pair {
  const inputs = [inputOf('complex', re), inputOf('complex', im)];
  const beside = promoteNodes(inputs.filter((input) => typeof input === 'object'));
  const dtype = weakComplex(beside);
  const { part } = complexTable[dtype];
  const nodes = inputs.map((input) =>
    castTo(typeof input === 'object' ? input : weakConstant('complex', input, part), part),
  );
  const [x, y] = nodes;
  if (x === undefined || y === undefined) return refuse('complex');
  const shape = broadcastShapes('complex', [x.shape, y.shape]);
  return new Pair(dtype, broadcast(x, shape), broadcast(y, shape));
}
