// Memo: what was computed once is not computed again, be it a plain function or an array expression.
import * as lz from '../../src/index.ts';
import { ensure } from './check.ts';
import { normals } from './data.ts';
import { bytes, count, duration } from './figures.ts';
import { chapter, say, show, table } from './narrate.ts';
import { once, type Timing } from './stopwatch.ts';

const fibonacci = (n: number): number => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));

const quickFibonacci = lz.memoize(
  (n: number): number => (n < 2 ? n : quickFibonacci(n - 1) + quickFibonacci(n - 2)),
  { maxSize: 128 },
);
