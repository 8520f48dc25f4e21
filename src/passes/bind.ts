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
import type { Form } from '../ir/form.ts';
import type { Scalar } from '../ir/dtype.ts';
import {
  numbersOf,
  parameter,
  rebuild,
  valueText,
  withInputs,
  type DataNode,
  type Node,
  type NodeOf,
  type ParameterNode,
} from '../ir/node.ts';
import { one, literalSize, slotSize, type Size } from '../ir/size.ts';

/** One evaluation, split into its structure (`key`, `order`) and its numbers. */
export interface Encoding {
  readonly key: string;
  /** All nodes, inputs first; the roots by position. */
  readonly order: readonly Node[];
  readonly roots: readonly number[];
  /** Array parameter `slot` is bound to `arrays[slot]`. */
  readonly arrays: readonly (DataNode | ParameterNode)[];
  /** Sizes and slice bounds. */
  readonly numbers: readonly number[];
  readonly scalars: readonly Scalar[];
  readonly sizeSlots: ReadonlyMap<number, number>;
  /** Of nodes that have numbers of their own (`numbersOf`): what stands for them. */
  readonly numberSlots: ReadonlyMap<Node, readonly Size[]>;
  readonly scalarSlots: ReadonlyMap<Node, number>;
}

/** Scalars that rules look at stay in the structure. */
export function isStructural(value: Scalar): boolean {
  if (typeof value === 'bigint') {
    const magnitude = value < 0n ? -value : value;
    return (magnitude & (magnitude - 1n)) === 0n;
  }
  return value === 0 || !Number.isFinite(value) || Number.isInteger(Math.log2(Math.abs(value)));
}

const noSlots: ReadonlyMap<Node, never> = new Map<Node, never>();

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
  const arrays: (DataNode | ParameterNode)[] = [];
  const numbers: number[] = [];
  const scalars: Scalar[] = [];
  const sizeSlots = new Map<number, number>();
  // Most graphs have no slices, and many no scalars.
  let boundSlots: Map<number, number> | undefined;
  let numberSlots: Map<Node, readonly Size[]> | undefined;
  let scalarSlots: Map<Node, number> | undefined;
  let slotsByValue: Map<Form, Map<Scalar, number>> | undefined;
  // Put together once: text that grows by pieces would be copied for each cache that looks it up.
  const texts: string[] = [];
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
    boundSlots ??= new Map();
    let slot = boundSlots.get(value);
    if (slot === undefined) {
      slot = numbers.push(value) - 1;
      boundSlots.set(value, slot);
    }
    return { token: `r${slot}`, size: slotSize(slot) };
  };
  /** The node as text, its inputs aside: its form, and slots for its sizes, bounds and value. */
  const token = (node: Node): string => {
    const { form } = node;
    if (node.inputs.length === 0) {
      if (node.kind === 'constant') return constantToken(node);
      if (node.kind === 'data' || node.kind === 'parameter') {
        arrays.push(node);
        return `array ${form.dtype}:${shapeToken(node.shape)}`;
      }
    }
    const text = form.hasOwnSizes ? `${form.text}:${shapeToken(node.shape)}` : form.text;
    return form.hasNumbers ? `${text}/${boundsToken(node)}` : text;
  };
  const boundsToken = (node: Node): string => {
    const sizes: Size[] = [];
    let text = '';
    for (const number of numbersOf(node)) {
      const { token: bound, size } = boundToken(number);
      text += sizes.length === 0 ? bound : `,${bound}`;
      sizes.push(size);
    }
    numberSlots ??= new Map();
    numberSlots.set(node, sizes);
    return text;
  };
  const constantToken = (node: NodeOf<'constant'>): string => {
    const { form, value } = node;
    if (!bindScalars || isStructural(value))
      return `constant ${form.dtype}=${valueText(node)}${typeof value === 'bigint' ? 'n' : ''}`;
    slotsByValue ??= new Map();
    let slots = slotsByValue.get(form);
    if (slots === undefined) slotsByValue.set(form, (slots = new Map<Scalar, number>()));
    let slot = slots.get(value);
    if (slot === undefined) slots.set(value, (slot = scalars.push(value) - 1));
    scalarSlots ??= new Map();
    scalarSlots.set(node, slot);
    return `scalar ${slot} ${form.dtype}`;
  };

  /** The positions of the inputs. One short piece of text a node: many pieces take long to put together. */
  const inputsToken = (inputs: readonly Node[]): string => {
    if (inputs.length === 0) return ';';
    let text = '(';
    for (const input of inputs) text += `${position.get(input)},`;
    return text + ');';
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
    for (let top = stack.length - 1; top >= 0; top = stack.length - 1) {
      const node = stack[top];
      const k = next[top];
      if (node === undefined || k === undefined) break;
      if (k < node.inputs.length) {
        next[top] = k + 1;
        const input = node.inputs[k];
        if (input === undefined || position.has(input)) continue;
        const data = input.inputs.length === 0 ? undefined : resolve(input);
        if (data !== undefined) {
          // The known value stands in for the expression: both map to one position.
          substituted = true;
          if (!position.has(data)) {
            position.set(data, order.length);
            texts.push(token(data), ';');
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
      texts.push(token(node), inputsToken(node.inputs));
      position.set(node, order.length);
      order.push(node);
    }
    return position.get(start) ?? -1;
  };
  const rootPositions = roots.map(visit);
  texts.push(`=${rootPositions.join(',')}`);
  const linked = substituted ? relink() : order;
  return {
    key: texts.join(''),
    order: linked,
    roots: rootPositions,
    arrays,
    numbers,
    scalars,
    sizeSlots,
    numberSlots: numberSlots ?? noSlots,
    scalarSlots: scalarSlots ?? noSlots,
  };

  /** Rebuilds the nodes whose inputs were replaced by known values. */
  function relink(): readonly Node[] {
    const rebuilt: Node[] = [];
    for (const node of order) {
      const inputs = node.inputs.map((input) => rebuilt[position.get(input) ?? -1] ?? input);
      const next = inputs.some((input, k) => input !== node.inputs[k]) ? withInputs(node, inputs) : node;
      rebuilt.push(next);
      if (next === node) continue;
      const slots = numberSlots?.get(node);
      if (slots !== undefined) numberSlots?.set(next, slots);
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
  const shapesOf = new Map<readonly number[], readonly Size[]>();
  const shapeOf = ({ shape: sizes }: Node): readonly Size[] => {
    let shape = shapesOf.get(sizes);
    if (shape === undefined) {
      const key = sizes.join();
      shape = shapes.get(key) ?? sizes.map(sizeOf);
      shapes.set(key, shape);
      shapesOf.set(sizes, shape);
    }
    return shape;
  };
  // A program writes its numbers again and again: one node for each.
  const scalars: Node<Size>[] = [];
  const constants = new Map<Form, Map<unknown, Node<Size>>>();
  const constantOf = (node: NodeOf<'constant'>, shape: readonly Size[]): Node<Size> => {
    let known = constants.get(node.form);
    if (known === undefined) constants.set(node.form, (known = new Map<unknown, Node<Size>>()));
    const value = Object.is(node.value, -0) ? '-0' : node.value;
    let found = known.get(value);
    if (found === undefined) known.set(value, (found = rebuild(node, shape, [], [])));
    return found;
  };
  const of = (node: Node): Node<Size> => {
    const found = bound.get(node);
    if (found === undefined) throw new InternalError('bind', `${node.kind} is not bound yet`);
    return found;
  };
  const bind = (node: Node): Node<Size> => {
    const shape = shapeOf(node);
    if (node.kind === 'data' || node.kind === 'parameter')
      return parameter('array', arraySlots.get(node) ?? -1, node.dtype, shape);
    if (node.kind === 'constant') {
      const slot = encoding.scalarSlots.get(node);
      return slot === undefined
        ? constantOf(node, shape)
        : (scalars[slot] ??= parameter('scalar', slot, node.dtype, []));
    }
    return rebuild(node, shape, node.inputs.map(of), encoding.numberSlots.get(node) ?? []);
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
