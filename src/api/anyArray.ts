/**
 * The base class of arrays of every dtype: a handle on one node of the expression graph.
 *
 * The node is hidden from users; the rest of `api/` reaches it through `nodeOf`. It changes once: the evaluation of the
 * array replaces the expression by its data, and the graph behind the expression can be collected.
 */
import type { DType } from '../ir/dtype.ts';
import { DataError } from '../ir/errors.ts';
import type { Node } from '../ir/node.ts';
import { sizeOf, type Shape } from '../ir/shape.ts';
import { noteReuse } from '../runtime/evaluate/reuse.ts';
import type { Evaluated } from '../runtime/evaluate/record.ts';
import type { TargetName } from '../runtime/executors/registry.ts';

/** How the values of an array were computed, for explain(). */
export type EvaluationRecord = Evaluated['record'];

/** The current node of an array, for use in other nodes. */
export let nodeOf: (array: AnyArray) => Node;
/** The current node of an array, for inspection: the caller must not keep it. */
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
const isNode = (given: Partial<Node> | undefined): boolean => given?.inputs !== undefined;

/** Part of the error of `structuredClone` and `postMessage`, which would otherwise turn an array into `{}`: symbols stop them. */
const notCloneable = Symbol('a LazyArray; send its data() and shape instead');

export abstract class AnyArray {
  #node: Node;
  #record: EvaluationRecord | undefined;
  #used = false;
  readonly #target: TargetName | undefined;
  protected readonly notCloneable: symbol = notCloneable;

  constructor(node: Node, target?: TargetName) {
    if (!isNode(node))
      throw new DataError(
        'LazyArray',
        'arrays are not made with new; use lz.array, lz.zeros or a similar function',
      );
    this.#node = node;
    this.#target = target;
  }

  static {
    nodeOf = (array) => {
      if (array.#used && array.#node.inputs.length > 0) noteReuse(array.#node);
      array.#used = true;
      return array.#node;
    };
    peekNode = (array) => array.#node;
    isUsed = (array) => array.#used;
    targetOf = (array) => array.#target;
    recordOf = (array) => array.#record;
    settle = (array, values, record) => {
      array.#node = values;
      array.#record = record;
    };
  }

  /** The element type, e.g. `'float64'`. */
  get dtype(): DType {
    return this.#node.dtype;
  }

  /** The size of each axis, e.g. `[2, 3]`; `[]` for a single value. */
  get shape(): Shape {
    return Object.freeze(this.#node.shape);
  }

  /** The number of axes. */
  get ndim(): number {
    return this.#node.shape.length;
  }

  /** The number of axes: another name of `ndim`. */
  get rank(): number {
    return this.#node.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.#node.shape);
  }

  /** Whether the array holds its values: always for arrays made from data, after the evaluation for expressions. */
  get isEvaluated(): boolean {
    return this.#node.kind === 'data';
  }
}

export const isArray = (value: unknown): value is AnyArray => value instanceof AnyArray;
