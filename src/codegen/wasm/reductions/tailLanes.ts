/** Partial packs in reductions: the lanes that do not exist must not count. */
import { existingLanes, type PackRange } from '../loops/access.ts';
import { constantOf } from '../values/constants.ts';
import { maskVectors } from '../values/masks.ts';
import { emitOp } from '../values/ops.ts';
import { laneBytesOf, vectorCount, vectorOf, type LaneBytes, type Pack } from '../values/pack.ts';

/** Only the lanes that exist; the others hold `otherwise`, a constant that changes nothing. */
export function masked(c: PackRange, value: Pack, otherwise: Pack): Pack {
  const { f } = c;
  if (value.dtype === 'bool') {
    const constant = constantOf(f, otherwise);
    if (constant === 0) return maskedBool(c, value);
    const inverse = maskedBool(c, emitOp(c, 'logicalNot', 'bool', [value]));
    return emitOp(c, 'logicalNot', 'bool', [inverse]);
  }
  const bytes = laneBytesOf(value.dtype);
  const count = vectorCount(c.lanes, bytes);
  const result = Array.from({ length: count }, (_, k) => f.variable('v128', vectorOf(value, k)));
  f.if(f.op('i32.eqz', c.full), () => {
    existingLanes(c, bytes).forEach((mask, k) => {
      const variable = result[k];
      if (variable !== undefined)
        f.set(variable, f.op('v128.bitselect', vectorOf(value, k), vectorOf(otherwise, 0), mask));
    });
  });
  return { ...value, vectors: result.map((variable) => f.freeze(variable)), uniform: false };
}

/** A mask without the lanes that do not exist. */
export function maskedBool(c: PackRange, value: Pack): Pack {
  const { f } = c;
  const bytes = value.uniform ? (Math.min(8, 16 / c.lanes) as LaneBytes) : value.maskBytes;
  const vectors = maskVectors(c, value, bytes).map((vector) => f.variable('v128', vector));
  f.if(f.op('i32.eqz', c.full), () => {
    existingLanes(c, bytes).forEach((mask, k) => {
      const variable = vectors[k];
      if (variable !== undefined) f.update(variable, 'v128.and', mask);
    });
  });
  return {
    dtype: 'bool',
    vectors: vectors.map((vector) => f.freeze(vector)),
    uniform: false,
    maskBytes: bytes,
  };
}
