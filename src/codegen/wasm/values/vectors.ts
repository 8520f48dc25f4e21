/**
 * Lists of vectors: the shape of a dtype in instruction names, and how lanes get wider and narrower.
 *
 * Widening turns one vector into two, narrowing two into one. Where a list ends before that (a partial or a uniform
 * pack), the low half alone is widened, and a vector is narrowed together with itself, so that what was the same in
 * every lane still is.
 */
import { InternalError } from '../../../ir/errors.ts';
import type { DType } from '../../../ir/dtype.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import type { Local } from '../assembler/operands.ts';
import { laneBytesOf, vectorCount, vectorOf, type LaneBytes, type Pack, type PackContext } from './pack.ts';

/** Every dtype with arithmetic; bools are masks. */
export type NumberDType = Exclude<DType, 'bool'>;

type IntegerShape = 'i8x16' | 'i16x8' | 'i32x4' | 'i64x2';
type Shape = IntegerShape | 'f32x4' | 'f64x2';

export const integerShape: Readonly<Record<LaneBytes, IntegerShape>> = {
  1: 'i8x16',
  2: 'i16x8',
  4: 'i32x4',
  8: 'i64x2',
};

const shapes: Readonly<Record<NumberDType, Shape>> = {
  int8: 'i8x16',
  uint8: 'i8x16',
  int16: 'i16x8',
  uint16: 'i16x8',
  int32: 'i32x4',
  uint32: 'i32x4',
  int64: 'i64x2',
  uint64: 'i64x2',
  // Their bits: float16 is converted where it is cast.
  float16: 'i16x8',
  float32: 'f32x4',
  float64: 'f64x2',
};

export function shapeOf(dtype: DType): Shape {
  if (dtype === 'bool') throw new InternalError('wasm', 'bool has no arithmetic shape');
  return shapes[dtype];
}

export const numberPack = (dtype: NumberDType, vectors: readonly Local[], uniform: boolean): Pack => ({
  dtype,
  vectors,
  uniform,
  maskBytes: laneBytesOf(dtype),
});

export const maskPack = (vectors: readonly Local[], maskBytes: LaneBytes, uniform: boolean): Pack => ({
  dtype: 'bool',
  vectors,
  uniform,
  maskBytes,
});

/** How many vectors `c.lanes` elements of this width take; one if they are all the same. */
export const countOf = (c: PackContext, bytes: number, uniform: boolean): number =>
  uniform ? 1 : vectorCount(c.lanes, bytes);

/** Code for one vector of each of up to three operands; those that are missing repeat the first. */
export type VectorCode = (x: Local, y: Local, z: Local) => Local;

/** `code` on vector after vector of packs whose lanes have `bytes` bytes; uniform if all of them are. */
export function eachVector(
  c: PackContext,
  bytes: LaneBytes,
  args: readonly Pack[],
  code: VectorCode,
): readonly [vectors: readonly Local[], uniform: boolean] {
  const [first, second = first, third = first] = args;
  if (first === undefined || second === undefined || third === undefined)
    throw new InternalError('wasm', 'an operation has operands');
  const uniform = first.uniform && second.uniform && third.uniform;
  const vectors: Local[] = [];
  for (let k = 0; k < countOf(c, bytes, uniform); k++)
    vectors.push(code(vectorOf(first, k), vectorOf(second, k), vectorOf(third, k)));
  return [vectors, uniform];
}

const halfOf: Readonly<Record<2 | 4 | 8, 1 | 2 | 4>> = { 2: 1, 4: 2, 8: 4 };
const doubleOf: Readonly<Record<1 | 2 | 4, 2 | 4 | 8>> = { 1: 2, 2: 4, 4: 8 };

/** Two vectors into one. */
export type Merge = (f: FunctionBuilder, a: Local, b: Local, to: 1 | 2 | 4) => Local;

/** The k-th vector of the result comes from `half` of the `floor(k / 2)`-th. */
export const split = (
  vectors: readonly Local[],
  count: number,
  half: (vector: Local, high: boolean) => Local,
): readonly Local[] => Array.from({ length: count }, (_, k) => half(vectorAt(vectors, k >> 1), k % 2 === 1));

/** The k-th vector of the result comes from the vectors 2 k and 2 k + 1. */
export const merge = (
  vectors: readonly Local[],
  count: number,
  join: (a: Local, b: Local) => Local,
): readonly Local[] =>
  Array.from({ length: count }, (_, k) => {
    const a = vectorAt(vectors, 2 * k);
    return join(a, vectors[2 * k + 1] ?? a);
  });

function vectorAt(vectors: readonly Local[], k: number): Local {
  const found = vectors[k];
  if (found === undefined) throw new InternalError('wasm', `there is no vector ${k} of ${vectors.length}`);
  return found;
}

/** Integers of `from` bytes as integers of `to` bytes. */
export function resize(
  c: PackContext,
  vectors: readonly Local[],
  uniform: boolean,
  from: LaneBytes,
  to: LaneBytes,
  signed: boolean,
  narrow: Merge,
): readonly Local[] {
  if (from < to && from !== 8) {
    const wide = doubleOf[from];
    const extend = (vector: Local, high: boolean): Local =>
      c.f.op(
        `${integerShape[wide]}.extend_${high ? 'high' : 'low'}_${integerShape[from]}_${signed ? 's' : 'u'}`,
        vector,
      );
    const widened = split(vectors, countOf(c, wide, uniform), extend);
    return resize(c, widened, uniform, wide, to, signed, narrow);
  }
  if (from > to && from !== 1) {
    const slim = halfOf[from];
    const narrowed = merge(vectors, countOf(c, slim, uniform), (a, b) => narrow(c.f, a, b, slim));
    return resize(c, narrowed, uniform, slim, to, signed, narrow);
  }
  return vectors;
}

/** The even lanes of two vectors: integers without their upper half. */
export const wrapping: Merge = (f, a, b, to) => f.lane('i8x16.shuffle', evenLanes[to], a, b);

/** Integers at the ends of the narrower range where they exceed it (16 and 32 bits). */
export const saturating =
  (signed: boolean): Merge =>
  (f, a, b, to) =>
    f.op(`${integerShape[to]}.narrow_${integerShape[doubleOf[to]]}_${signed ? 's' : 'u'}`, a, b);

const evenLanes: Readonly<Record<1 | 2 | 4, readonly number[]>> = {
  1: evenLanesOf(1),
  2: evenLanesOf(2),
  4: evenLanesOf(4),
};

function evenLanesOf(bytes: number): readonly number[] {
  return Array.from({ length: 16 }, (_, k) => 2 * (k - (k % bytes)) + (k % bytes));
}

const highHalfLanes = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const lowHalvesLanes = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** The upper half of a vector, where instructions on the low half find it. */
export const highHalf = (f: FunctionBuilder, vector: Local): Local =>
  f.lane('i8x16.shuffle', highHalfLanes, vector, vector);

/** The low halves of two vectors. */
export const lowHalves = (f: FunctionBuilder, a: Local, b: Local): Local =>
  f.lane('i8x16.shuffle', lowHalvesLanes, a, b);
