/**
 * What every array is, whatever its dtype: a handle on one node of the expression graph.
 *
 * The node is private to users and reachable for the rest of `api/` through `nodeOf`. It changes once: when the
 * array is evaluated, the data take the place of the expression, and the graph behind it can be collected.
 */
import type { DType } from '../ir/dtype.ts';
import { DataError } from '../ir/errors.ts';
import type { Node } from '../ir/node.ts';
import { sizeOf, type Shape } from '../ir/shape.ts';
import { noteReuse } from '../runtime/evaluate/reuse.ts';
import type { Evaluated } from '../runtime/evaluate/record.ts';
import type { TargetName } from '../runtime/executors/registry.ts';

/** How an array came by its values, for explain(). */
export type EvaluationRecord = Evaluated['record'];

/** The node an array stands for now, to be used in others. */
export let nodeOf: (array: AnyArray) => Node;
/** The node an array stands for now, to be looked at: nobody keeps it. */
export let peekNode: (array: AnyArray) => Node;
/** Whether the node was used: other graphs may hold it, and want its value when there is one. */
export let isUsed: (array: AnyArray) => boolean;
/** The target that was chosen for the array, for evaluations that ask for none. */
export let targetOf: (array: AnyArray) => TargetName | undefined;
/** How the array was evaluated; `undefined` while it is pending, and for arrays made from data. */
export let recordOf: (array: AnyArray) => EvaluationRecord | undefined;
/** Puts the values in the place of the expression. */
export let settle: (array: AnyArray, values: Node, record: EvaluationRecord) => void;

/** The constructor is reachable from outside, where there are no nodes. */
const isNode = (given: Partial<Node> | undefined): boolean => given?.inputs !== undefined;

/** What `structuredClone` and `postMessage` say of an array, which they would otherwise make `{}` of: symbols stop them. */
const notCloneable = Symbol('a LazyArray, whose data() and shape are to be sent instead,');

export abstract class AnyArray {
  #node: Node;
  #record: EvaluationRecord | undefined;
  #used = false;
  readonly #target: TargetName | undefined;
  protected readonly notCloneable: symbol = notCloneable;

  constructor(node: Node, target?: TargetName) {
    if (!isNode(node))
      throw new DataError('LazyArray', 'arrays are not made with new; use lz.array, lz.zeros and their like');
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

  /** The number of axes, as the literature calls it: the same as `ndim`. */
  get rank(): number {
    return this.#node.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.#node.shape);
  }

  /** Whether the values are in memory. Arrays made from data always are, expressions once they were evaluated. */
  get isEvaluated(): boolean {
    return this.#node.kind === 'data';
  }
}

export const isArray = (value: unknown): value is AnyArray => value instanceof AnyArray;
