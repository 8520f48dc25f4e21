/**
 * What generated code computes with: a *pack* is the values of `lanes` consecutive loop indices of one dtype, in as
 * many 128-bit vectors as they take; a *uniform* value is the same for all of them and sits in every lane of one
 * vector. Code for a single value is therefore the same vector code.
 *
 * Packs whose elements fill less than a vector (4 uint8 beside 4 float64) use its low lanes; the others hold
 * anything. bool is a mask, all ones or all zeros per lane, as wide as the comparison that made it: `maskBytes` says.
 */
import { bytesOf, type DType } from '../../../ir/dtype.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import type { Local } from '../assembler/operands.ts';
import type { ModuleContext } from '../module/context.ts';

/** Width of one lane. */
export type LaneBytes = 1 | 2 | 4 | 8;

export interface Pack {
  readonly dtype: DType;
  readonly vectors: readonly Local[];
  readonly uniform: boolean;
  /** bool only: the width of a lane. A uniform mask serves at every width. */
  readonly maskBytes: LaneBytes;
}

/** Where code is emitted, and how many elements a pack has there. */
export interface PackContext {
  readonly f: FunctionBuilder;
  readonly module: ModuleContext;
  /** Elements of a pack: 1 outside vector loops (every value is uniform there), else 2, 4, 8 or 16. */
  readonly lanes: number;
}

export const laneBytesOf = (dtype: DType): LaneBytes => bytesOf(dtype) as LaneBytes;

/** How many vectors a pack of elements of `bytes` bytes takes. */
export const vectorCount = (lanes: number, bytes: number): number => Math.max(1, (lanes * bytes) / 16);

/** The k-th vector of a pack; a uniform one has the same everywhere. */
export function vectorOf(pack: Pack, k: number): Local {
  const found = pack.vectors[pack.uniform ? 0 : k];
  if (found === undefined)
    throw new RangeError(`a pack of ${pack.vectors.length} vectors has no vector ${k}`);
  return found;
}
