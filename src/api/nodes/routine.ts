/** Calls of routines (`ir/routines/`): operands are checked against the signature, each result is a node. */
import { computeDType, type ComputeDType, type DType } from '../../ir/dtype.ts';
import { InternalError, ShapeError } from '../../ir/errors.ts';
import { routine, type Node } from '../../ir/node.ts';
import { noSettings, type CoreAxes, type Settings } from '../../ir/routines/row.ts';
import { routineRow, type RoutineName } from '../../ir/routines/table.ts';
import { checkSize, formatShape, sameShape, type Shape } from '../../ir/shape.ts';
import { castTo } from './elementwise.ts';

export interface CallOptions {
  readonly settings?: Settings;
  /** Sizes of the signature that no operand has. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** The public name of the call, for errors; the name of the routine unless told. */
  readonly operation?: string;
}

/**
 * The results of a call. Operands have the batch axes in common. float16 is computed in float32; results in float32
 * become float16 again, unless an operand was float32 itself.
 */
export function callRoutine(
  name: RoutineName,
  inputs: readonly Node[],
  { settings = noSettings, sizes = {}, operation = name }: CallOptions = {},
): readonly Node[] {
  const row = routineRow(name);
  const { batch, known } = matchSignature(operation, row.operands, inputs);
  for (const [size, value] of Object.entries(sizes)) known.set(size, value);
  const given = inputs.map(({ dtype }) => dtype);
  const operands = inputs.map((input) => castTo(input, computeDType(input.dtype)));
  const computed = row.dtypes(operation, operands.map(computeDTypeOf), settings);
  return row.results.map((core, result) => {
    const dtype = computed[result];
    if (dtype === undefined) throw new InternalError(name, `result ${result} has no dtype`);
    const shape = checkSize(operation, [...batch, ...core.map((size) => known.get(size) ?? 1)]);
    const isHalf = dtype === 'float32' && given.includes('float16') && !given.includes('float32');
    return castTo(routine(name, operands, dtype, shape, settings, result), isHalf ? 'float16' : dtype);
  });
}

/** The one result of a routine that has no other. */
export function routineResult(name: RoutineName, inputs: readonly Node[], options?: CallOptions): Node {
  const [first] = callRoutine(name, inputs, options);
  if (first === undefined) throw new InternalError(name, 'has no result');
  return first;
}

const computeDTypeOf = ({ dtype }: { readonly dtype: DType }): ComputeDType => computeDType(dtype);

/** The sizes that the signature names. Throws a `ShapeError` where operands do not fit it. */
function matchSignature(
  operation: string,
  signature: readonly CoreAxes[],
  inputs: readonly Node[],
): { readonly batch: Shape; readonly known: Map<string, number> } {
  if (inputs.length !== signature.length)
    throw new InternalError(operation, `takes ${signature.length} operands, not ${inputs.length}`);
  const known = new Map<string, number>();
  let batch: Shape | undefined;
  const wanted = (): string => signature.map((core) => `(..., ${core.join(', ')})`).join(' and ');
  const given = (): string => inputs.map(({ shape }) => formatShape(shape)).join(' and ');
  const refuse = (): never => {
    throw new ShapeError(operation, `takes shapes ${wanted()}, not ${given()}`);
  };
  signature.forEach((core, k) => {
    const shape = inputs[k]?.shape ?? [];
    const first = shape.length - core.length;
    if (first < 0) refuse();
    const own = shape.slice(0, first);
    batch ??= own;
    if (!sameShape(batch, own)) refuse();
    core.forEach((size, axis) => {
      const value = shape[first + axis] ?? 1;
      if ((known.get(size) ?? value) !== value) refuse();
      known.set(size, value);
    });
  });
  return { batch: batch ?? [], known };
}
