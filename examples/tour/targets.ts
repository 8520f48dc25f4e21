// Targets: one expression as JavaScript and as WebAssembly, the same bits from both, and which runs when nobody says.
import * as lz from '../../src/index.ts';
import { ensure } from './check.ts';
import { normals } from './data.ts';
import { count, duration } from './figures.ts';
import { chapter, say, table } from './narrate.ts';
import { repeat, type Timing } from './stopwatch.ts';

type Floats = lz.LazyArray<'float64'>;

/** How many numbers, and how often. */
const sizes = [
  [10, 1000],
  [200_000, 100],
] as const;

const logistic = (x: Floats): Floats => lz.div(1, x.neg().exp().add(1));

/** One length: each target's times and bits, what explain() expects of it, and the target it picks. */
const compare = (targets: readonly lz.TargetName[], length: number, repetitions: number) => {
  const x = lz.asArray(normals(length, 5));
  const run = (target: lz.TargetName) =>
    repeat(repetitions, () => logistic(x).evaluateSync({ target, memo: false }));
  // V8 compiles what the targets share while the first of them runs: so each has a round before the one that counts.
  const firstRound = targets.map(run);
  const runs = targets.map((target, k) => {
    const values = logistic(x).dataSync({ target, memo: false });
    const bits = new BigUint64Array(values.buffer, values.byteOffset, length);
    return { target, first: firstRound[k]?.first ?? NaN, then: run(target).then, bits };
  });
  const [one] = runs;
  for (const { target, bits } of runs)
    ensure(one?.bits.every((pattern, k) => pattern === bits[k]) === true, `${target} gives the same bits`);
  const { plan } = logistic(x).explain({ memo: false }).toJSON();
  const expected = (target: string): string => {
    const found = plan.candidates.find((candidate) => candidate.target === target);
    return found === undefined ? '' : duration(found.microseconds);
  };
  return { length, runs, expected, chosen: plan.target };
};

export const targets = (): Timing[] => {
  chapter('Targets');
  const known = lz.targetInfo();
  // The GPU, which cannot answer at once, has a chapter of its own.
  const names = known.flatMap(({ name, available }) =>
    available && name !== 'reference' && name !== 'webgpu' ? [name as lz.TargetName] : [],
  );
  say(`Loops come as JavaScript or as WebAssembly with vector instructions. Which, is an option: evaluateSync({ target:
    'js' }). Here the logistic function, 1 / (1 + exp(-x)), runs many times on each; beside the medians stands what
    explain() expected of the work, by which an evaluation without that option chooses. (Building and looking
    up the expression costs the same on either, and is not in it.)`);
  const compared = sizes.map(([length, repetitions]) => compare(names, length, repetitions));
  table(
    ['numbers', 'target', 'first call', 'then', 'expected', 'chosen'],
    compared.flatMap(({ length, runs, expected, chosen }) =>
      runs.map(({ target, first, then }) => [
        count(length),
        target,
        duration(first),
        duration(then),
        expected(target),
        target === chosen ? 'yes' : '',
      ]),
    ),
  );
  for (const { name, unavailable } of known)
    if (unavailable !== undefined) say(`The target ${name} does not run here: ${unavailable}.`);
  if (names.length > 1)
    say(`The results are the same to the last bit: exp is a program of lazuli on either target, and no value depends on
      where in a vector it was computed.`);

  return compared.flatMap(({ length, runs }) =>
    runs.map(({ target, then }): Timing => ({
      task: `logistic(x), ${count(length)}`,
      way: target,
      by: 'lazuli',
      microseconds: then,
    })),
  );
};
