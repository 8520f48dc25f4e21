/** The inner step of matrix products: a partial sum, one product more, and where the sum of a block of k goes. */
import { isBigint, type DType } from '../../ir/dtype.ts';
import { wrap } from './casts.ts';
import { literal } from '../text/source.ts';

/** What the sum of a block starts from: +0. bool computes as numbers here. */
export const zeroOf = (dtype: DType): string => (isBigint(dtype) ? literal(dtype, 0n) : '0');

/** Sums of up to 32 bits are kept as int32, congruent to the result, and wrap into their dtype when they are stored. */
export function addProduct(dtype: DType, sum: string, x: string, y: string): string {
  switch (dtype) {
    case 'float64':
      return `${sum} + ${x} * ${y}`;
    case 'float32':
      return `Math.fround(${sum} + Math.fround(${x} * ${y}))`;
    case 'int64':
    case 'uint64':
      return wrap(dtype, `${sum} + ${x} * ${y}`);
    default:
      return `(${sum} + Math.imul(${x}, ${y})) | 0`;
  }
}

/** The first block's sum is stored, later ones are added to it; the array rounds float32 and wraps integers. */
export function storeSum(dtype: DType, index: string, sum: string): string {
  const total = `k0 === 0 ? ${sum} : out[${index}] + ${sum}`;
  return dtype === 'bool' ? `out[${index}] = (${total}) & 1;` : `out[${index}] = ${total};`;
}
