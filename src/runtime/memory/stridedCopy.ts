/** Copying between typed arrays: parts of stored arrays, under views, to their place in another array. */
import type { TypedArray } from '../../ir/dtype.ts';
import { isView, type DataNode, type Node, type ViewNode } from '../../ir/node.ts';
import { sizeOf, stridesOf, type Shape } from '../../ir/shape.ts';

/** Where the elements of a view lie in the array under it. */
export interface StoredView {
  readonly data: DataNode;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** Elements of `shape` lie one after the other. */
const isContiguous = (shape: Shape, strides: readonly number[]): boolean => {
  const dense = stridesOf(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === dense[axis]);
};

/** A node as a view of a stored array; `undefined` for what has to be computed. */
export function storedView(
  node: Node,
  valueOf: (node: Node) => DataNode | undefined,
): StoredView | undefined {
  const views: ViewNode[] = [];
  let current = node;
  let data = current.kind === 'data' ? current : valueOf(current);
  while (data === undefined && isView(current)) {
    views.push(current);
    current = current.inputs[0];
    data = current.kind === 'data' ? current : valueOf(current);
  }
  if (data === undefined) return undefined;
  let offset = 0;
  let shape: Shape = data.shape;
  let strides: readonly number[] = stridesOf(shape);
  for (const view of views.toReversed()) {
    const { shape: to } = view;
    switch (view.kind) {
      case 'reshape':
        if (!isContiguous(shape, strides)) return undefined;
        strides = stridesOf(to);
        break;
      case 'permute':
        strides = view.axes.map((axis) => strides[axis] ?? 0);
        break;
      case 'broadcast': {
        const [from, own, added] = [shape, strides, to.length - shape.length];
        strides = to.map((size, axis) => (from[axis - added] === size ? (own[axis - added] ?? 0) : 0));
        break;
      }
      case 'window': {
        const [step = 1, dilation = 1] = view.steps;
        const along = strides[view.axis] ?? 0;
        strides = [...strides.with(view.axis, step * along), dilation * along];
        break;
      }
      case 'slice':
        view.starts.forEach((start, axis) => (offset += start * (strides[axis] ?? 0)));
        strides = strides.map((stride, axis) => stride * (view.steps[axis] ?? 1));
        break;
    }
    shape = to;
  }
  return { data, offset, shape, strides };
}

/** Copies of more elements than this go through `set`, which takes as long to be called as a few elements. */
const fewElements = 16;

/**
 * Writes the elements of a view, in order, to `out`: runs of `run` elements, the first at `start`, the next `stride`
 * further each time.
 */
export function copyStored(
  values: TypedArray,
  { offset, shape, strides }: Omit<StoredView, 'data'>,
  out: TypedArray,
  { start, run, stride }: { readonly start: number; readonly run: number; readonly stride: number },
): void {
  const count = sizeOf(shape);
  if (isContiguous(shape, strides)) {
    for (let from = 0, to = start; from < count; from += run, to += stride)
      if (run > fewElements) out.set(values.subarray(offset + from, offset + from + run) as never, to);
      else for (let k = 0; k < run; k++) out[to + k] = values[offset + from + k] as never;
    return;
  }
  const index = new Array<number>(shape.length).fill(0);
  for (let k = 0, from = offset; k < count; k++) {
    out[start + Math.floor(k / run) * stride + (k % run)] = values[from] as never;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [size, step, at] = [shape[axis] ?? 1, strides[axis] ?? 0, (index[axis] ?? 0) + 1];
      from += step;
      index[axis] = at;
      if (at < size) break;
      from -= size * step;
      index[axis] = 0;
    }
  }
}
