/**
 * Reduce loops. Floating-point sums and products follow the pairwise tree (`pairwise.ts`); everything else may be
 * combined in any order, so each lane keeps an accumulator of its own and the lanes meet at the end.
 */
import { dtypeTable, isBigint, isFloat, type DType } from '../../ir/dtype.ts';
import type { Accumulator, Statement } from '../../ir/kernel.ts';
import { isPairwise, reductionTable, seedOf, type ArgReduction, type Reduction } from '../../ir/ops.ts';
import { existingLanes, laneNumbers, type PackRange } from './access.ts';
import { i32, type FunctionBuilder, type Local, type Operand } from './assembler/function.ts';
import { emitCast } from './casts.ts';
import { constantPack, extractLane, splatScalar } from './constants.ts';
import type { LoopEmitter } from './emit.ts';
import { maskVectors } from './masks.ts';
import { emitOp } from './ops.ts';
import { laneBytesOf, vectorCount, vectorOf, type LaneBytes, type Pack, type PackContext } from './pack.ts';
import { emitPairwise } from './pairwise.ts';
import { lanesFor } from './width.ts';

/** Stands for the axis of a reduction over none: a sequence of one element. */
const noAxis = -1;

export type Reduce = Extract<Statement, { kind: 'reduce' }>;
export type Monoid = Accumulator & { readonly op: Reduction };

export const isArg = (op: Reduction | ArgReduction): op is ArgReduction => op === 'argmin' || op === 'argmax';

export const isPairwiseAccumulator = (accumulator: Accumulator): accumulator is Monoid =>
  !isArg(accumulator.op) && isPairwise(accumulator.op, accumulator.dtype);

/** An accumulator whose order of combination changes no bit. */
export interface Fold {
  /** Takes the elements of a pack; `position` is the place of its first in the sequence. */
  step(c: PackRange, value: Pack, position: Operand): void;
  /** Brings the lanes together. */
  finish(): Pack;
}

export function emitReduce(reduce: Reduce, emitter: LoopEmitter): void {
  if (reduce.accumulators.some(isPairwiseAccumulator)) {
    emitPairwise(reduce, emitter);
    return;
  }
  const lanes = lanesFor(reduce.body, emitter.kernel);
  const folds = reduce.accumulators.map((accumulator) => foldOf(accumulator, lanes, emitter));
  overSequence(reduce, lanes, emitter, (c, position) => {
    emitter.statements(reduce.body);
    reduce.accumulators.forEach(({ value }, k) => folds[k]?.step(c, emitter.pack(value), position));
  });
  reduce.accumulators.forEach(({ id }, k) => {
    const outcome = folds[k]?.finish();
    if (outcome !== undefined) emitter.setOutcome(id, outcome);
  });
}

/** The axes of a reduction as nested loops, the innermost in packs; `body` gets the place in the sequence. */
function overSequence(
  reduce: Reduce,
  lanes: number,
  emitter: LoopEmitter,
  body: (c: PackRange, position: Operand) => void,
): void {
  const { f } = emitter;
  const counted = reduce.axes.length !== 1 && reduce.accumulators.some(({ op }) => isArg(op));
  const row = counted ? f.variable('i32', i32(0)) : undefined;
  const nest = (axes: readonly number[]): void => {
    const [axis, ...rest] = axes;
    if (axis === undefined) {
      emitter.packAt(noAxis, lanes, f.freeze(f.variable('i32', i32(0))), i32(1), (range) => {
        body(range, i32(0));
      });
      return;
    }
    if (rest.length > 0) {
      emitter.plainLoop(axis, () => {
        emitter.hoist(reduce.body);
        nest(rest);
      });
      return;
    }
    emitter.vectorLoop(axis, lanes, (range, index) => {
      body(range, row === undefined ? index : f.op('i32.add', row, index));
    });
    if (row !== undefined) f.update(row, 'i32.add', emitter.extent(axis));
  };
  nest(reduce.axes);
}

export function foldOf(accumulator: Accumulator, lanes: number, emitter: LoopEmitter): Fold {
  const { op } = accumulator;
  if (isArg(op)) return argFold({ ...accumulator, op }, lanes, emitter);
  if (op === 'any' || op === 'all') return anyFold(op, emitter);
  if (accumulator.dtype === 'bool') return anyFold(op === 'min' ? 'all' : 'any', emitter);
  return laneFold({ ...accumulator, op }, lanes, emitter);
}

/** Only the lanes that exist; the others hold `otherwise`, which changes nothing. */
function masked(c: PackRange, value: Pack, otherwise: Pack): Pack {
  const { f } = c;
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

/** min, max, integer sums and products: one accumulator per lane. */
function laneFold({ op, dtype, element }: Monoid, lanes: number, emitter: LoopEmitter): Fold {
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
      return parts.reduce((x, y) => emitOp(outside, combine, dtype, [x, y]));
    },
  };
}

/** A mask without the lanes that do not exist. */
function maskedBool(c: PackRange, value: Pack): Pack {
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

/** any and all: whether a lane was ever true, or ever false. */
function anyFold(op: 'any' | 'all', emitter: LoopEmitter): Fold {
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
      return { dtype: 'bool', vectors: [mask], uniform: true, maskBytes: 8 };
    },
  };
}

function lowLanes(f: FunctionBuilder, vector: Local, part: number): Local {
  const mask = new Uint8Array(16).fill(255, 0, 16 * part);
  return f.op('v128.and', vector, f.constant(mask));
}

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
    emitOp(c, 'less', 'int32', [at, place]),
  ]);
  return emitOp(c, 'logicalOr', 'bool', [ahead, earlier]);
}

/** The first of the most extreme elements; NaN counts as more extreme than everything. */
function argFold(
  { op, element }: Accumulator & { readonly op: ArgReduction },
  lanes: number,
  emitter: LoopEmitter,
): Fold {
  const { f } = emitter;
  const outside = emitter.context;
  const { min, max } = dtypeTable[element];
  // bool is compared as numbers.
  const dtype: DType = element === 'bool' ? 'uint8' : element;
  const bytes = laneBytesOf(dtype);
  // Places are as wide as the elements where that saves converting masks.
  const placeBytes = bytes === 8 ? 8 : 4;
  const start = constantPack(outside, dtype, op === 'argmin' ? max : min);
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
  return {
    step(c, value, position) {
      const given = emitCast(c, value, dtype);
      const champion = packOf(dtype, champions);
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
          ? f.op('i64x2.splat', f.op('i64.extend_i32_s', position))
          : f.op('i32x4.splat', position);
      const add = placeBytes === 8 ? 'i64x2.add' : 'i32x4.add';
      laneNumbers(f, lanes, placeBytes).forEach((numbers, k) => {
        const [variable, mask] = [places[k], masks[k]];
        if (variable !== undefined && mask !== undefined)
          f.set(variable, f.op('v128.bitselect', f.op(add, here, numbers), variable, mask));
      });
    },
    finish() {
      const context: PackContext = { ...outside, lanes };
      const [values, at] = [packOf(dtype, champions), packOf(placeBytes === 8 ? 'int64' : 'int32', places)];
      const laneOf = (pack: Pack, lane: number): Pack =>
        splatScalar(outside, pack.dtype, extractLane(context, pack, lane));
      const placeOf = (lane: number): Pack => emitCast(outside, laneOf(at, lane), 'int32');
      let [best, place] = [laneOf(values, 0), placeOf(0)];
      for (let lane = 1; lane < lanes; lane++) {
        const [value, here] = [laneOf(values, lane), placeOf(lane)];
        const take = isBefore(outside, op, dtype, value, here, best, place);
        best = emitOp(outside, 'where', dtype, [take, value, best]);
        place = emitOp(outside, 'where', 'int32', [take, here, place]);
      }
      return place;
    },
  };
}
