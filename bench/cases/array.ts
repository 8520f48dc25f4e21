/**
 * Suite `array`: what NumPy does beside elementwise arithmetic and reductions, starting with sorting. On one thread;
 * lazuli also on all.
 *
 * Random inputs are distinct where they can be, so that sorts that are not stable give the same positions.
 */
import type { Case, InputSpec, InputType } from './case.ts';
import type { WorkName } from './works.ts';

const MILLION = 1_000_000;
const SIDE = 1000;

interface Column {
  readonly dtype: InputType;
  readonly bytes: number;
  readonly low: number;
  readonly high: number;
}

const columns = {
  float64: { dtype: 'float64', bytes: 8, low: -1, high: 1 },
  float32: { dtype: 'float32', bytes: 4, low: -1, high: 1 },
  int64: { dtype: 'int64', bytes: 8, low: -(2 ** 62), high: 2 ** 62 },
  int32: { dtype: 'int32', bytes: 4, low: -(2 ** 31), high: 2 ** 31 },
  uint8: { dtype: 'uint8', bytes: 1, low: 0, high: 256 },
} as const satisfies Record<string, Column>;

const positionBytes = { sort: undefined, sortStable: undefined, argsort: 4, argsortStable: 4 } as const;
type Sorting = keyof typeof positionBytes & WorkName;

/** A sort along the last axis: its input is read once, its result written once. */
function sorting(
  work: Sorting,
  { dtype, bytes, low, high }: Column,
  shape: readonly number[],
  order?: InputSpec['order'],
): Case {
  const n = shape.reduce((size, length) => size * length, 1);
  const size = shape.length === 1 ? '1e6' : shape.join('x');
  return {
    name: `${work} ${dtype}, ${size}${order === undefined ? '' : `, ${order}`}`,
    work,
    inputs: { a: { shape, seed: 1, low, high, dtype, ...(order === undefined ? {} : { order }) } },
    bytes: n * (bytes + (positionBytes[work] ?? bytes)),
  };
}

const vector = [MILLION];
const rows = [SIDE, SIDE];

export const array: readonly Case[] = [
  ...Object.values(columns).map((column) => sorting('sort', column, vector)),
  sorting('sortStable', columns.float64, vector),
  sorting('sortStable', columns.int32, vector),
  sorting('sort', columns.float64, vector, 'sorted'),
  sorting('sort', columns.float64, vector, 'reversed'),
  sorting('sort', columns.float64, rows),
  sorting('sort', columns.float32, rows),
  sorting('argsort', columns.float64, vector),
  sorting('argsort', columns.int32, vector),
  sorting('argsortStable', columns.float64, vector),
  sorting('argsortStable', columns.float32, vector),
  sorting('argsortStable', columns.uint8, vector),
  sorting('argsort', columns.float64, rows),
];
