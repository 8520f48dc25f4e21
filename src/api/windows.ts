/** Padded arrays, windows of arrays, and sums over windows: free functions for any operand. */
import { checkCount, describe } from '../ir/arguments.ts';
import { OptionError } from '../ir/errors.ts';
import { checkOptions } from '../ir/options.ts';
import { LazyArray } from './lazyArray.ts';
import { padConstant, padModes, padWith, widthsOf, type PadMode, type PadWidths } from './nodes/pad.ts';
import {
  conv2d as conv2dNode,
  convolve as convolveNode,
  correlate as correlateNode,
  slidingWindows,
  type OverlapMode,
} from './nodes/windows.ts';
import { inputOf, nodeFrom } from './operand.ts';
import type { DTypeOf, MeetBoth, Operand } from './types.ts';

export type { OverlapMode } from './nodes/windows.ts';
export type { PadMode, PadWidths } from './nodes/pad.ts';

export interface PadOptions {
  /**
   * `'constant'` (the default) adds `value`. `'edge'` repeats the outermost element, `'reflect'` mirrors the array without
   * repeating that element, `'symmetric'` mirrors all of it, `'wrap'` goes on at its other end.
   */
  readonly mode?: PadMode | undefined;
  /** Of mode `'constant'`: 0 by default. A number must fit the dtype of the array. */
  readonly value?: Operand | undefined;
}

/**
 * The array with elements added around it. `widths` is a number for all sides, `[before, after]` for all axes, or a list
 * of them, one for each axis. Throws `ShapeError` for widths that are not counts, and where an empty axis has no element
 * to repeat. `lz.pad([1, 2], [1, 2])` is `[0. 1. 2. 0. 0.]`.
 */
export function pad<X extends Operand>(
  x: X,
  widths: PadWidths,
  options: PadOptions = {},
): LazyArray<DTypeOf<X>> {
  checkCount('pad', arguments.length, 3);
  checkOptions('pad', options, ['mode', 'value']);
  const { mode = 'constant', value } = options;
  const node = nodeFrom('pad', x);
  const perAxis = widthsOf(widths, node.shape.length);
  if (mode === 'constant')
    return new LazyArray(padConstant(node, perAxis, value === undefined ? false : inputOf('pad', value)));
  if (!padModes.includes(mode))
    throw new OptionError('pad', `mode must be one of ${padModes.join(', ')}, not ${describe(mode)}`);
  if (value !== undefined)
    throw new OptionError('pad', `mode ${describe(mode)} takes no value: it repeats elements of the array`);
  return new LazyArray(padWith(mode, node, perAxis));
}

export interface WindowOptions {
  /** The axis or axes to slide along, one for each window length; all of them by default. */
  readonly axis?: number | readonly number[] | null | undefined;
  /** Elements from one window to the next: 1 by default. */
  readonly step?: number | readonly number[] | undefined;
  /** Elements from one to the next within a window: 1 by default. */
  readonly dilation?: number | readonly number[] | undefined;
}

/**
 * A view of all windows of an array: their positions take the place of the axes, their elements lie along new last axes.
 * Throws `ShapeError` if a window is longer than its axis.
 * `lz.slidingWindowView([1, 2, 4, 8], 2).sum(1)` is `[ 3.  6. 12.]`.
 */
export function slidingWindowView<X extends Operand>(
  x: X,
  windowShape: number | readonly number[],
  options: WindowOptions = {},
): LazyArray<DTypeOf<X>> {
  checkCount('slidingWindowView', arguments.length, 3);
  checkOptions('slidingWindowView', options, ['axis', 'step', 'dilation']);
  return new LazyArray(slidingWindows(nodeFrom('slidingWindowView', x), windowShape, options));
}

/**
 * The convolution of two sequences: one runs backwards over the other. `mode` says at which positions: `'full'` wherever
 * they overlap, `'same'` as many as the longer has elements, `'valid'` where they overlap completely. Throws `ShapeError`
 * for more than one axis, or no element. `lz.convolve([1, 2, 3], [1, 1])` is `[1. 3. 5. 3.]`.
 */
export function convolve<X extends Operand, Y extends Operand>(
  x: X,
  y: Y,
  mode: OverlapMode = 'full',
): LazyArray<MeetBoth<X, Y>> {
  checkCount('convolve', arguments.length, 3);
  return new LazyArray(convolveNode(nodeFrom('convolve', x), nodeFrom('convolve', y), mode));
}

/**
 * The cross-correlation of two sequences: element k is the sum of `x[n + k] * y[n]`, at the positions that `mode` says
 * ({@link convolve}). Throws `ShapeError` for more than one axis, or no element.
 * `lz.correlate([1, 2, 3], [1, 1])` is `[3. 5.]`.
 */
export function correlate<X extends Operand, Y extends Operand>(
  x: X,
  y: Y,
  mode: OverlapMode = 'valid',
): LazyArray<MeetBoth<X, Y>> {
  checkCount('correlate', arguments.length, 3);
  return new LazyArray(correlateNode(nodeFrom('correlate', x), nodeFrom('correlate', y), mode));
}

export interface Conv2dOptions {
  /** Elements from one window to the next, for both axes or `[down, right]`: 1 by default. */
  readonly stride?: number | readonly number[] | undefined;
  /** Zeros around each image: widths as in {@link pad}, `'same'`, or `'valid'` (the default) for none. */
  readonly padding?: PadWidths | 'same' | 'valid' | undefined;
  /** Elements from one to the next within a window, for both axes or `[down, right]`: 1 by default. */
  readonly dilation?: number | readonly number[] | undefined;
}

/**
 * Images of shape (N, C, H, W) with kernels of shape (O, C, h, w), not turned, as in neural networks: channel o of a
 * result is the sum of kernel o times each window, over all channels. Throws `ShapeError` if the shapes do not fit.
 * `lz.conv2d(lz.ones([1, 1, 4, 4]), lz.ones([1, 1, 3, 3])).shape` is `[1, 1, 2, 2]`.
 */
export function conv2d<X extends Operand, Y extends Operand>(
  images: X,
  kernels: Y,
  options: Conv2dOptions = {},
): LazyArray<MeetBoth<X, Y>> {
  checkCount('conv2d', arguments.length, 3);
  checkOptions('conv2d', options, ['stride', 'padding', 'dilation']);
  return new LazyArray(conv2dNode(nodeFrom('conv2d', images), nodeFrom('conv2d', kernels), options));
}
