/** Functions of this folder that are methods of arrays, too. Imported for that effect: see `sideEffects` in package.json. */
import { installFunctions } from '../arrayMethods.ts';
import { LazyArray } from '../lazyArray.ts';
import { diagonal, dot, trace } from './matrices.ts';
import { repeat } from './pieces.ts';
import { moveaxis, roll, swapaxes } from './rearrange.ts';
import { cumulativeProd, cumulativeSum, diff } from './scans.ts';
import { argsort, median, quantile, sort } from './sorting.ts';
import { ptp } from './statistics.ts';

installFunctions(LazyArray.prototype, {
  cumulativeSum,
  cumulativeProd,
  diff,
  sort,
  argsort,
  median,
  quantile,
  ptp,
  roll,
  repeat,
  moveaxis,
  swapaxes,
  diagonal,
  trace,
  dot,
});
