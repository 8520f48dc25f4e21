/** Truth values as the bits of bytes. */
import { checkCount, wholeNumber } from '../../ir/arguments.ts';
import { DTypeError } from '../../ir/errors.ts';
import { constant, type Node } from '../../ir/node.ts';
import { checkChoice, checkOptions } from '../../ir/options.ts';
import { normalizeAxis } from '../../ir/shape.ts';
import { LazyArray } from '../lazyArray.ts';
import { cutAlong, fromLast, positionsAlong, toLast } from '../nodes/along.ts';
import { binary, broadcast, castTo, constantLike } from '../nodes/elementwise.ts';
import { concat } from '../nodes/join.ts';
import { fold } from '../nodes/reduce.ts';
import { flatten, reshapeTo } from '../nodes/view.ts';
import { nodeFrom } from '../operand.ts';
import type { Operand } from '../types.ts';

export interface BitOptions {
  /** By default the flattened array. */
  readonly axis?: number | null | undefined;
  /** Which bit of a byte is the first one: `'big'` (default) the most significant. */
  readonly bitorder?: 'big' | 'little' | undefined;
}

/** The array with the axis last, where that was, and how far the bits of a byte are shifted. */
function read(
  operation: string,
  x: Operand,
  options: BitOptions,
  allowed: readonly string[],
): [Node, number, Node] {
  checkOptions(operation, options, allowed);
  const { axis = null, bitorder = 'big' } = options;
  checkChoice(operation, 'bitorder', bitorder, ['big', 'little']);
  const node = nodeFrom(operation, x);
  const at = axis === null ? 0 : normalizeAxis(operation, axis, node.shape.length);
  const rows = axis === null ? flatten(node) : toLast(operation, node, at);
  const position = positionsAlong(1, 0, 8, 'uint8');
  return [rows, at, bitorder === 'little' ? position : binary('subtract', constant(7, 'uint8'), position)];
}

/**
 * Eight elements of an axis as the bits of a byte, set where they are not zero; the last byte is filled up with zeros.
 * `lz.packbits([true, false, true])` is `[160]`.
 */
export function packbits(x: Operand, options: BitOptions = {}): LazyArray<'uint8'> {
  checkCount('packbits', arguments.length, 2);
  const [rows, at, shift] = read('packbits', x, options, ['axis', 'bitorder']);
  if (rows.dtype.startsWith('float'))
    throw new DTypeError('packbits', `takes truth values and integers, not ${rows.dtype}`);
  const size = rows.shape.at(-1) ?? 0;
  const last = rows.shape.length - 1;
  const bits = castTo(castTo(rows, 'bool'), 'uint8');
  const missing = (8 - (size % 8)) % 8;
  const whole =
    missing === 0
      ? bits
      : concat([bits, broadcast(constantLike(0, 'uint8'), rows.shape.with(last, missing))], last);
  const bytes = reshapeTo(whole, [...rows.shape.slice(0, last), (size + missing) / 8, 8]);
  const sums = fold('sum', binary('shiftLeft', bytes, shift), { axis: -1, dtype: 'uint8' });
  return new LazyArray(fromLast('packbits', sums, at));
}

/**
 * The bits of bytes as elements 0 and 1 along an axis. `count` is how many there are, zeros after those of the bytes; a
 * negative one leaves as many out at the end. Throws `DTypeError` unless the
 * elements are uint8. `lz.unpackbits(Uint8Array.of(160), { count: 3 })` is `[1 0 1]`.
 */
export function unpackbits(
  x: Operand,
  options: BitOptions & { readonly count?: number | undefined } = {},
): LazyArray<'uint8'> {
  checkCount('unpackbits', arguments.length, 2);
  const [rows, at, shift] = read('unpackbits', x, options, ['axis', 'bitorder', 'count']);
  if (rows.dtype !== 'uint8') throw new DTypeError('unpackbits', `takes bytes, uint8, not ${rows.dtype}`);
  const size = 8 * (rows.shape.at(-1) ?? 0);
  const last = rows.shape.length - 1;
  const apart = binary('bitwiseAnd', binary('shiftRight', reshapeTo(rows, [...rows.shape, 1]), shift), 1);
  const bits = reshapeTo(apart, rows.shape.with(last, size));
  const count = wholeNumber('unpackbits', 'count', options.count ?? size, -size, Number.MAX_SAFE_INTEGER);
  if (count <= size)
    return new LazyArray(
      fromLast('unpackbits', cutAlong(bits, last, 0, count < 0 ? size + count : count), at),
    );
  const zeros = broadcast(constantLike(0, 'uint8'), bits.shape.with(last, count - size));
  return new LazyArray(fromLast('unpackbits', concat([bits, zeros], last, 'unpackbits'), at));
}
