/**
 * Random typed graphs over all node kinds, for fast-check.
 *
 * A graph is decoded from a list of steps. Each step adds a node (and the casts and broadcasts its operands need) and
 * reads its decisions from a short tape of bytes, which are 0 after its end; 0 always stands for the simplest choice.
 * So every list of steps is a valid graph, and a failing one shrinks by dropping steps and by zeroing bytes.
 *
 * Whatever a step makes is legal for the public functions too: indices are in range, min and max have something to
 * choose from, dtypes meet by promotion. `show` prints a graph as the program that would build it.
 */
import fc from 'fast-check';
import {
  allocate,
  computeDType,
  dtypeNames,
  isFloat,
  isInteger,
  kindOf,
  promotion,
  type DType,
} from '../../src/ir/dtype.ts';
import { isMathFunction } from '../../src/ir/math/functions.ts';
import { topologicalOrder, type Node } from '../../src/ir/node.ts';
import { isArg, monoidRow, type Reduction } from '../../src/ir/monoids.ts';
import { opRow, opTypes, scalarOps, type ScalarOp } from '../../src/ir/ops.ts';
import { refusedScatter, scatterOps } from '../../src/ir/scatter.ts';
import { indexedShape, sameShape, sizeOf, type Shape } from '../../src/ir/shape.ts';
import { show } from './show.ts';
import { ordinary, specialsOf } from './specials.ts';
import * as t from './typed.ts';

export { show } from './show.ts';

/** What a step adds. */
export const stepWeights = {
  data: 9,
  binary: 26,
  unary: 12,
  constant: 4,
  iota: 3,
  ternary: 6,
  cast: 6,
  reshape: 5,
  permute: 5,
  broadcast: 4,
  slice: 7,
  pad: 7,
  window: 5,
  reduce: 9,
  argReduce: 3,
  scan: 5,
  concat: 4,
  gather: 4,
  scatter: 5,
  matmul: 4,
  twin: 8,
  dropped: 4,
} as const;
export type StepKind = keyof typeof stepWeights;

export interface GraphOptions {
  /** The dtypes that may occur; int32 and bool should be among them. Named twice is twice as likely. */
  readonly dtypes?: readonly DType[];
  /** Scalar ops that may occur. */
  readonly ops?: readonly ScalarOp[];
  /** Kinds of steps that may occur, `data` always among them. */
  readonly kinds?: readonly StepKind[];
  /** No array of the graph has more elements. */
  readonly maxElements?: number;
  readonly maxSteps?: number;
}

export interface RandomGraph {
  readonly roots: readonly Node[];
  /** How fast-check prints it. */
  readonly [fc.toStringMethod]: () => string;
}

const defaultDTypes: readonly DType[] = [
  ...([
    'float64',
    'float64',
    'float64',
    'float32',
    'float32',
    'float32',
    'float16',
    'float16',
    'int32',
    'int32',
    'int32',
    'bool',
    'bool',
  ] as const),
  ...dtypeNames,
];

interface Step {
  readonly kind: StepKind;
  readonly tape: readonly number[];
}

/** Random graphs of mostly 5 to 25 nodes, with one to four roots. */
export function graphs(options: GraphOptions = {}): fc.Arbitrary<RandomGraph> {
  const { kinds = Object.keys(stepWeights) as StepKind[], maxSteps = 22 } = options;
  const kind = fc.oneof(
    ...kinds.map((name) => ({ weight: stepWeights[name], arbitrary: fc.constant(name) })),
  );
  const tape = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 14, maxLength: 14 });
  const step: fc.Arbitrary<Step> = fc.record({ kind, tape }, { noNullPrototype: true });
  const steps = fc.array(step, { minLength: 1, maxLength: maxSteps, size: 'max' });
  return fc.tuple(fc.integer({ min: 0, max: 255 }), steps).map(([last, list]) => {
    const roots = decode(list, last, options);
    return { roots, [fc.toStringMethod]: () => show(roots) };
  });
}

/** Decisions, read one by one. */
class Tape {
  readonly #bytes: readonly number[];
  #position = 0;

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes;
  }

  /** The next byte. */
  byte(): number {
    return this.#bytes[this.#position++] ?? 0;
  }

  /** A whole number below `limit`. */
  below(limit: number): number {
    return limit <= 1 ? 0 : this.byte() % limit;
  }

  /** True with a probability of `share` in 256; the simplest choice is false. */
  chance(share: number): boolean {
    return this.byte() >= 256 - share;
  }

  choose<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }
}

/** The sizes of axes, simplest first. */
const sizes = [2, 3, 1, 4, 2, 5, 3, 6, 1, 2, 4, 3, 0, 5] as const;
const ranks = [1, 2, 2, 1, 3, 2, 0, 1, 3, 2, 1, 2, 3, 4] as const;
/** Lengths that cross the blocks of sums and the widths of vectors. */
const longLengths = [17, 33, 128, 129, 9, 200, 257, 16] as const;

function decode(steps: readonly Step[], last: number, options: GraphOptions): readonly Node[] {
  const builder = new Builder(options);
  for (const { kind, tape } of steps) builder.add(kind, new Tape(tape));
  return builder.roots(last);
}

class Builder {
  readonly #pool: Node[] = [];
  readonly #used = new Set<Node>();
  readonly #dtypes: readonly DType[];
  readonly #ops: readonly ScalarOp[];
  readonly #limit: number;

  constructor({ dtypes = defaultDTypes, ops = scalarOps, maxElements = 320 }: GraphOptions) {
    this.#dtypes = dtypes;
    this.#ops = ops;
    this.#limit = maxElements;
  }

  add(kind: StepKind, tape: Tape): void {
    const node = this.#make(kind, tape);
    if (node !== undefined && sizeOf(node.shape) <= this.#limit) this.#pool.push(node);
  }

  /** The last node and up to three others: mostly those that nothing uses, sometimes one in the middle. */
  roots(last: number): readonly Node[] {
    if (this.#pool.length === 0) this.add('data', new Tape([]));
    const tape = new Tape([last]);
    const unused = this.#pool.filter((node) => !this.#used.has(node)).reverse();
    const middle = this.#pool[last % this.#pool.length];
    const roots = unused.slice(0, 1 + (last % 4));
    if (tape.chance(32) && middle !== undefined) roots.push(middle);
    return roots.length === 0 ? this.#pool.slice(-1) : roots;
  }

  #make(kind: StepKind, tape: Tape): Node | undefined {
    switch (kind) {
      case 'data':
        return this.#data(tape);
      case 'constant':
        return this.#constant(tape, tape.choose(this.#dtypes));
      case 'iota':
        return t.iota(
          tape.choose(tape.chance(16) ? longLengths : sizes),
          this.#numeric(tape.choose(this.#dtypes)),
        );
      case 'unary':
        return this.#map(tape, 1);
      case 'binary':
        return this.#map(tape, 2);
      case 'ternary':
        return this.#map(tape, 3);
      case 'cast':
        return t.cast(this.#pick(tape), tape.choose(this.#dtypes));
      case 'reshape':
        return this.#reshape(tape);
      case 'permute':
        return this.#permute(tape);
      case 'broadcast':
        return this.#broadcast(tape);
      case 'slice':
        return this.#slice(tape);
      case 'pad':
        return this.#pad(tape);
      case 'window':
        return this.#window(tape);
      case 'reduce':
        return this.#reduce(tape);
      case 'argReduce':
        return this.#argReduce(tape);
      case 'scan':
        return this.#scan(tape);
      case 'concat':
        return this.#concat(tape);
      case 'gather':
        return this.#gather(tape);
      case 'scatter':
        return this.#scatter(tape);
      case 'matmul':
        return this.#matmul(tape);
      case 'twin':
        return this.#twin(tape);
      case 'dropped':
        return this.#dropped(tape);
    }
  }

  /** A node to use: one of the latest that nothing uses yet, or (a quarter of the time) any. */
  #pick(tape: Tape, fits: (node: Node) => boolean = () => true): Node {
    const found = this.#find(tape, fits);
    if (found !== undefined) return found;
    const made = this.#data(tape);
    this.#used.add(made);
    return made;
  }

  #find(tape: Tape, fits: (node: Node) => boolean): Node | undefined {
    const fitting = this.#pool.filter(fits).reverse();
    const fresh = fitting.filter((node) => !this.#used.has(node));
    const byte = tape.byte();
    const list = fresh.length > 0 && byte < 190 ? fresh.slice(0, 3) : fitting;
    const found = list[byte % Math.max(1, list.length)];
    if (found !== undefined) this.#used.add(found);
    return found;
  }

  #shape(tape: Tape): Shape {
    if (tape.chance(10)) return [tape.choose(longLengths)];
    const shape = Array.from({ length: tape.choose(ranks) }, () => tape.choose(sizes));
    return sizeOf(shape) <= this.#limit ? shape : shape.slice(0, 2);
  }

  #data(tape: Tape, dtype = tape.choose(this.#dtypes), shape = this.#shape(tape)): Node {
    const specials = specialsOf(dtype);
    const drawn = Array.from({ length: 5 }, () => tape.byte());
    const values = allocate(dtype, sizeOf(shape));
    for (let i = 0; i < values.length; i++) {
      const byte = drawn[i % drawn.length] ?? 0;
      const special = byte > 0 && (i < drawn.length || (i * 7) % 3 === 0);
      values[i] = special ? (specials[(byte + (i > 8 ? i : 0)) % specials.length] ?? 0) : ordinary(i, dtype);
    }
    return t.data(values, shape, dtype);
  }

  #constant(tape: Tape, dtype: DType): Node {
    return t.constant(tape.choose(specialsOf(dtype)), dtype);
  }

  #numeric(dtype: DType): DType {
    return dtype === 'bool' ? 'int32' : dtype;
  }

  #allowed(dtype: DType): boolean {
    return this.#dtypes.includes(dtype);
  }

  /** A dtype to fall back on where a promotion leaves the dtypes that may occur. */
  #float(): DType {
    return this.#dtypes.find(isFloat) ?? 'float64';
  }

  /** Whether `node` broadcasts with an operand of `shape` into something small enough. */
  #fits(node: Node, shape: Shape): boolean {
    const rank = Math.max(node.shape.length, shape.length);
    let size = 1;
    for (let k = 1; k <= rank; k++) {
      const [a, b] = [node.shape.at(-k) ?? 1, shape.at(-k) ?? 1];
      if (a !== b && a !== 1 && b !== 1) return false;
      size *= a === 1 ? b : a;
    }
    return size <= this.#limit;
  }

  #map(tape: Tape, arity: 1 | 2 | 3): Node | undefined {
    const first = this.#pick(tape);
    const op = this.#op(tape, arity, first.dtype);
    if (op === undefined) return undefined;
    const operands = [first];
    while (operands.length < arity) {
      const shape = operands.map((node) => node.shape).reduce(broadcastPair);
      // Like goes with like most of the time: mixed dtypes all end in float64.
      const like = opRow(op).rule === 'select' ? operands[1]?.dtype : first.dtype;
      const mixed = like === undefined || tape.chance(72);
      const fits = (node: Node): boolean => (mixed || node.dtype === like) && this.#fits(node, shape);
      const partner = tape.chance(72) ? undefined : this.#find(tape, fits);
      operands.push(partner ?? this.#constant(tape, like ?? first.dtype));
    }
    return this.#apply(tape, op, operands);
  }

  /** An op that takes `dtype` as it is, most of the time; arithmetic comes more often than functions such as exp. */
  #op(tape: Tape, arity: number, dtype: DType): ScalarOp | undefined {
    const ops = this.#ops.filter(
      (name) => opRow(name).arity === arity && (opRow(name).rule !== 'word' || this.#allowed('uint32')),
    );
    const natural = ops.filter((name) => suits(name, dtype));
    const common = natural.filter((name) => commonOps.has(name));
    const math = arity === 1 ? natural.filter(isMathFunction) : [];
    const list = tape.chance(20)
      ? ops
      : tape.chance(80)
        ? natural
        : tape.chance(80) && math.length > 0
          ? math
          : common;
    const fallback = [list, common, natural, ops].find((names) => names.length > 0);
    return fallback === undefined ? undefined : tape.choose(fallback);
  }

  /** `op` on operands cast to dtypes it takes and that stay among those allowed. */
  #apply(tape: Tape, op: ScalarOp, operands: readonly Node[]): Node {
    const { rule } = opRow(op);
    const values = rule === 'select' ? operands.slice(1) : operands;
    const met = values.map((node) => node.dtype).reduce((a, b) => promotion[a][b]);
    const integer = (): DType => tape.choose(this.#dtypes.filter(isInteger));
    let wanted = this.#allowed(met) ? met : this.#float();
    if (rule === 'numeric' && met === 'bool') wanted = this.#numeric(tape.choose(this.#dtypes));
    if (rule === 'bitwise' && isFloat(wanted)) wanted = integer();
    if (rule === 'integer' && !isInteger(wanted)) wanted = integer();
    if (rule === 'word') wanted = 'uint32';
    if (rule === 'float' && !this.#allowed(opTypes(op, [wanted]).result)) wanted = this.#float();
    return t.apply(
      op,
      ...operands.map((node, k) => (rule === 'select' && k === 0 ? node : t.cast(node, wanted))),
    );
  }

  #reshape(tape: Tape): Node {
    const node = this.#pick(tape);
    const size = sizeOf(node.shape);
    const shape: number[] = [];
    if (size === 0) return t.reshape(node, tape.chance(128) ? [0] : [...node.shape].reverse());
    let left = size;
    for (let k = 0; k < 3 && left > 1; k++) {
      const factors = Array.from({ length: left }, (_, i) => left - i).filter(
        (factor) => left % factor === 0,
      );
      const factor = tape.choose(factors);
      shape.push(factor);
      left /= factor;
    }
    if (left > 1) shape.push(left);
    if (tape.chance(64)) shape.splice(tape.below(shape.length + 1), 0, 1);
    return t.reshape(node, shape);
  }

  #permute(tape: Tape): Node {
    const node = this.#pick(tape, ({ shape }) => shape.length >= 2);
    const axes = node.shape.map((_, axis) => axis);
    if (axes.length < 2) return t.flip(node);
    const order: number[] = [];
    while (axes.length > 0) order.push(...axes.splice(axes.length - 1 - tape.below(axes.length), 1));
    return t.permute(node, order);
  }

  #broadcast(tape: Tape): Node {
    const node = this.#pick(tape);
    const shape = node.shape.map((size) => (size === 1 ? tape.choose(sizes) : size));
    if (sameShape(shape, node.shape) || tape.chance(64)) shape.unshift(tape.choose(sizes));
    return sizeOf(shape) <= this.#limit ? t.broadcast(node, shape) : t.flip(node);
  }

  #slice(tape: Tape): Node {
    const node = this.#pick(tape, ({ shape }) => shape.length > 0);
    if (tape.chance(48)) return t.flip(node);
    return t.slice(
      node,
      node.shape.map((size) => rangeIn(size, tape)),
    );
  }

  #pad(tape: Tape): Node | undefined {
    const node = this.#pick(tape);
    const axes = tape.chance(128) ? node.shape.length : 1;
    const width = (): number => tape.choose([1, 0, 2, -1, 3, 0, -2, 9] as const);
    const before = node.shape.map((_, axis) => (axis >= node.shape.length - axes ? width() : 0));
    const after = node.shape.map((_, axis) => (axis >= node.shape.length - axes ? width() : 0));
    const computed = tape.chance(48) ? this.#find(tape, ({ shape }) => shape.length === 0) : undefined;
    const padded = t.pad(node, before, after, computed ?? this.#constant(tape, node.dtype));
    return sizeOf(padded.shape) <= this.#limit ? padded : undefined;
  }

  #window(tape: Tape): Node | undefined {
    const node = this.#pick(tape, ({ shape }) => shape.length > 0 && shape.length < 5);
    const rank = node.shape.length;
    if (rank === 0) return undefined;
    const axis = rank - 1 - tape.below(rank);
    const length = 1 + tape.below(Math.max(1, Math.min(4, node.shape[axis] ?? 1)));
    const step = tape.choose([1, 1, 2, 3] as const);
    return t.window(node, axis, length, step, tape.choose([1, 1, 2] as const));
  }

  #reduce(tape: Tape): Node {
    const node = this.#pick(tape, ({ shape }) => shape.length > 0);
    let op: Reduction = tape.choose(['sum', 'max', 'sum', 'min', 'prod', 'sum', 'any', 'all'] as const);
    const rank = node.shape.length;
    if (rank === 0) return t.apply('equal', node, node);
    const chosen = node.shape.map((_, axis) => axis).filter(() => tape.chance(96));
    const axes = chosen.length > 0 ? chosen : [rank - 1];
    const extreme = op === 'min' || op === 'max';
    if (extreme && axes.some((axis) => node.shape[axis] === 0)) op = 'sum';
    else if (extreme && node.dtype === 'bool') op = op === 'min' ? 'all' : 'any';
    if (op === 'any' || op === 'all') return t.reduce(op, node, axes, 'bool');
    if (op === 'min' || op === 'max') return t.reduce(op, node, axes);
    const wide = t.sumDType(node.dtype);
    const kept = node.dtype === 'bool' ? 'int32' : node.dtype;
    const usual = this.#allowed(wide) && !tape.chance(64) ? wide : kept;
    // The option `dtype`, whatever the elements are; in bool a sum is `any` and a product `all`.
    const dtype = tape.chance(48) ? tape.choose(this.#dtypes) : usual;
    if (dtype === 'bool') op = op === 'sum' ? 'any' : 'all';
    return t.reduce(op, node, axes, dtype);
  }

  #argReduce(tape: Tape): Node {
    const node = this.#pick(tape, ({ shape, dtype }) => shape.some((size) => size > 0) && dtype !== 'bool');
    const axes = node.shape.map((_, axis) => axis).filter((axis) => (node.shape[axis] ?? 0) > 0);
    if (axes.length === 0) return t.apply('equal', node, node);
    const numbers = node.dtype === 'bool' ? t.cast(node, 'int32') : node;
    return t.argReduce(tape.choose(['argmax', 'argmin'] as const), numbers, tape.choose(axes.reverse()));
  }

  #scan(tape: Tape): Node {
    const node = this.#pick(tape, ({ shape }) => shape.length > 0);
    const rank = node.shape.length;
    if (rank === 0) return t.apply('equal', node, node);
    const op = tape.choose(['sum', 'max', 'sum', 'min', 'prod', 'argmax'] as const);
    return t.scan(op, node, rank - 1 - tape.below(rank), tape.chance(64));
  }

  #concat(tape: Tape): Node {
    const first = this.#pick(tape, ({ shape }) => shape.length > 0);
    if (first.shape.length === 0) return t.concat([t.reshape(first, [1]), t.reshape(first, [1])], 0);
    const axis = tape.below(first.shape.length);
    const parts = [first];
    const count = 2 + tape.below(2);
    while (parts.length < count) {
      const part = this.#find(
        tape,
        ({ shape, dtype }) =>
          shape.length === first.shape.length &&
          shape.every((size, k) => k === axis || size === first.shape[k]) &&
          this.#allowed(promotion[dtype][first.dtype]),
      );
      parts.push(part ?? first);
    }
    const dtype = parts.map((part) => part.dtype).reduce((a, b) => promotion[a][b]);
    return t.concat(this.#allowed(dtype) ? parts : parts.map((part) => t.cast(part, this.#float())), axis);
  }

  #gather(tape: Tape): Node {
    const node = this.#pick(tape, ({ shape }) => shape.length > 0);
    if (node.shape.length === 0) return t.flip(node);
    const axes = this.#axesOf(tape, node.shape);
    const indices = this.#indicesAlong(tape, axes, node.shape);
    return t.gatherAll(node, indices, axes);
  }

  #scatter(tape: Tape): Node {
    const base = this.#pick(tape, ({ shape }) => shape.length > 0);
    if (base.shape.length === 0) return t.flip(base);
    const axes = this.#axesOf(tape, base.shape);
    const indices = this.#indicesAlong(tape, axes, base.shape);
    const shape = indexedShape(base.shape, axes, indices[0]?.shape ?? []);
    const fits = (node: Node): boolean => {
      const lead = shape.length - node.shape.length;
      return lead >= 0 && node.shape.every((length, k) => length === 1 || length === shape[lead + k]);
    };
    const updates =
      this.#find(tape, fits) ?? this.#data(tape, base.dtype, sizeOf(shape) > this.#limit ? [] : shape);
    const op = tape.choose(
      scatterOps.filter((row) => refusedScatter(row, computeDType(base.dtype)) === undefined),
    );
    return t.scatterAll(op, base, indices, updates, axes);
  }

  /** Mostly one axis. */
  #axesOf(tape: Tape, shape: Shape): readonly number[] {
    const axis = tape.below(shape.length);
    return shape.map((_, k) => k).filter((k) => k === axis || tape.chance(48));
  }

  /** Indices of one shape, one for each axis; some count along their axis. */
  #indicesAlong(tape: Tape, axes: readonly number[], shape: Shape): readonly Node[] {
    const sizes = axes.map((axis) => shape[axis] ?? 0);
    if (sizes.includes(0)) return axes.map(() => t.data(new Int32Array(0)));
    const [first = 1] = sizes;
    const leading = this.#indices(tape, first);
    return sizes.map((size, k) => {
      if (k === 0) return leading;
      const along = leading.shape.indexOf(size);
      if (along >= 0 && tape.chance(128)) {
        const stretched = leading.shape.map((_, axis) => (axis === along ? size : 1));
        return t.broadcast(t.reshape(t.iota(size, 'int32'), stretched), leading.shape);
      }
      return t.apply('remainder', t.cast(leading, 'int32'), t.constant(size, 'int32'));
    });
  }

  /** Integers in [-size, size): in memory, or computed from another node. */
  #indices(tape: Tape, size: number): Node {
    const computed = tape.chance(96)
      ? this.#find(tape, ({ dtype, shape }) => isInteger(dtype) && shape.length <= 2 && sizeOf(shape) <= 12)
      : undefined;
    if (computed !== undefined && size < 128)
      return t.apply(
        'remainder',
        computed,
        t.constant(computed.dtype.endsWith('64') ? BigInt(size) : size, computed.dtype),
      );
    const dtype = tape.choose(this.#dtypes.filter(isInteger));
    const shape = tape.choose([[3], [2], [], [1], [2, 2], [4], [0], [5]] as const);
    const values = allocate(dtype, sizeOf(shape));
    const signed = kindOf(dtype) === 'int';
    for (let i = 0; i < values.length; i++) {
      const index =
        tape.below(Math.min(128, signed ? 2 * size : size)) -
        (signed && tape.chance(64) ? Math.min(size, 64) : 0);
      const inside = Math.min(Math.max(index, -size), size - 1);
      values[i] = dtype.endsWith('64') ? BigInt(inside) : inside;
    }
    return t.data(values, shape, dtype);
  }

  #twin(tape: Tape): Node {
    const computing = this.#pool.filter(({ inputs }) => inputs.length > 0);
    return computing.length === 0 ? this.#data(tape) : twinOf(tape.choose(computing.reverse()), tape);
  }

  /** A node that reads another on which nothing depends: the passes take it away, and with it the arrays below it. */
  #dropped(tape: Tape): Node {
    const kept = this.#pick(tape, ({ dtype }) => this.#allowed(dtype));
    const { dtype } = kept;
    const other = this.#find(tape, (node) => node.dtype === dtype && this.#fits(node, kept.shape));
    const lost = other ?? this.#data(tape, dtype, kept.shape);
    const form = tape.below(4);
    const has = (...ops: readonly ScalarOp[]): boolean => ops.every((op) => this.#ops.includes(op));
    if (isInteger(dtype) && has('multiply', 'add') && form > 1) {
      const zero = t.constant(dtype.endsWith('64') ? 0n : 0, dtype);
      const nothing = t.apply('multiply', lost, zero);
      return form === 2 ? t.apply('add', nothing, kept) : t.apply('add', kept, nothing);
    }
    if (!has('where')) return t.concat([kept.shape.length === 0 ? t.reshape(kept, [1]) : kept], 0);
    if (form === 0) return t.apply('where', t.constant(1, 'bool'), kept, lost);
    if (form === 1) return t.apply('where', t.constant(0, 'bool'), lost, kept);
    return t.apply('where', t.cast(lost, 'bool'), kept, kept);
  }

  #matmul(tape: Tape): Node {
    const found = this.#pick(tape, ({ shape }) => shape.length >= 1);
    const first = found.shape.length >= 2 ? found : t.reshape(found, [1, sizeOf(found.shape)]);
    const [batch, k] = [first.shape.slice(0, -2), first.shape.at(-1) ?? 1];
    const fits = ({ shape }: Node): boolean =>
      shape.length >= 2 &&
      shape.at(-2) === k &&
      shape.length <= first.shape.length &&
      shape.slice(0, -2).every((size, axis) => size === batch[axis + batch.length - (shape.length - 2)]);
    const second = tape.chance(64)
      ? t.transpose(first)
      : (this.#find(tape, fits) ??
        this.#data(tape, this.#dtypes.includes(first.dtype) ? first.dtype : 'int32', [
          k,
          tape.choose(sizes),
        ]));
    const met = promotion[first.dtype][second.dtype];
    const dtype = met === 'bool' ? 'int32' : this.#allowed(met) ? met : this.#float();
    return t.matmul(t.cast(first, dtype), t.cast(second, dtype));
  }
}

/** A node that computes, again: the same, or with one attribute changed, so that what looks equal may not be. */
function twinOf(node: Node, tape: Tape): Node {
  const changed = tape.chance(160);
  const rank = node.inputs[0]?.shape.length ?? 0;
  switch (node.kind) {
    case 'reduce': {
      const axes =
        node.axes.length < rank
          ? node.inputs[0].shape.map((_, axis) => axis).filter((axis) => !node.axes.includes(axis))
          : [rank - 1];
      if (isArg(node.op)) {
        const other = node.op === 'argmin' ? 'argmax' : 'argmin';
        return changed ? t.argReduce(other, node.inputs[0], node.axes[0] ?? 0) : { ...node };
      }
      const empty =
        monoidRow(node.op).ofNothing === 'refused' && axes.some((axis) => node.inputs[0].shape[axis] === 0);
      return changed && !empty ? t.reduce(node.op, node.inputs[0], axes) : { ...node };
    }
    case 'scan':
      return changed ? t.scan(node.op, node.inputs[0], node.axis, !node.exclusive) : { ...node };
    case 'map': {
      const [first, ...others] = node.inputs;
      if (!changed || first === undefined || opRow(node.op).rule === 'select') return { ...node };
      return { ...node, inputs: [...others, first] };
    }
    case 'concat':
      return changed ? { ...node, inputs: node.inputs.toReversed(), shape: node.shape } : { ...node };
    case 'permute':
      return changed ? t.permute(node.inputs[0], node.axes.toReversed()) : { ...node };
    case 'slice':
      return changed ? t.flip(node) : { ...node };
    case 'pad':
      return changed ? { ...node, before: node.before.map((start) => start - 1) } : { ...node };
    case 'window':
      return changed ? { ...node, steps: [1, 1] } : { ...node };
    default:
      return { ...node };
  }
}

/** Ops of one instruction or a few, which come more often than long ones. */
const commonOps: ReadonlySet<ScalarOp> = new Set(scalarOps.filter((op) => opRow(op).weight <= 10));

/** Whether `op` computes on `dtype` without a cast. */
function suits(op: ScalarOp, dtype: DType): boolean {
  switch (opRow(op).rule) {
    case 'numeric':
      return dtype !== 'bool';
    case 'float':
    case 'predicate':
      return isFloat(dtype);
    case 'logical':
      return dtype === 'bool';
    case 'integer':
      return isInteger(dtype);
    case 'compare':
    case 'select':
      return true;
    case 'bitwise':
    case 'word':
      return isInteger(dtype) || dtype === 'bool';
  }
}

function broadcastPair(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    return x === 1 ? y : x;
  });
}

/** A random range of an axis: all, part, every second, backwards, one element, or none. */
export function rangeIn(
  size: number,
  tape: { below(limit: number): number; chance(share: number): boolean },
): t.Range {
  if (size === 0) return { start: 0, step: 1, count: 0 };
  const start = tape.below(size);
  const step = [1, -1, 2, -2, 3][tape.below(5)] ?? 1;
  const room = step > 0 ? Math.ceil((size - start) / step) : Math.ceil((start + 1) / -step);
  const count = Math.max(0, room - (tape.chance(96) ? tape.below(room + 1) : 0));
  if (count === 0) return { start: 0, step: 1, count };
  return { start, step: count === 1 ? 1 : step, count };
}

/** How many nodes a graph has. */
export const nodeCount = ({ roots }: RandomGraph): number => topologicalOrder(roots).length;
