// Sines: an expression written with two of them becomes a loop with one, because equal parts are one part.
import * as lz from '../../src/index.ts';
import { agree, ensure } from './check.ts';
import { normals } from './data.ts';
import { count, duration } from './figures.ts';
import { chapter, say, show, table } from './narrate.ts';
import * as plain from './plain.js';
import { repeat, type Timing } from './stopwatch.ts';

const length = 10_000;
const repetitions = 1000;

/** Sines in the code that was generated. */
const sinesIn = (code: string): number => code.match(/\bsin\(/g)?.length ?? 0;

export const sines = (): Timing[] => {
  chapter('One sine instead of two');
  const values = normals(length, 3);
  const x = lz.asArray(values);
  const twice = () => x.sin().mul(x.sin());
  const squared = () => x.sin().pow(2);

  say('sin(x) * sin(x) names the same sine twice, sin(x) ** 2 names it once. This is what runs for the first:');
  const explanation = twice().explain();
  show(explanation.toString('code'));
  const codes = [twice(), squared()].map((expression) => expression.explain().toString('code'));
  table(
    ['written', 'sines in the loop', 'kernels'],
    [twice(), squared()].map((expression, index) => [
      ['sin(x) * sin(x)', 'sin(x) ** 2'][index] ?? '',
      count(sinesIn(codes[index] ?? '')),
      count(expression.explain().toJSON().plan.kernels.length),
    ]),
  );
  ensure(codes.every((code) => sinesIn(code) === 1), 'both expressions compute one sine');

  const written = repeat(repetitions, () => plain.sinTimesSin(values));
  const lazuli = repeat(repetitions, () => twice().evaluateSync({ memo: false }));
  const power = repeat(repetitions, () => squared().evaluateSync({ memo: false }));
  agree(twice().dataSync(), plain.sinSquared(values));
  say(`Over ${count(length)} numbers a loop with two sines takes ${duration(written.then)}, lazuli
    ${duration(lazuli.then)} for the product and ${duration(power.then)} for the square.`);

  const task = `sin(x) * sin(x), ${count(length)}`;
  return [
    { task, way: 'plain loop', by: 'plain', microseconds: written.then },
    { task, way: 'lazuli, first call', by: 'first', microseconds: lazuli.first },
    { task, way: 'lazuli, then', by: 'lazuli', microseconds: lazuli.then },
  ];
};
