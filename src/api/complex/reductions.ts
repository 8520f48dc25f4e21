/** Reductions of complex arrays. Sums and means are those of the parts; variances, those of the distances from the mean. */
import { checkArrayDType, isComplexDType, type ArrayDType } from '../../ir/dtype.ts';
import { DTypeError } from '../../ir/errors.ts';
import type { Node } from '../../ir/node.ts';
import { unary } from '../nodes/elementwise.ts';
import { fold, mean, variance, type ReduceSettings } from '../nodes/reduce.ts';
import type { Operand } from '../types.ts';
import { truth } from './arithmetic.ts';
import { add } from './floats.ts';
import { pairFrom } from './operands.ts';
import { castPair, Pair } from './pair.ts';

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
      const first = castPair(pairFrom(name, initial), z.dtype);
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
    case 'any':
    case 'all':
      return fold(name, truth(z), plain);
    default:
      throw new DTypeError(
        name,
        name === 'prod'
          ? 'has no form for complex numbers; for numbers other than 0 use lz.exp(lz.log(x).sum())'
          : 'has no form for complex numbers, which have no order; use it on lz.real(x), lz.imag(x) or lz.abs(x)',
      );
  }
}
