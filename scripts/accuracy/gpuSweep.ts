/**
 * The accuracy of float32 on a GPU, through the front door: arrays in, values out. Math functions on the arguments of
 * `sweep32.ts` and on the fixtures; division, roots and remainders on the same pairs; sums and matrix products against
 * their bounds, in units of u = 2^-24 times the sum of the magnitudes.
 *
 * Devices may take a subnormal number for zero: a result is right if it is right for some choice of that.
 */
import { sumDepth } from '../../src/codegen/wgsl/rows.ts';
import * as lz from '../../src/index.ts';
import type { MathFunction } from '../../src/ir/math/functions.ts';
import { bounds32 } from '../../src/ir/math32/bounds.ts';
import type { ScalarOp } from '../../src/ir/ops.ts';
import { applyOp } from '../../src/ir/scalarNumbers.ts';
import { functions } from './engine.ts';
import { remainderOf } from './exhaustive.ts';
import { readFixture } from './fixtures.ts';
import { addExact, argumentBlocks, sweepInto, type RunColumns } from './sweep32.ts';
import { Tally } from './measure.ts';
import { ulpError } from './ulp.ts';

/** What was measured of a function or an operation; `unit` says what errors are given in. */
export interface GpuMeasurement {
  readonly title: string;
  readonly unit: 'ulp' | 'u times the sum of magnitudes';
  readonly points: number;
  readonly worst: number;
  /** The arguments of the largest error, or the size of the array. */
  readonly at: string;
  readonly mean: number;
  /** How many results were those of a subnormal number taken for zero. */
  readonly flushed: number;
  readonly bound: number;
}

export const holdsOnGpu = ({ worst, bound }: GpuMeasurement): boolean => worst <= bound;

const options = { target: 'webgpu', memo: false } as const;

const runOnGpu: RunColumns = async (name, columns) =>
  (await functions[name](...columns.map((column) => lz.asArray(column, { copy: false }))).data(
    options,
  )) as Float32Array;

const textOf = (at: readonly number[]): string =>
  at.map((x) => (Object.is(x, -0) ? '-0' : String(x))).join(', ');

function measurement(
  title: string,
  tally: Tally,
  flushed: number,
  bound: number,
  unit: GpuMeasurement['unit'] = 'ulp',
  at = textOf(tally.at),
): GpuMeasurement {
  const { points, worst, mean } = tally;
  return { title, unit, points, worst, at, mean, flushed, bound };
}

/** A math function on about `count` arguments from everywhere, and on its fixture. */
export async function measureFunction(name: MathFunction, count: number): Promise<GpuMeasurement> {
  const tally = new Tally();
  let flushed = await sweepInto(tally, name, runOnGpu, count);
  const { arguments: columns, exact } = readFixture(name, 'float32');
  const results = await runOnGpu(
    name,
    columns.map((column) => Float32Array.from(column)),
  );
  for (const [k, value] of exact.entries()) {
    const at = columns.map((column) => column[k] ?? NaN);
    if (addExact(tally, name, at, results[k] ?? NaN, value)) flushed++;
  }
  return measurement(name, tally, flushed, bounds32[name]);
}

interface Operation {
  readonly title: string;
  readonly op: ScalarOp;
  readonly apply: (x: lz.LazyArray, y: lz.LazyArray) => lz.LazyArray;
  /** In float64, where that is exact or rounds to the same float32. */
  readonly exactly?: (x: number, y: number) => number;
  readonly bound: number;
}

/** Correctly rounded results are off by half a unit; what is exact, by none. */
const operations: readonly Operation[] = [
  { title: 'x + y', op: 'add', apply: lz.add, exactly: (x, y) => x + y, bound: 0.5 },
  { title: 'x - y', op: 'subtract', apply: lz.subtract, exactly: (x, y) => x - y, bound: 0.5 },
  { title: 'x * y', op: 'multiply', apply: lz.multiply, exactly: (x, y) => x * y, bound: 0.5 },
  { title: 'x / y', op: 'divide', apply: lz.divide, exactly: (x, y) => x / y, bound: 0.5 },
  { title: 'sqrt(x)', op: 'sqrt', apply: (x) => lz.sqrt(x), exactly: Math.sqrt, bound: 0.5 },
  { title: 'pow(x, 2)', op: 'square', apply: (x) => lz.pow(x, 2), exactly: (x) => x * x, bound: 0.5 },
  { title: 'remainder(x, y)', op: 'remainder', apply: lz.remainder, bound: 0 },
  { title: 'floorDivide(x, y)', op: 'floorDivide', apply: lz.floorDivide, bound: 1 },
];

/** Arithmetic on pairs from everywhere. */
export async function measureOperations(count: number): Promise<readonly GpuMeasurement[]> {
  const measured = operations.map((operation) => ({ operation, tally: new Tally(), flushed: 0 }));
  for (const columns of argumentBlocks('hypot', count)) {
    const [xs = new Float32Array(), ys = new Float32Array()] = columns;
    const [x, y] = [lz.asArray(xs, { copy: false }), lz.asArray(ys, { copy: false })];
    for (const entry of measured) {
      const { tally, operation } = entry;
      const results = await operation.apply(x, y).data(options);
      for (const [k, a] of xs.entries()) {
        const b = ys[k] ?? NaN;
        const { error, isFlushed } = leastError(operation, [a, b], Number(results[k]));
        if (isFlushed) entry.flushed++;
        if (tally.add(error)) tally.at = [a, b];
      }
    }
  }
  return measured.map(({ operation: { title, bound }, tally, flushed }) =>
    measurement(title, tally, flushed, bound),
  );
}

/** The error for the choice of subnormal arguments and results taken for zero that suits the result best. */
function leastError(
  operation: Operation,
  pair: readonly [number, number],
  actual: number,
): { readonly error: number; readonly isFlushed: boolean } {
  const plain = errorOf(operation, pair, actual);
  if (plain <= operation.bound) return { error: plain, isFlushed: false };
  const [xs, ys] = pair.map((x) => (isSubnormal(x) ? [x, x * 0] : [x]));
  let error = plain;
  for (const x of xs ?? [])
    for (const y of ys ?? []) error = Math.min(error, errorOf(operation, [x, y], actual));
  const outcome = exactOf(operation, pair);
  // A result that only rounding makes normal may be flushed as well; and so may a subnormal number on the way, such as
  // the rest that a remainder adds to its divisor.
  if (outcome !== 0 && Math.abs(outcome) <= leastNormal && actual === 0) error = 0;
  if (pair.some(isSubnormal) && Math.abs(actual - outcome) < leastNormal) error = 0;
  return { error, isFlushed: error < plain };
}

const leastNormal = 2 ** -126;
const isSubnormal = (x: number): boolean => x !== 0 && Math.abs(x) < leastNormal;

const exactOf = ({ op, exactly }: Operation, [x, y]: readonly [number, number]): number =>
  exactly?.(x, y) ?? Number(applyOp(op, 'float32', [x, y]));

function errorOf(operation: Operation, pair: readonly [number, number], actual: number): number {
  const value = exactOf(operation, pair);
  const nearest = Math.fround(value);
  return ulpError(actual, { nearest, remainder: remainderOf(value, nearest) }, 'float32');
}

/** Numbers of both signs and many sizes, the same every time. */
const mixed = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, k) => {
    const word = Math.imul(k + 1, 0x9e3779b1);
    return (word / 2 ** 31) * 2 ** (((word >>> 7) & 15) - 8);
  });

/** Sums of rows and of columns of matrices of these shapes. */
export async function measureSums(
  shapes: readonly (readonly [rows: number, columns: number])[],
): Promise<GpuMeasurement> {
  const tally = new Tally();
  let where = '';
  for (const [rows, columns] of shapes) {
    const values = mixed(rows * columns);
    const x = lz.asArray(values, { shape: [rows, columns] });
    for (const axis of [0, 1]) {
      const results = await x.sum(axis).data(options);
      const [length, step] = axis === 0 ? [rows, columns] : [columns, 1];
      for (const [k, actual] of results.entries()) {
        const start = axis === 0 ? k : k * columns;
        let [sum, magnitudes] = [0, 0];
        for (let i = 0; i < length; i++) {
          const value = values[start + i * step] ?? NaN;
          sum += value;
          magnitudes += Math.abs(value);
        }
        if (tally.add(Math.abs(actual - sum) / (magnitudes * 2 ** -24)))
          where = `axis ${axis} of (${rows}, ${columns})`;
      }
    }
  }
  return measurement('sum', tally, 0, sumDepth, 'u times the sum of magnitudes', where);
}

/** Products of matrices: the bound is the depth, the number of terms of an element. */
export async function measureProducts(
  sizes: readonly (readonly [rows: number, depth: number, columns: number])[],
): Promise<readonly GpuMeasurement[]> {
  const measured: GpuMeasurement[] = [];
  for (const [m, depth, n] of sizes) {
    const tally = new Tally();
    const [a, b] = [mixed(m * depth), mixed(depth * n).reverse()];
    const results = await lz
      .asArray(a, { shape: [m, depth] })
      .matmul(lz.asArray(b, { shape: [depth, n] }))
      .data(options);
    for (const [k, actual] of results.entries()) {
      const [i, j] = [Math.floor(k / n), k % n];
      let [sum, magnitudes] = [0, 0];
      for (let d = 0; d < depth; d++) {
        const term = (a[i * depth + d] ?? NaN) * (b[d * n + j] ?? NaN);
        sum += term;
        magnitudes += Math.abs(term);
      }
      tally.add(Math.abs(actual - sum) / (magnitudes * 2 ** -24));
    }
    const where = `(${m}, ${depth}) by (${depth}, ${n})`;
    measured.push(
      measurement(`matmul, ${depth} deep`, tally, 0, depth, 'u times the sum of magnitudes', where),
    );
  }
  return measured;
}
