/**
 * Peer `numpy-ts`: NumPy's interface over SIMD WebAssembly, eager.
 *
 * Its arrays live in a fixed Wasm heap that finalizers would have to empty, and they do not run inside a
 * synchronous loop: once the heap is full, all later arrays are slow ones. So every temporary here is disposed
 * at once, and the heap is made large, as its documentation advises; otherwise it measures several times slower.
 */
import * as np from 'numpy-ts';
import type { Inputs } from '../cases/inputs.ts';
import { EARTH_RADIUS, LAYERNORM_EPSILON, LONG_CHAIN_OPS } from '../cases/works.ts';
import { sampleOf } from '../measure/agreement.ts';
import { packageVersion } from './packageVersion.ts';
import type { Peer, Prepared, WorkTable } from './peer.ts';
import { timeCalls } from './timing.ts';

np.configureWasm({ maxMemory: 2 ** 31 - 2 ** 16 });

type Result = np.NDArray | number;

type Hold = (temporary: np.NDArray) => np.NDArray;
type Operand = (name: string) => np.NDArray;

/** Runs a computation and then disposes the temporaries it gave to `hold`. */
function scoped<T>(compute: (hold: Hold) => T): T {
  const held: np.NDArray[] = [];
  try {
    return compute((temporary) => {
      held.push(temporary);
      return temporary;
    });
  } finally {
    for (const temporary of held) temporary.dispose();
  }
}

/** Makes a work from a computation: operands are fetched once, the inner function is what is timed. */
const work =
  (prepare: (operand: Operand) => (hold: Hold) => Result | readonly Result[]) =>
  (inputs: Inputs): Prepared => {
    const operands: np.NDArray[] = [];
    const compute = prepare((name) => {
      const operand = toArray(inputs, name);
      operands.push(operand);
      return operand;
    });
    let latest: readonly Result[] = [];
    const disposeLatest = (): void => {
      for (const result of latest) if (result instanceof np.NDArray) result.dispose();
      latest = [];
    };
    return {
      target: 'wasm',
      run: (n) =>
        timeCalls(n, () => {
          disposeLatest();
          const results = scoped(compute);
          latest = isList(results) ? results : [results];
        }),
      sample: () => latest.map((result) => sampleOf(typeof result === 'number' ? [result] : result.data)),
      release: () => {
        disposeLatest();
        for (const operand of operands) operand.dispose();
      },
    };
  };

function isList(results: Result | readonly Result[]): results is readonly Result[] {
  return Array.isArray(results);
}

function toArray(inputs: Inputs, name: string): np.NDArray {
  const values = inputs.values(name);
  const flat = np.array(values, values instanceof Float32Array ? 'float32' : 'float64');
  const shaped = flat.reshape(...inputs.shape(name));
  flat.dispose();
  return shaped;
}

/** A reduction over one axis gives an array, over all axes a number; the types allow both. */
function asArray(result: np.NDArray | number): np.NDArray {
  if (typeof result === 'number') throw new TypeError('numpy-ts gave a number where an array was expected');
  return result;
}

/** Eager: with or without `compile`, there is one way to run it. */
const chain5 = work((operand) => {
  const [a, b, c, d] = [operand('a'), operand('b'), operand('c'), operand('d')];
  return (hold) => {
    const product = hold(a.multiply(b));
    const quotient = hold(hold(product.add(c)).divide(d));
    return hold(quotient.sqrt()).subtract(a);
  };
});

const reduction = (reduce: (a: np.NDArray) => Result) =>
  work((operand) => {
    const a = operand('a');
    return () => reduce(a);
  });

const product = work((operand) => {
  const [a, b] = [operand('a'), operand('b')];
  return () => a.matmul(b);
});

const works: WorkTable = {
  add: work((operand) => {
    const [a, b] = [operand('a'), operand('b')];
    return () => a.add(b);
  }),
  multiply: work((operand) => {
    const [c, d] = [operand('c'), operand('d')];
    return () => c.multiply(d);
  }),
  productSum: work((operand) => {
    const [a, b] = [operand('a'), operand('b')];
    return (hold) => hold(a.multiply(b)).sum();
  }),
  sinTimesSin: work((operand) => {
    const a = operand('a');
    return (hold) => hold(np.sin(a)).multiply(hold(np.sin(a)));
  }),
  sinSquared: work((operand) => {
    const a = operand('a');
    return (hold) => hold(np.sin(a)).power(2);
  }),
  chain5,
  chain5Compiled: chain5,
  chain10: work((operand) => {
    const [a, b, c, d] = [operand('a'), operand('b'), operand('c'), operand('d')];
    return (hold) => {
      const product = hold(a.multiply(b));
      const quotient = hold(hold(product.add(c)).divide(d));
      const power = hold(hold(hold(quotient.sqrt()).subtract(a)).exp());
      const sum = hold(hold(power.multiply(c)).add(b));
      return hold(sum.sqrt()).divide(a);
    };
  }),
  addRow: work((operand) => {
    const [a, row] = [operand('a'), operand('b')];
    return () => a.add(row);
  }),
  addColumn: work((operand) => {
    const [a, column] = [operand('a'), operand('b')];
    return () => a.add(column);
  }),
  addTransposed: work((operand) => {
    const [a, b] = [operand('a'), operand('b')];
    return (hold) => a.add(hold(b.transpose()));
  }),
  softmax: work((operand) => {
    const x = operand('x');
    return (hold) => {
      const largest = hold(asArray(x.max(1, true)));
      const powers = hold(hold(x.subtract(largest)).exp());
      return powers.divide(hold(asArray(powers.sum(1, true))));
    };
  }),
  layernorm: work((operand) => {
    const x = operand('x');
    return (hold) => {
      const centered = hold(x.subtract(hold(asArray(x.mean(1, true)))));
      const variance = hold(asArray(x.var(1, 0, true)));
      return centered.divide(hold(hold(variance.add(LAYERNORM_EPSILON)).sqrt()));
    };
  }),
  argmin: reduction((a) => a.argmin()),
  argmax: reduction((a) => a.argmax()),
  min: reduction((a) => a.min()),
  max: reduction((a) => a.max()),
  matmul: product,
  matmulSingle: product,
  airports: work((operand) => {
    const [latitude, longitude] = [operand('latitude'), operand('longitude')];
    const n = latitude.size;
    const pairwise = (v: np.NDArray): np.NDArray =>
      scoped((hold) => hold(v.reshape(n, 1)).subtract(hold(v.reshape(1, n))));
    const halfSine = (v: np.NDArray): np.NDArray =>
      scoped((hold) => np.square(hold(np.sin(hold(hold(pairwise(v)).divide(2))))));
    return (hold) => {
      const cosine = hold(np.cos(latitude));
      const cosines = hold(hold(cosine.reshape(n, 1)).multiply(hold(cosine.reshape(1, n))));
      const haversine = hold(hold(halfSine(latitude)).add(hold(cosines.multiply(hold(halfSine(longitude))))));
      const distance = hold(hold(np.arcsin(hold(haversine.sqrt()))).multiply(2 * EARTH_RADIUS));
      const mean = distance.mean();
      np.fill_diagonal(distance, Infinity);
      return [distance.argmin(1), distance.min(1), mean];
    };
  }),
  longChain: work((operand) => {
    const [a, b] = [operand('a'), operand('b')];
    return (hold) => {
      let value = a;
      for (let k = 2; k < LONG_CHAIN_OPS; k += 2) value = hold(hold(value.add(b)).subtract(b));
      return hold(value.add(b)).subtract(b);
    };
  }),
};

export const peer: Peer = {
  name: 'numpy-ts',
  version: packageVersion(new URL('../node_modules/numpy-ts/package.json', import.meta.url)),
  threads: 1,
  prepare: ({ work: name }, inputs) => works[name]?.(inputs),
};
