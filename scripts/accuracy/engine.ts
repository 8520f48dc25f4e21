/** Math functions through the front door: arrays in, values out. */
import * as lz from '../../src/index.ts';
import type { MathFunction } from '../../src/ir/math/functions.ts';

export type TargetOption = NonNullable<lz.EvaluateOptions['target']>;

type Elementwise = (...operands: readonly lz.LazyArray[]) => lz.LazyArray;

export const functions = lz as unknown as Readonly<Record<MathFunction, Elementwise>>;

/** The values of a function, in the dtype of its arguments. */
export function evaluateFunction(
  name: MathFunction,
  columns: readonly (Float64Array | Float32Array)[],
  target: TargetOption,
): ArrayLike<number> {
  const result = functions[name](...columns.map((column) => lz.asArray(column, { copy: false })));
  return result.dataSync({ target, memo: false }) as Float64Array | Float32Array;
}

/** Targets that compute at once; `webgpu` is measured by `gpuSweep.ts`. */
export const targets: readonly string[] = ['js', 'wasm', 'reference'];
export const isTarget = (name: string): name is TargetOption => targets.includes(name);
