/**
 * lazuli itself, once for each target that runs here and each of two forms. All that the benchmarks use of its
 * interface is in this folder.
 *
 * - `evaluate`: each call builds its expression anew and evaluates it with the result memo off: graph building, cache
 *   lookup and run, as a program meets them in a loop.
 * - `into`: each call is one of a function compiled beforehand, into outputs allocated beforehand
 *   (`lz.allocate`).
 *
 * Inputs are taken without a copy, and all caches are empty when a case begins.
 */
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import type { Inputs } from '../cases/inputs.ts';
import { COLD_COMPILE_OPS, SHORT_COLD_COMPILE_OPS, type WorkName } from '../cases/works.ts';
import { sampleOf } from '../measure/agreement.ts';
import { packageVersion } from '../peers/packageVersion.ts';
import type { Form, Peer, Prepared } from '../peers/peer.ts';
import { timeCalls } from '../peers/timing.ts';
import { timeColdCompiles } from './coldCompile.ts';
import * as expressions from './expressions.ts';
import { forkJoin } from './forkJoin.ts';
import { compiledModuleBytes } from './moduleBytes.ts';

type Prepare = (inputs: Inputs, target: lz.TargetName) => Prepared | undefined;
type Work = { readonly [F in Form]?: Prepare };
type Expression = (...operands: LazyArray[]) => LazyArray | readonly LazyArray[];

function operandOf(inputs: Inputs, name: string): LazyArray {
  const shape = inputs.shape(name);
  const flat = lz.asArray(inputs.values(name), { copy: false });
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

const cold = (ops: number): Work => ({
  evaluate: (inputs, target) => {
    const [a, b] = [operandOf(inputs, 'a'), operandOf(inputs, 'b')];
    return {
      target,
      run: (n) => timeColdCompiles(n, ops, a, b, target),
      sample: () => [],
      moduleBytes: compiledModuleBytes(() => timeColdCompiles(1, ops, a, b, target)),
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

const of4 = ['a', 'b', 'c', 'd'];

const works: Readonly<Partial<Record<WorkName, Work>>> = {
  add: both(expressions.add, 'a', 'b'),
  addInto: { into: into(expressions.add, ['a', 'b']) },
  multiply: both(expressions.multiply, 'c', 'd'),
  multiplyInto: { into: into(expressions.multiply, ['c', 'd']) },
  productSum: both(expressions.productSum, 'a', 'b'),
  sinTimesSin: both(expressions.sinTimesSin, 'a'),
  sinSquared: both(expressions.sinSquared, 'a'),
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
  longChain: both(expressions.longChain, 'a', 'b'),
  buildLongChain: { evaluate: buildLongChain },
  coldCompile: cold(COLD_COMPILE_OPS),
  coldCompileShort: cold(SHORT_COLD_COMPILE_OPS),
  forkJoin: { evaluate: (_, target) => (target === 'wasm' ? forkJoin(false) : undefined) },
  forkJoinAsleep: { evaluate: (_, target) => (target === 'wasm' ? forkJoin(true) : undefined) },
};

/** Both forms on one target; throws, saying why, where it does not run here. */
export function peersOf(targetName: string): readonly Peer[] {
  const target = targetName as lz.TargetName;
  lz.array([1]).add(1).evaluateSync({ memo: false, target });
  const peerOf = (name: string, form: Form): Peer => ({
    name,
    form,
    version: packageVersion(new URL('../../package.json', import.meta.url)),
    threads: 1,
    prepare: ({ work }, inputs) => works[work]?.[form]?.(inputs, target),
  });
  return [peerOf(`lazuli ${targetName}`, 'evaluate'), peerOf(`lazuli ${targetName} into`, 'into')];
}
