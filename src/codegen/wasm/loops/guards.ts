/**
 * Values near the edges of a pad.
 *
 * A guarded load never branches. Where the pack has no element at all it reads the first ones of the buffer instead; a
 * pack that straddles an edge reads whole vectors, a few bytes beyond the row, which may be read before and after every
 * buffer. The pad above puts its fill there: by masks, in the few packs that are not wholly inside.
 */
import { strideOf, type KernelRange, type KernelValue } from '../../../ir/kernel.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { combineMasks, maskVectors } from '../values/masks.ts';
import { laneBytesOf, vectorCount, vectorOf, type Pack } from '../values/pack.ts';
import { eachVector, maskPack, numberPack } from '../values/vectors.ts';
import { laneNumbers, loadContiguous, loadLanes, loadUniform } from './access.ts';
import type { LoopContext } from './loopContext.ts';

type GuardedLoad = Extract<KernelValue, { kind: 'load' }>;

/** The ranges that are left or entered within a pack, and the others. */
function divided(
  guard: readonly KernelRange[],
  { vector }: LoopContext,
): { readonly fixed: readonly KernelRange[]; readonly moving: readonly KernelRange[] } {
  if (vector === undefined) return { fixed: guard, moving: [] };
  const moves = ({ index }: KernelRange): boolean => strideOf(index, vector.axis) !== 0;
  return { fixed: guard.filter((range) => !moves(range)), moving: guard.filter(moves) };
}

/** Whether a lane of the pack is in all of these ranges, as an i32. */
export const isWithin = (emitter: LoopContext, ranges: readonly KernelRange[], lane = 0): Operand =>
  both(
    emitter,
    ranges.map((range) =>
      emitter.counts.op('lt_u', positionOf(emitter, range, lane), emitter.addresses.count(range.size)),
    ),
  );

const both = ({ f }: LoopContext, conditions: readonly Operand[]): Operand =>
  conditions.length === 0 ? i32(1) : conditions.reduce((x, y) => f.op('i32.and', x, y));

function positionOf(emitter: LoopContext, { index }: KernelRange, lane: number): Operand {
  const { counts, addresses, open, vector } = emitter;
  const first = addresses.position(index, open);
  const stride = index.terms.find(({ axis }) => axis === vector?.axis)?.stride;
  if (lane === 0 || stride === undefined) return first;
  return counts.op('add', first, counts.op('mul', counts.of(lane), addresses.count(stride)));
}

export function emitGuardedLoad(
  load: GuardedLoad,
  guard: readonly KernelRange[],
  emitter: LoopContext,
): Pack {
  const { buffer, index, dtype } = load;
  const { f, vector, context, counts, addresses } = emitter;
  const address = emitter.address(buffer, index, dtype);
  const start = emitter.address(buffer, { offset: { literal: 0 }, terms: [] }, dtype);
  const placeIf = (condition: Operand, place: Operand): Operand => f.op('select', place, start, condition);
  if (vector === undefined) return loadUniform(context, dtype, placeIf(isWithin(emitter, guard), address));
  const { axis, range } = vector;
  const { fixed, moving } = divided(guard, emitter);
  const stride = strideOf(index, axis);
  const last = moving.at(-1);
  if (stride === 0 && last === undefined)
    return loadUniform(context, dtype, placeIf(isWithin(emitter, fixed), address));
  if (stride === 1 && (last === undefined || strideOf(last.index, axis) === 1)) {
    // Of the ranges of an axis, the last is that of what lies in memory: if a lane is in it, all are near.
    const beyond = counts.of(range.lanes - 1);
    const near =
      last === undefined
        ? []
        : [
            counts.op(
              'lt_u',
              counts.op('add', positionOf(emitter, last, 0), beyond),
              counts.op('add', addresses.count(last.size), beyond),
            ),
          ];
    return loadContiguous(range, dtype, placeIf(both(emitter, [isWithin(emitter, fixed), ...near]), address));
  }
  emitter.module.note(`b${buffer} read lane by lane along i${axis}: not adjacent`);
  const step = emitter.stride(index, axis, laneBytesOf(dtype));
  return loadLanes(range, dtype, (lane) => {
    const place = lane === 0 ? address : f.op('i32.add', address, f.op('i32.mul', step, i32(lane)));
    return placeIf(isWithin(emitter, guard, lane), place);
  });
}

/** `value` in the lanes within all ranges, `fill` in the others. */
export function emitPad(guard: readonly KernelRange[], value: Pack, fill: Pack, emitter: LoopContext): Pack {
  const { f, vector, context } = emitter;
  const { dtype } = value;
  const { fixed, moving } = divided(guard, emitter);
  if (vector === undefined || moving.length === 0) {
    const condition = isWithin(emitter, fixed);
    const code = (x: Local, y: Local): Local => f.op('select', x, y, condition);
    if (dtype === 'bool') return combineMasks(context, [value, fill], code);
    return numberPack(dtype, ...eachVector(context, laneBytesOf(dtype), [value, fill], code));
  }
  if (dtype === 'bool')
    return combineMasks(context, [maskOf(fixed, moving, emitter), value, fill], (mask, x, y) =>
      f.op('v128.bitselect', x, y, mask),
    );
  const bytes = laneBytesOf(dtype);
  const { lanes } = context;
  const isInside = both(emitter, [isWithin(emitter, guard), isWithin(emitter, moving, lanes - 1)]);
  const values = Array.from({ length: vectorCount(lanes, bytes) }, (_, k) => vectorOf(value, k));
  const vectors = f.choose(f.op('i32.eqz', isInside), values, () => {
    const masks = maskVectors(context, maskOf(fixed, moving, emitter), bytes);
    return values.map((x, k) => f.op('v128.bitselect', x, vectorOf(fill, k), masks[k] ?? x));
  });
  return numberPack(dtype, vectors, false);
}

/** Which lanes are within all ranges. */
function maskOf(fixed: readonly KernelRange[], moving: readonly KernelRange[], emitter: LoopContext): Pack {
  const { f, context, counts, vector, addresses } = emitter;
  const bytes = counts.isWide ? 8 : 4;
  const shape = counts.isWide ? 'i64x2' : 'i32x4';
  const splat = (count: Operand): Local => f.op(`${shape}.splat`, count);
  const inRange = ({ index, size }: KernelRange): readonly Local[] => {
    const stride = index.terms.find(({ axis }) => axis === vector?.axis)?.stride ?? { literal: 0 };
    const [first, end] = [splat(addresses.position(index, emitter.open)), splat(addresses.count(size))];
    return laneNumbers(f, context.lanes, bytes).map((numbers) => {
      const isAdjacent = 'literal' in stride && stride.literal === 1;
      const steps = isAdjacent ? numbers : f.op(`${shape}.mul`, numbers, splat(addresses.count(stride)));
      const at = f.op(`${shape}.add`, first, steps);
      if (!counts.isWide) return f.op('i32x4.lt_u', at, end);
      return f.op('v128.and', f.op('i64x2.ge_s', at, splat(counts.of(0))), f.op('i64x2.lt_s', at, end));
    });
  };
  const also =
    fixed.length === 0 ? [] : [f.op('i32x4.splat', f.op('i32.sub', i32(0), isWithin(emitter, fixed)))];
  const lists = moving.map(inRange);
  const vectors = Array.from({ length: vectorCount(context.lanes, bytes) }, (_, k) =>
    [...lists.flatMap((list) => list[k] ?? []), ...also].reduce((x, y) => f.op('v128.and', x, y)),
  );
  return maskPack(vectors, bytes, false);
}
