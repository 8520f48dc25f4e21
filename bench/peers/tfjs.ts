/**
 * Peer `tfjs`: TensorFlow.js on its `wasm` backend, SIMD and one thread; eager.
 *
 * It has no float64: inputs are rounded to float32, and results are right to seven digits, so that its rows agree only
 * where operands are float32. They show what half the bytes and twice the lanes would give.
 */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { Inputs } from '../cases/inputs.ts';
import { LAYERNORM_EPSILON } from '../cases/works.ts';
import { sampleOf } from '../measure/agreement.ts';
import type { Peer, Prepared, WorkTable } from './peer.ts';
import { timeCalls } from './timing.ts';

tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
setWasmPaths(fileURLToPath(new URL('../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url)));
if (!(await tf.setBackend('wasm'))) throw new Error('its wasm backend does not start');

/** Operands are made once; `tidy` disposes the temporaries of a call, and the next call its result. */
const work =
  (compute: (...operands: tf.Tensor[]) => tf.Tensor, ...names: readonly string[]) =>
  (inputs: Inputs): Prepared => {
    const operands = names.map((name) =>
      tf.tensor(Float32Array.from(inputs.values(name)), inputs.shape(name)),
    );
    let latest: tf.Tensor | undefined;
    return {
      target: 'wasm f32',
      run: (n) =>
        timeCalls(n, () => {
          latest?.dispose();
          latest = tf.tidy(() => compute(...operands));
        }),
      sample: () => (latest === undefined ? [] : [sampleOf(latest.dataSync())]),
      release: () => {
        latest?.dispose();
        for (const operand of operands) operand.dispose();
      },
    };
  };

type T = tf.Tensor;

const chain5 = (a: T, b: T, c: T, d: T): T => tf.sub(tf.sqrt(tf.div(tf.add(tf.mul(a, b), c), d)), a);

function softmax(x: T): T {
  const powers = tf.exp(tf.sub(x, tf.max(x, 1, true)));
  return tf.div(powers, tf.sum(powers, 1, true));
}

function layernorm(x: T): T {
  const centered = tf.sub(x, tf.mean(x, 1, true));
  const variance = tf.mean(tf.square(centered), 1, true);
  return tf.div(centered, tf.sqrt(tf.add(variance, LAYERNORM_EPSILON)));
}

const chain5OfFour = work(chain5, 'a', 'b', 'c', 'd');

const works: WorkTable = {
  add: work(tf.add, 'a', 'b'),
  multiply: work(tf.mul, 'c', 'd'),
  productSum: work((a, b) => tf.sum(tf.mul(a, b)), 'a', 'b'),
  sinTimesSin: work((a) => tf.mul(tf.sin(a), tf.sin(a)), 'a'),
  sinSquared: work((a) => tf.square(tf.sin(a)), 'a'),
  chain5: chain5OfFour,
  chain5Compiled: chain5OfFour,
  chain10: work(
    (a, b, c, d) => tf.div(tf.sqrt(tf.add(tf.mul(tf.exp(chain5(a, b, c, d)), c), b)), a),
    'a',
    'b',
    'c',
    'd',
  ),
  addRow: work(tf.add, 'a', 'b'),
  addColumn: work(tf.add, 'a', 'b'),
  addTransposed: work((a, b) => tf.add(a, tf.transpose(b)), 'a', 'b'),
  softmax: work(softmax, 'x'),
  layernorm: work(layernorm, 'x'),
  argmin: work((a) => tf.argMin(a), 'a'),
  argmax: work((a) => tf.argMax(a), 'a'),
  min: work((a) => tf.min(a), 'a'),
  max: work((a) => tf.max(a), 'a'),
  matmulSingle: work((a, b) => tf.matMul(a, b), 'a', 'b'),
};

export const peer: Peer = {
  name: 'tfjs',
  version: tf.version_core,
  threads: 1,
  prepare: ({ work: name }, inputs) => works[name]?.(inputs),
};
