/**
 * Peer `jax-js`: JAX's interface, each work under `jit`, on its `wasm` device (one thread in Node).
 *
 * Operations consume an ownership of each operand, hence the `.ref` on every use but the last. A call is timed
 * until `blockUntilReady`, which waits for the result without copying it out. Its float64 sine, exponential and
 * arcsine are computed in single precision, so those rows do not agree.
 */
import { Array as JaxArray, blockUntilReady, defaultDevice, jit, numpy as np } from '@jax-js/jax';
import type { Inputs } from '../cases/inputs.ts';
import { EARTH_RADIUS, LAYERNORM_EPSILON } from '../cases/works.ts';
import { type Sample, sampleOf } from '../measure/agreement.ts';
import { packageVersion } from './packageVersion.ts';
import type { Peer, Prepared, WorkTable } from './peer.ts';
import { timeAsyncCalls } from './timing.ts';

defaultDevice('wasm');

type Result = JaxArray | readonly JaxArray[];
type Function1 = (x: JaxArray) => Result;
type Function2 = (x: JaxArray, y: JaxArray) => Result;
type Function4 = (x: JaxArray, y: JaxArray, z: JaxArray, w: JaxArray) => Result;

const of1 =
  (compute: Function1, name: string) =>
  (inputs: Inputs): Prepared => {
    const x = toArray(inputs, name);
    const compiled = jit(compute);
    return prepared([x], () => compiled(x.ref));
  };

const of2 =
  (compute: Function2, left: string, right: string) =>
  (inputs: Inputs): Prepared => {
    const [x, y] = [toArray(inputs, left), toArray(inputs, right)];
    const compiled = jit(compute);
    return prepared([x, y], () => compiled(x.ref, y.ref));
  };

const of4 =
  (compute: Function4) =>
  (inputs: Inputs): Prepared => {
    const [a, b, c, d] = [
      toArray(inputs, 'a'),
      toArray(inputs, 'b'),
      toArray(inputs, 'c'),
      toArray(inputs, 'd'),
    ];
    const compiled = jit(compute);
    return prepared([a, b, c, d], () => compiled(a.ref, b.ref, c.ref, d.ref));
  };

function toArray(inputs: Inputs, name: string): JaxArray {
  const values = inputs.values(name);
  const dtype = values instanceof Float32Array ? np.float32 : np.float64;
  return np.array(values, { shape: [...inputs.shape(name)], dtype });
}

function prepared(operands: readonly JaxArray[], call: () => Result): Prepared {
  let latest: readonly JaxArray[] = [];
  const disposeLatest = (): void => {
    for (const array of latest) array.dispose();
    latest = [];
  };
  return {
    target: 'wasm',
    run: (n) =>
      timeAsyncCalls(n, async () => {
        disposeLatest();
        const result = call();
        latest = result instanceof JaxArray ? [result] : result;
        await blockUntilReady(latest);
      }),
    sample: async () => {
      const samples: Sample[] = [];
      for (const array of latest) samples.push(sampleOf(await array.ref.data()));
      return samples;
    },
    release: () => {
      disposeLatest();
      for (const array of operands) array.dispose();
    },
  };
}

function chain5(a: JaxArray, b: JaxArray, c: JaxArray, d: JaxArray): JaxArray {
  return np.sqrt(a.ref.mul(b).add(c).div(d)).sub(a);
}

function chain10(a: JaxArray, b: JaxArray, c: JaxArray, d: JaxArray): JaxArray {
  const root = np.sqrt(a.ref.mul(b.ref).add(c.ref).div(d));
  return np.sqrt(np.exp(root.sub(a.ref)).mul(c).add(b)).div(a);
}

function softmax(x: JaxArray): JaxArray {
  const largest = x.ref.max(1, { keepdims: true });
  const powers = np.exp(x.sub(largest));
  return powers.ref.div(powers.sum(1, { keepdims: true }));
}

function layernorm(x: JaxArray): JaxArray {
  const mean = x.ref.mean(1, { keepdims: true });
  const centered = x.sub(mean);
  const variance = np.square(centered.ref).mean(1, { keepdims: true });
  return centered.div(np.sqrt(variance.add(LAYERNORM_EPSILON)));
}

function airports(latitude: JaxArray, longitude: JaxArray): readonly JaxArray[] {
  const n = latitude.size;
  const pairwise = (v: JaxArray): JaxArray => v.ref.reshape([n, 1]).sub(v.reshape([1, n]));
  const halfSine = (v: JaxArray): JaxArray => np.square(np.sin(pairwise(v).div(2)));
  const cosine = np.cos(latitude.ref);
  const cosines = cosine.ref.reshape([n, 1]).mul(cosine.reshape([1, n]));
  const haversine = halfSine(latitude).add(cosines.mul(halfSine(longitude)));
  const distance = np.asin(np.sqrt(haversine)).mul(2 * EARTH_RADIUS);
  const self = np
    .arange(n)
    .reshape([n, 1])
    .equal(np.arange(n).reshape([1, n]));
  const others = np.where(self, Infinity, distance.ref);
  return [np.argmin(others.ref, 1), others.min(1), distance.mean()];
}

const chain5OfFour = of4(chain5);

const works: WorkTable = {
  add: of2((a, b) => a.add(b), 'a', 'b'),
  multiply: of2((c, d) => c.mul(d), 'c', 'd'),
  productSum: of2((a, b) => a.mul(b).sum(), 'a', 'b'),
  sinTimesSin: of1((a) => np.sin(a.ref).mul(np.sin(a)), 'a'),
  sinSquared: of1((a) => np.square(np.sin(a)), 'a'),
  chain5Compiled: chain5OfFour,
  chain5: chain5OfFour,
  chain10: of4(chain10),
  addRow: of2((a, row) => a.add(row), 'a', 'b'),
  addColumn: of2((a, column) => a.add(column), 'a', 'b'),
  addTransposed: of2((a, b) => a.add(b.transpose()), 'a', 'b'),
  softmax: of1(softmax, 'x'),
  layernorm: of1(layernorm, 'x'),
  argmin: of1((a) => np.argmin(a), 'a'),
  argmax: of1((a) => np.argmax(a), 'a'),
  min: of1((a) => a.min(), 'a'),
  max: of1((a) => a.max(), 'a'),
  matmul: of2((a, b) => np.matmul(a, b), 'a', 'b'),
  matmulSingle: of2((a, b) => np.matmul(a, b), 'a', 'b'),
  airports: of2(airports, 'latitude', 'longitude'),
};

export const peer: Peer = {
  name: 'jax-js',
  version: packageVersion(new URL('../node_modules/@jax-js/jax/package.json', import.meta.url)),
  threads: 1,
  prepare: ({ work }, inputs) => works[work]?.(inputs),
};
