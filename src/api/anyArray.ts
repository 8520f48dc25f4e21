/**
 * The base class of arrays of every dtype: a handle on one node of the expression graph.
 *
 * The node is hidden from users; the rest of `api/` reaches it through `nodeOf`. It changes once: the evaluation of the
 * array replaces the expression by its data, and the graph behind the expression can be collected.
 *
 * A complex array is a handle on two nodes instead (`complex/pair.ts`). `nodeOf` refuses it, so that a function either
 * asks for the pair, or throws.
 */
import type { ArrayDType } from '../ir/dtype.ts';
import { DataError, DTypeError, InternalError } from '../ir/errors.ts';
import type { Node } from '../ir/node.ts';
import { sizeOf, type Shape } from '../ir/shape.ts';
import { noteReuse } from '../runtime/evaluate/reuse.ts';
import type { Evaluated } from '../runtime/evaluate/record.ts';
import type { TargetName } from '../runtime/executors/registry.ts';
import { Pair, storedPair } from './complex/pair.ts';

/** How the values of an array were computed, for explain(). */
export type EvaluationRecord = Evaluated['record'];

/** The current node of an array, for use in other nodes. Throws a `DTypeError` for a complex array. */
export let nodeOf: (array: AnyArray) => Node;
/** The same, with `undefined` for a complex array. */
export let realNodeOf: (array: AnyArray) => Node | undefined;
/** The parts of a complex array, for use in other nodes; `undefined` for other arrays. */
export let pairOf: (array: AnyArray) => Pair | undefined;
/** The node to evaluate for an array, for inspection: the caller must not keep it. Parts of complex numbers are its last axis. */
export let peekNode: (array: AnyArray) => Node;
/** Whether the node was used in others: their graphs may hold it, and profit from its value. */
export let isUsed: (array: AnyArray) => boolean;
/** The target of the array (`on`), for evaluations that name none. */
export let targetOf: (array: AnyArray) => TargetName | undefined;
/** How the array was evaluated; `undefined` while it is pending, and for arrays made from data. */
export let recordOf: (array: AnyArray) => EvaluationRecord | undefined;
/** Replaces the expression by its values. */
export let settle: (array: AnyArray, values: Node, record: EvaluationRecord) => void;

/** JavaScript callers can reach the constructor, but have no nodes. */
const isNode = (given: Partial<Node> | Pair | undefined): given is Node =>
  (given as Partial<Node> | undefined)?.inputs !== undefined;

export const refuseComplex = (operation: string, dtype: ArrayDType): DTypeError =>
  new DTypeError(
    operation,
    `has no form for ${dtype} arrays; use it on the parts, lz.real(x) and lz.imag(x), or on lz.abs(x)`,
  );

/** Part of the error of `structuredClone` and `postMessage`, which would otherwise turn an array into `{}`: symbols stop them. */
const notCloneable = Symbol('a LazyArray; send its data() and shape instead');

const refuse = (operation: string, dtype: ArrayDType): never => {
  throw refuseComplex(operation, dtype);
};

/** An array has a node or a pair: the constructor sees to it. */
const noContent = (): never => {
  throw new InternalError('LazyArray', 'the array has neither a node nor parts');
};

export abstract class AnyArray {
  /** `undefined` for a complex array, which has a pair. */
  #node: Node | undefined;
  #pair: Pair | undefined;
  #record: EvaluationRecord | undefined;
  #used = false;
  readonly #target: TargetName | undefined;
  protected readonly notCloneable: symbol = notCloneable;

  constructor(content: Node | Pair, target?: TargetName) {
    if (isNode(content)) this.#node = content;
    else if (content instanceof Pair) {
      this.#node = undefined;
      this.#pair = content;
    } else
      throw new DataError(
        'LazyArray',
        'arrays are not made with new; use lz.array, lz.zeros or a similar function',
      );
    this.#target = target;
  }

  static {
    realNodeOf = (array) => {
      const node = array.#node;
      if (node === undefined) return undefined;
      if (array.#used && node.inputs.length > 0) noteReuse(node);
      array.#used = true;
      return node;
    };
    nodeOf = (array) => realNodeOf(array) ?? refuse('LazyArray', array.dtype);
    pairOf = (array) => {
      const pair = array.#pair;
      if (pair === undefined) return undefined;
      if (array.#used) for (const part of [pair.re, pair.im]) if (part.inputs.length > 0) noteReuse(part);
      array.#used = true;
      return pair;
    };
    peekNode = (array) => array.#peek();
    isUsed = (array) => array.#used;
    targetOf = (array) => array.#target;
    recordOf = (array) => array.#record;
    settle = (array, values, record) => {
      if (array.#pair === undefined) array.#node = values;
      else array.#pair = storedPair(values, array.#pair.dtype);
      array.#record = record;
    };
  }

  #peek(): Node {
    return this.#node ?? this.#content.join();
  }

  get #content(): Pair {
    return this.#pair ?? noContent();
  }

  get #shape(): Shape {
    const node = this.#node;
    return node === undefined ? this.#content.re.shape : node.shape;
  }

  /** The element type, e.g. `'float64'`. */
  get dtype(): ArrayDType {
    const node = this.#node;
    return node === undefined ? this.#content.dtype : node.dtype;
  }

  /** The size of each axis, e.g. `[2, 3]`; `[]` for a single value. */
  get shape(): Shape {
    return Object.freeze(this.#shape);
  }

  /** The number of axes. */
  get ndim(): number {
    return this.#shape.length;
  }

  /** The number of axes: another name of `ndim`. */
  get rank(): number {
    return this.#shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.#shape);
  }

  /** Whether the array holds its values: always for arrays made from data, after the evaluation for expressions. */
  get isEvaluated(): boolean {
    return (this.#node ?? this.#pair?.joined)?.kind === 'data';
  }
}

/** The node for a call, whose name is part of the error for a complex array. */
export const nodeFor = (operation: string, array: AnyArray): Node =>
  realNodeOf(array) ?? refuse(operation, array.dtype);

export const isArray = (value: unknown): value is AnyArray => value instanceof AnyArray;
