/**
 * Floats as integers of the same order, -0 below +0 and NaN beyond all: the running minimum or maximum of integers takes
 * two instructions, that of floats seven, each of which waits for the one before.
 */
import type { Monoid } from '../../../ir/monoids.ts';
import { constantVector } from '../values/constants.ts';
import { laneBytesOf, type Pack, type PackContext } from '../values/pack.ts';
import { numberPack } from '../values/vectors.ts';
import { i32, type Local } from '../assembler/operands.ts';

export interface OrderKeys {
  of(c: PackContext, floats: Pack): Pack;
  back(c: PackContext, keys: Pack): Pack;
}

/** The keys for a minimum or maximum of floats; `undefined`: it is none. */
export function orderKeysOf({ name, types: { result: dtype } }: Monoid): OrderKeys | undefined {
  if ((name !== 'min' && name !== 'max') || (dtype !== 'float32' && dtype !== 'float64')) return undefined;
  const bits = 8 * laneBytesOf(dtype);
  const [key, shape, floats] =
    bits === 64 ? (['int64', 'i64x2', 'f64x2'] as const) : (['int32', 'i32x4', 'f32x4'] as const);
  const most = 2n ** BigInt(bits - 1);
  const beyond = name === 'min' ? -most : most - 1n;
  /** Negative numbers are in the opposite order of their bits: all but the sign are turned. Done twice, it is undone. */
  const turned = ({ f }: PackContext, vector: Local): Local => {
    const signs = f.op(`${shape}.shr_s`, vector, i32(bits - 1));
    return f.op('v128.xor', vector, f.op(`${shape}.shr_u`, signs, i32(1)));
  };
  return {
    of(c, { vectors, uniform }) {
      const nan = constantVector(c.f, key, key === 'int64' ? beyond : Number(beyond));
      const keys = vectors.map((vector) =>
        c.f.op('v128.bitselect', nan, turned(c, vector), c.f.op(`${floats}.ne`, vector, vector)),
      );
      return numberPack(key, keys, uniform);
    },
    back: (c, { vectors, uniform }) =>
      numberPack(
        dtype,
        vectors.map((vector) => turned(c, vector)),
        uniform,
      ),
  };
}
