/** Reductions of complex arrays. Sums and means are those of the parts; variances, those of the distances from the mean. */
import { checkArrayDType, isComplexDType, type ArrayDType } from '../../ir/dtype.ts';
import { DTypeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { normalizeAxes, sizeOf } from '../../ir/shape.ts';
import { cutAlong } from '../nodes/along.ts';
import { elementwise, unary } from '../nodes/elementwise.ts';
import { concat } from '../nodes/join.ts';
import { fold, maskFor, mean, variance, type ReduceSettings } from '../nodes/reduce.ts';
import { keepAxes, permute, reshapeTo } from '../nodes/view.ts';
import type { Operand } from '../types.ts';
import { product, truth } from './arithmetic.ts';
import { add } from './floats.ts';
import { complexFrom } from './operands.ts';
import { castPair, filled, Pair } from './pair.ts';

/** The settings of a call. A dtype, which must be complex, and the initial value are those of whole numbers. */
export interface ComplexSettings extends Omit<ReduceSettings, 'dtype' | 'initial'> {
  readonly dtype?: ArrayDType | undefined;
  readonly initial?: Operand | undefined;
}

/** The pair cast to the dtype that is asked for. */
export function castFor(operation: string, pair: Pair, dtype: ArrayDType | undefined): Pair {
  if (dtype === undefined) return pair;
  const wanted = checkArrayDType(operation, dtype);
  if (isComplexDType(wanted)) return castPair(pair, wanted);
  throw new DTypeError(operation, `of ${pair.dtype} is not ${wanted}; choose a part, as with lz.real(x)`);
}

export function complexReduction(name: string, pair: Pair, settings: ComplexSettings): Pair | Node {
  const { dtype, initial, ...plain } = settings;
  const z = castFor(name, pair, dtype);
  switch (name) {
    case 'sum': {
      if (initial === undefined) return z.map((part) => fold('sum', part, plain));
      const first = castPair(complexFrom(name, initial), z.dtype);
      const part = (of: 're' | 'im'): Node => fold('sum', z[of], { ...plain, initial: first[of] });
      return new Pair(z.dtype, part('re'), part('im'));
    }
    case 'mean':
      return z.map((part) => mean(part, plain));
    case 'var':
    case 'std': {
      const squares = add(variance('var', z.re, plain), variance('var', z.im, plain));
      return name === 'std' ? unary('sqrt', squares) : squares;
    }
    case 'prod': {
      const result = productOf(z, plain);
      return initial === undefined ? result : product(result, castPair(complexFrom(name, initial), z.dtype));
    }
    case 'any':
    case 'all':
      return fold(name, truth(z), plain);
    default:
      throw new DTypeError(
        name,
        'has no form for complex numbers, which have no order; use it on lz.real(x), lz.imag(x) or lz.abs(x)',
      );
  }
}

/**
 * The product by halves: the numbers of the first half times those of the second, until one is left. So the order depends
 * on the length alone. Every halving is a kernel, as products of pairs are no monoid that targets know.
 */
function productOf(z: Pair, { axis, keepdims = false, where }: ReduceSettings): Pair {
  const { shape } = z.re;
  const axes = normalizeAxes('prod', axis ?? undefined, shape.length);
  const others = shape.map((_, k) => k).filter((k) => !axes.includes(k));
  const kept = others.map((k) => shape[k] ?? 1);
  const taken = where === undefined ? z : oneUnless(where, z);
  const rows = taken.map((part) =>
    reshapeTo(permute('prod', part, [...others, ...axes]), [...kept, sizeOf(axes.map((k) => shape[k] ?? 1))]),
  );
  return halved(rows).map((part) => {
    const result = reshapeTo(part, kept);
    return keepdims ? keepAxes(result, shape, axes) : result;
  });
}

function oneUnless(where: Node, z: Pair): Pair {
  const mask = maskFor('prod', where, z.re);
  const of = (part: Node, other: number): Node => elementwise('where', [mask, part, other]);
  return new Pair(z.dtype, of(z.re, 1), of(z.im, 0));
}

/** Rows of one number. */
function halved(rows: Pair): Pair {
  const { shape, dtype } = rows.re;
  const last = shape.length - 1;
  const size = shape[last] ?? 0;
  if (size === 1) return rows;
  if (size === 0)
    return new Pair(rows.dtype, filled(1, dtype, shape.with(last, 1)), filled(0, dtype, shape.with(last, 1)));
  const half = Math.floor(size / 2);
  const cut = (start: number, stop: number): Pair => rows.map((part) => cutAlong(part, last, start, stop));
  const products = product(cut(0, half), cut(half, 2 * half));
  if (size % 2 === 0) return halved(products);
  const rest = cut(2 * half, size);
  return halved(
    new Pair(rows.dtype, concat([products.re, rest.re], last), concat([products.im, rest.im], last)),
  );
}
