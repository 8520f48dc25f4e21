/**
 * Accumulators whose order of combination changes no bit: each lane keeps one of its own, and the lanes meet at the
 * end. (What rounds follows a tree: pairwise.ts.)
 */
import { isBigint, isFloat } from '../../../ir/dtype.ts';
import { monoidOf, type Accumulator } from '../../../ir/kernel.ts';
import type { Monoid, Reduction } from '../../../ir/monoids.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { laneNumbers, type PackRange } from '../loops/access.ts';
import type { LoopContext } from '../loops/loopContext.ts';
import { emitCast } from '../values/casts.ts';
import { constantPack, extractLane, splatScalar } from '../values/constants.ts';
import { emitOp, packMachine } from '../values/ops.ts';
import type { Pack, PackContext } from '../values/pack.ts';
import { allNow, PackVariable, setAll } from '../values/packVariable.ts';
import { numberPack } from '../values/vectors.ts';
import { extremeFold } from './extremes.ts';
import type { Fold } from './fold.ts';
import { argFold } from './positions.ts';
import { masked, maskedBool } from './tailLanes.ts';

export function foldOf(accumulator: Accumulator, lanes: number, emitter: LoopContext): Fold {
  const monoid = monoidOf(accumulator);
  return overrides[monoid.name]?.(monoid, lanes, emitter) ?? laneFold(monoid, lanes, emitter);
}

type Override = (monoid: Monoid, lanes: number, emitter: LoopContext) => Fold | undefined;

const ofFloats: Override = (monoid, lanes, emitter) =>
  isFloat(monoid.types.result) ? extremeFold(monoid, lanes, emitter) : undefined;

/** Faster code for some reductions, where it applies. */
const overrides: Partial<Record<Reduction, Override>> = {
  min: ofFloats,
  max: ofFloats,
  any: (_, __, emitter) => anyFold('any', emitter),
  all: (_, __, emitter) => anyFold('all', emitter),
  argmin: (monoid, lanes, emitter) => argFold('argmin', monoid, lanes, emitter),
  argmax: (monoid, lanes, emitter) => argFold('argmax', monoid, lanes, emitter),
  sum: (monoid, lanes, emitter) =>
    monoid.types.element === monoid.types.result ? undefined : wideningSum(monoid, lanes, emitter),
};

/** Any reduction: a state per lane. */
function laneFold(monoid: Monoid, lanes: number, emitter: LoopContext): Fold {
  return statePerLane(monoid, lanes, emitter, (c, value, position) => {
    const m = packMachine(c);
    const state = monoid.lift(m, value, () => positions(c, monoid, position, emitter));
    return state.map((pack, k) => {
      const dtype = monoid.state[k] ?? pack.dtype;
      return masked(c, pack, constantPack(emitter.context, dtype, monoid.neutral[k] ?? 0));
    });
  });
}

/** In a sum of narrower integers the tail lanes become zero before they are widened. */
function wideningSum(monoid: Monoid, lanes: number, emitter: LoopContext): Fold {
  const { element, result } = monoid.types;
  const zero = constantPack(emitter.context, element, isBigint(element) ? 0n : 0);
  return statePerLane(monoid, lanes, emitter, (c, value) => [emitCast(c, masked(c, value, zero), result)]);
}

/** `elements`: the states of a pack of elements, neutral where there is none. */
function statePerLane(
  monoid: Monoid,
  lanes: number,
  emitter: LoopContext,
  elements: (c: PackRange, value: Pack, position: Operand) => readonly Pack[],
): Fold {
  const outside = emitter.context;
  const context: PackContext = { ...outside, lanes };
  const state = monoid.state.map((dtype, k) =>
    PackVariable.ofLanes(context, constantPack(outside, dtype, monoid.neutral[k] ?? 0)),
  );
  return {
    step(c, value, position) {
      const next = elements(c, value, position);
      setAll(state, monoid.combine(packMachine(c), allNow(state), next));
    },
    finish() {
      const now = allNow(state);
      const parts = Array.from({ length: lanes }, (_, lane) =>
        now.map((pack) => splatScalar(outside, pack.dtype, extractLane(context, pack, lane))),
      );
      return parts.reduce((x, y) => [...monoid.combine(packMachine(outside), x, y)]);
    },
  };
}

/** The positions of the elements of a pack, the first of which is known. */
function positions(c: PackRange, { types }: Monoid, first: Operand, { counts }: LoopContext): Pack {
  const { f } = c;
  const dtype = counts.isWide ? 'int64' : 'int32';
  const shape = counts.isWide ? 'i64x2' : 'i32x4';
  const here = f.op(`${shape}.splat`, first);
  const numbers = laneNumbers(f, c.lanes, counts.isWide ? 8 : 4);
  const vectors = numbers.map((lane) => f.op(`${shape}.add`, here, lane));
  return emitCast(c, numberPack(dtype, vectors, false), types.result);
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
      return [{ dtype: 'bool', vectors: [mask], uniform: true, maskBytes: 8 }];
    },
  };
}

function lowLanes(f: FunctionBuilder, vector: Local, part: number): Local {
  const mask = new Uint8Array(16).fill(255, 0, 16 * part);
  return f.op('v128.and', vector, f.constant(mask));
}
