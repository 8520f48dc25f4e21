/** argmin and argmax: the position of the first of the most extreme elements. NaN is more extreme than everything. */
import { isFloat, type DType } from '../../../ir/dtype.ts';
import type { ArgReduction, Monoid } from '../../../ir/monoids.ts';
import { laneNumbers, type PackRange } from '../loops/access.ts';
import type { Local, Operand } from '../assembler/operands.ts';
import { emitCast } from '../values/casts.ts';
import { constantPack, extractLane, splatScalar } from '../values/constants.ts';
import type { LoopContext } from '../loops/loopContext.ts';
import { maskedBool } from './tailLanes.ts';
import type { Fold } from './fold.ts';
import { maskVectors } from '../values/masks.ts';
import { emitOp } from '../values/ops.ts';
import {
  laneBytesOf,
  vectorCount,
  vectorOf,
  type LaneBytes,
  type Pack,
  type PackContext,
} from '../values/pack.ts';

/** The same place for every lane. */
export const uniformIndex = ({ f }: PackContext, index: Operand): Pack => ({
  dtype: 'int32',
  vectors: [f.op('i32x4.splat', index)],
  uniform: true,
  maskBytes: 1,
});

/** Whether x is more extreme than y. NaN is more extreme than everything else. */
export function beats(c: PackContext, op: ArgReduction, dtype: DType, x: Pack, y: Pack): Pack {
  if (!isFloat(dtype)) return emitOp(c, op === 'argmin' ? 'less' : 'greater', dtype, [x, y]);
  const behind = emitOp(c, op === 'argmin' ? 'greaterEqual' : 'lessEqual', dtype, [x, y]);
  // The comparison lets NaN through; nothing beats a champion that is NaN.
  return emitOp(c, 'logicalAnd', 'bool', [
    emitOp(c, 'logicalNot', 'bool', [behind]),
    emitOp(c, 'equal', dtype, [y, y]),
  ]);
}

/** Whether some lane of x may be more extreme than that of y; tail lanes may do so, too. */
function mayBeat(c: PackContext, op: ArgReduction, dtype: DType, x: Pack, y: Pack): Local {
  const behind = emitOp(c, op === 'argmin' ? 'greaterEqual' : 'lessEqual', dtype, [x, y]);
  const all = behind.vectors.reduce((p, q) => c.f.op('v128.and', p, q));
  return c.f.op('i32.eqz', c.f.op('i8x16.all_true', all));
}

/** Whether x at place `at` comes before y at `place`: it is more extreme, or as extreme and earlier. */
export function isBefore(
  c: PackContext,
  op: ArgReduction,
  dtype: DType,
  x: Pack,
  at: Pack,
  y: Pack,
  place: Pack,
): Pack {
  const ahead = beats(c, op, dtype, x, y);
  const either = emitOp(c, 'logicalOr', 'bool', [ahead, beats(c, op, dtype, y, x)]);
  const earlier = emitOp(c, 'logicalAnd', 'bool', [
    emitOp(c, 'logicalNot', 'bool', [either]),
    emitOp(c, 'less', at.dtype, [at, place]),
  ]);
  return emitOp(c, 'logicalOr', 'bool', [ahead, earlier]);
}

/** The first of the most extreme elements; NaN counts as more extreme than everything. */
export function argFold(op: ArgReduction, monoid: Monoid, lanes: number, emitter: LoopContext): Fold {
  const { f, counts } = emitter;
  const outside = emitter.context;
  const { result: placeDType } = monoid.types;
  const [dtype = 'float64'] = monoid.state;
  const [worst = 0] = monoid.neutral;
  const bytes = laneBytesOf(dtype);
  // Places are as wide as the elements where that saves converting masks.
  const placeBytes = bytes === 8 || counts.isWide ? 8 : 4;
  const start = constantPack(outside, dtype, worst);
  const variables = (initial: Local, width: LaneBytes): readonly Local[] =>
    Array.from({ length: vectorCount(lanes, width) }, () => f.variable('v128', initial));
  const champions = variables(vectorOf(start, 0), bytes);
  const places = variables(f.constant(new Uint8Array(16)), placeBytes);
  const packOf = (type: DType, vectors: readonly Local[]): Pack => ({
    dtype: type,
    vectors: vectors.map((variable) => f.freeze(variable)),
    uniform: false,
    maskBytes: 1,
  });
  /** The lanes that have something better take it. */
  const update = (c: PackRange, given: Pack, champion: Pack, position: Operand): void => {
    const take = maskedBool(c, beats(c, op, dtype, given, champion));
    const wide = maskVectors(c, take, bytes);
    champions.forEach((variable, k) => {
      const mask = wide[k];
      if (mask !== undefined)
        f.set(variable, f.op('v128.bitselect', vectorOf(given, k), vectorOf(champion, k), mask));
    });
    const masks = maskVectors(c, take, placeBytes);
    const here =
      placeBytes === 8
        ? f.op('i64x2.splat', counts.isWide ? position : f.op('i64.extend_i32_s', position))
        : f.op('i32x4.splat', position);
    const add = placeBytes === 8 ? 'i64x2.add' : 'i32x4.add';
    laneNumbers(f, lanes, placeBytes).forEach((numbers, k) => {
      const [variable, mask] = [places[k], masks[k]];
      if (variable !== undefined && mask !== undefined)
        f.set(variable, f.op('v128.bitselect', f.op(add, here, numbers), variable, mask));
    });
  };
  return {
    step(c, value, position) {
      const given = emitCast(c, value, dtype);
      const champion = packOf(dtype, champions);
      // Something better is rare: to find that there is nothing takes a comparison per vector.
      f.if(mayBeat(c, op, dtype, given, champion), () => {
        update(c, given, champion, position);
      });
    },
    finish() {
      const context: PackContext = { ...outside, lanes };
      const [values, at] = [packOf(dtype, champions), packOf(placeBytes === 8 ? 'int64' : 'int32', places)];
      const laneOf = (pack: Pack, lane: number): Pack =>
        splatScalar(outside, pack.dtype, extractLane(context, pack, lane));
      const placeOf = (lane: number): Pack => emitCast(outside, laneOf(at, lane), placeDType);
      let [best, place] = [laneOf(values, 0), placeOf(0)];
      for (let lane = 1; lane < lanes; lane++) {
        const [value, here] = [laneOf(values, lane), placeOf(lane)];
        const take = isBefore(outside, op, dtype, value, here, best, place);
        best = emitOp(outside, 'where', dtype, [take, value, best]);
        place = emitOp(outside, 'where', placeDType, [take, here, place]);
      }
      return [best, place];
    },
  };
}
