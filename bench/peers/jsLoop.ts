/**
 * Peer `js-loop`: the loops of `loops.js`, writing into outputs allocated beforehand.
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

/** Loops over vectors; the output has as many elements as the first operand. */
const unary =
  (loop: typeof loops.sinSquared, name: string): Prepare =>
  (inputs) => {
    const x = inputs.values(name);
    const out = new Float64Array(x.length);
    return prepared([out], loop.bind(undefined, out, x));
  };

const binary =
  (loop: typeof loops.add, left: string, right: string): Prepare =>
  (inputs) => {
    const [x, y] = [inputs.values(left), inputs.values(right)];
    const out = new Float64Array(x.length);
    return prepared([out], loop.bind(undefined, out, x, y));
  };

const ofFour =
  (loop: typeof loops.chain5): Prepare =>
  (inputs) => {
    const [a, b, c, d] = [inputs.values('a'), inputs.values('b'), inputs.values('c'), inputs.values('d')];
    const out = new Float64Array(a.length);
    return prepared([out], loop.bind(undefined, out, a, b, c, d));
  };

const rowwise =
  (loop: typeof loops.softmax): Prepare =>
  (inputs) => {
    const x = inputs.values('x');
    const [rows = 1] = inputs.shape('x');
    const out = new Float64Array(x.length);
    return prepared([out], loop.bind(undefined, out, x, x.length / rows));
  };

const productSum: Prepare = (inputs) => {
  const [a, b] = [inputs.values('a'), inputs.values('b')];
  const out = new Float64Array(1);
  return prepared([out], loops.productSum.bind(undefined, out, a, b));
};

const airports: Prepare = (inputs) => {
  const [latitude, longitude] = [inputs.values('latitude'), inputs.values('longitude')];
  const n = latitude.length;
  const out = { nearest: new Int32Array(n), distance: new Float64Array(n), mean: new Float64Array(1) };
  return prepared(
    [out.nearest, out.distance, out.mean],
    loops.airports.bind(undefined, out, latitude, longitude),
  );
};

function prepared(outputs: readonly (Float64Array | Int32Array)[], call: () => void): Prepared {
  return { target: 'js', run: (n) => timeCalls(n, call), sample: () => outputs.map(sampleOf) };
}

const works: WorkTable = {
  add: binary(loops.add, 'a', 'b'),
  addInto: binary(loops.add, 'a', 'b'),
  multiply: binary(loops.multiply, 'c', 'd'),
  multiplyInto: binary(loops.multiply, 'c', 'd'),
  productSum,
  sinTimesSin: unary(loops.sinTimesSin, 'a'),
  sinSquared: unary(loops.sinSquared, 'a'),
  chain5: ofFour(loops.chain5),
  chain5Into: ofFour(loops.chain5),
  chain5Compiled: ofFour(loops.chain5),
  chain5Memo: ofFour(loops.chain5),
  chain10: ofFour(loops.chain10),
  addRow: binary(loops.addRow, 'a', 'b'),
  addColumn: binary(loops.addColumn, 'a', 'b'),
  addTransposed: binary(loops.addTransposed, 'a', 'b'),
  softmax: rowwise(loops.softmax),
  layernorm: rowwise(loops.layernorm),
  airports,
  longChain: binary(loops.longChain, 'a', 'b'),
};

export const peer: Peer = {
  name: 'js-loop',
  version: process.versions.node,
  threads: 1,
  prepare: ({ work }, inputs) => works[work]?.(inputs),
};
