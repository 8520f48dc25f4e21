/** Lowers a matrix product: strided operands straight from where they are stored, no copies for transposes. */
import { InternalError } from '../ir/errors.ts';
import { isOne, one, zero, type Size } from '../ir/size.ts';
import { buildExpression, ExpressionPool, sourceKey, type PlanSource } from './expression.ts';
import { identityMap, loopsOf } from './indexMap.ts';
import type { Head, Regions } from './regions.ts';
import type { LoweredKernel, SourceReads } from './plan.ts';
import type { PlanNode } from './graph.ts';

interface Operand {
  readonly source: PlanSource;
  readonly offset: Size;
  /** One stride per axis of the operand. */
  readonly strides: readonly Size[];
}

function operand(node: PlanNode, regions: Regions): Operand {
  const loops = loopsOf(node.shape);
  const extents = node.shape.filter((size) => !isOne(size));
  const frontier = {
    sourceOf: (inner: PlanNode): PlanSource | undefined => regions.bufferOf.get(inner),
    blocked: (): void => {
      throw new InternalError('matmul', 'an operand has no strides');
    },
  };
  const e = buildExpression(
    new ExpressionPool(),
    frontier,
    extents,
    node,
    identityMap(node.shape, loops, extents),
    undefined,
  );
  if (e.kind !== 'load') throw new InternalError('matmul', 'an operand is not stored');
  return {
    source: e.source,
    offset: e.index.offset,
    strides: loops.map(([loop]) => (loop === undefined ? zero : (e.index.strides[loop] ?? zero))),
  };
}

export function lowerContract(head: Head, regions: Regions): LoweredKernel {
  const { node } = head;
  if (node.kind !== 'contract') throw new InternalError('matmul', `cannot lower ${node.kind}`);
  const [left, right] = node.inputs;
  const [a, b] = [operand(left, regions), operand(right, regions)];
  const batchAxes = node.shape.length - 2;
  const integers: Size[] = [node.shape.at(-2) ?? one, node.shape.at(-1) ?? one, left.shape.at(-1) ?? one];
  for (let axis = 0; axis < batchAxes; axis++)
    integers.push(node.shape[axis] ?? one, a.strides[axis] ?? zero, b.strides[axis] ?? zero);
  for (const { offset, strides } of [a, b])
    integers.push(offset, strides.at(-2) ?? zero, strides.at(-1) ?? zero);
  return {
    kernel: {
      kind: 'contract',
      dtype: node.dtype,
      batchAxes,
      buffers: [
        { dtype: node.dtype, role: 'input' },
        { dtype: node.dtype, role: 'input' },
        { dtype: node.dtype, role: 'output' },
      ],
      integers: integers.length,
      scalars: [],
    },
    buffers: [a.source, b.source, head.buffer],
    integers,
    scalars: [],
    heads: [head],
    space: [...node.shape, left.shape.at(-1) ?? one],
    rowLoops: node.shape.map((_, axis) => axis),
    reads: readsOf(placesOf(left, a), placesOf(right, b)),
    ops: 2,
  };
}

const placesOf = ({ shape }: PlanNode, { source, offset, strides }: Operand): SourceReads => ({
  source,
  places: [
    {
      offset,
      loops: shape.map((extent, axis) => ({ stride: strides[axis] ?? zero, extent })),
      gathered: false,
    },
  ],
  walks: 1,
});

const readsOf = (a: SourceReads, b: SourceReads): readonly SourceReads[] =>
  sourceKey(a.source) === sourceKey(b.source) ? [{ ...a, places: [...a.places, ...b.places] }] : [a, b];
