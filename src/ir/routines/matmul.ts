/** The matrix product: `(m, k), (k, n) -> (m, n)`. Sums run along k in blocks of `contractBlock`. */
import { isBigint, type DType, type Scalar } from '../dtype.ts';
import { scalarFunction, type ScalarFunction } from '../scalarNumbers.ts';
import { normalize } from '../scalar.ts';
import type { RoutineRow } from './row.ts';

/** Matrix products add along k in blocks of 256: in sequence within a block, then block by block. */
export const contractBlock = 256;

function sumInBlocks(products: readonly Scalar[], dtype: DType, add: ScalarFunction): Scalar {
  const zero: Scalar = isBigint(dtype) ? 0n : 0;
  const join = (x: Scalar, y: Scalar): Scalar => add(x, y);
  let total = zero;
  for (let from = 0; from < products.length; from += contractBlock) {
    const block = products.slice(from, from + contractBlock).reduce(join, zero);
    total = from === 0 ? block : join(total, block);
  }
  return normalize(dtype, total);
}

export const matmul: RoutineRow = {
  sizes: ['m', 'n', 'k'],
  operands: [
    ['m', 'k'],
    ['k', 'n'],
  ],
  results: [['m', 'n']],
  layout: 'strided',
  dtypes: (_, [dtype = 'float64']) => [dtype],
  ops: 2,
  work: ([m = 1, n = 1, k = 1]) => m * n * k,
  reference({ sizes: [m = 0, n = 0, k = 0], operands: [a, b], results: [out] }) {
    if (a === undefined || b === undefined || out === undefined) return;
    const [rowA = 0, columnA = 0] = a.strides;
    const [rowB = 0, columnB = 0] = b.strides;
    const [rowOut = 0, columnOut = 0] = out.strides;
    const { dtype } = out;
    const add = scalarFunction('add', dtype);
    const multiply = scalarFunction('multiply', dtype);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        const products: Scalar[] = [];
        for (let r = 0; r < k; r++) {
          const x = a.values[a.offset + i * rowA + r * columnA] ?? 0;
          const y = b.values[b.offset + r * rowB + j * columnB] ?? 0;
          products.push(multiply(x, y));
        }
        out.values[out.offset + i * rowOut + j * columnOut] = sumInBlocks(products, dtype, add);
      }
  },
};
