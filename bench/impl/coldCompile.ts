/**
 * Cold compiles: a chain of ops in an order never seen before, evaluated with every cache empty.
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

/** Nanoseconds of n evaluations, each of a new chain of `ops` ops. */
export function timeColdCompiles(
  n: number,
  ops: number,
  a: LazyArray,
  b: LazyArray,
  target: TargetName,
): number {
  let ms = 0;
  for (let i = 0; i < n; i++) {
    const expression = newChain(ops, a, b);
    lz.clearCache();
    const start = performance.now();
    expression.evaluateSync({ memo: false, target });
    ms += performance.now() - start;
  }
  return ms * NS_PER_MS;
}

function newChain(ops: number, a: LazyArray, b: LazyArray): LazyArray {
  let value = a;
  for (let k = 0; k < ops; k++) value = STEPS[randomBelow(STEPS.length)]?.(value, b) ?? value;
  return value;
}
