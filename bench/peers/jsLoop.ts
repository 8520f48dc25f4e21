/**
 * Peer `js-loop`: the loops of `loops.js`. As for every other implementation, a result is a new array each time; the
 * works named `...Into` write into one allocated beforehand.
 *
 * It is also the reference that all results are compared with: plain, and with a single order of operations.
 *
 * Operands are bound, not captured by a closure: V8 would inline a loop into the closure that calls it and keep it
 * in its middle tier, five times slower, for the first ten thousand calls.
 */
import type { Inputs } from '../cases/inputs.ts';
import { sampleOf } from '../measure/agreement.ts';
import * as loops from './loops.js';
import type { Peer, Prepared, WorkTable } from './peer.ts';
import { timeCalls } from './timing.ts';

type Prepare = (inputs: Inputs) => Prepared;

/** A loop that writes to its first argument and reads the others. */
type Loop = (out: Float64Array, ...operands: never[]) => void;

/** Calls a loop with a new output. One function for all loops: V8 then inlines none of them. */
function intoNew(loop: Loop, latest: { out: Float64Array }, operands: readonly unknown[]): void {
  latest.out = new Float64Array(latest.out.length);
  loop(latest.out, ...(operands as never[]));
}

const made =
  (loop: Loop, ...names: readonly string[]): Prepare =>
  (inputs) => {
    const operands = names.map((name) => inputs.values(name));
    const latest = { out: new Float64Array(operands[0]?.length ?? 0) };
    return prepared(() => [latest.out], intoNew.bind(undefined, loop, latest, operands));
  };

const into =
  (loop: Loop, ...names: readonly string[]): Prepare =>
  (inputs) => {
    const operands = names.map((name) => inputs.values(name));
    const out = new Float64Array(operands[0]?.length ?? 0);
    return prepared(() => [out], loop.bind(undefined, out, ...(operands as never[])));
  };

const rowwise =
  (loop: typeof loops.softmax): Prepare =>
  (inputs) => {
    const x = inputs.doubles('x');
    const [rows = 1] = inputs.shape('x');
    const latest = { out: new Float64Array(x.length) };
    return prepared(() => [latest.out], intoNew.bind(undefined, loop, latest, [x, x.length / rows]));
  };

/** Loops whose result is one number. */
const single =
  (loop: Loop, ...names: readonly string[]): Prepare =>
  (inputs) => {
    const operands = names.map((name) => inputs.values(name));
    const out = new Float64Array(1);
    return prepared(() => [out], loop.bind(undefined, out, ...(operands as never[])));
  };

const airports: Prepare = (inputs) => {
  const [latitude, longitude] = [inputs.doubles('latitude'), inputs.doubles('longitude')];
  const n = latitude.length;
  const out = { nearest: new Int32Array(n), distance: new Float64Array(n), mean: new Float64Array(1) };
  return prepared(
    () => [out.nearest, out.distance, out.mean],
    loops.airports.bind(undefined, out, latitude, longitude),
  );
};

const blackScholes: Prepare = (inputs) => {
  const operands = ['spot', 'strike', 'years'].map((name) => inputs.doubles(name));
  const n = operands[0]?.length ?? 0;
  const out = { call: new Float64Array(n), put: new Float64Array(n) };
  return prepared(
    () => [out.call, out.put],
    loops.blackScholes.bind(undefined, out, ...(operands as [Float64Array, Float64Array, Float64Array])),
  );
};

/** Typed arrays sort themselves, row by row. */
const sort: Prepare = (inputs) => {
  const a = inputs.any('a');
  const length = inputs.shape('a').at(-1) ?? 1;
  const latest = { out: a };
  return prepared(
    () => [latest.out],
    () => {
      latest.out = a.slice();
      for (let at = 0; at < a.length; at += length) latest.out.subarray(at, at + length).sort();
    },
  );
};

const argsort: Prepare = (inputs) => {
  const a = inputs.any('a');
  const length = inputs.shape('a').at(-1) ?? 1;
  const latest = { out: new Int32Array(a.length) };
  return prepared(() => [latest.out], loops.argsort.bind(undefined, latest.out, a as Float64Array, length));
};

function prepared(outputs: () => readonly ArrayLike<number | bigint>[], call: () => void): Prepared {
  return { target: 'js', run: (n) => timeCalls(n, call), sample: () => outputs().map(sampleOf) };
}

const works: WorkTable = {
  add: made(loops.add, 'a', 'b'),
  addInto: into(loops.add, 'a', 'b'),
  multiply: made(loops.multiply, 'c', 'd'),
  multiplyInto: into(loops.multiply, 'c', 'd'),
  productSum: single(loops.productSum, 'a', 'b'),
  sinTimesSin: made(loops.sinTimesSin, 'a'),
  sinSquared: made(loops.sinSquared, 'a'),
  sin: made(loops.sin, 'a'),
  sum: single(loops.sum, 'a'),
  chain3: made(loops.chain3, 'a', 'b', 'c', 'd'),
  blackScholes,
  chain5: made(loops.chain5, 'a', 'b', 'c', 'd'),
  chain5Into: into(loops.chain5, 'a', 'b', 'c', 'd'),
  chain5Compiled: made(loops.chain5, 'a', 'b', 'c', 'd'),
  chain5Memo: made(loops.chain5, 'a', 'b', 'c', 'd'),
  chain10: made(loops.chain10, 'a', 'b', 'c', 'd'),
  addRow: made(loops.addRow, 'a', 'b'),
  addColumn: made(loops.addColumn, 'a', 'b'),
  addTransposed: made(loops.addTransposed, 'a', 'b'),
  softmax: rowwise(loops.softmax),
  layernorm: rowwise(loops.layernorm),
  argmin: single(loops.argmin, 'a'),
  argmax: single(loops.argmax, 'a'),
  min: single(loops.min, 'a'),
  max: single(loops.max, 'a'),
  matmul: made(loops.matmul, 'a', 'b'),
  matmulSingle: made(loops.matmul, 'a', 'b'),
  airports,
  sort,
  sortStable: sort,
  argsort,
  argsortStable: argsort,
  longChain: made(loops.longChain, 'a', 'b'),
};

export const peer: Peer = {
  name: 'js-loop',
  version: process.versions.node,
  threads: 1,
  prepare: ({ work }, inputs) => works[work]?.(inputs),
};
