/**
 * Loads and stores at computed places. There is no instruction for a pack of them: they go lane by lane. Updates at
 * computed places meet in the order of the lanes, which is that of the loop; values and indices are computed in packs
 * all the same. Where every lane has the same index and the elements are adjacent, they are loaded, combined and stored
 * as packs.
 */
import { bytesOf, computeDType, isInteger, type DType } from '../../../ir/dtype.ts';
import { InternalError } from '../../../ir/errors.ts';
import {
  strideOf,
  type GatherTerm,
  type KernelIndex,
  type KernelValue,
  type Scatter,
  type Store,
} from '../../../ir/kernel.ts';
import { combined, indexPurpose } from '../../../ir/scatter.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { f64, i32, type Local, type Operand } from '../assembler/operands.ts';
import { indexError } from '../module/context.ts';
import { extractLane, splatScalar } from '../values/constants.ts';
import { laneBytesOf, type Pack, type PackContext } from '../values/pack.ts';
import { packMachine } from '../values/ops.ts';
import { loadContiguous, loadLanes, loadUniform, storeContiguous, storeUniform } from './access.ts';
import { isWithin } from './guards.ts';
import type { LoopContext } from './loopContext.ts';

export function emitGather(value: Extract<KernelValue, { kind: 'load' }>, emitter: LoopContext): Pack {
  const { buffer, index, gathers, dtype, guard } = value;
  const addressOf = addresses(emitter, { buffer, index, dtype, gathers, operation: 'take' });
  const { vector, f } = emitter;
  /** Indices are checked only where there is an element. */
  const guarded = (lane: number): Operand => {
    if (guard === undefined) return addressOf(lane);
    const address = f.variable('i32', emitter.address(buffer, { offset: { literal: 0 }, terms: [] }, dtype));
    f.if(isWithin(emitter, guard, lane), () => {
      f.set(address, addressOf(lane));
    });
    return f.freeze(address);
  };
  if (vector === undefined) return loadUniform(emitter.context, dtype, guarded(0));
  emitter.module.note(`b${buffer} gathered lane by lane: there is no instruction for it`);
  return loadLanes(vector.range, dtype, guarded);
}

export function emitScatter(store: Store, { gathers, op }: Scatter, emitter: LoopContext): void {
  const { kernel, vector, module, f } = emitter;
  const { buffer, index } = store;
  const stored = kernel.buffers[buffer];
  if (stored === undefined) throw new InternalError('wasm', `the kernel has no buffer ${buffer}`);
  const dtype = computeDType(stored.dtype);
  const updates = emitter.pack(store.value);
  const addressOf = addresses(emitter, { buffer, index, dtype, gathers, operation: 'scatter' });
  const meet = (c: PackContext, there: () => Pack, update: Pack): Pack =>
    op === 'set' ? update : combined(packMachine(c), op, dtype, there(), update);
  const single: PackContext = { f, module, lanes: 1 };
  const one = (address: Operand, update: Pack): void => {
    storeUniform(
      single,
      address,
      meet(single, () => loadUniform(single, dtype, address), update),
    );
  };
  if (vector === undefined) {
    one(addressOf(0), updates);
    return;
  }
  const { axis, range } = vector;
  const isOnePlace = gathers.every(({ value }) => emitter.pack(value).uniform);
  if (isOnePlace && strideOf(index, axis) === 1) {
    const address = addressOf(0);
    const pack = meet(range, () => loadContiguous(range, dtype, address), updates);
    storeContiguous(range, { address, pack });
    return;
  }
  module.note(`b${buffer} updated lane by lane along i${axis}: in order`);
  const lane = (k: number): void => {
    const update = updates.uniform ? updates : splatScalar(single, dtype, extractLane(range, updates, k));
    one(addressOf(k), update);
  };
  lane(0);
  for (let k = 1; k < range.lanes; k++)
    f.if(f.op('i32.gt_s', range.remaining, i32(k)), () => {
      lane(k);
    });
}

interface Places {
  readonly buffer: number;
  readonly index: KernelIndex;
  readonly dtype: DType;
  readonly gathers: readonly GatherTerm[];
  /** For the error of an index outside. */
  readonly operation: 'take' | 'scatter';
}

/** Gives the address of a lane; its indices are checked there. */
function addresses(
  emitter: LoopContext,
  { buffer, index, dtype, gathers, operation }: Places,
): (lane: number) => Operand {
  const { f, vector } = emitter;
  const bytes = laneBytesOf(dtype);
  const base = emitter.address(buffer, index, dtype);
  const indices = gathers.map(({ value, stride, size, axis }) => ({
    pack: emitter.pack(value),
    stride: emitter.addresses.bytes(stride, bytes),
    size: emitter.addresses.count(size),
    purpose: indexPurpose(axis, operation),
  }));
  const inLane = (lane: number): Operand =>
    lane === 0 || vector === undefined
      ? base
      : f.op('i32.add', base, f.op('i32.mul', emitter.stride(index, vector.axis, bytes), i32(lane)));
  return (lane) =>
    indices.reduce<Operand>(
      (sum, { pack, stride, size, purpose }) =>
        f.op('i32.add', sum, f.op('i32.mul', resolved(emitter, pack, lane, size, purpose), stride)),
      inLane(lane),
    );
}

/** An index from the data: negative from the end; one outside the axis is an error. */
function resolved(
  { f, context, counts, module }: LoopContext,
  pack: Pack,
  lane: number,
  size: Operand,
  purpose: number,
): Operand {
  const given = extractLane(context, pack, pack.uniform ? 0 : lane);
  const failUnless = (inside: Operand): void => {
    f.if(f.op('i32.eqz', inside), () => {
      const extent = f.op(`f64.convert_${counts.type}_s`, size);
      f.call(module.import(indexError), [asDouble(f, given, pack.dtype), extent, i32(purpose)]);
    });
  };
  if (!counts.isWide && bytesOf(pack.dtype) <= 4 && isInteger(pack.dtype)) {
    const negative = f.op('i32.lt_s', given, i32(0));
    const counted = f.op('select', f.op('i32.add', given, size), given, negative);
    const place = pack.dtype === 'uint32' ? given : counted;
    failUnless(f.op('i32.lt_u', place, size));
    return place;
  }
  const index = asDouble(f, given, pack.dtype);
  const extent = f.op(`f64.convert_${counts.type}_s`, size);
  const negative = f.op('f64.lt', index, f64(0));
  const place = f.op('select', f.op('f64.add', index, extent), index, negative);
  failUnless(f.op('i32.and', f.op('f64.ge', place, f64(0)), f.op('f64.lt', place, extent)));
  return counts.isWide ? counts.low(f.op('i64.trunc_sat_f64_s', place)) : f.op('i32.trunc_sat_f64_s', place);
}

function asDouble(f: FunctionBuilder, scalar: Local, dtype: DType): Local {
  switch (dtype) {
    case 'int64':
      return f.op('f64.convert_i64_s', scalar);
    case 'uint64':
      return f.op('f64.convert_i64_u', scalar);
    case 'uint32':
      return f.op('f64.convert_i32_u', scalar);
    case 'float64':
      return scalar;
    case 'float32':
      return f.op('f64.promote_f32', scalar);
    default:
      return f.op('f64.convert_i32_s', scalar);
  }
}
