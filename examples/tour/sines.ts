// Sines: an expression written with two of them becomes a loop with one, because equal parts are one part.
import * as lz from '../../src/index.ts';
import { agree, ensure } from './check.ts';
import { normals } from './data.ts';
import { count, duration } from './figures.ts';
import { chapter, say, show, table } from './narrate.ts';
import * as plain from './plain.js';
import { repeat, type Timing } from './stopwatch.ts';

type Floats = lz.LazyArray<'float64'>;

const length = 10_000;
const repetitions = 1000;

const product = (x: Floats): Floats => x.sin().mul(x.sin());
const square = (x: Floats): Floats => x.sin().pow(2);

/** The loop as JavaScript: explain also prints the kernel it comes from, as a comment. */
const codeOf = (expression: Floats): string => {
  const text = expression.explain({ target: 'js' }).toString('code');
  return text.replace(/\/\*.*?\*\/\n/gs, '');
};

const sinesIn = (code: string): number => code.match(/\bsin\(/g)?.length ?? 0;

export const sines = (): Timing[] => {
  const values = normals(length, 3);
  const x = lz.asArray(values);
  const [twoSines, oneSine] = [new Float64Array(length), new Float64Array(length)];

  const productLoop = repeat(repetitions, plain.sinTimesSin, values, twoSines);
  const squareLoop = repeat(repetitions, plain.sinSquared, values, oneSine);
  const productLazuli = repeat(repetitions, () => product(x).evaluateSync({ memo: false }));
  const squareLazuli = repeat(repetitions, () => square(x).evaluateSync({ memo: false }));
  agree(product(x).dataSync(), twoSines);
  agree(square(x).dataSync(), oneSine);

  chapter('One sine instead of two');
  say(
    'sin(x) * sin(x) is written with two sines, and explain() shows the loop it becomes, here as JavaScript:',
  );
  const code = codeOf(product(x));
  show(code);
  const { passes } = product(x).explain().toJSON();
  const cse = passes.find(({ name }) => name === 'cse');
  if (cse === undefined) throw new Error('There is no pass that merges common subexpressions.');
  say(`Of the ${count(passes.length)} passes over the graph, ${cse.name} (common subexpressions) took ${count(cse.before)}
    nodes and left ${count(cse.after)}. Over ${count(length)} numbers:`);

  table(
    ['written', 'plain loop', 'lazuli', 'sines in its loop'],
    [
      ['sin(x) * sin(x)', duration(productLoop.then), duration(productLazuli.then), count(sinesIn(code))],
      [
        'sin(x) ** 2',
        duration(squareLoop.then),
        duration(squareLazuli.then),
        count(sinesIn(codeOf(square(x)))),
      ],
    ],
  );
  ensure(sinesIn(code) === 1 && sinesIn(codeOf(square(x))) === 1, 'either way, one sine is computed');

  const task = `sin(x) * sin(x), ${count(length)}`;
  return [
    { task, way: 'plain loop', by: 'plain', microseconds: productLoop.then },
    { task, way: 'lazuli, first call', by: 'first', microseconds: productLazuli.first },
    { task, way: 'lazuli, then', by: 'lazuli', microseconds: productLazuli.then },
  ];
};
