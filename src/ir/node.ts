/**
 * The expression graph: one immutable node type, a discriminated union on `kind`.
 *
 * A node holds only what affects its value. It is generic in `Dim`: the graph a user builds has numbers for sizes,
 * the graph the passes work on has symbolic sizes (`Size`), so that one plan serves every size. Everything a user
 * calls that is not listed here (mean, var, eye, stack, ...) is built from these kinds in `api/`.
 *
 * The constructors here state each kind's invariant; they are called with operands that already agree (`api/`
 * promotes and broadcasts first). Whatever computes (map, reduce, argReduce, contract) neither takes nor gives float16:
 * `api/` puts casts around it, and `verifyGraph` checks.
 */
import type { ComputeDType, DType, Scalar, TypedArray } from './dtype.ts';
import type { ArgReduction, Reduction, ScalarOp } from './ops.ts';
import type { ReshapeGroup } from './shape.ts';

/** Where the values of a data node live. The version changes when the owner says that the values did. */
export interface ArraySource {
  readonly id: number;
  readonly version: number;
  /** The values, to be read at once: the memory may hold others after the next evaluation. */
  readonly values: TypedArray;
}

interface Base<Dim> {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** A contiguous, row-major array in memory. */
export interface DataNode<Dim> extends Base<Dim> {
  readonly kind: 'data';
  readonly inputs: readonly [];
  readonly source: ArraySource;
}

/** A value given at run time: array number `slot`, or (rank 0, `scalar`) scalar number `slot`. */
export interface ParameterNode<Dim> extends Base<Dim> {
  readonly kind: 'parameter';
  readonly inputs: readonly [];
  readonly role: 'array' | 'scalar';
  readonly slot: number;
}

/** One value, rank 0. Filled arrays are broadcasts of it. */
export interface ConstantNode<Dim> extends Base<Dim> {
  readonly kind: 'constant';
  readonly inputs: readonly [];
  readonly value: Scalar;
}

/** 0, 1, 2, ... along its one axis. */
export interface IotaNode<Dim> extends Base<Dim> {
  readonly kind: 'iota';
  readonly inputs: readonly [];
}

/** A scalar op over inputs that have the shape of the result (rank-0 inputs are stretched). */
export interface MapNode<Dim> extends Base<Dim> {
  readonly kind: 'map';
  readonly dtype: ComputeDType;
  readonly op: ScalarOp;
  readonly inputs: readonly Node<Dim>[];
}

export interface CastNode<Dim> extends Base<Dim> {
  readonly kind: 'cast';
  readonly inputs: readonly [Node<Dim>];
}

/** How a view's elements map to its input's. No view copies. */
export type ViewMap<Dim> =
  | { readonly op: 'reshape'; readonly groups: readonly ReshapeGroup[] }
  /** Axis `k` of the result is axis `axes[k]` of the input. */
  | { readonly op: 'permute'; readonly axes: readonly number[] }
  /** Aligned from the last axis; sizes of 1 stretch. */
  | { readonly op: 'broadcast' }
  /** Per axis: element `i` of the result is element `start + i * step` of the input. */
  | { readonly op: 'slice'; readonly ranges: readonly { readonly start: Dim; readonly step: Dim }[] };

export interface ViewNode<Dim> extends Base<Dim> {
  readonly kind: 'view';
  readonly map: ViewMap<Dim>;
  readonly inputs: readonly [Node<Dim>];
}

/** A reduction over `axes` (sorted), which are gone from the shape; taken in row-major order as one sequence. */
export interface ReduceNode<Dim> extends Base<Dim> {
  readonly kind: 'reduce';
  readonly dtype: ComputeDType;
  readonly op: Reduction;
  readonly axes: readonly number[];
  readonly inputs: readonly [Node<Dim>];
}

/** The position of the extreme along `axis`: NaN first, then the lowest index. */
export interface ArgReduceNode<Dim> extends Base<Dim> {
  readonly kind: 'argReduce';
  readonly dtype: ComputeDType;
  readonly op: ArgReduction;
  readonly axis: number;
  readonly inputs: readonly [Node<Dim>];
}

export interface ConcatNode<Dim> extends Base<Dim> {
  readonly kind: 'concat';
  readonly axis: number;
  readonly inputs: readonly Node<Dim>[];
}

/** `inputs[0]` indexed along `axis` by the integers of `inputs[1]`, whose shape takes the axis's place. */
export interface GatherNode<Dim> extends Base<Dim> {
  readonly kind: 'gather';
  readonly axis: number;
  readonly inputs: readonly [Node<Dim>, Node<Dim>];
}

/** Matrix product of [...batch, m, k] and [...batch, k, n]. */
export interface ContractNode<Dim> extends Base<Dim> {
  readonly kind: 'contract';
  readonly dtype: ComputeDType;
  readonly inputs: readonly [Node<Dim>, Node<Dim>];
}

export type Node<Dim = number> =
  | DataNode<Dim>
  | ParameterNode<Dim>
  | ConstantNode<Dim>
  | IotaNode<Dim>
  | MapNode<Dim>
  | CastNode<Dim>
  | ViewNode<Dim>
  | ReduceNode<Dim>
  | ArgReduceNode<Dim>
  | ConcatNode<Dim>
  | GatherNode<Dim>
  | ContractNode<Dim>;

export const data = (source: ArraySource, dtype: DType, shape: readonly number[]): DataNode<number> => ({
  kind: 'data',
  dtype,
  shape,
  inputs: [],
  source,
});

export const parameter = <Dim>(
  role: 'array' | 'scalar',
  slot: number,
  dtype: DType,
  shape: readonly Dim[],
): ParameterNode<Dim> => ({ kind: 'parameter', dtype, shape, inputs: [], role, slot });

export const constant = <Dim = number>(value: Scalar, dtype: DType): ConstantNode<Dim> => ({
  kind: 'constant',
  dtype,
  shape: [],
  inputs: [],
  value,
});

export const iota = <Dim>(length: Dim, dtype: DType): IotaNode<Dim> => ({
  kind: 'iota',
  dtype,
  shape: [length],
  inputs: [],
});

export const map = <Dim>(
  op: ScalarOp,
  dtype: ComputeDType,
  shape: readonly Dim[],
  inputs: readonly Node<Dim>[],
): MapNode<Dim> => ({
  kind: 'map',
  dtype,
  shape,
  op,
  inputs,
});

export const cast = <Dim>(input: Node<Dim>, dtype: DType): Node<Dim> =>
  input.dtype === dtype ? input : { kind: 'cast', dtype, shape: input.shape, inputs: [input] };

export const view = <Dim>(input: Node<Dim>, shape: readonly Dim[], viewMap: ViewMap<Dim>): ViewNode<Dim> => ({
  kind: 'view',
  dtype: input.dtype,
  shape,
  map: viewMap,
  inputs: [input],
});

export const reduce = <Dim>(
  op: Reduction,
  input: Node<Dim>,
  axes: readonly number[],
  dtype: ComputeDType,
): ReduceNode<Dim> => ({
  kind: 'reduce',
  op,
  dtype,
  shape: input.shape.filter((_, axis) => !axes.includes(axis)),
  axes,
  inputs: [input],
});

export const argReduce = <Dim>(
  op: ArgReduction,
  input: Node<Dim>,
  axis: number,
  dtype: ComputeDType,
): ArgReduceNode<Dim> => ({
  kind: 'argReduce',
  op,
  dtype,
  shape: input.shape.filter((_, k) => k !== axis),
  axis,
  inputs: [input],
});

export const concat = <Dim>(
  inputs: readonly Node<Dim>[],
  axis: number,
  dtype: DType,
  shape: readonly Dim[],
): ConcatNode<Dim> => ({
  kind: 'concat',
  dtype,
  shape,
  axis,
  inputs,
});

export const gather = <Dim>(input: Node<Dim>, indices: Node<Dim>, axis: number): GatherNode<Dim> => ({
  kind: 'gather',
  dtype: input.dtype,
  shape: [...input.shape.slice(0, axis), ...indices.shape, ...input.shape.slice(axis + 1)],
  axis,
  inputs: [input, indices],
});

export const contract = <Dim>(
  a: Node<Dim>,
  b: Node<Dim>,
  dtype: ComputeDType,
  shape: readonly Dim[],
): ContractNode<Dim> => ({
  kind: 'contract',
  dtype,
  shape,
  inputs: [a, b],
});

/** Nodes that hold or make values without computing from other nodes. */
export const isLeaf = (node: Node<unknown>): boolean => node.inputs.length === 0;

/** The same node over other inputs (of the same shapes and dtypes). */
export function withInputs<Dim>(node: Node<Dim>, inputs: readonly Node<Dim>[]): Node<Dim> {
  const [first, second] = inputs;
  switch (node.kind) {
    case 'data':
    case 'parameter':
    case 'constant':
    case 'iota':
      return node;
    case 'map':
    case 'concat':
      return { ...node, inputs };
    case 'cast':
    case 'view':
    case 'reduce':
    case 'argReduce':
      return first === undefined ? node : { ...node, inputs: [first] };
    case 'gather':
    case 'contract':
      return first === undefined || second === undefined ? node : { ...node, inputs: [first, second] };
  }
}

/** Every node the roots depend on, inputs before users, in a fixed order. No recursion: chains may be 10^5 deep. */
export function topologicalOrder<Dim>(roots: readonly Node<Dim>[]): Node<Dim>[] {
  const order: Node<Dim>[] = [];
  const seen = new Set<Node<Dim>>();
  const stack: Node<Dim>[] = [];
  const next: number[] = [];
  for (const root of roots) {
    if (seen.has(root)) continue;
    seen.add(root);
    stack.push(root);
    next.push(0);
    for (;;) {
      const node = stack.at(-1);
      const k = next.at(-1);
      if (node === undefined || k === undefined) break;
      const input = node.inputs[k];
      if (input === undefined) {
        order.push(node);
        stack.pop();
        next.pop();
        continue;
      }
      next[next.length - 1] = k + 1;
      if (seen.has(input)) continue;
      seen.add(input);
      stack.push(input);
      next.push(0);
    }
  }
  return order;
}
