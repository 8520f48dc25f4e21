/**
 * Complex arrays, seen from their nodes: a pair of real nodes, the real and the imaginary parts. The IR has no complex
 * dtypes. In memory the parts lie side by side, as a last axis of size 2. A computed pair is joined like that only when the
 * array is evaluated, as the end of the kernel that computes both parts; parts of stored numbers are views of stride 2.
 */
import {
  complexTable,
  isComplexDType,
  type ArrayDType,
  type ComplexDType,
  type ComplexNumber,
  type DType,
} from '../../ir/dtype.ts';
import { DTypeError } from '../../ir/errors.ts';
import { constant, type Node } from '../../ir/node.ts';
import { normalize } from '../../ir/scalar.ts';
import { checkSize, type Shape } from '../../ir/shape.ts';
import { pickAlong } from '../nodes/along.ts';
import { broadcast, castTo } from '../nodes/elementwise.ts';
import { stack } from '../nodes/join.ts';
import { reshapeTo } from '../nodes/view.ts';

export class Pair {
  readonly dtype: ComplexDType;
  readonly re: Node;
  readonly im: Node;
  #joined: Node | undefined;

  /** Two nodes of one shape, in the dtype of the parts; `joined` is the memory that they are views of. */
  constructor(dtype: ComplexDType, re: Node, im: Node, joined?: Node) {
    this.dtype = dtype;
    this.re = re;
    this.im = im;
    this.#joined = joined;
  }

  /** The parts side by side: where they come from, or an expression, once something asked for it. */
  get joined(): Node | undefined {
    return this.#joined;
  }

  join(): Node {
    const { shape } = this.re;
    checkSize('complex', [...shape, 2]);
    return (this.#joined ??= stack([this.re, this.im], shape.length));
  }

  /** The same function of both parts: what moves elements without computing with them. */
  map(of: (part: Node) => Node): Pair {
    return new Pair(this.dtype, of(this.re), of(this.im));
  }
}

/** What moves elements, applied to the node or to both parts. */
export const mapParts = (content: Node | Pair, of: (part: Node) => Node): Node | Pair =>
  content instanceof Pair ? content.map(of) : of(content);

/** A pair that is stored as the last axis of `node`. */
export function storedPair(node: Node, dtype: ComplexDType): Pair {
  const last = node.shape.length - 1;
  return new Pair(dtype, pickAlong(node, last, 0), pickAlong(node, last, 1), node);
}

/** The same numbers in another shape. In memory they stay as they are, as data of real arrays do. */
export function reshapedPair(pair: Pair, reshape: (part: Node) => Node): Pair {
  const { joined } = pair;
  if (joined?.kind !== 'data') return pair.map(reshape);
  return storedPair(reshapeTo(joined, [...reshape(pair.re).shape, 2]), pair.dtype);
}

/** A real node as complex numbers. */
export function realPair(node: Node, dtype: ComplexDType): Pair {
  const { part } = complexTable[dtype];
  return new Pair(dtype, castTo(node, part), filled(0, part, node.shape));
}

export const filled = (value: number, dtype: DType, shape: Shape): Node =>
  broadcast(constant(value, dtype), shape);

/** A pair in another complex dtype. */
export function castPair(pair: Pair, dtype: ComplexDType): Pair {
  if (pair.dtype === dtype) return pair;
  const { part } = complexTable[dtype];
  return new Pair(dtype, castTo(pair.re, part), castTo(pair.im, part));
}

/** A complex number as an array without axes. */
export function complexConstant({ re, im }: ComplexNumber, dtype: ComplexDType): Pair {
  const { part } = complexTable[dtype];
  const of = (value: number): Node => constant(Number(normalize(part, value)), part);
  return new Pair(dtype, of(re), of(im));
}

/** What an array holds, in another dtype. Real numbers get imaginary parts of 0; complex numbers do not become real. */
export function castContent(operation: string, content: Node | Pair, dtype: ArrayDType): Node | Pair {
  if (!(content instanceof Pair))
    return isComplexDType(dtype) ? realPair(content, dtype) : castTo(content, dtype);
  if (isComplexDType(dtype)) return castPair(content, dtype);
  throw new DTypeError(
    operation,
    `${content.dtype} does not become ${dtype}: choose a part, as with lz.real(x), or lz.abs(x)`,
  );
}
