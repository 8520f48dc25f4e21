/**
 * min and max of floats. The instructions that propagate NaN and order the zeros take seven machine instructions on
 * x64; one lets go of both. So that one finds the extreme number, and beside it is kept whether there was a NaN and
 * which signs there were: a minimum of zero is -0 if any sign was set, a maximum of zero +0 unless all were.
 */
import type { Monoid } from '../../../ir/monoids.ts';
import type { Fold } from './fold.ts';
import type { LoopContext } from '../loops/loopContext.ts';
import { constantPack } from '../values/constants.ts';
import { emitCast } from '../values/casts.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local } from '../assembler/operands.ts';
import { laneBytesOf, vectorCount, vectorOf } from '../values/pack.ts';
import { masked } from './tailLanes.ts';

export function extremeFold(
  { name, types: { result: dtype }, neutral: [worst = 0] }: Monoid,
  lanes: number,
  emitter: LoopContext,
): Fold {
  const { f } = emitter;
  const outside = emitter.context;
  const bytes = laneBytesOf(dtype);
  const shape = bytes === 8 ? 'f64x2' : 'f32x4';
  const least = name === 'min';
  const [extreme, collect] = least
    ? ([`${shape}.pmin`, 'v128.or'] as const)
    : ([`${shape}.pmax`, 'v128.and'] as const);
  const seed = constantPack(outside, dtype, worst);
  const count = vectorCount(lanes, bytes);
  const zero = f.constant(new Uint8Array(16));
  const best = Array.from({ length: count }, () => f.variable('v128', vectorOf(seed, 0)));
  const signs = f.variable('v128', vectorOf(seed, 0));
  const nans = f.variable('v128', zero);
  return {
    step(c, value) {
      const valid = masked(c, emitCast(c, value, dtype), seed);
      const vectors = best.map((_, k) => vectorOf(valid, k));
      best.forEach((variable, k) => {
        const vector = vectors[k];
        if (vector !== undefined) f.update(variable, extreme, vector);
      });
      f.update(signs, collect, joined(f, collect, vectors));
      f.update(
        nans,
        'v128.or',
        joined(
          f,
          'v128.or',
          vectors.map((vector) => f.op(`${shape}.ne`, vector, vector)),
        ),
      );
    },
    finish() {
      const frozen = best.map((variable) => f.freeze(variable));
      const number = acrossLanes(f, extreme, joined(f, extreme, frozen), bytes);
      const sign = f.constant(signBits(bytes));
      const zeros = f.op('v128.and', acrossLanes(f, collect, f.freeze(signs), bytes), sign);
      const ordered = f.op('v128.bitselect', zeros, number, f.op(`${shape}.eq`, number, zero));
      const nan = f.op('i32.sub', i32(0), f.op('v128.any_true', nans));
      const result = f.op('v128.or', ordered, f.op('i32x4.splat', nan));
      return [{ dtype, vectors: [result], uniform: true, maskBytes: 1 }];
    },
  };
}

const joined = (f: FunctionBuilder, op: string, vectors: readonly Local[]): Local =>
  vectors.reduce((x, y) => f.op(op, x, y));

/** The lanes of a vector together, in every lane. */
function acrossLanes(f: FunctionBuilder, op: string, vector: Local, bytes: number): Local {
  let all = vector;
  for (let distance = bytes; distance < 16; distance *= 2) {
    const lanes = Array.from({ length: 16 }, (_, k) => k ^ distance);
    all = f.op(op, all, f.lane('i8x16.shuffle', lanes, all, all));
  }
  return all;
}

function signBits(bytes: number): Uint8Array {
  const pattern = new Uint8Array(16);
  for (let k = bytes - 1; k < 16; k += bytes) pattern[k] = 0x80;
  return pattern;
}
