/**
 * bool: masks as wide as the lanes they choose, bytes of 0 and 1 in memory.
 *
 * A mask of another width is made on demand; the function shares what was made before (value numbering).
 */
import type { Local } from '../assembler/operands.ts';
import { zeroVector } from './constants.ts';
import { type LaneBytes, type Pack, type PackContext } from './pack.ts';
import {
  eachVector,
  maskPack,
  resize,
  saturating,
  wrapping,
  type Merge,
  type VectorCode,
} from './vectors.ts';

/** All ones stay all ones; there is no saturating instruction from 64 bits. */
const narrowMask: Merge = (f, a, b, to) => (to === 4 ? wrapping : saturating(true))(f, a, b, to);

/** The mask at a width of `bytes`; one vector if it is uniform. */
export const maskVectors = (c: PackContext, bool: Pack, bytes: LaneBytes): readonly Local[] =>
  bool.uniform ? bool.vectors : resize(c, bool.vectors, false, bool.maskBytes, bytes, true, narrowMask);

/** Bytes, of which any but 0 are true, as a mask. */
export const maskFromBytes = (c: PackContext, vectors: readonly Local[], uniform = false): Pack =>
  maskPack(
    vectors.map((vector) => c.f.op('i8x16.ne', vector, zeroVector(c.f))),
    1,
    uniform,
  );

/** The mask as bytes of 0 and 1. */
export const bytesFromMask = (c: PackContext, bool: Pack): readonly Local[] =>
  maskVectors(c, bool, 1).map((vector) => c.f.op('i8x16.abs', vector));

/** Combines masks at the widest of their widths. */
export function combineMasks(c: PackContext, masks: readonly Pack[], code: VectorCode): Pack {
  const bytes = widest(masks);
  const same = masks.map((mask) => ({ ...mask, vectors: maskVectors(c, mask, bytes) }));
  const [vectors, uniform] = eachVector(c, bytes, same, code);
  return maskPack(vectors, bytes, uniform);
}

const widest = (masks: readonly Pack[]): LaneBytes =>
  masks.reduce<LaneBytes>(
    (bytes, mask) => (!mask.uniform && mask.maskBytes > bytes ? mask.maskBytes : bytes),
    1,
  );
