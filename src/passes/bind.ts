/**
 * Pass "bind": takes the numbers out of the graph.
 *
 * Array data become array parameters, ordinary scalars become scalar parameters, sizes and slice bounds become
 * slots of one list of numbers. What is left is structure, and its text is the key under which plans are cached:
 * two evaluations with equal keys differ only in those lists. Baked into the key, because plans depend on them:
 * dtypes, which sizes are equal to each other, which are 1, and the scalars that rewrite rules look at
 * (0, powers of two, infinities, NaN).
 */
import { InternalError } from '../ir/errors.ts';
import type { Scalar } from '../ir/dtype.ts';
import {
  parameter,
  constant,
  withInputs,
  type DataNode,
  type Node,
  type ParameterNode,
  type ViewMap,
} from '../ir/node.ts';
import { one, literalSize, slotSize, type Size } from '../ir/size.ts';

/** One evaluation, split into its structure (`key`, `order`) and its numbers. */
export interface Encoding {
  readonly key: string;
  /** All nodes, inputs first; the roots by position. */
  readonly order: readonly Node[];
  readonly roots: readonly number[];
  /** Array parameter `slot` is bound to `arrays[slot]`. */
  readonly arrays: readonly (DataNode<number> | ParameterNode<number>)[];
  /** Sizes and slice bounds. */
  readonly numbers: readonly number[];
  readonly scalars: readonly Scalar[];
  readonly sizeSlots: ReadonlyMap<number, number>;
  readonly rangeSlots: ReadonlyMap<Node, readonly RangeSlots[]>;
  readonly scalarSlots: ReadonlyMap<Node, number>;
}

interface RangeSlots {
  readonly start: Size;
  readonly step: Size;
}

/** Scalars that rules look at stay in the structure. */
export function isStructural(value: Scalar): boolean {
  if (typeof value === 'bigint') {
    const magnitude = value < 0n ? -value : value;
    return (magnitude & (magnitude - 1n)) === 0n;
  }
  return value === 0 || !Number.isFinite(value) || Number.isInteger(Math.log2(Math.abs(value)));
}

const scalarKey = (value: Scalar): string =>
  typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : String(value);

/**
 * Walks the graph once: order, key and numbers. `resolve` may replace a node by data that is known already.
 * With `bindScalars` off every scalar is part of the structure.
 */
export function encode(
  roots: readonly Node[],
  resolve: (node: Node) => Node | undefined,
  bindScalars: boolean,
): Encoding {
  const order: Node[] = [];
  const position = new Map<Node, number>();
  const arrays: (DataNode<number> | ParameterNode<number>)[] = [];
  const numbers: number[] = [];
  const scalars: Scalar[] = [];
  const sizeSlots = new Map<number, number>();
  const boundSlots = new Map<number, number>();
  const rangeSlots = new Map<Node, readonly RangeSlots[]>();
  const scalarSlots = new Map<Node, number>();
  const scalarByKey = new Map<string, number>();
  let key = '';
  let substituted = false as boolean;

  const sizeToken = (size: number): string => {
    if (size === 1) return '_';
    let slot = sizeSlots.get(size);
    if (slot === undefined) {
      slot = numbers.push(size) - 1;
      sizeSlots.set(size, slot);
    }
    return `s${slot}`;
  };
  const shapeToken = (shape: readonly number[]): string => {
    let text = '';
    for (const size of shape) text += sizeToken(size) + ',';
    return text;
  };
  const boundToken = (value: number): { readonly token: string; readonly size: Size } => {
    if (value === 0 || value === 1 || value === -1) return { token: String(value), size: literalSize(value) };
    // Equal bounds share a slot, so that equal slices are found to be equal.
    let slot = boundSlots.get(value);
    if (slot === undefined) {
      slot = numbers.push(value) - 1;
      boundSlots.set(value, slot);
    }
    return { token: `r${slot}`, size: slotSize(slot) };
  };
  const viewToken = (node: Node, map: ViewMap<number>): string => {
    switch (map.op) {
      case 'reshape':
        return `R${map.groups.join('|')}>${shapeToken(node.shape)}`;
      case 'permute':
        return `P${map.axes.join(',')}`;
      case 'broadcast':
        return `B${shapeToken(node.shape)}`;
      case 'slice': {
        let text = `S${shapeToken(node.shape)}`;
        const slots = map.ranges.map(({ start, step }) => {
          const from = boundToken(start);
          const by = boundToken(step);
          text += `${from.token}:${by.token},`;
          return { start: from.size, step: by.size };
        });
        rangeSlots.set(node, slots);
        return text;
      }
    }
  };
  const token = (node: Node): string => {
    switch (node.kind) {
      case 'data':
      case 'parameter':
        arrays.push(node);
        return `D${node.dtype}:${shapeToken(node.shape)}`;
      case 'constant': {
        const text = scalarKey(node.value);
        if (!bindScalars || isStructural(node.value)) return `C${node.dtype}=${text}`;
        const full = `${node.dtype}=${text}`;
        let slot = scalarByKey.get(full);
        if (slot === undefined) {
          slot = scalars.push(node.value) - 1;
          scalarByKey.set(full, slot);
        }
        scalarSlots.set(node, slot);
        return `P${node.dtype}${slot}`;
      }
      case 'iota':
        return `I${node.dtype}:${shapeToken(node.shape)}`;
      case 'map':
        return node.op;
      case 'cast':
        return node.dtype;
      case 'view':
        return viewToken(node, node.map);
      case 'reduce':
        return `${node.op}!${node.axes.join(',')}${node.dtype}`;
      case 'argReduce':
        return `${node.op}!${node.axis}${node.dtype}`;
      case 'concat':
        return `concat${node.axis}:${shapeToken(node.shape)}`;
      case 'gather':
        return `gather${node.axis}`;
      case 'contract':
        return 'contract';
    }
  };

  const stack: Node[] = [];
  const next: number[] = [];
  const visit = (start: Node): number => {
    const known = position.get(start);
    if (known !== undefined) return known;
    const value = start.inputs.length === 0 ? undefined : resolve(start);
    if (value !== undefined) {
      // Another root may have this one as its input.
      substituted = true;
      const at = visit(value);
      position.set(start, at);
      return at;
    }
    stack.push(start);
    next.push(0);
    position.set(start, -1);
    for (;;) {
      const node = stack.at(-1);
      const k = next.at(-1);
      if (node === undefined || k === undefined) break;
      if (k < node.inputs.length) {
        next[next.length - 1] = k + 1;
        const input = node.inputs[k];
        if (input === undefined || position.has(input)) continue;
        const data = input.inputs.length === 0 ? undefined : resolve(input);
        if (data !== undefined) {
          // The known value stands in for the expression: both map to one position.
          substituted = true;
          if (!position.has(data)) {
            position.set(data, order.length);
            key += `${token(data)};`;
            order.push(data);
          }
          position.set(input, position.get(data) ?? -1);
          continue;
        }
        position.set(input, -1);
        stack.push(input);
        next.push(0);
        continue;
      }
      stack.pop();
      next.pop();
      key += token(node);
      if (node.inputs.length > 0) {
        key += '(';
        for (const input of node.inputs) key += `${position.get(input)},`;
        key += ')';
      }
      key += ';';
      position.set(node, order.length);
      order.push(node);
    }
    return position.get(start) ?? -1;
  };
  const rootPositions = roots.map(visit);
  key += `=${rootPositions.join(',')}`;
  const linked = substituted ? relink() : order;
  return {
    key,
    order: linked,
    roots: rootPositions,
    arrays,
    numbers,
    scalars,
    sizeSlots,
    rangeSlots,
    scalarSlots,
  };

  /** Rebuilds the nodes whose inputs were replaced by known values. */
  function relink(): readonly Node[] {
    const rebuilt: Node[] = [];
    for (const node of order) {
      const inputs = node.inputs.map((input) => rebuilt[position.get(input) ?? -1] ?? input);
      const next = inputs.some((input, k) => input !== node.inputs[k]) ? withInputs(node, inputs) : node;
      rebuilt.push(next);
      if (next === node) continue;
      const ranges = rangeSlots.get(node);
      if (ranges !== undefined) rangeSlots.set(next, ranges);
    }
    return rebuilt;
  }
}

/** The graph over symbolic sizes that an encoding stands for. Called once per structure. */
export function bindGraph(encoding: Encoding): Node<Size>[] {
  const bound = new Map<Node, Node<Size>>();
  const arraySlots = new Map<Node, number>(encoding.arrays.map((node, slot) => [node, slot]));
  const sizeOf = (size: number): Size => {
    if (size === 1) return one;
    const slot = encoding.sizeSlots.get(size);
    if (slot === undefined) throw new InternalError('bind', `size ${size} has no slot`);
    return slotSize(slot);
  };
  // Nodes share shapes, and the passes compare shapes often: one symbolic shape per shape.
  const shapes = new Map<string, readonly Size[]>();
  const shapeOf = (node: Node): readonly Size[] => {
    const key = node.shape.join();
    let shape = shapes.get(key);
    if (shape === undefined) {
      shape = node.shape.map(sizeOf);
      shapes.set(key, shape);
    }
    return shape;
  };
  const of = (node: Node): Node<Size> => {
    const found = bound.get(node);
    if (found === undefined) throw new InternalError('bind', `${node.kind} is not bound yet`);
    return found;
  };
  const viewMap = (node: Node, map: ViewMap<number>): ViewMap<Size> => {
    if (map.op !== 'slice') return map;
    const ranges = encoding.rangeSlots.get(node);
    if (ranges === undefined) throw new InternalError('bind', 'a slice has no bounds');
    return { op: 'slice', ranges };
  };
  const bind = (node: Node): Node<Size> => {
    const shape = shapeOf(node);
    switch (node.kind) {
      case 'data':
      case 'parameter':
        return parameter('array', arraySlots.get(node) ?? -1, node.dtype, shape);
      case 'constant': {
        const slot = encoding.scalarSlots.get(node);
        return slot === undefined
          ? constant<Size>(node.value, node.dtype)
          : parameter<Size>('scalar', slot, node.dtype, []);
      }
      case 'iota':
        return { ...node, shape };
      case 'map':
      case 'concat':
        return { ...node, shape, inputs: node.inputs.map(of) };
      case 'cast':
      case 'reduce':
      case 'argReduce':
        return { ...node, shape, inputs: [of(node.inputs[0])] };
      case 'view':
        return { ...node, shape, map: viewMap(node, node.map), inputs: [of(node.inputs[0])] };
      case 'gather':
      case 'contract':
        return { ...node, shape, inputs: [of(node.inputs[0]), of(node.inputs[1])] };
    }
  };
  const nodes = encoding.order.map((node) => {
    const result = bind(node);
    bound.set(node, result);
    return result;
  });
  return encoding.roots.map((position) => {
    const root = nodes[position];
    if (root === undefined) throw new InternalError('bind', `root ${position} is missing`);
    return root;
  });
}
