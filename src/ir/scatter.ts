/**
 * What stores at computed positions do with what lies there: a new value replaces it (`set`), or is combined with it by
 * a reduction that keeps one register of the dtype of its elements. Updates are taken one after the other, so the result
 * is defined to the bit although sums round.
 */
import type { ComputeDType } from './dtype.ts';
import { IndexError } from './errors.ts';
import { Monoid, monoids, ofBool, reductions, type Reduction } from './monoids.ts';
import type { CodeOp } from './ops.ts';
import type { ScalarMachine } from './programs/machine.ts';

type Monoids = typeof monoids;

/** Reductions whose state is one value of the dtype of the elements, and the result. */
export type Combining = {
  [R in Reduction]: ReturnType<Monoids[R]['state']> extends readonly [ComputeDType] ? R : never;
}[Reduction];

export type ScatterOp = Combining | 'set';

export const combinings: readonly Combining[] = reductions.filter(
  (name): name is Combining =>
    monoids[name].result === 'element' &&
    monoids[name].state({ element: 'float64', result: 'float64' }).length === 1,
);

export const scatterOps: readonly ScatterOp[] = ['set', ...combinings];

const sameType = (op: Combining, dtype: ComputeDType): Monoid =>
  new Monoid(op, { element: dtype, result: dtype });

/** What lies in memory after `update` has met `there`. */
export function combined<V>(
  m: ScalarMachine<V, CodeOp>,
  op: ScatterOp,
  dtype: ComputeDType,
  there: V,
  update: V,
): V {
  if (op === 'set') return update;
  const monoid = sameType(op, dtype);
  return monoid.finish(m, monoid.combine(m, [there], monoid.lift(m, update)));
}

/** The operation to take of truth values. */
export function scatterOfBool(op: ScatterOp): ScatterOp {
  if (op === 'set') return op;
  const other = ofBool(op);
  return combinings.find((row) => row === other) ?? op;
}

/** What a combination costs, in additions. */
export const scatterWeight = (op: ScatterOp): number => (op === 'set' ? 0 : monoids[op].weight);

/** Why `op` does not take values of a dtype; `undefined` where it does. */
export function refusedScatter(op: ScatterOp, dtype: ComputeDType): string | undefined {
  if (op === 'set') return undefined;
  const { elements } = monoids[op];
  if (elements === 'bool' && dtype !== 'bool') return `${op} takes truth values`;
  if (elements === 'bits' && dtype.startsWith('float')) return `${op} takes the bits of integers`;
  if (dtype === 'bool' && ofBool(op) !== op) return `${op} of truth values is ${ofBool(op)}`;
  return undefined;
}

// --- indices from data ---------------------------------------------------------------------------------------

/** What has indices from the data. */
const operations = ['take', 'scatter'] as const;

/**
 * What an index is for, the axis and the operation, as one number: generated code, threads and devices name it with an
 * index that is outside.
 */
export const indexPurpose = (axis: number, operation: (typeof operations)[number]): number =>
  axis * operations.length + operations.indexOf(operation);

/** A negative index counts from the end; anything else outside is an `IndexError` of the operation. */
export function resolveIndex(index: number, size: number, purpose: number): number {
  const resolved = index < 0 ? index + size : index;
  if (!(resolved >= 0 && resolved < size)) failIndex(index, size, purpose);
  return resolved;
}

/** Throws the error of an index outside. */
export function failIndex(index: number, size: number, purpose: number): never {
  const operation = operations[purpose % operations.length] ?? 'take';
  const axis = Math.floor(purpose / operations.length);
  const outside = { index, size, purpose };
  throw new IndexError(operation, outsideText(index, size, axis), outside);
}

/** The text of an error for an index outside. */
export const outsideText = (index: number | bigint, size: number, axis: number): string =>
  `index ${index} is out of bounds for axis ${axis} of size ${size}`;
