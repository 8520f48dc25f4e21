/**
 * What a node computes at one point of a loop nest, as a DAG of scalar expressions over loads.
 *
 * Walking down from a node with an index map, views change the map, maps become ops, arrays become loads at affine
 * positions. Expressions are interned in a pool, so one pool never computes the same value twice.
 */
import { InternalError } from '../ir/errors.ts';
import { bytesOf, computeDType, type ComputeDType, type DType, type Scalar } from '../ir/dtype.ts';
import { opRow, type ScalarOp } from '../ir/ops.ts';
import { productOfSizes, sameSize, type Size } from '../ir/size.ts';
import {
  addAffine,
  affineKey,
  flatten,
  isBlocked,
  mapKey,
  rangesKey,
  rangesOf,
  throughPad,
  scaleAffine,
  throughIndexing,
  throughView,
  type Affine,
  type Blocked,
  type IndexMap,
  type Merged,
  type Range,
} from './indexMap.ts';
import { isView, type NodeOf } from '../ir/node.ts';
import { kindRow } from '../ir/schema.ts';
import type { PlanNode } from './graph.ts';

/** An array in memory while a plan runs: a parameter, or the buffer a kernel writes. */
export type PlanSource =
  | {
      readonly kind: 'parameter';
      readonly slot: number;
      readonly dtype: DType;
      readonly shape: readonly Size[];
    }
  | PlanBuffer;

export interface PlanBuffer {
  readonly kind: 'buffer';
  readonly id: number;
  readonly dtype: DType;
  readonly shape: readonly Size[];
}

export const sourceKey = (source: PlanSource): string =>
  source.kind === 'parameter' ? `p${source.slot}` : `t${source.id}`;

export interface Gather {
  readonly value: Expression;
  readonly stride: Size;
  readonly size: Size;
  readonly axis: number;
}

interface ExpressionBase {
  readonly id: number;
  readonly dtype: DType;
}

export type Expression = ExpressionBase &
  (
    | { readonly kind: 'constant'; readonly value: Scalar }
    | { readonly kind: 'scalar'; readonly slot: number }
    | { readonly kind: 'index'; readonly index: Affine }
    | {
        readonly kind: 'load';
        readonly source: PlanSource;
        readonly index: Affine;
        readonly gathers: readonly Gather[];
        /** Where one of these is left, nothing is read, and the value is any. */
        readonly guard?: readonly Range[];
      }
    /** `value` within all ranges, elsewhere `fill`. */
    | {
        readonly kind: 'pad';
        readonly guard: readonly Range[];
        readonly value: Expression;
        readonly fill: Expression;
      }
    | {
        readonly kind: 'op';
        readonly dtype: ComputeDType;
        readonly op: ScalarOp;
        readonly operand: ComputeDType;
        readonly args: readonly Expression[];
      }
    | { readonly kind: 'cast'; readonly arg: Expression }
    /** The outcome of reduction or scan `reduction` of the kernel being built. */
    | { readonly kind: 'result'; readonly reduction: number }
  );

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;
export type NewExpression = Unnumbered<Expression>;

export function argsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'op':
      return expression.args;
    case 'cast':
      return [expression.arg];
    case 'load':
      return expression.gathers.map((gather) => gather.value);
    case 'pad':
      return [expression.value, expression.fill];
    case 'constant':
    case 'scalar':
    case 'index':
    case 'result':
      return [];
  }
}

const gathersKey = (gathers: readonly Gather[]): string =>
  gathers.map(({ value, stride }) => `${value.id}*${stride.key}`).join('+');

/** The indices that an expression computes with, its arguments aside. */
export function indicesOf(expression: Expression): readonly Affine[] {
  switch (expression.kind) {
    case 'load': {
      const { index, guard } = expression;
      return guard === undefined ? [index] : [index, ...guard.map((range) => range.index)];
    }
    case 'pad':
      return expression.guard.map((range) => range.index);
    case 'index':
      return [expression.index];
    default:
      return none;
  }
}

const none: readonly [] = [];

function keyOf(e: NewExpression, keyOfSource: (source: PlanSource) => string): string {
  switch (e.kind) {
    case 'constant':
      return `c${e.dtype}${Object.is(e.value, -0) ? '-0' : String(e.value)}`;
    case 'scalar':
      return `s${e.slot}`;
    case 'index':
      return `i${e.dtype}${affineKey(e.index)}`;
    case 'load':
      return `l${keyOfSource(e.source)}[${affineKey(e.index)}]${e.gathers.length === 0 ? '' : gathersKey(e.gathers)}${e.guard === undefined ? '' : rangesKey(e.guard)}`;
    case 'pad':
      return `p${rangesKey(e.guard)}(${e.value.id},${e.fill.id})`;
    case 'op': {
      let key = `${e.op}${e.operand}`;
      for (const { id } of e.args) key += `,${id}`;
      return key;
    }
    case 'cast':
      return `${e.dtype}<${e.arg.id}`;
    case 'result':
      return `r${e.reduction}`;
  }
}

/** Interned expressions of one kernel. */
export class ExpressionPool {
  readonly #byKey = new Map<string, Expression>();
  /** Buffers in the order they came: their ids change from one forming of regions to the next. */
  readonly #buffers = new Map<PlanSource, string>();
  readonly #keyOfSource = (source: PlanSource): string => {
    if (source.kind === 'parameter') return sourceKey(source);
    let key = this.#buffers.get(source);
    if (key === undefined) {
      key = `t${this.#buffers.size}`;
      this.#buffers.set(source, key);
    }
    return key;
  };
  readonly all: Expression[] = [];

  add(expression: NewExpression): Expression {
    const key = keyOf(expression, this.#keyOfSource);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const numbered: Expression = { ...expression, id: this.all.length };
    this.#byKey.set(key, numbered);
    this.all.push(numbered);
    return numbered;
  }
}

/** The expression in another pool; `read` may give another one in place of a load. */
export function transfer(
  pool: ExpressionPool,
  root: Expression,
  read: (source: PlanSource) => Expression | undefined,
): Expression {
  const done = new Map<Expression, Expression>();
  const of = (e: Expression): Expression => {
    let moved = done.get(e);
    if (moved === undefined) {
      moved = move(e);
      done.set(e, moved);
    }
    return moved;
  };
  const move = (e: Expression): Expression => {
    switch (e.kind) {
      case 'op':
        return pool.add({ ...e, args: e.args.map(of) });
      case 'cast':
        return pool.add({ ...e, arg: of(e.arg) });
      case 'pad':
        return pool.add({ ...e, value: of(e.value), fill: of(e.fill) });
      case 'load': {
        // What is read at a data-dependent place is never the value at this point. (Nor is what a guard excludes: the value
        // at this point may be read without one.)
        if (e.gathers.length === 0) return read(e.source) ?? pool.add(e);
        return pool.add({
          ...e,
          gathers: e.gathers.map((gather) => ({ ...gather, value: of(gather.value) })),
        });
      }
      case 'constant':
      case 'scalar':
      case 'index':
      case 'result':
        return pool.add(e);
    }
  };
  return of(root);
}

/** What the builder asks about nodes that are not to be computed in place. */
export interface Frontier {
  /** The array `node` is stored in, when it is. */
  sourceOf(node: PlanNode): PlanSource | undefined;
  /** Called for each read of a stored node; may give an expression in place of the load. */
  read?(source: PlanSource, node: PlanNode, map: IndexMap): Expression | undefined;
  /** A view that has no affine index map from here, `by` axes that share one index: something must be stored. */
  blocked(view: PlanNode, by: Merged | undefined): void;
  /** Every node computed in place, inputs first. */
  visited?(node: PlanNode): void;
}

/**
 * The expression of `root` at index `rootMap` of a nest with these extents. `own` is computed in place even where it
 * is stored: the node whose store is being built.
 */
export function buildExpression(
  pool: ExpressionPool,
  frontier: Frontier,
  extents: readonly Size[],
  root: PlanNode,
  rootMap: IndexMap,
  own: PlanNode | undefined,
): Expression {
  const memo = new Map<PlanNode, { readonly map: IndexMap; readonly value: Expression }[]>();
  // Most nodes are met under one map object; texts are only needed where maps differ.
  const keys = new Map<IndexMap, string>();
  const textOf = (map: IndexMap): string => {
    let key = keys.get(map);
    if (key === undefined) {
      key = mapKey(map);
      keys.set(map, key);
    }
    return key;
  };

  const build = (node: PlanNode, map: IndexMap): Expression => {
    const known = memo.get(node);
    if (known !== undefined) {
      for (const entry of known) if (entry.map === map) return entry.value;
      const key = textOf(map);
      for (const entry of known) if (textOf(entry.map) === key) return entry.value;
    }
    const value = compute(node, map);
    if (known === undefined) memo.set(node, [{ map, value }]);
    else known.push({ map, value });
    return value;
  };

  const load = (source: PlanSource, node: PlanNode, map: IndexMap): Expression =>
    frontier.read?.(source, node, map) ?? pool.add(loadAt(node, source, map, []));

  const loadAt = (
    { dtype, shape }: PlanNode,
    source: PlanSource,
    map: IndexMap,
    gathers: readonly Gather[],
    guard = rangesOf(map),
  ): NewExpression => {
    const load = { kind: 'load', dtype, source, index: flatten(map, shape), gathers } as const;
    return guard.length === 0 ? load : { ...load, guard };
  };

  const compute = (node: PlanNode, map: IndexMap): Expression => {
    const stored = node === own ? undefined : frontier.sourceOf(node);
    if (stored !== undefined) return load(stored, node, map);
    const value = inPlace(node, map);
    frontier.visited?.(node);
    return value;
  };

  const inPlace = (node: PlanNode, map: IndexMap): Expression => {
    switch (node.kind) {
      case 'constant':
        return pool.add({ kind: 'constant', dtype: node.dtype, value: node.value });
      case 'parameter':
        return node.role === 'scalar'
          ? pool.add({ kind: 'scalar', dtype: node.dtype, slot: node.slot })
          : load({ kind: 'parameter', slot: node.slot, dtype: node.dtype, shape: node.shape }, node, map);
      case 'iota':
        return pool.add({ kind: 'index', dtype: node.dtype, index: flatten(map, node.shape) });
      case 'cast':
        return pool.add({ kind: 'cast', dtype: node.dtype, arg: build(node.inputs[0], map) });
      case 'map': {
        const args = node.inputs.map((input) => build(input, input.shape.length === 0 ? [] : map));
        const operand = computeDType(node.inputs.at(-1)?.dtype ?? node.dtype);
        return pool.add({ kind: 'op', dtype: node.dtype, op: node.op, operand, args });
      }
      case 'reshape':
      case 'permute':
      case 'broadcast':
      case 'slice':
      case 'window': {
        const inner = throughView(node, map, extents);
        if (!isBlocked(inner)) return build(node.inputs[0], inner);
        frontier.blocked(node, inner.blockedBy);
        return pool.add({ kind: 'constant', dtype: node.dtype, value: 0 });
      }
      case 'pad':
        return buildPad(node, map);
      case 'gather':
        return buildGather(node, map);
      case 'data':
      case 'reduce':
      case 'scan':
      case 'concat':
      case 'scatter':
      case 'routine':
        throw new InternalError('lower', `${node.kind} must be stored before it is read`);
    }
  };

  const buildPad = (node: NodeOf<'pad', Size>, map: IndexMap): Expression => {
    const [input, filling] = node.inputs;
    const through = throughPad(node, map);
    if (isBlocked(through)) {
      frontier.blocked(node, through.blockedBy);
      return pool.add({ kind: 'constant', dtype: node.dtype, value: 0 });
    }
    const { inner, guard } = through;
    const value = build(input, inner);
    if (guard.length === 0) return value;
    return pool.add({ kind: 'pad', dtype: node.dtype, guard, value, fill: build(filling, []) });
  };

  const buildGather = (node: NodeOf<'gather', Size>, map: IndexMap): Expression => {
    const [input] = node.inputs;
    const nothing = (blocked: PlanNode, by: Merged | undefined): Expression => {
      frontier.blocked(blocked, by);
      return pool.add({ kind: 'constant', dtype: node.dtype, value: 0 });
    };
    const place = buildPlace(node, map, extents, build);
    if (isBlocked(place)) return nothing(node, place.blockedBy);
    const source = frontier.sourceOf(input) ?? parameterSource(input);
    // A read of a stored value at a data-dependent place: never replaced by the value at this point.
    if (source === undefined) return nothing(input, undefined);
    const load = { kind: 'load', dtype: node.dtype, source, ...place } as const;
    const guard = rangesOf(map);
    return pool.add(guard.length === 0 ? load : { ...load, guard });
  };

  return build(root, rootMap);
}

/** Where an element is that index arrays point at. */
export interface IndexedPlace {
  readonly index: Affine;
  readonly gathers: readonly Gather[];
}

/**
 * The place in `inputs[0]` of an element of a gather, or of an update of a scatter; `map` goes over all of these. Positions
 * that are a view of all positions of their axis, such as those of a slice, are part of the affine index: they need no
 * check, and what they are added to moves with them.
 */
export function buildPlace(
  { inputs, axes, kind }: NodeOf<'gather' | 'scatter', Size>,
  map: IndexMap,
  extents: readonly Size[],
  build: (node: PlanNode, map: IndexMap) => Expression,
): IndexedPlace | Blocked {
  const [{ shape }] = inputs;
  const indices = inputs.slice(kind === 'gather' ? 1 : 2);
  const rank = indices[0]?.shape.length ?? 0;
  const maps = throughIndexing(map, shape, axes, rank, extents.length);
  if (isBlocked(maps)) return maps;
  let index = flatten(maps.into, shape);
  const gathers: Gather[] = [];
  indices.forEach((node, k) => {
    const axis = axes[k] ?? 0;
    const size = shape[axis];
    if (size === undefined) throw new InternalError('lower', `${kind} along a missing axis`);
    const value = build(node, maps.along);
    const stride = productOfSizes(shape.slice(axis + 1));
    if (value.kind === 'index' && arePositions(node, size))
      index = addAffine(index, scaleAffine(value.index, stride));
    else gathers.push({ value, stride, size, axis });
  });
  return { index, gathers };
}

/** Whether a node is a view of the positions of an axis of this size, in a dtype that holds those of any stored array. */
function arePositions(node: PlanNode, size: Size): boolean {
  if (bytesOf(node.dtype) < 4) return false;
  let current = node;
  while (isView(current)) current = current.inputs[0];
  return current.kind === 'iota' && current.shape.every((length) => sameSize(length, size));
}

function parameterSource(node: PlanNode): PlanSource | undefined {
  return node.kind === 'parameter' && node.role === 'array'
    ? { kind: 'parameter', slot: node.slot, dtype: node.dtype, shape: node.shape }
    : undefined;
}

/** Cost of computing an expression once, shared parts counted once per use (capped: a diamond is exponential so). */
export function weigher(): (expression: Expression) => number {
  const known = new Map<Expression, number>();
  const weigh = (e: Expression): number => {
    let weight = known.get(e);
    if (weight === undefined) {
      weight =
        e.kind === 'op'
          ? opRow(e.op).weight
          : e.kind === 'load'
            ? 1 + 6 * e.gathers.length
            : e.kind === 'cast'
              ? 1
              : e.kind === 'pad'
                ? kindRow('pad').weight
                : 0;
      for (const arg of argsOf(e)) weight += weigh(arg);
      weight = Math.min(weight, 1e6);
      known.set(e, weight);
    }
    return weight;
  };
  return weigh;
}
