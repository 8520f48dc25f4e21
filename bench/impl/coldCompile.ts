/**
 * Cold compiles: a chain of ops in an order never seen before, or a graph as an unrolled loop makes it, evaluated with
 * every cache empty.
 *
 * Ten elements, so that what is timed is passes, code generation and compilation of the code, not arithmetic.
 * Building the expression is left out. The orders come from a linear congruential generator with a fixed seed.
 */
import * as lz from '../../src/index.ts';
import type { LazyArray, TargetName } from '../../src/index.ts';

const NS_PER_MS = 1e6;

const STEPS: readonly ((x: LazyArray, y: LazyArray) => LazyArray)[] = [
  (x, y) => x.add(y),
  (x, y) => x.sub(y),
  (x, y) => x.mul(y),
  (x, y) => x.div(y),
  (x) => x.neg(),
  (x) => x.abs(),
  (x) => x.square(),
];

let state = 1;

function randomBelow(limit: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

/** An expression of about so many ops over two arrays of one size. */
export type ColdGraph = (ops: number, a: LazyArray, b: LazyArray) => LazyArray;

/** Nanoseconds of n evaluations, each of a new expression of `ops` ops. */
export function timeColdCompiles(
  n: number,
  graph: ColdGraph,
  ops: number,
  a: LazyArray,
  b: LazyArray,
  target: TargetName,
): number {
  let ms = 0;
  for (let i = 0; i < n; i++) {
    const expression = graph(ops, a, b);
    lz.clearCache();
    const start = performance.now();
    expression.evaluateSync({ memo: false, target });
    ms += performance.now() - start;
  }
  return ms * NS_PER_MS;
}

/** Arithmetic in a random order. */
export const newChain: ColdGraph = (ops, a, b) => {
  let value = a;
  for (let k = 0; k < ops; k++) value = STEPS[randomBelow(STEPS.length)]?.(value, b) ?? value;
  return value;
};

/** Steps of x[1:-1] = (x[:-2] + x[2:]) / 2, the ends kept. */
export const unrolledStencil: ColdGraph = (ops, a) => {
  let x = a;
  for (let k = 0; k < ops; k += 7) {
    const inside = x
      .slice([0, -2])
      .add(x.slice([2, null]))
      .mul(0.5);
    x = lz.concat([x.slice([0, 1]), inside, x.slice([-1, null])]);
  }
  return x;
};

/** Steps of y = 0.9 y + 0.1 a, all of them kept. */
export const keptRecurrence: ColdGraph = (ops, a, b) => {
  let y = b;
  const steps: LazyArray[] = [];
  for (let k = 0; k < ops; k += 3) {
    y = y.mul(0.9).add(a.mul(0.1));
    steps.push(y);
  }
  return lz.stack(steps);
};

/** A sum of so many different terms. */
export const wideSum: ColdGraph = (ops, a, b) => {
  let sum = a;
  for (let k = 0; k < ops; k += 2) sum = sum.add(b.mul(k + 0.5));
  return sum;
};
