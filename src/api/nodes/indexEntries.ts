/**
 * What the arguments of `at` select: one entry for each axis or new axis, in the order of the arguments, as in NumPy.
 * Positions and ranges are checked against the array here.
 */
import { bigintAdvice, countOf, describe } from '../../ir/arguments.ts';
import { isInteger, type TypedArray } from '../../ir/dtype.ts';
import { DTypeError, IndexError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { outsideText } from '../../ir/scatter.ts';
import { formatShape, sizeOf } from '../../ir/shape.ts';
import { isArray, nodeOf, type AnyArray } from '../anyArray.ts';
import { valuesForShape } from '../evaluate.ts';
import { isTypedArray, maxDepth, readLiteral } from '../literal.ts';
import { dataNode } from '../operand.ts';
import type { TypedArrayInput } from '../types.ts';
import {
  ellipsis,
  isRange,
  positionOf,
  rangeOf,
  readText,
  type AxisRange,
  type SliceRange,
} from './slice.ts';

/** A mask as nested lists. */
export type MaskList = readonly (boolean | MaskList)[];

/**
 * An argument of `at`: a position; a range `[start, stop, step]`; `null` for a new axis; text in NumPy's notation
 * (`'::2, ..., -1'`); an array or typed array of integers; an array or list of booleans, which takes as many axes as it
 * has itself.
 */
export type IndexSpec = number | SliceRange | null | string | AnyArray | TypedArrayInput | MaskList;

/** A mask, and what evaluates it. */
export interface Mask {
  readonly node: Node;
  readonly values: () => TypedArray;
}

export type IndexEntry =
  | { readonly kind: 'position'; readonly axis: number; readonly at: number }
  | { readonly kind: 'range'; readonly axis: number; readonly range: AxisRange }
  | { readonly kind: 'array'; readonly axis: number; readonly indices: Node }
  /** Of its own rank: the axes from `axis` on. */
  | { readonly kind: 'mask'; readonly axis: number; readonly mask: Mask }
  | { readonly kind: 'new' }
  /** An ellipsis. It stands between arrays also where it stands for no axis. */
  | { readonly kind: 'gap' };

type Spec = number | SliceRange | null | typeof ellipsis | Positions | { readonly mask: Mask };

interface Positions {
  readonly indices: Node;
  /** Given as values, which are checked at once; others are checked when they are evaluated. */
  readonly literal?: TypedArray;
}

const operation = 'at';

export function entriesOf(node: Node, given: readonly IndexSpec[]): readonly IndexEntry[] {
  const { shape } = node;
  // Not with `flatMap`, which skips the holes of a list.
  const specs: Spec[] = [];
  for (const spec of given) specs.push(...readSpec(spec));
  const named = specs.reduce<number>((sum, spec) => sum + axesOf(spec), 0);
  if (named > shape.length)
    throw new IndexError(
      operation,
      `indices for ${countOf(named, 'axis', 'axes')} of an array of shape ${formatShape(shape)}, which has ${shape.length}`,
    );
  if (specs.filter((spec) => spec === ellipsis).length > 1)
    throw new IndexError(operation, "'...' may appear only once");
  if (!specs.includes(ellipsis)) specs.push(ellipsis);
  const entries: IndexEntry[] = [];
  let axis = 0;
  for (const [k, spec] of specs.entries()) {
    const size = shape[axis] ?? 0;
    if (spec === null) entries.push({ kind: 'new' });
    else if (spec === ellipsis) {
      if (k < specs.length - 1) entries.push({ kind: 'gap' });
      for (const end = axis + shape.length - named; axis < end; axis++)
        entries.push({ kind: 'range', axis, range: { start: 0, step: 1, count: shape[axis] ?? 0 } });
    } else if (typeof spec === 'number')
      entries.push({ kind: 'position', axis, at: positionOf(operation, spec, size, axis++) });
    else if (!('mask' in spec) && !('indices' in spec))
      entries.push({ kind: 'range', axis: axis++, range: rangeOf(operation, spec, size) });
    else if ('mask' in spec) {
      checkMask(spec.mask.node, node, axis);
      entries.push({ kind: 'mask', axis, mask: spec.mask });
      axis += spec.mask.node.shape.length;
    } else {
      checkPositions(spec, size, axis);
      entries.push({ kind: 'array', axis: axis++, indices: spec.indices });
    }
  }
  return entries;
}

function axesOf(spec: Spec): number {
  if (spec === null || spec === ellipsis) return 0;
  return typeof spec === 'object' && 'mask' in spec ? spec.mask.node.shape.length : 1;
}

/** One argument, as one entry for each axis or new axis. */
function readSpec(spec: IndexSpec): readonly Spec[] {
  if (typeof spec === 'string')
    return spec.split(',').map((text) => {
      const part = text.trim();
      return part === 'newaxis' || part === 'None' ? null : readText(operation, part, spec);
    });
  if (spec === null || Number.isInteger(spec)) return [spec as number | null];
  if (isRange(spec)) return [spec];
  if (isArray(spec)) {
    const node = nodeOf(spec);
    return [node.dtype === 'bool' ? { mask: maskOf(spec, node) } : { indices: integers(node) }];
  }
  if (isTypedArray(spec)) {
    const literal = readLiteral(operation, spec, undefined);
    return [{ indices: integers(dataNode(literal)), literal: literal.values }];
  }
  if (isMaskList(spec)) {
    const node = dataNode(readLiteral(operation, spec, 'bool'));
    return [{ mask: { node, values: () => valuesForShape(operation, node) } }];
  }
  throw notAnIndex(spec);
}

const isMaskList = (spec: unknown): spec is MaskList => {
  let entry = spec;
  // A list may contain itself.
  for (let depth = 0; depth <= maxDepth && Array.isArray(entry); depth++)
    entry = (entry as readonly unknown[])[0];
  return Array.isArray(spec) && typeof entry === 'boolean';
};

function maskOf(array: AnyArray, node: Node): Mask {
  if (node.shape.length === 0)
    throw new IndexError(operation, 'a mask without axes selects nothing; use lz.where(mask, x, other)');
  return { node, values: () => valuesForShape(operation, array) };
}

function integers(node: Node): Node {
  if (isInteger(node.dtype)) return node;
  throw new DTypeError(
    operation,
    `the indices are ${node.dtype}, but positions are integers; create them as integers, as with lz.array([0, 2], { dtype: 'int32' }) or Int32Array.of(0, 2), or cast them with astype('int32')`,
  );
}

function checkPositions({ indices, literal }: Positions, size: number, axis: number): void {
  if (size === 0 && sizeOf(indices.shape) > 0)
    throw new IndexError(operation, `axis ${axis} is empty: it has no positions`);
  for (const value of literal ?? [])
    if (value < -size || value >= size) throw new IndexError(operation, outsideText(value, size, axis));
}

function checkMask(mask: Node, node: Node, axis: number): void {
  mask.shape.forEach((length, k) => {
    const size = node.shape[axis + k] ?? 0;
    if (length !== size)
      throw new IndexError(
        operation,
        `a mask of shape ${formatShape(mask.shape)} does not fit an array of shape ${formatShape(node.shape)}: axis ${axis + k} has size ${size}, that of the mask ${length}`,
      );
  });
}

function notAnIndex(spec: unknown): IndexError {
  const advice =
    spec === undefined
      ? "write ':' for the whole axis, null for a new one"
      : Array.isArray(spec)
        ? "a list is a range [start, stop, step]; write positions as lz.array([...], { dtype: 'int32' }) or Int32Array.of(...)"
        : "give a position, a range [start, stop, step], null, text such as '1:, ..., -1', integers in an array, or a mask";
  return new IndexError(operation, `${describe(spec)} is not an index: ${advice}${bigintAdvice(spec)}`);
}
