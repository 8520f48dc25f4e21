/**
 * lazuli itself. All that the benchmarks use of its interface is in this folder.
 *
 * Each call builds its expression anew and evaluates it with the result memo off: graph building, cache lookup and
 * run, as a program meets them in a loop. Inputs are taken without a copy, and all caches are empty when a case
 * begins. The works named `...Into` and `...Compiled` call a function compiled beforehand.
 */
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import type { Inputs } from '../cases/inputs.ts';
import { COLD_COMPILE_OPS, EARTH_RADIUS, LAYERNORM_EPSILON, LONG_CHAIN_OPS } from '../cases/works.ts';
import { sampleOf } from '../measure/agreement.ts';
import { packageVersion } from '../peers/packageVersion.ts';
import type { Peer, Prepared, WorkTable } from '../peers/peer.ts';
import { timeCalls } from '../peers/timing.ts';
import { timeColdCompiles } from './coldCompile.ts';

type Prepare = (inputs: Inputs) => Prepared;
type Operand = (name: string) => LazyArray;

/** Fetches its operands once and gives the function that is timed. */
type Work<T> = (operand: Operand) => () => T;

const TARGET = 'auto';
const ONCE = { memo: false } as const;

const evaluated = (work: Work<LazyArray>, options: { memo: boolean } = ONCE): Prepare =>
  timed(work, (expression) => [expression.evaluateSync(options)]);

const evaluatedTogether = (work: Work<readonly LazyArray[]>): Prepare =>
  timed(work, (expressions) => lz.evaluateSync(expressions, ONCE));

/** For works that give their result themselves: calls of compiled functions, or nothing at all. */
const called = (work: Work<readonly LazyArray[]>): Prepare => timed(work, (results) => results);

function timed<T>(work: Work<T>, finish: (made: T) => readonly LazyArray[]): Prepare {
  return (inputs) => {
    lz.clearCache();
    const make = work(operandsOf(inputs));
    let latest: readonly LazyArray[] = [];
    return {
      target: TARGET,
      run: (n) =>
        timeCalls(n, () => {
          latest = finish(make());
        }),
      sample: () => latest.map((result) => sampleOf(result.dataSync())),
    };
  };
}

/** Calls of a compiled function that write into an output allocated beforehand. */
const into =
  (work: (operand: Operand) => (out: Float64Array) => void, like: string): Prepare =>
  (inputs) => {
    lz.clearCache();
    const call = work(operandsOf(inputs));
    const out = new Float64Array(inputs.values(like).length);
    return {
      target: TARGET,
      run: (n) => timeCalls(n, () => call(out)),
      sample: () => [sampleOf(out)],
    };
  };

function operandsOf(inputs: Inputs): Operand {
  return (name) => {
    const shape = inputs.shape(name);
    const flat = lz.asArray(inputs.values(name), { copy: false });
    return shape.length === 1 ? flat : flat.reshape([...shape]);
  };
}

function chain5(a: LazyArray, b: LazyArray, c: LazyArray, d: LazyArray): LazyArray {
  return a.mul(b).add(c).div(d).sqrt().sub(a);
}

const chain5OfFour: Work<LazyArray> = (operand) => {
  const [a, b, c, d] = [operand('a'), operand('b'), operand('c'), operand('d')];
  return () => chain5(a, b, c, d);
};

const longChain: Work<LazyArray> = (operand) => {
  const [a, b] = [operand('a'), operand('b')];
  return () => {
    let value = a;
    for (let k = 0; k < LONG_CHAIN_OPS; k += 2) value = value.add(b).sub(b);
    return value;
  };
};

const airports: Work<readonly LazyArray[]> = (operand) => {
  const [latitude, longitude] = [operand('latitude'), operand('longitude')];
  const pairwise = (v: LazyArray): LazyArray => v.expandDims(1).sub(v.expandDims(0));
  const halfSine = (v: LazyArray): LazyArray => pairwise(v).div(2).sin().square();
  return () => {
    const cosine = latitude.cos();
    const cosines = cosine.expandDims(1).mul(cosine.expandDims(0));
    const haversine = halfSine(latitude).add(cosines.mul(halfSine(longitude)));
    const distance = haversine
      .sqrt()
      .asin()
      .mul(2 * EARTH_RADIUS);
    const index = lz.arange(latitude.size);
    const others = lz.where(index.expandDims(1).equal(index.expandDims(0)), Infinity, distance);
    return [others.argmin(1), others.min(1), distance.mean()];
  };
};

const works: WorkTable = {
  add: evaluated((operand) => {
    const [a, b] = [operand('a'), operand('b')];
    return () => a.add(b);
  }),
  addInto: into((operand) => {
    const [a, b] = [operand('a'), operand('b')];
    const add = lz.compile((x: LazyArray, y: LazyArray) => x.add(y));
    return (out) => add.into(out, a, b);
  }, 'a'),
  multiply: evaluated((operand) => {
    const [c, d] = [operand('c'), operand('d')];
    return () => c.mul(d);
  }),
  multiplyInto: into((operand) => {
    const [c, d] = [operand('c'), operand('d')];
    const multiply = lz.compile((x: LazyArray, y: LazyArray) => x.mul(y));
    return (out) => multiply.into(out, c, d);
  }, 'c'),
  productSum: evaluated((operand) => {
    const [a, b] = [operand('a'), operand('b')];
    return () => a.mul(b).sum();
  }),
  sinTimesSin: evaluated((operand) => {
    const a = operand('a');
    return () => a.sin().mul(a.sin());
  }),
  sinSquared: evaluated((operand) => {
    const a = operand('a');
    return () => a.sin().pow(2);
  }),
  chain5: evaluated(chain5OfFour),
  chain5Memo: evaluated(chain5OfFour, { memo: true }),
  chain5Compiled: called((operand) => {
    const [a, b, c, d] = [operand('a'), operand('b'), operand('c'), operand('d')];
    const compiled = lz.compile(chain5);
    return () => [compiled(a, b, c, d)];
  }),
  chain5Into: into((operand) => {
    const [a, b, c, d] = [operand('a'), operand('b'), operand('c'), operand('d')];
    const compiled = lz.compile(chain5);
    return (out) => compiled.into(out, a, b, c, d);
  }, 'a'),
  chain10: evaluated((operand) => {
    const [a, b, c, d] = [operand('a'), operand('b'), operand('c'), operand('d')];
    return () => chain5(a, b, c, d).exp().mul(c).add(b).sqrt().div(a);
  }),
  addRow: evaluated((operand) => {
    const [a, row] = [operand('a'), operand('b')];
    return () => a.add(row);
  }),
  addColumn: evaluated((operand) => {
    const [a, column] = [operand('a'), operand('b')];
    return () => a.add(column);
  }),
  addTransposed: evaluated((operand) => {
    const [a, b] = [operand('a'), operand('b')];
    return () => a.add(b.T);
  }),
  softmax: evaluated((operand) => {
    const x = operand('x');
    return () => {
      const powers = x.sub(x.max(1, { keepdims: true })).exp();
      return powers.div(powers.sum(1, { keepdims: true }));
    };
  }),
  layernorm: evaluated((operand) => {
    const x = operand('x');
    return () => {
      const centered = x.sub(x.mean(1, { keepdims: true }));
      return centered.div(x.var(1, { keepdims: true }).add(LAYERNORM_EPSILON).sqrt());
    };
  }),
  airports: evaluatedTogether(airports),
  longChain: evaluated(longChain),
  buildLongChain: (inputs) => {
    const build = longChain(operandsOf(inputs));
    let latest: LazyArray | undefined;
    return {
      target: TARGET,
      run: (n) =>
        timeCalls(n, () => {
          latest = build();
        }),
      sample: () => (latest === undefined ? [] : [sampleOf(latest.dataSync())]),
    };
  },
  coldCompile: (inputs) => {
    const operand = operandsOf(inputs);
    const [a, b] = [operand('a'), operand('b')];
    return {
      target: TARGET,
      run: (n) => timeColdCompiles(n, COLD_COMPILE_OPS, a, b),
      sample: () => [],
    };
  },
};

export const peer: Peer = {
  name: 'lazuli',
  version: packageVersion(new URL('../../package.json', import.meta.url)),
  threads: 1,
  prepare: ({ work }, inputs) => works[work]?.(inputs),
};
