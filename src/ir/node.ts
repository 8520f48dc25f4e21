/**
 * The expression graph: one immutable node type, a discriminated union on `kind`. What a kind is made of stands in
 * `schema.ts`; the types here derive from it.
 *
 * A node holds only what affects its value. It is generic in `Dim`: the graph a user builds has numbers for sizes,
 * the graph the passes work on has symbolic sizes (`Size`), so that one plan serves every size. Everything a user
 * calls that is not listed here (mean, var, eye, stack, ...) is built from these kinds in `api/`.
 *
 * The constructors here state each kind's invariant; they are called with operands that already agree (`api/`
 * promotes and broadcasts first). Whatever computes (map, reduce, scatter, routine) neither takes nor gives float16:
 * `api/` puts casts around it, and `verifyGraph` checks.
 */
import type { ComputeDType, DType, Scalar } from './dtype.ts';
import { InternalError } from './errors.ts';
import { attributesOf, attributeText, formsOf, type Form } from './form.ts';
import type { Reduction } from './monoids.ts';
import type { ScalarOp } from './ops.ts';
import { noSettings, type Settings } from './routines/row.ts';
import type { RoutineName } from './routines/table.ts';
import type { ScatterOp } from './scatter.ts';
import {
  kindRow,
  type ArraySource,
  type AttributesOf,
  type ComputingKind,
  type InputCount,
  type Kind,
  type ViewKind,
} from './schema.ts';
import { indexedShape, type ReshapeGroup } from './shape.ts';

export type { ArraySource } from './schema.ts';

/** As many inputs as the schema says. */
interface Inputs<Dim> {
  readonly 0: readonly [];
  readonly 1: readonly [Node<Dim>];
  readonly 2: readonly [Node<Dim>, Node<Dim>];
  readonly '1+': readonly [Node<Dim>, ...Node<Dim>[]];
  readonly '2+': readonly [Node<Dim>, Node<Dim>, ...Node<Dim>[]];
  readonly many: readonly Node<Dim>[];
}

/** A node of kind `K`: its attributes are those of the schema. */
export type NodeOf<K extends Kind, Dim = number> = {
  readonly kind: K;
  readonly dtype: K extends ComputingKind ? ComputeDType : DType;
  readonly shape: readonly Dim[];
  readonly inputs: Inputs<Dim>[InputCount<K>];
  /** Kind, dtype and structural attributes once more, as one object for all nodes that have them in common. */
  readonly form: Form;
} & AttributesOf<K, Dim>;

export type Node<Dim = number> = { readonly [K in Kind]: NodeOf<K, Dim> }[Kind];

export type DataNode<Dim = number> = NodeOf<'data', Dim>;
export type ParameterNode<Dim = number> = NodeOf<'parameter', Dim>;
export type ViewNode<Dim = number> = { readonly [K in ViewKind]: NodeOf<K, Dim> }[ViewKind];

const dataForm = formsOf('data', []);
const parameterForm = formsOf('parameter', []);
const constantForm = formsOf('constant', []);
const iotaForm = formsOf('iota', []);
export const mapForm = formsOf('map', ['op']);
const castForm = formsOf('cast', []);
const reshapeForm = formsOf('reshape', ['groups']);
const permuteForm = formsOf('permute', ['axes']);
const broadcastForm = formsOf('broadcast', []);
const sliceForm = formsOf('slice', []);
const padForm = formsOf('pad', []);
const windowForm = formsOf('window', ['axis']);
const reduceForm = formsOf('reduce', ['op', 'axes']);
const scanForm = formsOf('scan', ['op', 'axis', 'exclusive']);
const concatForm = formsOf('concat', ['axis']);
const gatherForm = formsOf('gather', ['axes']);
const scatterForm = formsOf('scatter', ['op', 'axes']);
const routineForm = formsOf('routine', ['routine', 'settings', 'result']);

/** Of leaves, and of what has no axes. */
const none: readonly [] = [];

export const data = (source: ArraySource, dtype: DType, shape: readonly number[]): NodeOf<'data'> => ({
  kind: 'data',
  dtype,
  shape,
  inputs: none,
  form: dataForm(dtype),
  source,
});

export const parameter = <Dim>(
  role: 'array' | 'scalar',
  slot: number,
  dtype: DType,
  shape: readonly Dim[],
): NodeOf<'parameter', Dim> => ({
  kind: 'parameter',
  dtype,
  shape,
  inputs: none,
  form: parameterForm(dtype),
  role,
  slot,
});

export const constant = <Dim = number>(value: Scalar, dtype: DType): NodeOf<'constant', Dim> => ({
  kind: 'constant',
  dtype,
  shape: none,
  inputs: none,
  form: constantForm(dtype),
  value,
});

export const iota = <Dim>(length: Dim, dtype: DType): NodeOf<'iota', Dim> => ({
  kind: 'iota',
  dtype,
  shape: [length],
  inputs: none,
  form: iotaForm(dtype),
});

export const map = <Dim>(
  op: ScalarOp,
  dtype: ComputeDType,
  shape: readonly Dim[],
  inputs: readonly Node<Dim>[],
  form = mapForm(dtype, op),
): NodeOf<'map', Dim> => ({ kind: 'map', dtype, shape, inputs, form, op });

export const cast = <Dim>(input: Node<Dim>, dtype: DType): Node<Dim> =>
  input.dtype === dtype
    ? input
    : { kind: 'cast', dtype, shape: input.shape, inputs: [input], form: castForm(dtype) };

export const reshape = <Dim>(
  input: Node<Dim>,
  shape: readonly Dim[],
  groups: readonly ReshapeGroup[],
): NodeOf<'reshape', Dim> => ({
  kind: 'reshape',
  dtype: input.dtype,
  shape,
  inputs: [input],
  form: reshapeForm(input.dtype, groups),
  groups,
});

export const permute = <Dim>(
  input: Node<Dim>,
  shape: readonly Dim[],
  axes: readonly number[],
): NodeOf<'permute', Dim> => ({
  kind: 'permute',
  dtype: input.dtype,
  shape,
  inputs: [input],
  form: permuteForm(input.dtype, axes),
  axes,
});

export const broadcast = <Dim>(input: Node<Dim>, shape: readonly Dim[]): NodeOf<'broadcast', Dim> => ({
  kind: 'broadcast',
  dtype: input.dtype,
  shape,
  inputs: [input],
  form: broadcastForm(input.dtype),
});

export const slice = <Dim>(
  input: Node<Dim>,
  shape: readonly Dim[],
  starts: readonly Dim[],
  steps: readonly Dim[],
): NodeOf<'slice', Dim> => ({
  kind: 'slice',
  dtype: input.dtype,
  shape,
  inputs: [input],
  form: sliceForm(input.dtype),
  starts,
  steps,
});

/** `fill` has rank 0 and the dtype of the input; `shape` says where each axis ends. */
export const pad = <Dim>(
  input: Node<Dim>,
  fill: Node<Dim>,
  shape: readonly Dim[],
  before: readonly Dim[],
): NodeOf<'pad', Dim> => ({
  kind: 'pad',
  dtype: input.dtype,
  shape,
  inputs: [input, fill],
  form: padForm(input.dtype),
  before,
});

/** `shape` is that of the input, with the number of windows in place of the axis and their length as the last one. */
export const window = <Dim>(
  input: Node<Dim>,
  axis: number,
  shape: readonly Dim[],
  steps: readonly Dim[],
): NodeOf<'window', Dim> => ({
  kind: 'window',
  dtype: input.dtype,
  shape,
  inputs: [input],
  form: windowForm(input.dtype, axis),
  axis,
  steps,
});

export const reduce = <Dim>(
  op: Reduction,
  input: Node<Dim>,
  axes: readonly number[],
  dtype: ComputeDType,
): NodeOf<'reduce', Dim> => ({
  kind: 'reduce',
  dtype,
  shape: axes.length === input.shape.length ? none : input.shape.filter((_, axis) => !axes.includes(axis)),
  inputs: [input],
  form: reduceForm(dtype, op, axes),
  op,
  axes,
});

/** Each element is what the reduction makes of the elements up to it along the axis, or of those before it (`scanOrder.ts`). */
export const scan = <Dim>(
  op: Reduction,
  input: Node<Dim>,
  axis: number,
  exclusive: boolean,
  dtype: ComputeDType,
): NodeOf<'scan', Dim> => ({
  kind: 'scan',
  dtype,
  shape: input.shape,
  inputs: [input],
  form: scanForm(dtype, op, axis, exclusive),
  op,
  axis,
  exclusive,
});

export const concat = <Dim>(
  inputs: readonly Node<Dim>[],
  axis: number,
  dtype: DType,
  shape: readonly Dim[],
): NodeOf<'concat', Dim> => ({
  kind: 'concat',
  dtype,
  shape,
  inputs,
  form: concatForm(dtype, axis),
  axis,
});

/** `indices` are of one shape, one for each of `axes`. */
export const gather = <Dim>(
  input: Node<Dim>,
  indices: readonly Node<Dim>[],
  axes: readonly number[],
): NodeOf<'gather', Dim> => ({
  kind: 'gather',
  dtype: input.dtype,
  shape: indexedShape(input.shape, axes, indices[0]?.shape ?? none),
  inputs: [input, ...indices],
  form: gatherForm(input.dtype, axes),
  axes,
});

/** `updates` have the dtype of `base`, and the shape of a gather from it. */
export const scatter = <Dim>(
  op: ScatterOp,
  base: Node<Dim>,
  indices: readonly Node<Dim>[],
  updates: Node<Dim>,
  axes: readonly number[],
  dtype: ComputeDType,
): NodeOf<'scatter', Dim> => ({
  kind: 'scatter',
  dtype,
  shape: base.shape,
  inputs: [base, updates, ...indices],
  form: scatterForm(dtype, op, axes),
  op,
  axes,
});

/** Result number `result` of a routine; `dtype` and `shape` are those that its row gives to this result. */
export const routine = <Dim>(
  name: RoutineName,
  inputs: readonly Node<Dim>[],
  dtype: ComputeDType,
  shape: readonly Dim[],
  settings: Settings = noSettings,
  result = 0,
): NodeOf<'routine', Dim> => ({
  kind: 'routine',
  dtype,
  shape,
  inputs,
  form: routineForm(dtype, name, settings, result),
  routine: name,
  settings,
  result,
});

/** Nodes that hold or make values without computing from other nodes. */
export const isLeaf = (node: Node<unknown>): boolean => node.inputs.length === 0;

export const isView = <Dim>(node: Node<Dim>): node is ViewNode<Dim> => kindRow(node.kind).fusion === 'view';

const attribute = (node: Node<unknown>, name: string): unknown =>
  (node as unknown as Readonly<Record<string, unknown>>)[name];

/** The sizes among the attributes of a node (the bounds of a slice), one after the other. */
export function numbersOf<Dim>(node: Node<Dim>): readonly Dim[] {
  if (!node.form.hasNumbers) return none;
  const all: Dim[] = [];
  for (const { name } of attributesOf(node.kind, 'number'))
    all.push(...(attribute(node, name) as readonly Dim[]));
  return all;
}

/** One attribute as text. `dim` prints a size. */
export function attributeTextOf<Dim>(node: Node<Dim>, name: string, dim: (size: Dim) => string): string {
  const value = attribute(node, name);
  const type = kindRow(node.kind).attributes[name];
  if (type === undefined) throw new InternalError(node.kind, `has no attribute ${name}`);
  return attributeText(type, type === 'bounds' ? (value as readonly Dim[]).map(dim) : value);
}

/** What a leaf stands for (its array, slot or value), as text: with form, shape and numbers it is the whole node. */
export const valueText = (node: Node<unknown>): string =>
  attributesOf(node.kind, 'value')
    .map(({ name, type }) => attributeText(type, attribute(node, name)))
    .join(' ');

/** The node with other sizes and inputs; `numbers` takes the place of `numbersOf`. */
export function rebuild<From, To>(
  node: Node<From>,
  shape: readonly To[],
  inputs: readonly Node<To>[],
  numbers: readonly To[],
): Node<To> {
  const changed: Record<string, unknown> = { shape, inputs };
  if (!node.form.hasNumbers) return { ...node, ...changed } as unknown as Node<To>;
  let from = 0;
  for (const { name } of attributesOf(node.kind, 'number')) {
    const { length } = attribute(node, name) as readonly From[];
    changed[name] = numbers.slice(from, (from += length));
  }
  return { ...node, ...changed } as unknown as Node<To>;
}

/** The same node over other inputs (of the same shapes and dtypes). */
export const withInputs = <Dim>(node: Node<Dim>, inputs: readonly Node<Dim>[]): Node<Dim> =>
  node.inputs.length === 0 ? node : ({ ...node, inputs } as Node<Dim>);

/** Every node the roots depend on, inputs before users, in a fixed order. No recursion: chains may be 10^5 deep. */
export function topologicalOrder<Dim>(
  roots: readonly Node<Dim>[],
  isEnd?: (node: Node<Dim>) => boolean,
): Node<Dim>[] {
  const order: Node<Dim>[] = [];
  const seen = new Set<Node<Dim>>();
  // The nodes that are open, and for each the next of its inputs.
  const stack: Node<Dim>[] = [];
  const next: number[] = [];
  const enter = (node: Node<Dim>): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.inputs.length === 0 || isEnd?.(node) === true) {
      order.push(node);
      return;
    }
    stack.push(node);
    next.push(0);
  };
  for (const root of roots) {
    enter(root);
    for (let top = stack.length - 1; top >= 0; top = stack.length - 1) {
      const node = stack[top];
      const k = next[top] ?? 0;
      const input = node?.inputs[k];
      if (input !== undefined) {
        next[top] = k + 1;
        enter(input);
      } else if (node !== undefined) {
        order.push(node);
        stack.pop();
        next.pop();
      }
    }
  }
  return order;
}
