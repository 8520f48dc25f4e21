/** What NumPy says (test/fixtures/numpy_oracle.json, written by numpy_oracle.py beside it), typed. */
import { readFileSync } from 'node:fs';
import type { DType } from '../../src/ir/dtype.ts';

interface NumPyFixture {
  readonly promotion: Readonly<Record<DType, Readonly<Record<DType, DType>>>>;
  readonly sums: {
    readonly lengths: readonly number[];
    readonly float64: readonly string[];
    readonly float32: readonly string[];
  };
  readonly floats: readonly string[];
  readonly floatBinary: Readonly<
    Record<'floorDivide' | 'remainder' | 'pow' | 'minimum' | 'maximum', readonly string[]>
  >;
  readonly floatUnary: Readonly<
    Record<'round' | 'floor' | 'ceil' | 'trunc' | 'sign' | 'abs', readonly string[]>
  >;
  readonly integers: Readonly<Partial<Record<DType, readonly string[]>>>;
  readonly integerBinary: Readonly<Partial<Record<DType, Readonly<Record<string, readonly string[]>>>>>;
  readonly integerCasts: Readonly<
    Partial<Record<DType, Readonly<Partial<Record<DType, readonly string[]>>>>>
  >;
}

export const numpy = JSON.parse(
  readFileSync(new URL('../fixtures/numpy_oracle.json', import.meta.url), 'utf8'),
) as NumPyFixture;
