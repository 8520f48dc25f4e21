/**
 * Where four elements may be taken at a time: along the innermost axis, if some access is contiguous there.
 *
 * Whether an access is then a whole vector depends on the run-time integers: its offset and its other strides have to
 * be multiples of four.
 */
import { guardOf, strideOf, type KernelIndex, type Line, type LoopKernel } from '../../ir/kernel.ts';
import {
  evaluateInt,
  extentOf,
  gathersOf,
  isLine,
  linesIn,
  stepsOf,
  valueOf,
  walksOf,
} from '../../ir/nest.ts';
import type { Access, Vectors } from './body.ts';

/** The axis a kernel may be vectorized along, and its accesses there that move with it. */
export interface VectorAxis {
  readonly axis: number;
  readonly accesses: readonly Access[];
  /** It is the only axis of the map or of each walk, so it may end within a vector. */
  readonly alone: boolean;
}

export function vectorAxisOf(kernel: LoopKernel): VectorAxis | undefined {
  const parallel = kernel.points.axes;
  const walks = walksOf(kernel);
  const axis = walks.length === 0 ? parallel.at(-1) : walks[0]?.axes.at(-1);
  if (axis === undefined || walks.some(({ axes }) => axes.at(-1) !== axis)) return undefined;
  // Gathers go one by one, and must not see indices of elements that do not exist.
  if (gathersOf(kernel).length > 0) return undefined;
  const lines: readonly Line[] = walks.length === 0 ? stepsOf(kernel).filter(isLine) : walks.flatMap(linesIn);
  const accesses = lines.flatMap((line): Access[] => {
    if (line.kind === 'store') return [line];
    const value = valueOf(kernel, line.value);
    return value.kind === 'load' && strideOf(value.index, axis) !== 0 ? [value] : [];
  });
  return accesses.some(({ index }) => strideOf(index, axis) === 1)
    ? {
        axis,
        accesses,
        alone: walks.length === 0 ? parallel.length === 1 : walks.every(({ axes }) => axes.length === 1),
      }
    : undefined;
}

/** The accesses that are whole vectors for these integers; `undefined`: better one by one. */
export function vectorsFor(
  kernel: LoopKernel,
  { axis, accesses, alone }: VectorAxis,
  integers: readonly number[],
): Vectors | undefined {
  const extent = evaluateInt(extentOf(kernel, axis), integers);
  if (extent % 4 !== 0 && !alone) return undefined;
  const whole = new Set(
    accesses.filter((access) => isWhole(kernel, access.index, axis, integers) && !endsAlong(access, axis)),
  );
  // Stores of single elements come with the one-element form; and without whole vectors there is nothing to gain.
  if (whole.size === 0 || accesses.some((access) => !('dtype' in access) && !whole.has(access)))
    return undefined;
  // Whether it does end within one is no matter of the form: else every other length would want its own shader.
  return { axis, whole, valid: alone ? 'valid' : undefined };
}

/** Whether only some of four elements may exist. */
const endsAlong = (access: Access, axis: number): boolean =>
  'dtype' in access && guardOf(access).some(({ index }) => strideOf(index, axis) !== 0);

function isWhole(kernel: LoopKernel, index: KernelIndex, axis: number, integers: readonly number[]): boolean {
  if (strideOf(index, axis) !== 1 || evaluateInt(index.offset, integers) % 4 !== 0) return false;
  return index.terms.every(
    (term) =>
      term.axis === axis ||
      evaluateInt(term.stride, integers) % 4 === 0 ||
      evaluateInt(extentOf(kernel, term.axis), integers) <= 1,
  );
}

/** A name for the choice, equal for equal texts. */
export const vectorsKey = ({ accesses }: VectorAxis, vectors: Vectors | undefined): string =>
  vectors === undefined ? 'single' : accesses.map((access) => (vectors.whole.has(access) ? 1 : 0)).join('');
