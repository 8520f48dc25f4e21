/**
 * Suite `overhead`: what laziness itself costs, on ten elements, where arithmetic is free.
 *
 * A lazy library can lose here to an eager one: graph building, key lookup and dispatch are all that is timed.
 */
import type { Case, InputSpec } from './case.ts';
import { COLD_COMPILE_OPS, COLD_CURVE_OPS, LONG_CHAIN_OPS, UNROLLED_OPS, type WorkName } from './works.ts';

const TINY = 10;

const tiny = (seed: number): InputSpec => ({ shape: [TINY], seed, low: 0.5, high: 1.5 });
const pair = { a: tiny(1), b: tiny(2) };
const operands = { ...pair, c: tiny(3), d: tiny(4) };

/** The first evaluation of a graph of so many ops, per op. */
const cold = (name: string, work: WorkName, ops: number): Case => ({
  name: `${name} of ${ops} ops, cold`,
  work,
  inputs: pair,
  unit: { name: 'op', perCall: ops },
});

export const overhead: readonly Case[] = [
  {
    name: 'build a chain of 1000',
    work: 'buildLongChain',
    inputs: pair,
    unit: { name: 'op', perCall: LONG_CHAIN_OPS },
  },
  {
    name: 'build and run a chain of 1000',
    work: 'longChain',
    inputs: pair,
    unit: { name: 'op', perCall: LONG_CHAIN_OPS },
  },
  {
    name: 'cold compile of 100 ops',
    work: 'coldCompile',
    inputs: pair,
    unit: { name: 'op', perCall: COLD_COMPILE_OPS },
  },
  { name: 'cold compile of 20 ops', work: 'coldCompileShort', inputs: pair },
  cold('chain', 'coldChain10', COLD_CURVE_OPS[0]),
  cold('chain', 'coldChain100', COLD_CURVE_OPS[1]),
  cold('chain', 'coldChain1000', COLD_CURVE_OPS[2]),
  cold('chain', 'coldChain10000', COLD_CURVE_OPS[3]),
  cold('stencil', 'coldStencil', UNROLLED_OPS),
  cold('recurrence', 'coldRecurrence', UNROLLED_OPS),
  cold('wide sum', 'coldWideSum', UNROLLED_OPS),
  { name: '5 ops, evaluate', work: 'chain5', inputs: operands },
  { name: '5 ops, compiled', work: 'chain5Compiled', inputs: operands },
  { name: '5 ops, compiled, into', work: 'chain5Into', inputs: operands },
  { name: '5 ops, remembered', work: 'chain5Memo', inputs: operands },
  { name: 'fork and join', work: 'forkJoin', inputs: {} },
  { name: 'wake, fork and join', work: 'forkJoinAsleep', inputs: {} },
];
