/**
 * Elementwise nodes: the operands of a scalar op are cast to one dtype and broadcast to one shape. float16 is computed in
 * float32: such a node has casts on both sides, so that each operation rounds to float16.
 *
 * Two operands of equal dtype and shape, and a float array with a number, take a short path that makes only the node:
 * graphs are built on every call of a user's function, so this is warm code.
 */
import {
  checkDType,
  computeDType,
  defaultFloat,
  dtypeTable,
  isBigint,
  isFloat,
  promotion,
  weakDType,
  type ComputeDType,
  type DType,
  type FloatDType,
  type Scalar,
  type WeakScalar,
} from '../../ir/dtype.ts';
import { DTypeError, InternalError } from '../../ir/errors.ts';
import type { Form } from '../../ir/form.ts';
import { broadcast as broadcastNode, cast, constant, map, mapForm, type Node } from '../../ir/node.ts';
import { opRow, opTypes, type ScalarOp } from '../../ir/ops.ts';
import { castScalar, normalize } from '../../ir/scalar.ts';
import { broadcastShapes, sameShape, type Shape } from '../../ir/shape.ts';
import { mixedComparison, type MixedComparison } from './compare.ts';

/** An operand that has been read: a node, or a scalar without a dtype yet. */
export type Input = Node | WeakScalar;

const isNode = (input: Input): input is Node => typeof input === 'object';

/** The dtypes and the form of a map node, and the dtype that its result is cast to. */
interface MapTypes {
  readonly operand: ComputeDType;
  readonly computed: ComputeDType;
  readonly result: DType;
  readonly form: Form;
}

function mapTypes(op: ScalarOp, dtypes: readonly DType[], operation: string): MapTypes {
  const { operand, result } = opTypes(op, dtypes, operation);
  const computed = computeDType(result);
  return { operand: computeDType(operand), computed, result, form: mapForm(computed, op) };
}

/** `mapTypes` for operands of one dtype, remembered. */
const uniformTypes = new Map<ScalarOp, Partial<Record<DType, MapTypes>>>();

function typesOf(op: ScalarOp, dtype: DType, operation: string = op): MapTypes {
  let row = uniformTypes.get(op);
  if (row === undefined) uniformTypes.set(op, (row = {}));
  return (row[dtype] ??= mapTypes(op, new Array<DType>(opRow(op).arity).fill(dtype), operation));
}

export function unary(op: ScalarOp, input: Input): Node {
  if (!isNode(input)) return elementwise(op, [input]);
  const { operand, computed, result, form } = typesOf(op, input.dtype);
  return castTo(map(op, computed, input.shape, [castTo(input, operand)], form), result);
}

/** `operation` is the name of the call in errors, if that is not the scalar op itself. */
export function binary(op: ScalarOp, a: Input, b: Input, operation: string = op): Node {
  if (isNode(a)) {
    if (isNode(b)) {
      const shape = a.dtype === b.dtype ? plainShape(a.shape, b.shape) : undefined;
      if (shape !== undefined) {
        const { operand, computed, form } = typesOf(op, a.dtype, operation);
        if (operand === a.dtype) return map(op, computed, shape, [a, b], form);
      }
    } else if (typeof b === 'number' && isFloat(a.dtype)) {
      const { operand, computed, form } = typesOf(op, a.dtype, operation);
      if (operand === a.dtype)
        return map(op, computed, a.shape, [a, weakConstant(operation, b, a.dtype)], form);
    }
  }
  return elementwise(op, [a, b], operation);
}

/** The shape of a map over operands that go into it as they are. */
function plainShape(a: Shape, b: Shape): Shape | undefined {
  if (b.length === 0 || sameShape(a, b)) return a;
  return a.length === 0 ? b : undefined;
}

/** The general path: scalars get their dtype, operands are cast and broadcast. */
export function elementwise(op: ScalarOp, inputs: readonly Input[], operation: string = op): Node {
  const selects = opRow(op).rule === 'select';
  const beside = promoteNodes(
    inputs.filter((input, k) => isNode(input) && !(selects && k === 0)) as readonly Node[],
  );
  const nodes = inputs.map((input, k) =>
    isNode(input) ? input : weakConstant(operation, input, selects && k === 0 ? undefined : beside),
  );
  const dtypes = nodes.map((node) => node.dtype);
  const mixed = mixedComparison(op, dtypes);
  if (mixed !== undefined) return compareMixed(nodes, mixed);
  const [first] = dtypes;
  const types =
    first !== undefined && dtypes.every((dtype) => dtype === first)
      ? typesOf(op, first, operation)
      : mapTypes(op, dtypes, operation);
  const shape = broadcastShapes(
    operation,
    nodes.map((node) => node.shape),
  );
  const operands = nodes.map((node, k) =>
    stretch(castTo(node, selects && k === 0 ? 'bool' : types.operand), shape),
  );
  return castTo(map(op, types.computed, shape, operands, types.form), types.result);
}

/** A comparison with uint64, in int64. */
function compareMixed(nodes: readonly Node[], { op, signed, unsigned, beyond }: MixedComparison): Node {
  const [x, y] = [nodes[signed], nodes[unsigned]];
  if (x === undefined || y === undefined) throw new InternalError(op, 'needs two operands');
  const bits = castTo(y, 'int64');
  const within = elementwise(op, [castTo(x, 'int64'), bits]);
  return beyond
    ? elementwise('bitwiseOr', [within, elementwise('less', [bits, 0])])
    : elementwise('bitwiseAnd', [within, elementwise('greaterEqual', [bits, 0])]);
}

/** The dtype that nodes promote to; `undefined` for no nodes. */
export function promoteNodes(nodes: readonly { readonly dtype: DType }[]): DType | undefined {
  let promoted: DType | undefined;
  for (const { dtype } of nodes) promoted = promoted === undefined ? dtype : promotion[promoted][dtype];
  return promoted;
}

/** Rank-0 operands enter a map unchanged; all others are broadcast to its shape. */
const stretch = (node: Node, shape: Shape): Node => (node.shape.length === 0 ? node : broadcast(node, shape));

/** A broadcast of a shape that is known to fit. */
export const broadcast = (node: Node, shape: Shape): Node =>
  sameShape(node.shape, shape) ? node : broadcastNode(node, shape);

/** A cast; of a constant, the constant itself in the other dtype. */
export function castTo(node: Node, dtype: DType): Node {
  if (node.dtype === dtype) return node;
  return node.kind === 'constant'
    ? constant(castScalar(node.value, node.dtype, dtype), dtype)
    : cast(node, dtype);
}

/** A constant for a scalar combined with arrays of dtype `beside`; throws `DTypeError` if the dtype cannot hold it. */
export function weakConstant(operation: string, value: WeakScalar, beside: DType | undefined): Node {
  const dtype = weakDType(value, beside);
  return constant(scalarIn(operation, value, dtype), dtype);
}

/** A whole number that every dtype of its users holds, as a constant. */
export const constantLike = (value: number, dtype: DType): Node =>
  constant(isBigint(dtype) ? BigInt(value) : value, dtype);

/** Floats as they are, anything else as float64. */
export const floatOf = (node: Node): Node => (isFloat(node.dtype) ? node : castTo(node, defaultFloat));

/** `value` as an element of `dtype`: exactly, except that numbers round to float16 and float32. */
export function scalarIn(operation: string, value: WeakScalar, dtype: DType): Scalar {
  if (typeof value === 'number' && dtype === 'float64') return value;
  if (typeof value === 'boolean') return castScalar(value ? 1 : 0, 'bool', dtype);
  if (dtype === 'bool') return castScalar(value, typeof value === 'bigint' ? 'int64' : 'float64', 'bool');
  if (isFloat(dtype)) return floatIn(operation, value, dtype);
  return integerIn(operation, value, dtype);
}

function floatIn(operation: string, value: number | bigint, dtype: FloatDType): number {
  if (typeof value === 'number') return Number(normalize(dtype, value));
  const nearest = Number(castScalar(Number(value), 'float64', dtype));
  if (!Number.isFinite(nearest) || BigInt(nearest) !== value)
    throw new DTypeError(
      operation,
      `${dtype} cannot hold ${value}n exactly; use Number() for the nearest number`,
    );
  return nearest;
}

function integerIn(operation: string, value: number | bigint, dtype: DType): Scalar {
  if (typeof value === 'number' && !Number.isInteger(value))
    throw new DTypeError(operation, `${value} is not a whole number and does not fit ${dtype}`);
  const { min, max } = dtypeTable[checkDType(operation, dtype)];
  if (value < min || value > max)
    throw new DTypeError(
      operation,
      `${value} does not fit ${dtype}, which holds ${min} to ${max}; use a wider dtype`,
    );
  return isBigint(dtype) ? BigInt(value) : Number(value) + 0;
}

/** `x` to a power. For the exponents 0, 1, 2 and, on floats, -1, given as JS numbers, the result is defined as 1, x, x*x, 1/x. */
export function power(base: Input, exponent: Input): Node {
  if (!isNode(base) || isNode(exponent) || typeof exponent === 'boolean')
    return binary('pow', base, exponent);
  const literal = Number(exponent);
  if (literal !== 0 && literal !== 1 && literal !== 2 && literal !== -1) return binary('pow', base, exponent);
  const { operand } = opTypes('pow', [base.dtype, weakDType(exponent, base.dtype)]);
  const x = castTo(base, operand);
  if (literal === 1) return x;
  if (literal === 2) return unary('square', x);
  const one = constantLike(1, operand);
  if (literal === 0) return broadcast(one, x.shape);
  return isFloat(operand) ? binary('divide', one, x) : binary('pow', base, exponent);
}

/** min(max(x, low), high); a missing bound has no effect. */
export function clip(x: Input, low: Input | null, high: Input | null): Node {
  if (low === null)
    return high !== null
      ? binary('minimum', x, high, 'clip')
      : isNode(x)
        ? x
        : weakConstant('clip', x, undefined);
  return high === null ? binary('maximum', x, low, 'clip') : elementwise('clip', [x, low, high]);
}
