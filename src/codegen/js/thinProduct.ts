/**
 * Matrix products with only a few rows or columns (matrix times vector): packing would cost more than the product.
 *
 * The *wide* operand is read once, where it lies, eight of its rows (or columns) at a time with one partial sum each;
 * the thin one supplies the common factor.
 */
import type { DType } from '../../ir/dtype.ts';
import { addProduct, storeSum, zeroOf } from './multiplyAdd.ts';
import { block, type Code } from '../text/source.ts';

const lanes = [0, 1, 2, 3, 4, 5, 6, 7] as const;

interface Operand {
  readonly name: string;
  readonly origin: string;
  /** Extent and stride of the rows of `a`, or the columns of `b`. */
  readonly extent: string;
  readonly across: string;
  /** Stride along k. */
  readonly along: string;
  /** Stride of the same rows or columns in the output. */
  readonly out: string;
}

const a: Operand = { name: 'a', origin: 'offsetA', extent: 'm', across: 'rowA', along: 'columnA', out: 'n' };
const b: Operand = { name: 'b', origin: 'offsetB', extent: 'n', across: 'columnB', along: 'rowB', out: '1' };

/** The part of the sums over k from `k0` over `length`. */
export function thinProduct(dtype: DType): Code {
  return [...block('if (n <= m)', wideBy(dtype, a, b)), ...block('else', wideBy(dtype, b, a))];
}

function wideBy(dtype: DType, wide: Operand, thin: Operand): Code {
  const tile = (count: 1 | 8): Code => {
    const used = lanes.slice(0, count);
    return [
      `let ${used.map((q) => `s${q} = ${zeroOf(dtype)}`).join(', ')};`,
      `let x = ${wide.origin} + Math.imul(w, ${wide.across}) + Math.imul(k0, ${wide.along});`,
      `let y = ${thin.origin} + Math.imul(t, ${thin.across}) + Math.imul(k0, ${thin.along});`,
      ...block(`for (let k = 0; k < length; k++, x += ${wide.along}, y += ${thin.along})`, [
        `const factor = ${thin.name}[y];`,
        ...used.map(
          (q) => `s${q} = ${addProduct(dtype, `s${q}`, `${wide.name}[x${step(q, 'd')}]`, 'factor')};`,
        ),
      ]),
      `const o = to + Math.imul(w, ${wide.out}) + Math.imul(t, ${thin.out});`,
      ...used.map((q) => storeSum(dtype, `o${step(q, wide.out)}`, `s${q}`)),
    ];
  };
  const multiples = lanes.slice(2).map((q) => `d${q} = Math.imul(${q}, d1)`);
  return [
    `const d1 = ${wide.across}, ${multiples.join(', ')};`,
    ...block(`for (let t = 0; t < ${thin.extent}; t++)`, [
      'let w = 0;',
      ...block(`for (; w + 8 <= ${wide.extent}; w += 8)`, tile(8)),
      ...block(`for (; w < ${wide.extent}; w++)`, tile(1)),
    ]),
  ];
}

/** `q` steps further; multiples of `d` have names of their own. */
const step = (q: number, stride: string): string =>
  q === 0 ? '' : stride === 'd' ? ` + d${q}` : stride === '1' ? ` + ${q}` : ` + ${q} * ${stride}`;
