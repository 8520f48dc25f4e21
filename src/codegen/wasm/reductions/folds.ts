/**
 * Accumulators whose order of combination changes no bit: each lane keeps one of its own, and the lanes meet at the
 * end. (Floating-point sums and products follow a tree: pairwise.ts.)
 */
import { isBigint, isFloat } from '../../../ir/dtype.ts';
import { isArg, type Accumulator, type Monoid } from '../../../ir/kernel.ts';
import { reductionTable, seedOf } from '../../../ir/ops.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local } from '../assembler/operands.ts';
import { emitCast } from '../values/casts.ts';
import { constantPack, extractLane, splatScalar } from '../values/constants.ts';
import type { LoopContext } from '../loops/loopContext.ts';
import { masked, maskedBool } from './tailLanes.ts';
import { extremeFold } from './extremes.ts';
import type { Fold } from './fold.ts';
import { emitOp } from '../values/ops.ts';
import { laneBytesOf, vectorCount, vectorOf, type Pack, type PackContext } from '../values/pack.ts';
import { argFold } from './positions.ts';

export function foldOf(accumulator: Accumulator, lanes: number, emitter: LoopContext): Fold {
  const { op } = accumulator;
  if (isArg(op)) return argFold({ ...accumulator, op }, lanes, emitter);
  if (op === 'any' || op === 'all') return anyFold(op, emitter);
  if (accumulator.dtype === 'bool') return anyFold(op === 'min' ? 'all' : 'any', emitter);
  if (isFloat(accumulator.dtype)) return extremeFold({ ...accumulator, op }, lanes, emitter);
  return laneFold({ ...accumulator, op }, lanes, emitter);
}

/** Integers: min, max, sums and products: one accumulator per lane. */
function laneFold({ op, dtype, element }: Monoid, lanes: number, emitter: LoopContext): Fold {
  const { f } = emitter;
  const combine = reductionTable[op].combine;
  const outside = emitter.context;
  const seed = constantPack(outside, dtype, seedOf(op, dtype));
  const elementSeed = element === dtype ? seed : constantPack(outside, element, isBigint(element) ? 0n : 0);
  const count = vectorCount(lanes, laneBytesOf(dtype));
  const state = Array.from({ length: count }, () => f.variable('v128', vectorOf(seed, 0)));
  const current = (): Pack => ({
    dtype,
    vectors: state.map((variable) => f.freeze(variable)),
    uniform: false,
    maskBytes: 1,
  });
  return {
    step(c, value) {
      // A sum that widens on the way takes the padding as zeros.
      const existing = element === 'bool' ? maskedBool(c, value) : masked(c, value, elementSeed);
      const joined = emitOp(c, combine, dtype, [current(), emitCast(c, existing, dtype)]);
      state.forEach((variable, k) => {
        f.set(variable, vectorOf(joined, k));
      });
    },
    finish() {
      const packed = current();
      const context: PackContext = { ...outside, lanes };
      const parts = Array.from({ length: lanes }, (_, lane) =>
        splatScalar(outside, dtype, extractLane(context, packed, lane)),
      );
      return { outcome: parts.reduce((x, y) => emitOp(outside, combine, dtype, [x, y])) };
    },
  };
}

/** any and all: whether a lane was ever true, or ever false. */
function anyFold(op: 'any' | 'all', emitter: LoopContext): Fold {
  const { f } = emitter;
  const seen = f.variable('v128', f.constant(new Uint8Array(16)));
  return {
    step(c, value) {
      const wanted = op === 'any' ? value : emitOp(c, 'logicalNot', 'bool', [value]);
      const { vectors, maskBytes } = maskedBool(c, wanted);
      const [first] = vectors;
      if (first === undefined) return;
      // A partial vector may hold anything above its lanes.
      const used = (c.lanes * maskBytes) / 16;
      const all = used >= 1 ? vectors.reduce((x, y) => f.op('v128.or', x, y)) : lowLanes(f, first, used);
      f.update(seen, 'v128.or', all);
    },
    finish() {
      const found = f.op('v128.any_true', seen);
      const result = op === 'any' ? found : f.op('i32.eqz', found);
      const mask = f.op('i32x4.splat', f.op('i32.sub', i32(0), result));
      return { outcome: { dtype: 'bool', vectors: [mask], uniform: true, maskBytes: 8 } };
    },
  };
}

function lowLanes(f: FunctionBuilder, vector: Local, part: number): Local {
  const mask = new Uint8Array(16).fill(255, 0, 16 * part);
  return f.op('v128.and', vector, f.constant(mask));
}
