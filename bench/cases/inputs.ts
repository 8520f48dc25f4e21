/**
 * Inputs that every implementation can make for itself, bit for bit the same.
 *
 * Element i is a hash of i and the seed, scaled to [low, high): Chris Wellons' `lowbias32`, a 32-bit mixer of
 * two multiplications. `peers/python_works/inputs.py` is its twin; no file or pipe carries the data.
 */
import type { Case, InputSpec, InputType } from './case.ts';

const GOLDEN = 0x9e3779b9;
const TWO_32 = 2 ** 32;

export type Floats = Float64Array | Float32Array;
export type Values = Floats | BigInt64Array | Int32Array | Uint8Array;

const arrays = {
  float64: Float64Array,
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const satisfies Record<InputType, unknown>;

export function generate({ shape, seed, low, high, dtype = 'float64', order }: InputSpec): Values {
  const values = new arrays[dtype](sizeOf(shape));
  const start = Math.imul(seed, GOLDEN);
  const width = high - low;
  for (let i = 0; i < values.length; i++) {
    const value = low + width * (mix(start + i) / TWO_32);
    if (values instanceof BigInt64Array) values[i] = BigInt(Math.floor(value));
    else values[i] = dtype === 'float64' || dtype === 'float32' ? value : Math.floor(value);
  }
  if (order !== undefined) values.sort();
  if (order === 'reversed') values.reverse();
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
  readonly #arrays: ReadonlyMap<string, Values>;
  readonly #case: Case;

  constructor(benchCase: Case) {
    this.#case = benchCase;
    this.#arrays = new Map(Object.entries(benchCase.inputs).map(([name, spec]) => [name, generate(spec)]));
  }

  any(name: string): Values {
    return this.#required(name, this.#arrays.get(name));
  }

  /** The same where the input is of floats. */
  values(name: string): Floats {
    const values = this.any(name);
    if (values instanceof Float64Array || values instanceof Float32Array) return values;
    throw new Error(`case "${this.#case.name}": input ${name} has no floats`);
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
