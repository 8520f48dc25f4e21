/** The last pack of a loop may be partial. In a reduction its tail lanes are replaced by a neutral value. */
import { validLanes, type PackRange } from '../loops/access.ts';
import { constantOf } from '../values/constants.ts';
import { maskVectors } from '../values/masks.ts';
import { emitOp } from '../values/ops.ts';
import { laneBytesOf, vectorCount, vectorOf, type LaneBytes, type Pack } from '../values/pack.ts';

/** `value` with `otherwise`, a constant that changes no result, in the tail lanes. */
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
    validLanes(c, bytes).forEach((mask, k) => {
      const variable = result[k];
      if (variable !== undefined)
        f.set(variable, f.op('v128.bitselect', vectorOf(value, k), vectorOf(otherwise, 0), mask));
    });
  });
  return { ...value, vectors: result.map((variable) => f.freeze(variable)), uniform: false };
}

/** A mask that is false in the tail lanes. */
export function maskedBool(c: PackRange, value: Pack): Pack {
  const { f } = c;
  const bytes = value.uniform ? (Math.min(8, 16 / c.lanes) as LaneBytes) : value.maskBytes;
  const vectors = maskVectors(c, value, bytes).map((vector) => f.variable('v128', vector));
  f.if(f.op('i32.eqz', c.full), () => {
    validLanes(c, bytes).forEach((mask, k) => {
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
