/**
 * What each kind of node is made of, said once.
 *
 * Everything that treats nodes alike derives from this table: the types of `node.ts`, the interned form of a node,
 * the key of the plan cache, value numbering, recognition, families of expressions, printing. A kind without a row
 * does not compile, and an attribute can be forgotten by none of them.
 */
import type { Scalar, TypedArray } from './dtype.ts';
import type { Reduction } from './monoids.ts';
import type { ScalarOp } from './ops.ts';
import type { Settings } from './routines/row.ts';
import type { RoutineName } from './routines/table.ts';
import type { ScatterOp } from './scatter.ts';
import type { ReshapeGroup } from './shape.ts';

/** Where the values of a data node live. The version changes when the owner says that the values did. */
export interface ArraySource {
  readonly id: number;
  readonly version: number;
  /** The values, to be read at once: the memory may hold others after the next evaluation. */
  readonly values: TypedArray;
}

/** The types attributes may have. `Dim` is a size: a number, or symbolic. */
export interface AttributeTypes<Dim> {
  readonly scalarOp: ScalarOp;
  readonly reduction: Reduction;
  readonly scatterOp: ScatterOp;
  readonly axis: number;
  readonly exclusive: boolean;
  readonly axes: readonly number[];
  readonly groups: readonly ReshapeGroup[];
  readonly routine: RoutineName;
  readonly settings: Settings;
  readonly result: number;
  readonly bounds: readonly Dim[];
  readonly source: ArraySource;
  readonly role: 'array' | 'scalar';
  readonly slot: number;
  readonly scalar: Scalar;
}

export type AttributeType = keyof AttributeTypes<number>;

/**
 * How an attribute takes part in the identity of a node. `structure`: part of the form, and so of plans. `number`:
 * sizes, given at run time. `value`: what a leaf stands for; binding (`passes/bind.ts`) takes it out of the graph.
 */
export type AttributeRole = 'structure' | 'number' | 'value';

interface AttributeRow<T> {
  readonly role: AttributeRole;
  /** Equal texts are equal attributes, except of bounds, whose text depends on what a size is. */
  readonly text: (value: T) => string;
  /** Of lists: what finds them among others. Equal keys are equal attributes. */
  readonly key?: (value: T) => number | string;
}

/** Other settings have another text; none at all have none. */
export function settingsText(settings: Settings): string {
  const text = (value: Settings[string]): string =>
    typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : String(value);
  const entries = Object.entries(settings).map(([name, value]) => `${name}=${text(value)}`);
  return entries.length === 0 ? '' : ` [${entries.join(', ')}]`;
}

const listed = (list: readonly unknown[]): string => list.join(', ');

const groupsText = (groups: readonly ReshapeGroup[]): string =>
  groups.map(([from, to]) => `${from}:${to}`).join(', ');

/** Appends a number of four bits to a key, which is 1 for nothing. What takes more than 28 bits has none: 0. */
const append = (key: number, value: number): number =>
  key > 0 && key < 2 ** 24 && value < 16 ? key * 16 + value : 0;

function axesKey(axes: readonly number[]): number | string {
  let key = 1;
  for (const axis of axes) key = append(key, axis);
  return key === 0 ? listed(axes) : key;
}

function groupsKey(groups: readonly ReshapeGroup[]): number | string {
  let key = 1;
  for (const [from, to] of groups) key = append(append(key, from), to);
  return key === 0 ? groupsText(groups) : key;
}

export const attributeTypes = {
  scalarOp: { role: 'structure', text: String },
  reduction: { role: 'structure', text: String },
  scatterOp: { role: 'structure', text: String },
  axis: { role: 'structure', text: String },
  exclusive: { role: 'structure', text: (exclusive) => (exclusive ? 'exclusive' : 'inclusive') },
  axes: { role: 'structure', text: listed, key: axesKey },
  groups: { role: 'structure', text: groupsText, key: groupsKey },
  routine: { role: 'structure', text: String },
  settings: { role: 'structure', text: settingsText, key: settingsText },
  result: { role: 'structure', text: (result) => (result === 0 ? '' : ` result ${result}`) },
  bounds: { role: 'number', text: listed },
  source: { role: 'value', text: ({ id }) => String(id) },
  role: { role: 'value', text: String },
  slot: { role: 'value', text: String },
  scalar: { role: 'value', text: (value) => (Object.is(value, -0) ? '-0' : String(value)) },
} as const satisfies { readonly [T in AttributeType]: AttributeRow<AttributeTypes<number>[T]> };

interface KindRow {
  /** `1+`: one and any number more. */
  readonly inputs: 0 | 1 | 2 | '1+' | '2+' | 'many';
  readonly attributes: Readonly<Record<string, AttributeType>>;
  /** `own`: the shape is part of what the node is; `derived`: it follows from inputs and attributes. */
  readonly sizes: 'own' | 'derived';
  /**
   * How fusion sees it. `leaf`: made of nothing else; `pointwise`: computed in place, at each point of a loop nest;
   * `view`: changes only which elements are meant; `fold`: many elements make one; `scan`: each is made of those before it; `pieces`: stored part by part;
   * `opaque`: a kernel of its own.
   */
  readonly fusion: 'leaf' | 'pointwise' | 'view' | 'fold' | 'scan' | 'pieces' | 'opaque';
  /** Whether it computes: then neither it nor its inputs are of a dtype of storage (float16). */
  readonly computes: boolean;
  /** What an element costs where it is computed in place, 1 for an addition; of a map, on top of its op. */
  readonly weight: number;
  /** As explain prints it: `{name}` is an attribute, or the dtype. */
  readonly text: string;
}

export const kinds = {
  /** A contiguous, row-major array in memory. */
  data: {
    inputs: 0,
    attributes: { source: 'source' },
    sizes: 'own',
    fusion: 'leaf',
    computes: false,
    weight: 0,
    text: 'data',
  },
  /** A value given at run time: array number `slot`, or (rank 0, `scalar`) scalar number `slot`. */
  parameter: {
    inputs: 0,
    attributes: { role: 'role', slot: 'slot' },
    sizes: 'own',
    fusion: 'leaf',
    computes: false,
    weight: 0,
    text: '{role} {slot}',
  },
  /** One value, rank 0. Filled arrays are broadcasts of it. */
  constant: {
    inputs: 0,
    attributes: { value: 'scalar' },
    sizes: 'derived',
    fusion: 'leaf',
    computes: false,
    weight: 0,
    text: 'constant {value}',
  },
  /** 0, 1, 2, ... along its one axis. */
  iota: { inputs: 0, attributes: {}, sizes: 'own', fusion: 'leaf', computes: false, weight: 0, text: 'iota' },
  /** A scalar op over inputs that have the shape of the result (rank-0 inputs are stretched). */
  map: {
    inputs: 'many',
    attributes: { op: 'scalarOp' },
    sizes: 'derived',
    fusion: 'pointwise',
    computes: true,
    weight: 0,
    text: '{op}',
  },
  cast: {
    inputs: 1,
    attributes: {},
    sizes: 'derived',
    fusion: 'pointwise',
    computes: false,
    weight: 1,
    text: 'cast to {dtype}',
  },
  /** The same elements in row-major order; `groups` says which adjacent axes hold the same elements. */
  reshape: {
    inputs: 1,
    attributes: { groups: 'groups' },
    sizes: 'own',
    fusion: 'view',
    computes: false,
    weight: 0,
    text: 'reshape',
  },
  /** Axis `k` of the result is axis `axes[k]` of the input. */
  permute: {
    inputs: 1,
    attributes: { axes: 'axes' },
    sizes: 'derived',
    fusion: 'view',
    computes: false,
    weight: 0,
    text: 'permute [{axes}]',
  },
  /** Aligned from the last axis; sizes of 1 stretch. */
  broadcast: {
    inputs: 1,
    attributes: {},
    sizes: 'own',
    fusion: 'view',
    computes: false,
    weight: 0,
    text: 'broadcast',
  },
  /** Per axis: element `i` of the result is element `start + i * step` of the input. */
  slice: {
    inputs: 1,
    attributes: { starts: 'bounds', steps: 'bounds' },
    sizes: 'own',
    fusion: 'view',
    computes: false,
    weight: 0,
    text: 'slice from [{starts}] by [{steps}]',
  },
  /**
   * `inputs[0]` with element 0 at position `before` of each axis, and the rank-0 `inputs[1]` around it. Where `before` is
   * negative, and where the result ends earlier, elements are cut off.
   */
  pad: {
    inputs: 2,
    attributes: { before: 'bounds' },
    sizes: 'own',
    fusion: 'pointwise',
    computes: false,
    weight: 2,
    text: 'pad from [{before}]',
  },
  /**
   * The axis becomes one of positions and the last one of offsets: element `[.., i, .., j]` is element
   * `[.., i * step + j * dilation, ..]` of the input, `steps` being step and dilation.
   */
  window: {
    inputs: 1,
    attributes: { axis: 'axis', steps: 'bounds' },
    sizes: 'own',
    fusion: 'view',
    computes: false,
    weight: 0,
    text: 'windows along {axis} by [{steps}]',
  },
  /** A reduction over `axes` (sorted), which are gone from the shape; taken in row-major order as one sequence. */
  reduce: {
    inputs: 1,
    attributes: { op: 'reduction', axes: 'axes' },
    sizes: 'derived',
    fusion: 'fold',
    computes: true,
    weight: 0,
    text: '{op} over [{axes}]',
  },
  /** What a reduction along `axis` makes of the elements up to each one; `exclusive`: of those before it. */
  scan: {
    inputs: 1,
    attributes: { op: 'reduction', axis: 'axis', exclusive: 'exclusive' },
    sizes: 'derived',
    fusion: 'scan',
    computes: true,
    weight: 0,
    text: '{exclusive} scan by {op} along {axis}',
  },
  concat: {
    inputs: 'many',
    attributes: { axis: 'axis' },
    sizes: 'own',
    fusion: 'pieces',
    computes: false,
    weight: 0,
    text: 'concat along {axis}',
  },
  /**
   * `inputs[0]` indexed along `axes` (sorted) by the integers of the other inputs, one for each axis, all of one shape,
   * which takes the place of the first of the axes.
   */
  gather: {
    inputs: '1+',
    attributes: { axes: 'axes' },
    sizes: 'derived',
    fusion: 'pointwise',
    computes: false,
    weight: 6,
    text: 'take along {axes}',
  },
  /**
   * `inputs[0]` with the updates of `inputs[1]` combined, one after the other in row-major order, at the positions along
   * `axes` that the integers of the other inputs say. The updates have the shape of a gather at these positions.
   */
  scatter: {
    inputs: '2+',
    attributes: { op: 'scatterOp', axes: 'axes' },
    sizes: 'derived',
    fusion: 'pieces',
    computes: true,
    weight: 6,
    text: 'scatter {op} along {axes}',
  },
  /** One result of a call of a routine. Nodes with inputs and settings in common are results of one call. */
  routine: {
    inputs: 'many',
    attributes: { routine: 'routine', settings: 'settings', result: 'result' },
    sizes: 'own',
    fusion: 'opaque',
    computes: true,
    weight: 0,
    text: '{routine}{settings}{result}',
  },
} as const satisfies Record<string, KindRow>;

type Kinds = typeof kinds;
export type Kind = keyof Kinds;

export const kindNames = Object.keys(kinds) as Kind[];
export const kindRow = (kind: Kind): KindRow => kinds[kind];

/** The attributes of a kind. */
export type AttributesOf<K extends Kind, Dim> = {
  readonly [A in keyof Kinds[K]['attributes']]: Kinds[K]['attributes'][A] extends AttributeType
    ? AttributeTypes<Dim>[Kinds[K]['attributes'][A]]
    : never;
};

/** Those that are part of the form of a node. */
export type StructureOf<K extends Kind> = {
  readonly [
    A in keyof Kinds[K]['attributes'] as Kinds[K]['attributes'][A] extends StructuralType ? A : never
  ]: AttributesOf<K, never>[A];
};

type StructuralType = {
  [T in AttributeType]: (typeof attributeTypes)[T]['role'] extends 'structure' ? T : never;
}[AttributeType];

/** Kinds whose dtype is one that can be computed with. */
export type ComputingKind = { [K in Kind]: Kinds[K]['computes'] extends true ? K : never }[Kind];

/** Kinds that are a view of their one input. */
export type ViewKind = { [K in Kind]: Kinds[K]['fusion'] extends 'view' ? K : never }[Kind];

export type InputCount<K extends Kind> = Kinds[K]['inputs'];
