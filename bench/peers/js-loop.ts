/**
 * Peer `js-loop`: the loop one would write by hand, into an output allocated beforehand.
 *
 * It is also the reference that all results are compared with: plain, and with a single order of operations.
 * Loops are top-level functions of typed arrays, so that the engine compiles each as well as it can.
 */
import type { Inputs } from '../cases/inputs.ts';
import { EARTH_RADIUS, LAYERNORM_EPSILON, LONG_CHAIN_OPS } from '../cases/works.ts';
import { sampleOf } from '../measure/agreement.ts';
import type { Peer, Prepared, WorkTable } from './peer.ts';
import { timeCalls } from './timing.ts';

function add(out: Float64Array, a: Float64Array, b: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
}

function multiply(out: Float64Array, c: Float64Array, d: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = c[i] * d[i];
}

function productSum(out: Float64Array, a: Float64Array, b: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  out[0] = sum;
}

function sinTimesSin(out: Float64Array, a: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = Math.sin(a[i]) * Math.sin(a[i]);
}

function sinSquared(out: Float64Array, a: Float64Array): void {
  for (let i = 0; i < out.length; i++) {
    const sine = Math.sin(a[i]);
    out[i] = sine * sine;
  }
}

function chain5(out: Float64Array, a: Float64Array, b: Float64Array, c: Float64Array, d: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = Math.sqrt((a[i] * b[i] + c[i]) / d[i]) - a[i];
}

function chain10(out: Float64Array, a: Float64Array, b: Float64Array, c: Float64Array, d: Float64Array): void {
  for (let i = 0; i < out.length; i++) {
    const root = Math.sqrt((a[i] * b[i] + c[i]) / d[i]);
    out[i] = Math.sqrt(Math.exp(root - a[i]) * c[i] + b[i]) / a[i];
  }
}

function addRow(out: Float64Array, a: Float64Array, row: Float64Array): void {
  const columns = row.length;
  for (let start = 0; start < out.length; start += columns) {
    for (let j = 0; j < columns; j++) out[start + j] = a[start + j] + row[j];
  }
}

function addColumn(out: Float64Array, a: Float64Array, column: Float64Array): void {
  const columns = out.length / column.length;
  for (let i = 0; i < column.length; i++) {
    const value = column[i];
    for (let k = i * columns; k < (i + 1) * columns; k++) out[k] = a[k] + value;
  }
}

function addTransposed(out: Float64Array, a: Float64Array, b: Float64Array): void {
  const side = Math.sqrt(out.length);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) out[i * side + j] = a[i * side + j] + b[j * side + i];
  }
}

function softmax(out: Float64Array, x: Float64Array, columns: number): void {
  for (let start = 0; start < x.length; start += columns) {
    const end = start + columns;
    let largest = -Infinity;
    for (let k = start; k < end; k++) largest = Math.max(largest, x[k]);
    let sum = 0;
    for (let k = start; k < end; k++) {
      out[k] = Math.exp(x[k] - largest);
      sum += out[k];
    }
    for (let k = start; k < end; k++) out[k] /= sum;
  }
}

function layernorm(out: Float64Array, x: Float64Array, columns: number): void {
  for (let start = 0; start < x.length; start += columns) {
    const end = start + columns;
    let sum = 0;
    for (let k = start; k < end; k++) sum += x[k];
    const mean = sum / columns;
    let squares = 0;
    for (let k = start; k < end; k++) squares += (x[k] - mean) * (x[k] - mean);
    const scale = Math.sqrt(squares / columns + LAYERNORM_EPSILON);
    for (let k = start; k < end; k++) out[k] = (x[k] - mean) / scale;
  }
}

interface Neighbours {
  readonly nearest: Int32Array;
  readonly distance: Float64Array;
  readonly mean: Float64Array;
}

function airports(out: Neighbours, latitude: Float64Array, longitude: Float64Array): void {
  const n = latitude.length;
  const cosines = latitude.map(Math.cos);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let best = -1;
    let shortest = Infinity;
    for (let j = 0; j < n; j++) {
      const sinLatitude = Math.sin((latitude[i] - latitude[j]) / 2);
      const sinLongitude = Math.sin((longitude[i] - longitude[j]) / 2);
      const haversine = sinLatitude * sinLatitude + cosines[i] * cosines[j] * (sinLongitude * sinLongitude);
      const distance = 2 * EARTH_RADIUS * Math.asin(Math.sqrt(haversine));
      sum += distance;
      if (distance < shortest && i !== j) {
        shortest = distance;
        best = j;
      }
    }
    out.nearest[i] = best;
    out.distance[i] = shortest;
  }
  out.mean[0] = sum / (n * n);
}

function longChain(out: Float64Array, a: Float64Array, b: Float64Array): void {
  for (let i = 0; i < out.length; i++) {
    let value = a[i];
    for (let k = 0; k < LONG_CHAIN_OPS; k += 2) value = value + b[i] - b[i];
    out[i] = value;
  }
}

type Loop = (out: Float64Array, ...operands: Float64Array[]) => void;

/** A loop over the named operands whose output has as many elements as the first of them. */
const elementwise = (loop: Loop, ...names: readonly [string, ...string[]]) => (inputs: Inputs): Prepared => {
  const operands = names.map((name) => inputs.values(name));
  const out = new Float64Array(inputs.values(names[0]).length);
  return prepared([out], () => loop(out, ...operands));
};

const rowwise = (loop: typeof softmax) => (inputs: Inputs): Prepared => {
  const x = inputs.values('x');
  const columns = inputs.shape('x')[1];
  const out = new Float64Array(x.length);
  return prepared([out], () => loop(out, x, columns));
};

function prepared(outputs: readonly (Float64Array | Int32Array)[], call: () => void): Prepared {
  return {
    target: 'js',
    run: (n) => timeCalls(n, call),
    sample: () => outputs.map(sampleOf),
  };
}

const chain5OfFour = elementwise(chain5, 'a', 'b', 'c', 'd');

const works: WorkTable = {
  add: elementwise(add, 'a', 'b'),
  addInto: elementwise(add, 'a', 'b'),
  multiply: elementwise(multiply, 'c', 'd'),
  multiplyInto: elementwise(multiply, 'c', 'd'),
  productSum: (inputs) => {
    const [a, b] = [inputs.values('a'), inputs.values('b')];
    const out = new Float64Array(1);
    return prepared([out], () => productSum(out, a, b));
  },
  sinTimesSin: elementwise(sinTimesSin, 'a'),
  sinSquared: elementwise(sinSquared, 'a'),
  chain5: chain5OfFour,
  chain5Into: chain5OfFour,
  chain5Compiled: chain5OfFour,
  chain5Memo: chain5OfFour,
  chain10: elementwise(chain10, 'a', 'b', 'c', 'd'),
  addRow: elementwise(addRow, 'a', 'b'),
  addColumn: elementwise(addColumn, 'a', 'b'),
  addTransposed: elementwise(addTransposed, 'a', 'b'),
  softmax: rowwise(softmax),
  layernorm: rowwise(layernorm),
  airports: (inputs) => {
    const [latitude, longitude] = [inputs.values('latitude'), inputs.values('longitude')];
    const n = latitude.length;
    const out = { nearest: new Int32Array(n), distance: new Float64Array(n), mean: new Float64Array(1) };
    return prepared([out.nearest, out.distance, out.mean], () => airports(out, latitude, longitude));
  },
  longChain: elementwise(longChain, 'a', 'b'),
};

export const peer: Peer = {
  name: 'js-loop',
  version: `node ${process.versions.node}`,
  threads: 1,
  prepare: ({ work }, inputs) => works[work]?.(inputs),
};
