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

/** Temporaries of one call, disposed together when it ends. */
class Temporaries {
  readonly #held: { dispose(): void }[] = [];

  readonly hold = <T extends { dispose(): void }>(array: T): T => {
    this.#held.push(array);
    return array;
  };

  dispose(): void {
    for (const array of this.#held) array.dispose();
    this.#held.length = 0;
  }
}

type Hold = Temporaries['hold'];
type Compute<T> = (operand: (name: string) => np.NDArray) => (hold: Hold) => T;

/** Makes a work from a computation: operands are fetched once, the inner function is what is timed. */
const work =
  (compute: Compute<Result | readonly Result[]>) =>
  (inputs: Inputs): Prepared => {
    const operands = new Map<string, np.NDArray>();
    const call = compute((name) => {
      const array = toArray(inputs, name);
      operands.set(name, array);
      return array;
    });
    const temporaries = new Temporaries();
    let latest: readonly Result[] = [];
    const disposeLatest = (): void => {
      for (const result of latest) if (result instanceof np.NDArray) result.dispose();
    };
    return {
      target: 'wasm',
      run: (n) =>
        timeCalls(n, () => {
          disposeLatest();
          const results = call(temporaries.hold);
          temporaries.dispose();
          latest = isList(results) ? results : [results];
        }),
      sample: () => latest.map((result) => sampleOf(typeof result === 'number' ? [result] : result.data)),
      release: () => {
        disposeLatest();
        for (const array of operands.values()) array.dispose();
      },
    };
  };

function isList(results: Result | readonly Result[]): results is readonly Result[] {
  return Array.isArray(results);
}

function toArray(inputs: Inputs, name: string): np.NDArray {
  const flat = np.array(inputs.values(name), 'float64');
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
  airports: work((operand) => {
    const [latitude, longitude] = [operand('latitude'), operand('longitude')];
    const n = latitude.size;
    return (hold) => {
      const pairwise = (v: np.NDArray): np.NDArray =>
        hold(hold(v.reshape(n, 1)).subtract(hold(v.reshape(1, n))));
      const halfSine = (v: np.NDArray): np.NDArray =>
        hold(np.square(hold(np.sin(hold(pairwise(v).divide(2))))));
      const cosine = hold(np.cos(latitude));
      const cosines = hold(hold(cosine.reshape(n, 1)).multiply(hold(cosine.reshape(1, n))));
      const haversine = hold(halfSine(latitude).add(hold(cosines.multiply(halfSine(longitude)))));
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
      for (let k = 0; k < LONG_CHAIN_OPS; k += 2) value = hold(hold(value.add(b)).subtract(b));
      return value;
    };
  }),
};

export const peer: Peer = {
  name: 'numpy-ts',
  version: packageVersion(new URL('../node_modules/numpy-ts/package.json', import.meta.url)),
  threads: 1,
  prepare: ({ work: name }, inputs) => works[name]?.(inputs),
};
