/**
 * Calls of routines: what the sizes of a signature are, and the run-time integers that a call takes.
 *
 * Integers, in order: the sizes of the row; per batch axis its extent and, of strided operands, its stride in each of
 * them; then per strided operand its offset and the strides of its last axes. Results are contiguous, and so are the
 * operands of a routine that wants them so.
 */
import { InternalError } from '../errors.ts';
import type { TypedArray } from '../dtype.ts';
import type { RoutineCall } from '../kernel.ts';
import type { NodeOf } from '../node.ts';
import { sizeOf, stridesOf } from '../shape.ts';
import type { CoreAxes, ReferenceArray, RoutineRow } from './row.ts';
import { routineRow, type RoutineName } from './table.ts';

/** Where the elements of an operand lie: one stride per axis. */
export interface Layout<Dim> {
  readonly offset: Dim;
  readonly strides: readonly Dim[];
}

/** The shapes of operands and results; `undefined` for a result that nothing needs. */
export interface CallShapes<Dim> {
  readonly operands: readonly (readonly Dim[])[];
  readonly results: readonly (readonly Dim[] | undefined)[];
}

/** What a call goes over: its batch axes, and the sizes in the order of the row. */
export interface CallExtents<Dim> {
  readonly batch: readonly Dim[];
  readonly sizes: readonly Dim[];
}

/** The extents of a call. Sizes that no operand has are those of the results. */
export function extentsOf<Dim>(
  routine: RoutineName,
  { operands, results }: CallShapes<Dim>,
): CallExtents<Dim> {
  const row = routineRow(routine);
  const arrays: { readonly core: CoreAxes; readonly shape: readonly Dim[] }[] = [];
  const add = (cores: readonly CoreAxes[], shapes: CallShapes<Dim>['results']): void => {
    cores.forEach((core, k) => {
      const shape = shapes[k];
      if (shape !== undefined) arrays.push({ core, shape });
    });
  };
  add(row.operands, operands);
  add(row.results, results);
  const sizes = row.sizes.map((name) => {
    const found = arrays.find(({ core }) => core.includes(name));
    const size = found?.shape.at(found.core.indexOf(name) - found.core.length);
    if (size === undefined) throw new InternalError(routine, `no array of a call has the size ${name}`);
    return size;
  });
  const [first] = arrays;
  const batch = first === undefined ? [] : first.shape.slice(0, first.shape.length - first.core.length);
  return { batch, sizes };
}

/** The extents of the call that a node is a result of. */
export const extentsOfNode = <Dim>({
  routine,
  inputs,
  shape,
  result,
}: NodeOf<'routine', Dim>): CallExtents<Dim> =>
  extentsOf(routine, {
    operands: inputs.map((input) => input.shape),
    results: routineRow(routine).results.map((_, k) => (k === result ? shape : undefined)),
  });

/** The run-time integers of a call. */
export function integersOf<Dim>(
  routine: RoutineName,
  { batch, sizes }: CallExtents<Dim>,
  layouts: readonly Layout<Dim>[],
): readonly Dim[] {
  const row = routineRow(routine);
  if (row.layout === 'contiguous') return [...sizes, ...batch];
  const stride = ({ strides }: Layout<Dim>, axis: number): Dim => {
    const found = strides[axis];
    if (found === undefined) throw new InternalError(routine, `an operand has no axis ${axis}`);
    return found;
  };
  return [
    ...sizes,
    ...batch.flatMap((extent, axis) => [extent, ...layouts.map((layout) => stride(layout, axis))]),
    ...layouts.flatMap(({ offset, strides }) => [offset, ...strides.slice(batch.length)]),
  ];
}

/** Integers per batch axis. */
const perBatchAxis = ({ layout, operands }: RoutineRow): number =>
  layout === 'strided' ? 1 + operands.length : 1;

/** How many integers a call takes. */
export function integerCount({ routine, batchAxes }: Pick<RoutineCall, 'routine' | 'batchAxes'>): number {
  const row = routineRow(routine);
  const places = row.layout === 'strided' ? row.operands.reduce((sum, core) => sum + 1 + core.length, 0) : 0;
  return row.sizes.length + batchAxes * perBatchAxis(row) + places;
}

/** The extents of a call, from its integers. */
export function readExtents<Dim>(
  { routine, batchAxes }: Pick<RoutineCall, 'routine' | 'batchAxes'>,
  integer: (position: number) => Dim,
): CallExtents<Dim> {
  const row = routineRow(routine);
  const step = perBatchAxis(row);
  return {
    sizes: row.sizes.map((_, k) => integer(k)),
    batch: Array.from({ length: batchAxes }, (_, axis) => integer(row.sizes.length + axis * step)),
  };
}

/** The work of a call, in additions. */
export const workOf = (routine: RoutineName, { batch, sizes }: CallExtents<number>): number =>
  routineRow(routine).work(sizes) * sizeOf(batch);

/** A call by the reference function of its routine, on ordinary memory or the heap. */
export function referenceFunction({
  routine,
  settings,
  batchAxes,
  results,
  buffers: roles,
}: RoutineCall): (buffers: readonly TypedArray[], integers: ArrayLike<number>) => void {
  const row = routineRow(routine);
  const operands = row.operands.length;
  const arrayAt = (
    buffers: readonly TypedArray[],
    position: number,
    offset: number,
    strides: readonly number[],
  ): ReferenceArray => {
    const [values, buffer] = [buffers[position], roles[position]];
    if (values === undefined || buffer === undefined)
      throw new InternalError(routine, `a call has no buffer ${position}`);
    return { dtype: buffer.dtype, values, offset, strides };
  };
  return (buffers, integers) => {
    const at = (position: number): number => integers[position] ?? 0;
    const { sizes, batch } = readExtents({ routine, batchAxes }, at);
    const extent = (name: string): number => sizes[row.sizes.indexOf(name)] ?? 1;
    const step = perBatchAxis(row);
    let next = row.sizes.length + batchAxes * step;
    const places = row.operands.map((core, operand) => {
      const shape = core.map(extent);
      if (row.layout === 'contiguous')
        return {
          offset: 0,
          core: stridesOf(shape),
          batch: stridesOf([...batch, sizeOf(shape)]).slice(0, -1),
        };
      const place = {
        offset: at(next),
        core: core.map((_, axis) => at(next + 1 + axis)),
        batch: batch.map((_, axis) => at(row.sizes.length + axis * step + 1 + operand)),
      };
      next += 1 + core.length;
      return place;
    });
    const outs = row.results.map((core, result) => {
      const shape = core.map(extent);
      return { position: results.indexOf(result), strides: stridesOf(shape), elements: sizeOf(shape) };
    });
    const points = sizeOf(batch);
    const index = batch.map(() => 0);
    for (let point = 0; point < points; point++) {
      row.reference({
        sizes,
        settings,
        operands: places.map(({ offset, core, batch: strides }, k) =>
          arrayAt(
            buffers,
            k,
            index.reduce((sum, i, axis) => sum + i * (strides[axis] ?? 0), offset),
            core,
          ),
        ),
        results: outs.map(({ position, strides, elements }) =>
          position < 0 ? undefined : arrayAt(buffers, operands + position, point * elements, strides),
        ),
      });
      for (let axis = batchAxes - 1; axis >= 0; axis--) {
        const following = (index[axis] ?? 0) + 1;
        index[axis] = following < (batch[axis] ?? 1) ? following : 0;
        if (index[axis] !== 0) break;
      }
    }
  };
}
