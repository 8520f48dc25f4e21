/**
 * Loads and stores of packs: contiguous elements as whole vectors, others lane by lane.
 *
 * The last pack of a loop may be partial. Contiguous loads then read past the end (memory behind every buffer may be
 * read); everything else touches only the lanes that exist, so the code of a pack stands once and an element's value
 * does not depend on where it falls.
 */
import type { DType } from '../../../ir/dtype.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { bytesFromMask, maskFromBytes } from '../values/masks.ts';
import {
  laneBytesOf,
  vectorCount,
  vectorOf,
  type LaneBytes,
  type Pack,
  type PackContext,
} from '../values/pack.ts';

/** The current pack in a vector loop. */
export interface PackRange extends PackContext {
  /** How many elements there are from here to the end of the loop. */
  readonly remaining: Operand;
  /** Whether they fill the pack. */
  readonly full: Operand;
}

const laneName = (bytes: LaneBytes): string => `${8 * bytes}_lane`;

/** Loaded bytes become masks, everything else is what it is. */
function packOf(c: PackContext, dtype: DType, vectors: readonly Local[], uniform: boolean): Pack {
  if (dtype !== 'bool') return { dtype, vectors, uniform, maskBytes: 1 };
  return maskFromBytes(c, vectors, uniform);
}

/** One element, for every lane. */
export function loadUniform(c: PackContext, dtype: DType, address: Operand, offset = 0): Pack {
  const vector = c.f.load(`v128.load${8 * laneBytesOf(dtype)}_splat`, address, offset);
  return packOf(c, dtype, [vector], true);
}

/** Consecutive elements from `address` on. */
export function loadContiguous(c: PackContext, dtype: DType, address: Operand): Pack {
  const bytes = laneBytesOf(dtype);
  const size = c.lanes * bytes;
  const vectors =
    size >= 16
      ? Array.from({ length: vectorCount(c.lanes, bytes) }, (_, k) => c.f.load('v128.load', address, 16 * k))
      : [
          c.f.load(
            size === 8 ? 'v128.load64_zero' : size === 4 ? 'v128.load32_zero' : 'v128.load16_splat',
            address,
          ),
        ];
  return packOf(c, dtype, vectors, false);
}

/** Elements `stride` bytes apart. */
export function loadStrided(c: PackRange, dtype: DType, address: Operand, stride: Operand): Pack {
  return loadLanes(c, dtype, (lane) => laneAddress(c.f, address, stride, lane));
}

function laneAddress(f: FunctionBuilder, address: Operand, stride: Operand, lane: number): Operand {
  if (lane === 0) return address;
  return f.op('i32.add', address, lane === 1 ? stride : f.op('i32.mul', stride, i32(lane)));
}

/** Each lane from its own address; the addresses of tail lanes are not computed. */
export function loadLanes(c: PackRange, dtype: DType, addressOf: (lane: number) => Operand): Pack {
  const { f } = c;
  const bytes = laneBytesOf(dtype);
  const perVector = Math.min(c.lanes, 16 / bytes);
  const zero = f.constant(new Uint8Array(16));
  const vectors = Array.from({ length: vectorCount(c.lanes, bytes) }, () => f.variable('v128', zero));
  const loadLane = (lane: number): void => {
    const vector = vectors[Math.floor(lane / perVector)];
    if (vector === undefined) return;
    f.set(vector, f.loadLane(`v128.load${laneName(bytes)}`, addressOf(lane), vector, lane % perVector));
  };
  const lanes = Array.from({ length: c.lanes }, (_, lane) => lane);
  f.if(
    c.full,
    () => {
      lanes.forEach(loadLane);
    },
    () => {
      for (const lane of lanes.slice(0, -1))
        f.if(f.op('i32.gt_s', c.remaining, i32(lane)), () => {
          loadLane(lane);
        });
    },
  );
  return packOf(
    c,
    dtype,
    vectors.map((vector) => f.freeze(vector)),
    false,
  );
}

/** The vectors that go to memory: masks become bytes. */
function storedVectors(c: PackContext, pack: Pack): readonly Local[] {
  return pack.dtype === 'bool' ? bytesFromMask(c, pack) : pack.vectors;
}

/** One element; `pack` is uniform. */
export function storeUniform(c: PackContext, address: Operand, pack: Pack, offset = 0): void {
  const [vector] = storedVectors(c, pack);
  if (vector !== undefined)
    c.f.storeLane(`v128.store${laneName(laneBytesOf(pack.dtype))}`, address, vector, 0, offset);
}

/** Consecutive elements from `address` on, all lanes there are or not. */
export function storeWhole(c: PackContext, address: Operand, pack: Pack): void {
  const bytes = laneBytesOf(pack.dtype);
  const stored: Pack = { ...pack, vectors: storedVectors(c, pack) };
  const size = c.lanes * bytes;
  if (size >= 16)
    for (let k = 0; k < size / 16; k++) c.f.store('v128.store', address, vectorOf(stored, k), 16 * k);
  else c.f.storeLane(`v128.store${8 * size}_lane`, address, vectorOf(stored, 0), 0);
}

/** Consecutive elements from `address` on. */
export interface ContiguousStore {
  readonly address: Operand;
  readonly pack: Pack;
}

/** Consecutive elements from each address on, without the tail lanes. */
export function storeContiguous(c: PackRange, ...stores: readonly ContiguousStore[]): void {
  const { f } = c;
  const packs = stores.map(({ pack }): Pack => ({ ...pack, vectors: storedVectors(c, pack) }));
  f.if(
    c.full,
    () => {
      for (const { address, pack } of stores) storeWhole(c, address, pack);
    },
    () => {
      eachTailLane(c, (lane) => {
        stores.forEach(({ address }, k) => {
          const stored = packs[k];
          if (stored === undefined) return;
          const bytes = laneBytesOf(stored.dtype);
          storeLane(f, stored, bytes, lane, c.lanes, (at) => [address, at * bytes]);
        });
      });
    },
  );
}

/** Elements `stride` bytes apart, without the tail lanes. */
export function storeStrided(c: PackRange, address: Operand, stride: Operand, pack: Pack): void {
  const { f } = c;
  const bytes = laneBytesOf(pack.dtype);
  const stored: Pack = { ...pack, vectors: storedVectors(c, pack) };
  const at = (lane: number): readonly [Operand, number] => [laneAddress(f, address, stride, lane), 0];
  f.if(
    c.full,
    () => {
      for (let lane = 0; lane < c.lanes; lane++) storeLane(f, stored, bytes, lane, c.lanes, at);
    },
    () => {
      eachTailLane(c, (lane) => {
        storeLane(f, stored, bytes, lane, c.lanes, at);
      });
    },
  );
}

/** Emits `body` for each lane that a partial pack may have. */
function eachTailLane({ f, lanes, remaining }: PackRange, body: (lane: number) => void): void {
  for (let lane = 0; lane < lanes - 1; lane++)
    f.if(f.op('i32.gt_s', remaining, i32(lane)), () => {
      body(lane);
    });
}

function storeLane(
  f: FunctionBuilder,
  stored: Pack,
  bytes: LaneBytes,
  lane: number,
  lanes: number,
  at: (lane: number) => readonly [Operand, number],
): void {
  const perVector = Math.min(lanes, 16 / bytes);
  const vector = vectorOf(stored, Math.floor(lane / perVector));
  const [address, offset] = at(lane);
  f.storeLane(`v128.store${laneName(bytes)}`, address, vector, stored.uniform ? 0 : lane % perVector, offset);
}

/** All ones in the valid lanes of a partial pack, zeros in its tail lanes, at a width of `bytes`. */
export function validLanes(c: PackRange, bytes: LaneBytes): readonly Local[] {
  const { f } = c;
  const shape = { 1: 'i8x16', 2: 'i16x8', 4: 'i32x4', 8: 'i64x2' }[bytes];
  const remaining = bytes === 8 ? f.op('i64.extend_i32_s', c.remaining) : c.remaining;
  const count = f.op(`${shape}.splat`, remaining);
  return laneNumbers(f, c.lanes, bytes).map((numbers) => f.op(`${shape}.lt_s`, numbers, count));
}

/** 0, 1, 2, ... as integers of `bytes` bytes. */
export function laneNumbers(f: FunctionBuilder, lanes: number, bytes: LaneBytes): readonly Local[] {
  const perVector = 16 / bytes;
  return Array.from({ length: vectorCount(lanes, bytes) }, (_, k) => {
    const constant = new Uint8Array(16);
    for (let lane = 0; lane < perVector; lane++) constant[lane * bytes] = k * perVector + lane;
    return f.constant(constant);
  });
}
