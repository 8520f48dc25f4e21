// Loops: the same arithmetic as a hand-written loop and as one line of lazuli, which becomes such a loop.
import * as lz from '../../src/index.ts';
import { agree } from './check.ts';
import { normals } from './data.ts';
import { count, duration } from './figures.ts';
import { chapter, say, table } from './narrate.ts';
import * as plain from './plain.js';
import { repeat, type Laps, type Timing } from './stopwatch.ts';

type Floats = lz.LazyArray<'float64'>;

const repetitions = 1000;

/** One task, done by a loop, by an expression built anew in each call, and by a compiled function. */
interface Race {
  readonly task: string;
  readonly loop: Laps;
  readonly fluent: Laps;
  readonly compiled: Laps;
  readonly kernelsCompiled: number;
  /** Of the results of loop and lazuli, relative: a sum depends on the order of its terms. */
  readonly difference: number;
}

const race = (
  name: string,
  length: number,
  loop: (a: Float64Array, b: Float64Array, out: Float64Array) => unknown,
  expression: (a: Floats, b: Floats) => Floats,
): Race => {
  const [a, b] = [normals(length, 1), normals(length, 2)];
  const [x, y] = [lz.asArray(a), lz.asArray(b)];
  const compiledFunction = lz.compile(expression);
  const { size } = expression(x, y);
  const [fromLoop, fromLazuli] = [new Float64Array(size), new Float64Array(size)];

  const loopLaps = repeat(repetitions, loop, a, b, fromLoop);
  const before = lz.cacheInfo().kernels.misses;
  // The memo would answer every call but the first; here the work itself is to be seen.
  const fluent = repeat(repetitions, () => expression(x, y).evaluateSync({ memo: false }));
  const kernelsCompiled = lz.cacheInfo().kernels.misses - before;
  const compiled = repeat(repetitions, () => compiledFunction.into(fromLazuli, x, y));

  const sum = loop(a, b, fromLoop);
  if (typeof sum === 'number') fromLoop[0] = sum;
  const difference = agree(fromLazuli, fromLoop, 1e-10);
  agree(expression(x, y).dataSync(), fromLazuli, 0);
  return { task: `${name}, ${count(length)}`, loop: loopLaps, fluent, compiled, kernelsCompiled, difference };
};

export const loops = (): Timing[] => {
  chapter('Loops');
  say(`A plain loop over typed arrays becomes good machine code, so that is what lazuli has to match. Each task below
    runs ${count(repetitions)} times: as a hand-written loop; as one line of lazuli, built, checked, looked up, and run
    into a new array each time; and as a function of lz.compile, traced once, which like the loop writes into memory
    that is there already. Times are medians, the first call apart.`);

  const productSum = race('sum(a * b)', 10_000, plain.productSum, (a, b) => a.mul(b).sum());
  const longProductSum = race('sum(a * b)', 200_000, plain.productSum, (a, b) => a.mul(b).sum());
  const races = [
    race('a + b', 10_000, plain.add, (a, b) => a.add(b)),
    race('a * b', 200_000, plain.multiply, (a, b) => a.mul(b)),
    productSum,
    longProductSum,
  ];

  table(
    [
      'task',
      'plain loop',
      'lazuli, first call (with compile)',
      'then',
      'compiled function',
      'kernels compiled',
    ],
    races.map(({ task, loop, fluent, compiled, kernelsCompiled }) => [
      task,
      duration(loop.then),
      duration(fluent.first),
      duration(fluent.then),
      duration(compiled.then),
      count(kernelsCompiled),
    ]),
  );
  say(`${count(repetitions)} product sums of 10,000 numbers took the loop ${duration(productSum.loop.total)} in all, lazuli
    ${duration(productSum.fluent.total)}, the compiled function ${duration(productSum.compiled.total)}. The sum over
    200,000 numbers compiled ${count(longProductSum.kernelsCompiled)} kernels: sizes are parameters of a kernel, so the
    one for 10,000 serves. Loop and lazuli differ by ${productSum.difference.toExponential(0)} of the sum, because lazuli
    adds pairwise, which rounds less than adding one term after the other.`);

  return races.flatMap(({ task, loop, fluent, compiled }): Timing[] => [
    { task, way: 'plain loop', by: 'plain', microseconds: loop.then },
    { task, way: 'lazuli, first call', by: 'first', microseconds: fluent.first },
    { task, way: 'lazuli, then', by: 'lazuli', microseconds: fluent.then },
    { task, way: 'lazuli, compiled', by: 'lazuli', microseconds: compiled.then },
  ]);
};
