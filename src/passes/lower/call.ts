/** Lowers the call of a routine: its operands straight from where they are stored, no copies for transposes. */
import { InternalError } from '../../ir/errors.ts';
import { computeDType } from '../../ir/dtype.ts';
import type { NodeOf } from '../../ir/node.ts';
import { extentsOf, integersOf } from '../../ir/routines/call.ts';
import { routineRow } from '../../ir/routines/table.ts';
import { isOne, literalSize, productOfSizes, zero, type Size } from '../../ir/size.ts';
import { buildExpression, ExpressionPool, sourceKey, type PlanSource } from '../expression.ts';
import type { PlanNode } from '../graph.ts';
import { identityMap, loopsOf } from '../indexMap.ts';
import { layoutOf, type Operand } from '../operand.ts';
import type { LoweredKernel, SourceReads } from '../plan.ts';
import type { Head, Regions } from '../regions.ts';

function operand(routine: string, node: PlanNode, regions: Regions): Operand {
  const extents = node.shape.filter((size) => !isOne(size));
  const frontier = {
    sourceOf: (inner: PlanNode): PlanSource | undefined => regions.bufferOf.get(inner),
    blocked: (): void => {
      throw new InternalError(routine, 'an operand has no strides');
    },
  };
  const map = identityMap(node.shape, loopsOf(node.shape), extents);
  const value = buildExpression(new ExpressionPool(), frontier, extents, node, map, undefined);
  const layout = layoutOf(value, node.shape);
  if (layout === undefined) throw new InternalError(routine, 'an operand is not stored');
  return layout;
}

const routineNode = ({ node }: Head): NodeOf<'routine', Size> => {
  if (node.kind !== 'routine') throw new InternalError('lower', `${node.kind} is not a routine`);
  return node;
};

/** `heads` are the results of one call that are stored. */
export function lowerCall(heads: readonly [Head, ...Head[]], regions: Regions): LoweredKernel {
  const node = routineNode(heads[0]);
  const { routine, settings, inputs } = node;
  const row = routineRow(routine);
  const stored = heads
    .map((head) => ({ head, node: routineNode(head) }))
    .toSorted((a, b) => a.node.result - b.node.result);
  const operands = inputs.map((input) => operand(routine, input, regions));
  const extents = extentsOf(routine, {
    operands: inputs.map(({ shape }) => shape),
    results: row.results.map((_, k) => stored.find((one) => one.node.result === k)?.node.shape),
  });
  const integers = integersOf(routine, extents, operands);
  const space = [...extents.batch, ...extents.sizes];
  const isReduced = (size: string): boolean => !row.results.some((core) => core.includes(size));
  const results = stored.map((one) => one.node.result);
  const dtypes = inputs.map(({ dtype }) => computeDType(dtype));
  const sizeOf = (name: string): Size => extents.sizes[row.sizes.indexOf(name)] ?? zero;
  const scratch = (row.scratch?.(dtypes, results) ?? []).map(({ dtype, axes, perElement }) => ({
    kind: 'scratch' as const,
    dtype,
    size: productOfSizes([literalSize(perElement), ...axes.map(sizeOf)]),
  }));
  return {
    kernel: {
      kind: 'call',
      routine,
      settings,
      batchAxes: extents.batch.length,
      results,
      buffers: [
        ...dtypes.map((dtype) => ({ dtype, role: 'input' as const })),
        ...stored.map((one) => ({ dtype: one.node.dtype, role: 'output' as const })),
        ...scratch.map(({ dtype }) => ({ dtype, role: 'scratch' as const })),
      ],
      integers: integers.length,
      scalars: [],
    },
    buffers: [...operands.map(({ source }) => source), ...stored.map(({ head }) => head.buffer), ...scratch],
    integers,
    scalars: [],
    heads,
    space,
    rowLoops: space.flatMap((_, loop) => {
      const size = row.sizes[loop - extents.batch.length];
      return size !== undefined && isReduced(size) ? [] : [loop];
    }),
    reads: readsOf(operands.map((place, k) => placesOf(inputs[k]?.shape ?? [], place))),
    ops: row.ops,
  };
}

const placesOf = (shape: readonly Size[], { source, offset, strides }: Operand): SourceReads => ({
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

/** Reads of one array together. */
const readsOf = (reads: readonly SourceReads[]): readonly SourceReads[] =>
  [...Map.groupBy(reads, ({ source }) => sourceKey(source)).values()].flatMap((group) =>
    group.slice(0, 1).map((first) => ({ ...first, places: group.flatMap(({ places }) => places) })),
  );
