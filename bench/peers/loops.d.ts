/** Types of the hand-written loops: the output comes first, then the operands. */

type Loop<Operands extends readonly unknown[]> = (out: Float64Array, ...operands: Operands) => void;
type One = [a: Float64Array];
type Two = [a: Float64Array, b: Float64Array];
type Four = [a: Float64Array, b: Float64Array, c: Float64Array, d: Float64Array];

export const add: Loop<Two>;
export const multiply: Loop<Two>;
export const productSum: Loop<Two>;
export const sinTimesSin: Loop<One>;
export const sinSquared: Loop<One>;
export const sin: Loop<One>;
export const sum: Loop<One>;
export const chain3: Loop<Four>;
export const chain5: Loop<Four>;
export const chain10: Loop<Four>;
export const addRow: Loop<Two>;
export const addColumn: Loop<Two>;
export const addTransposed: Loop<Two>;
export const softmax: Loop<[x: Float64Array, columns: number]>;
export const layernorm: Loop<[x: Float64Array, columns: number]>;
export const longChain: Loop<Two>;

export const argmin: Loop<One>;
export const argmax: Loop<One>;
export const min: Loop<One>;
export const max: Loop<One>;
export const matmul: Loop<Two> & Loop<[a: Float32Array, b: Float32Array]>;

export interface Prices {
  readonly call: Float64Array;
  readonly put: Float64Array;
}

export function blackScholes(
  out: Prices,
  spot: Float64Array,
  strike: Float64Array,
  years: Float64Array,
): void;

export interface Neighbours {
  readonly nearest: Int32Array;
  readonly distance: Float64Array;
  readonly mean: Float64Array;
}

export function airports(out: Neighbours, latitude: Float64Array, longitude: Float64Array): void;

export function argsort(out: Int32Array, a: Float64Array, length: number): void;
