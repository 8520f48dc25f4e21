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
  /** Of the two results, relative: a sum depends on the order of its terms. */
  readonly difference: number;
}

const race = (
  name: string,
  length: number,
  loop: (a: Float64Array, b: Float64Array) => Float64Array | number,
  expression: (a: Floats, b: Floats) => Floats,
): Race => {
  const [a, b] = [normals(length, 1), normals(length, 2)];
  const [x, y] = [lz.asArray(a), lz.asArray(b)];
  const compiled = lz.compile(expression);
  const laps = {
    loop: repeat(repetitions, () => loop(a, b)),
    // The memo would answer every call but the first; here the work itself is to be seen.
    fluent: repeat(repetitions, () => expression(x, y).evaluateSync({ memo: false })),
    compiled: repeat(repetitions, () => compiled(x, y)),
  };
  const expected = loop(a, b);
  const difference = agree(
    expression(x, y).dataSync(),
    typeof expected === 'number' ? [expected] : expected,
    1e-10,
  );
  return { task: `${name}, ${count(length)}`, ...laps, difference };
};

export const loops = (): Timing[] => {
  chapter('Loops');
  say(`Plain JavaScript runs a loop at the speed of C, so that is what lazuli has to match. Each task below runs
    ${count(repetitions)} times: as a hand-written loop, as one line of lazuli (built, checked, looked up and run
    anew each time), and as a function of lz.compile, which is traced once.`);

  const add = race('a + b', 10_000, plain.add, (a, b) => a.add(b));
  const productSum = race('sum(a * b)', 10_000, plain.productSum, (a, b) => a.mul(b).sum());
  const multiply = race('a * b', 200_000, plain.multiply, (a, b) => a.mul(b));
  const longProductSum = race('sum(a * b)', 200_000, plain.productSum, (a, b) => a.mul(b).sum());
  const races = [add, productSum, multiply, longProductSum];

  table(
    ['task', 'plain loop', 'lazuli, first call (with compile)', 'then', 'compiled function'],
    races.map(({ task, loop, fluent, compiled }) => [
      task,
      duration(loop.then),
      duration(fluent.first),
      duration(fluent.then),
      duration(compiled.then),
    ]),
  );
  say(`${count(repetitions)} product sums of 10,000 numbers took the loop ${duration(productSum.loop.total)}, lazuli
    ${duration(productSum.fluent.total)} with everything, the compiled function ${duration(productSum.compiled.total)}.
    The two sums differ by ${productSum.difference.toExponential(0)} of their value: lazuli adds pairwise, which rounds
    less than adding one after the other.`);

  return races.flatMap(({ task, loop, fluent, compiled }): Timing[] => [
    { task, way: 'plain loop', by: 'plain', microseconds: loop.then },
    { task, way: 'lazuli, first call', by: 'first', microseconds: fluent.first },
    { task, way: 'lazuli, then', by: 'lazuli', microseconds: fluent.then },
    { task, way: 'lazuli, compiled', by: 'lazuli', microseconds: compiled.then },
  ]);
};
