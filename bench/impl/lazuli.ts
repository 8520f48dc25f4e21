/**
 * lazuli itself, once for each target that runs here and each of two forms. All that the benchmarks use of its
 * interface is in this folder.
 *
 * - `evaluate`: each call builds its expression anew and evaluates it with the result memo off: graph building, cache
 *   lookup and run, as a program meets them in a loop.
 * - `into`: each call is one of a function compiled beforehand, into outputs allocated beforehand
 *   (`lz.allocate`).
 *
 * Where many threads take part, there is a row for one thread and one for all.
 *
 * Inputs are taken without a copy, and all caches are empty when a case begins.
 */
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import type { Inputs } from '../cases/inputs.ts';
import {
  COLD_COMPILE_OPS,
  COLD_CURVE_OPS,
  PRODUCT_SUMS,
  SHORT_COLD_COMPILE_OPS,
  UNROLLED_OPS,
  type WorkName,
} from '../cases/works.ts';
import { sampleOf } from '../measure/agreement.ts';
import { packageVersion } from '../peers/packageVersion.ts';
import type { Form, Peer, Prepared } from '../peers/peer.ts';
import { timeAsyncCalls, timeCalls } from '../peers/timing.ts';
import {
  keptRecurrence,
  newChain,
  timeColdCompiles,
  unrolledStencil,
  wideSum,
  type ColdGraph,
} from './coldCompile.ts';
import * as expressions from './expressions.ts';
import { forkJoin } from './forkJoin.ts';
import { compiledModuleBytes } from './moduleBytes.ts';

type Prepare = (inputs: Inputs, target: lz.TargetName) => Prepared | undefined;
type Work = { readonly [F in Form]?: Prepare };
type Expression = (...operands: LazyArray[]) => LazyArray | readonly LazyArray[];

/** One array an input, whichever target and form reads it: copies of each would not fit the heap together. */
const arrays = new WeakMap<Inputs, Map<string, LazyArray>>();

function operandOf(inputs: Inputs, name: string): LazyArray {
  const known = arrays.get(inputs) ?? new Map<string, LazyArray>();
  arrays.set(inputs, known);
  const flat = known.get(name) ?? lz.asArray(inputs.any(name), { copy: false });
  known.set(name, flat);
  const shape = inputs.shape(name);
  return shape.length === 1 ? flat : flat.reshape([...shape]);
}

/** Fetches the operands once and gives the function that is timed. */
const calling =
  (
    names: readonly string[],
    work: (operands: readonly LazyArray[], target: lz.TargetName) => () => readonly LazyArray[],
  ): Prepare =>
  (inputs, target) => {
    lz.clearCache();
    const call = work(
      names.map((name) => operandOf(inputs, name)),
      target,
    );
    let latest: readonly LazyArray[] = [];
    return {
      target,
      run: (n) =>
        timeCalls(n, () => {
          latest = call();
        }),
      sample: () => latest.map((result) => sampleOf(result.dataSync())),
    };
  };

const isList = (results: LazyArray | readonly LazyArray[]): results is readonly LazyArray[] =>
  Array.isArray(results);
const listOf = (results: LazyArray | readonly LazyArray[]): readonly LazyArray[] =>
  isList(results) ? results : [results];

const evaluated = (expression: Expression, names: readonly string[], memo = false): Prepare =>
  calling(names, (operands, target) => {
    const options = { memo, target };
    return () => {
      const results = expression(...operands);
      return isList(results) ? lz.evaluateSync(results, options) : [results.evaluateSync(options)];
    };
  });

const compiled = (expression: Expression, names: readonly string[]): Prepare =>
  calling(names, (operands, target) => {
    const run = lz.compile(expression, { target });
    return () => listOf(run(...operands));
  });

const into =
  (expression: Expression, names: readonly string[]): Prepare =>
  (inputs, target) => {
    const operands = names.map((name) => operandOf(inputs, name));
    const outs = listOf(expression(...operands)).map(({ shape, dtype }) => lz.allocate(dtype, shape));
    lz.clearCache();
    const run = lz.compile((...args: LazyArray[]) => listOf(expression(...args)), { target });
    return {
      target,
      run: (n) => timeCalls(n, () => run.into(outs, ...operands)),
      sample: () => outs.map((out) => sampleOf(out)),
    };
  };

const both = (expression: Expression, ...names: readonly string[]): Work => ({
  evaluate: evaluated(expression, names),
  into: into(expression, names),
});

const cold = (ops: number, graph: ColdGraph = newChain): Work => ({
  evaluate: (inputs, target) => {
    const [a, b] = [operandOf(inputs, 'a'), operandOf(inputs, 'b')];
    return {
      target,
      run: (n) => timeColdCompiles(n, graph, ops, a, b, target),
      sample: () => [],
      moduleBytes: compiledModuleBytes(() => timeColdCompiles(1, graph, ops, a, b, target)),
    };
  },
});

const buildLongChain: Prepare = (inputs, target) => {
  const [a, b] = [operandOf(inputs, 'a'), operandOf(inputs, 'b')];
  let latest = a;
  return {
    target,
    run: (n) =>
      timeCalls(n, () => {
        latest = expressions.longChain(a, b);
      }),
    sample: () => [sampleOf(latest.dataSync({ target }))],
  };
};

const productSums: Prepare = (_, target) => {
  const key = lz.random.key(1);
  let latest = NaN;
  return {
    target,
    run: (n) =>
      timeAsyncCalls(n, async () => {
        const sums = await lz.parallelMap(PRODUCT_SUMS, (i) => expressions.productOfNormals(key, i + 1), {
          memo: false,
          target,
        });
        latest = sums.reduce((total, sum, i) => total + Number(sum.item()) ** 2 / (i + 1), 0) / PRODUCT_SUMS;
      }),
    sample: () => [sampleOf([latest])],
  };
};

const of4 = ['a', 'b', 'c', 'd'];

const works: Readonly<Partial<Record<WorkName, Work>>> = {
  add: both(expressions.add, 'a', 'b'),
  addInto: { into: into(expressions.add, ['a', 'b']) },
  multiply: both(expressions.multiply, 'c', 'd'),
  multiplyInto: { into: into(expressions.multiply, ['c', 'd']) },
  productSum: both(expressions.productSum, 'a', 'b'),
  sinTimesSin: both(expressions.sinTimesSin, 'a'),
  sinSquared: both(expressions.sinSquared, 'a'),
  sin: both(expressions.sin, 'a'),
  sum: both(expressions.sum, 'a'),
  chain3: both(expressions.chain3, ...of4),
  blackScholes: both(expressions.blackScholes, 'spot', 'strike', 'years'),
  productSums: { evaluate: productSums },
  monteCarloPi: { evaluate: evaluated(expressions.monteCarloPi, []) },
  chain5: both(expressions.chain5, ...of4),
  chain5Memo: { evaluate: evaluated(expressions.chain5, of4, true) },
  chain5Compiled: { evaluate: compiled(expressions.chain5, of4) },
  chain5Into: { into: into(expressions.chain5, of4) },
  chain10: both(expressions.chain10, ...of4),
  addRow: both(expressions.add, 'a', 'b'),
  addColumn: both(expressions.add, 'a', 'b'),
  addTransposed: both(expressions.addTransposed, 'a', 'b'),
  softmax: both(expressions.softmax, 'x'),
  layernorm: both(expressions.layernorm, 'x'),
  argmin: both(expressions.argmin, 'a'),
  argmax: both(expressions.argmax, 'a'),
  min: both(expressions.min, 'a'),
  max: both(expressions.max, 'a'),
  matmul: both(expressions.matmul, 'a', 'b'),
  matmulSingle: both(expressions.matmul, 'a', 'b'),
  airports: both(expressions.airports, 'latitude', 'longitude'),
  sort: both(expressions.sort, 'a'),
  sortStable: both(expressions.sort, 'a'),
  argsort: both(expressions.argsort, 'a'),
  argsortStable: both(expressions.argsort, 'a'),
  longChain: both(expressions.longChain, 'a', 'b'),
  buildLongChain: { evaluate: buildLongChain },
  coldCompile: cold(COLD_COMPILE_OPS),
  coldCompileShort: cold(SHORT_COLD_COMPILE_OPS),
  coldChain10: cold(COLD_CURVE_OPS[0]),
  coldChain100: cold(COLD_CURVE_OPS[1]),
  coldChain1000: cold(COLD_CURVE_OPS[2]),
  coldChain10000: cold(COLD_CURVE_OPS[3]),
  coldStencil: cold(UNROLLED_OPS, unrolledStencil),
  coldRecurrence: cold(UNROLLED_OPS, keptRecurrence),
  coldWideSum: cold(UNROLLED_OPS, wideSum),
  forkJoin: { evaluate: (_, target) => (target === 'wasm' ? forkJoin(false) : undefined) },
  forkJoinAsleep: { evaluate: (_, target) => (target === 'wasm' ? forkJoin(true) : undefined) },
};

/** Both forms on one target and so many threads; throws, saying why, where it does not run here. */
export function peersOf(targetName: string, threads: number): readonly Peer[] {
  const target = targetName as lz.TargetName;
  lz.array([1]).add(1).evaluateSync({ memo: false, target });
  const name = threads === 1 ? `lazuli ${targetName}` : `lazuli ${targetName} x${threads}`;
  const peerOf = (form: Form): Peer => ({
    name: form === 'into' ? `${name} into` : name,
    form,
    version: packageVersion(new URL('../../package.json', import.meta.url)),
    threads,
    prepare: ({ work }, inputs) => {
      const prepared = works[work]?.[form]?.(inputs, target);
      return prepared === undefined ? undefined : onThreads(prepared, threads);
    },
  });
  return [peerOf('evaluate'), peerOf('into')];
}

/** Implementations take turns: each says anew how many threads it wants. */
const onThreads = (prepared: Prepared, threads: number): Prepared => ({
  ...prepared,
  run: (n) => {
    lz.configure({ threads });
    return prepared.run(n);
  },
});
