/**
 * Windows of arrays as views, and what is a sum over windows: convolutions and correlations. Each is one fused reduction;
 * neither the windows nor the padded array are stored.
 */
import { countOf, describe } from '../../ir/arguments.ts';
import { OptionError, ShapeError } from '../../ir/errors.ts';
import { window as windowNode, type Node } from '../../ir/node.ts';
import { checkElementCount, formatShape, normalizeAxis } from '../../ir/shape.ts';
import { readWholeNumbers } from '../arguments.ts';
import { binary, promoteNodes } from './elementwise.ts';
import { padConstant, widthsOf, type PadWidths } from './pad.ts';
import { fold } from './reduce.ts';
import { flip } from './slice.ts';
import { permute, reshapeTo } from './view.ts';

export interface WindowSettings {
  readonly axis?: number | readonly number[] | null | undefined;
  readonly step?: number | readonly number[] | undefined;
  readonly dilation?: number | readonly number[] | undefined;
}

/** Positions of windows in place of the axes, their elements along new last axes. */
export function slidingWindows(
  node: Node,
  windowShape: number | readonly number[],
  { axis, step = 1, dilation = 1 }: WindowSettings,
): Node {
  const operation = 'slidingWindowView';
  const lengths = numbersOf(operation, 'a window length', windowShape, 0);
  const axes =
    axis === undefined || axis === null
      ? node.shape.map((_, k) => k)
      : (Array.isArray(axis) ? Array.from(axis as readonly unknown[]) : [axis]).map((one) =>
          normalizeAxis(operation, one, node.shape.length),
        );
  if (lengths.length !== axes.length)
    throw new ShapeError(
      operation,
      `${countOf(lengths.length, 'window length')} for ${countOf(axes.length, 'axis', 'axes')} of ${formatShape(node.shape)}; name the axes with the option axis`,
    );
  const steps = perAxis(operation, 'step', step, axes.length);
  const dilations = perAxis(operation, 'dilation', dilation, axes.length);
  return axes.reduce(
    (view, along, k) =>
      windowsAlong(operation, view, along, lengths[k] ?? 1, steps[k] ?? 1, dilations[k] ?? 1),
    node,
  );
}

const numbersOf = (operation: string, name: string, given: unknown, least: number): readonly number[] =>
  readWholeNumbers(operation, name, given, least, Number.MAX_SAFE_INTEGER, ShapeError);

/** A number for each of several axes, or one for all. */
function perAxis(operation: string, name: string, given: unknown, count: number): readonly number[] {
  const list = numbersOf(operation, name, given, 1);
  const [only] = list;
  if (!Array.isArray(given) && only !== undefined) return new Array<number>(count).fill(only);
  if (list.length !== count)
    throw new OptionError(
      operation,
      `${name} must be a number, or a list of one for each of ${countOf(count, 'axis', 'axes')}, got ${describe(given)}`,
    );
  return list;
}

function windowsAlong(
  operation: string,
  node: Node,
  axis: number,
  length: number,
  step: number,
  dilation: number,
): Node {
  const size = node.shape[axis] ?? 1;
  const span = length === 0 ? 0 : (length - 1) * dilation + 1;
  if (span > size)
    throw new ShapeError(
      operation,
      `a window of ${span} elements is longer than axis ${axis} of ${formatShape(node.shape)}`,
    );
  const count = Math.floor((size - span) / step) + 1;
  const shape = checkElementCount(operation, [...node.shape.with(axis, count), length]);
  return windowNode(node, axis, shape, [step, dilation]);
}

// --- sums over windows -----------------------------------------------------------------------------------------

/** Which positions of the shorter sequence beside the longer one count. */
export type OverlapMode = 'full' | 'same' | 'valid';
const overlaps: readonly OverlapMode[] = ['full', 'same', 'valid'];

/** The products of two arrays, added up over the last `axes` axes in their promoted dtype, as in a matrix product. */
function sumOfProducts(x: Node, y: Node, axes: number): Node {
  const dtype = promoteNodes([x, y]) ?? x.dtype;
  const product = binary(dtype === 'bool' ? 'logicalAnd' : 'multiply', x, y);
  const axis = Array.from({ length: axes }, (_, k) => k - axes);
  return fold('sum', product, { axis, dtype });
}

function checkSequences(operation: string, nodes: readonly Node[]): readonly Node[] {
  return nodes.map((node) => {
    if (node.shape.length > 1)
      throw new ShapeError(operation, `takes arrays of one axis, got ${formatShape(node.shape)}`);
    const sequence = reshapeTo(node, [node.shape[0] ?? 1]);
    if (sequence.shape[0] === 0) throw new ShapeError(operation, 'takes arrays of at least one element');
    return sequence;
  });
}

export function convolve(x: Node, y: Node, mode: unknown): Node {
  const [a = x, v = y] = checkSequences('convolve', [x, y]);
  const [long, short] = (a.shape[0] ?? 0) >= (v.shape[0] ?? 0) ? [a, v] : [v, a];
  return slide('convolve', long, flip(short, undefined), mode);
}

/** Element k is the sum of `x[n + k] * y[n]`. */
export function correlate(x: Node, y: Node, mode: unknown): Node {
  const [a = x, v = y] = checkSequences('correlate', [x, y]);
  if ((a.shape[0] ?? 0) >= (v.shape[0] ?? 0)) return slide('correlate', a, v, mode);
  return flip(slide('correlate', v, a, mode), undefined);
}

/** The sums of products of a sequence with a shorter one beside each part of it. */
function slide(operation: string, long: Node, short: Node, mode: unknown): Node {
  const [length = 1] = short.shape;
  const before = beforeFirst(operation, length, mode);
  const padded = padConstant(long, [[before, mode === 'same' ? length - 1 - before : before]], false);
  return sumOfProducts(windowsAlong(operation, padded, 0, length, 1, 1), short, 1);
}

function beforeFirst(operation: string, length: number, mode: unknown): number {
  switch (mode) {
    case 'full':
      return length - 1;
    case 'same':
      return length >> 1;
    case 'valid':
      return 0;
    default:
      throw new OptionError(operation, `mode must be one of ${overlaps.join(', ')}, not ${describe(mode)}`);
  }
}

export interface Conv2dSettings {
  readonly stride?: number | readonly number[] | undefined;
  readonly padding?: PadWidths | 'same' | 'valid' | undefined;
  readonly dilation?: number | readonly number[] | undefined;
}

/** Images (N, C, H, W) with kernels (O, C, h, w): each channel of the result is a sum over windows of all channels. */
export function conv2d(
  images: Node,
  kernels: Node,
  { stride = 1, padding = 'valid', dilation = 1 }: Conv2dSettings,
): Node {
  const operation = 'conv2d';
  const [, channels, height = 1, width = 1] = images.shape;
  const [outputs = 1, taken, rows = 1, columns = 1] = kernels.shape;
  const shapes = `images ${formatShape(images.shape)} and kernels ${formatShape(kernels.shape)}`;
  if (images.shape.length !== 4 || kernels.shape.length !== 4)
    throw new ShapeError(
      operation,
      `takes images of shape (N, C, H, W) and kernels of shape (O, C, h, w), got ${shapes}`,
    );
  if (channels !== taken) throw new ShapeError(operation, `${shapes} have different numbers of channels`);
  const [down = 1, right = 1] = perAxis(operation, 'stride', stride, 2);
  const [tall = 1, wide = 1] = perAxis(operation, 'dilation', dilation, 2);
  const around =
    padding === 'valid'
      ? widthsOf(0, 2)
      : padding === 'same'
        ? [sameWidth(height, rows, down, tall), sameWidth(width, columns, right, wide)]
        : typeof padding === 'string'
          ? refusePadding(padding)
          : widthsOf(padding, 2);
  const padded = padConstant(images, [[0, 0], [0, 0], ...around], false);
  const along = windowsAlong(operation, padded, 2, rows, down, tall);
  const windows = windowsAlong(operation, along, 3, columns, right, wide);
  const inRows = permute(operation, windows, [0, 2, 3, 1, 4, 5]);
  const [batch = 1, ...rest] = inRows.shape;
  const beside = reshapeTo(inRows, [batch, 1, ...rest]);
  const weights = reshapeTo(kernels, [outputs, 1, 1, taken ?? 1, rows, columns]);
  return sumOfProducts(beside, weights, 3);
}

/** So that there are as many positions as elements, divided by the step and rounded up; the odd one comes after. */
function sameWidth(size: number, length: number, step: number, dilation: number): readonly [number, number] {
  const span = (length - 1) * dilation + 1;
  const total = Math.max(0, (Math.ceil(size / step) - 1) * step + span - size);
  return [total >> 1, total - (total >> 1)];
}

function refusePadding(padding: string): never {
  throw new OptionError('conv2d', `padding must be widths, 'same' or 'valid', not ${describe(padding)}`);
}
