/**
 * Inputs that every implementation can make for itself, bit for bit the same.
 *
 * Element i is a hash of i and the seed, scaled to [low, high): Chris Wellons' `lowbias32`, a 32-bit mixer of
 * two multiplications. `peers/python_works/inputs.py` is its twin; no file or pipe carries the data.
 */
import type { Case, InputSpec } from './case.ts';

const GOLDEN = 0x9e3779b9;
const TWO_32 = 2 ** 32;

export type Floats = Float64Array | Float32Array;

export function generate({ shape, seed, low, high, dtype }: InputSpec): Floats {
  const values = new (dtype === 'float32' ? Float32Array : Float64Array)(sizeOf(shape));
  const start = Math.imul(seed, GOLDEN);
  const width = high - low;
  for (let i = 0; i < values.length; i++) {
    values[i] = low + width * (mix(start + i) / TWO_32);
  }
  return values;
}

function mix(key: number): number {
  let x = key | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** The inputs of one case, made once and shared (read only) by all implementations inside this process. */
export class Inputs {
  readonly #arrays: ReadonlyMap<string, Floats>;
  readonly #case: Case;

  constructor(benchCase: Case) {
    this.#case = benchCase;
    this.#arrays = new Map(Object.entries(benchCase.inputs).map(([name, spec]) => [name, generate(spec)]));
  }

  values(name: string): Floats {
    return this.#required(name, this.#arrays.get(name));
  }

  /** The same where the case has float64 inputs only. */
  doubles(name: string): Float64Array {
    const values = this.values(name);
    if (values instanceof Float64Array) return values;
    throw new Error(`case "${this.#case.name}": input ${name} is not float64`);
  }

  shape(name: string): readonly number[] {
    return this.#required(name, this.#case.inputs[name]).shape;
  }

  #required<T>(name: string, found: T | undefined): T {
    if (found === undefined) throw new Error(`case "${this.#case.name}" has no input named ${name}`);
    return found;
  }
}
