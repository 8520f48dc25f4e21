/**
 * Batched matrix products: blocked over k as the numerics contract says (`sumInBlocks` in ir/routines/matmul.ts), over
 * rows and columns as caches and registers like it. (Goto, van de Geijn: Anatomy of High-Performance Matrix
 * Multiplication, 2008, without the vector registers.)
 *
 * For each batch, block of k and band of rows, `a` is packed so that the rows of a tile lie side by side; for each
 * tile of columns `b` likewise; tiles at the edge are filled up with zeros, and only their real part is stored. The
 * inner loop then reads both packs in order and keeps one partial sum per element of the tile in registers. Products
 * too thin for a tile go to `thinProduct.ts`.
 */
import { allocate, type DType } from '../../ir/dtype.ts';
import { dtypeOfBuffer, type RoutineCall } from '../../ir/kernel.ts';
import { contractBlock } from '../../ir/routines/matmul.ts';
import { addProduct, storeSum, zeroOf } from './multiplyAdd.ts';
import { block, type Closure, type Code } from '../text/source.ts';
import { thinProduct } from './thinProduct.ts';

/** Rows and columns of a register tile, and rows of a band: a packed band is at most 128 KB. */
const tileRows = 4;
const tileColumns = 4;
const bandRows = 64;

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, k) => k);

export function emitMatmul(call: RoutineCall, closure: Closure): Code {
  const { batchAxes } = call;
  const dtype = dtypeOfBuffer(call, 2);
  const packs = [
    `const packA = ${closure.use('$packA', allocate(dtype, bandRows * contractBlock))};`,
    `const packB = ${closure.use('$packB', allocate(dtype, tileColumns * contractBlock))};`,
  ];
  const at = 3 + 3 * batchAxes;
  const batches = range(batchAxes);
  const integer = (name: string, slot: number): string => `${name} = integers[${slot}] | 0`;
  const product = matrixProduct(dtype);
  const nest = (axis: number, code: Code): Code =>
    axis < 0
      ? code
      : nest(
          axis - 1,
          block(`for (let i${axis} = 0; i${axis} < e${axis}; i${axis}++)`, [
            `const fromA${axis} = ${axis === 0 ? 'startA' : `fromA${axis - 1}`} + Math.imul(i${axis}, sa${axis});`,
            `const fromB${axis} = ${axis === 0 ? 'startB' : `fromB${axis - 1}`} + Math.imul(i${axis}, sb${axis});`,
            ...code,
          ]),
        );
  const last = batchAxes - 1;
  return [
    ...['a', 'b', 'out'].map((name, k) => `const ${name} = buffers[${k}];`),
    ...packs,
    `const ${['m', 'n', 'depth'].map(integer).join(', ')};`,
    ...batches.map(
      (k) =>
        `const ${integer(`e${k}`, 3 + 3 * k)}, ${integer(`sa${k}`, 4 + 3 * k)}, ${integer(`sb${k}`, 5 + 3 * k)};`,
    ),
    `const ${['startA', 'rowA', 'columnA', 'startB', 'rowB', 'columnB'].map((name, k) => integer(name, at + k)).join(', ')};`,
    `let to = 0;`,
    ...nest(last, [
      ...block('', [
        `const offsetA = ${last < 0 ? 'startA' : `fromA${last}`}, offsetB = ${last < 0 ? 'startB' : `fromB${last}`};`,
        ...product,
      ]),
      'to += m * n;',
    ]),
  ];
}

/** One product: `a` from offsetA times `b` from offsetB into `out` from `to`. */
function matrixProduct(dtype: DType): Code {
  return [
    `if (depth === 0) out.fill(${zeroOf(dtype)}, to, to + m * n);`,
    ...block(`for (let k0 = 0; k0 < depth; k0 += ${contractBlock})`, [
      `const length = Math.min(${contractBlock}, depth - k0);`,
      ...block(`if (m < ${tileRows} || n < ${tileColumns})`, thinProduct(dtype)),
      ...block('else', tiledProduct(dtype)),
    ]),
  ];
}

/** The part of the sums over k from `k0` over `length`, tile by tile. */
function tiledProduct(dtype: DType): Code {
  const zero = zeroOf(dtype);
  const rows = range(tileRows);
  const columns = range(tileColumns);
  return [
    ...block(`for (let band = 0; band < m; band += ${bandRows})`, [
      `const bandEnd = Math.min(band + ${bandRows}, m);`,
      ...pack('packA', 'a', {
        from: 'band',
        to: 'bandEnd',
        tile: tileRows,
        origin: 'offsetA',
        across: 'rowA',
        along: 'columnA',
        zero,
      }),
      ...block(`for (let j0 = 0; j0 < n; j0 += ${tileColumns})`, [
        `const columns = Math.min(${tileColumns}, n - j0);`,
        ...pack('packB', 'b', {
          from: 'j0',
          to: 'j0 + columns',
          tile: tileColumns,
          origin: 'offsetB',
          across: 'columnB',
          along: 'rowB',
          zero,
        }),
        ...block(`for (let i0 = band; i0 < bandEnd; i0 += ${tileRows})`, [
          `const rows = Math.min(${tileRows}, bandEnd - i0);`,
          ...rows.map((r) => `let ${columns.map((c) => `s${r}${c} = ${zero}`).join(', ')};`),
          ...block(
            `for (let k = 0, p = (i0 - band) * length, q = 0; k < length; k++, p += ${tileRows}, q += ${tileColumns})`,
            [
              `const ${columns.map((c) => `y${c} = packB[q + ${c}]`).join(', ')};`,
              ...rows.flatMap((r) => [
                `const x${r} = packA[p + ${r}];`,
                ...columns.map((c) => `s${r}${c} = ${addProduct(dtype, `s${r}${c}`, `x${r}`, `y${c}`)};`),
              ]),
            ],
          ),
          'let o = to + i0 * n + j0;',
          ...rows.flatMap((r) => [
            ...(r === 0 ? [] : [`if (rows <= ${r}) continue;`, 'o += n;']),
            ...columns.map(
              (c) =>
                `${c === 0 ? '' : `if (columns > ${c}) `}${storeSum(dtype, c === 0 ? 'o' : `o + ${c}`, `s${r}${c}`)}`,
            ),
          ]),
        ]),
      ]),
    ]),
  ];
}

interface PackPlan {
  /** The range of rows of `a`, or columns of `b`, and how many make a tile. */
  readonly from: string;
  readonly to: string;
  readonly tile: number;
  readonly origin: string;
  readonly across: string;
  readonly along: string;
  readonly zero: string;
}

/** Tile after tile, and within a tile k after k, so that the inner loop reads in order. */
function pack(into: string, source: string, { from, to, tile, origin, across, along, zero }: PackPlan): Code {
  return block(`for (let t = ${from}, w = 0; t < ${to}; t += ${tile}, w += ${tile} * length)`, [
    ...block(`for (let r = 0; r < ${tile}; r++)`, [
      ...block(`if (t + r < ${to})`, [
        `let read = ${origin} + Math.imul(t + r, ${across}) + Math.imul(k0, ${along});`,
        `for (let k = 0, p = w + r; k < length; k++, p += ${tile}, read += ${along}) ${into}[p] = ${source}[read];`,
      ]),
      ...block('else', [`for (let k = 0, p = w + r; k < length; k++, p += ${tile}) ${into}[p] = ${zero};`]),
    ]),
  ]);
}
