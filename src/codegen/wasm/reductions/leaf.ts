/**
 * The leaves of the pairwise tree: eight states side by side, one a lane, that take packs of eight elements; and the
 * elements of a leaf in memory.
 */
import type { DType } from '../../../ir/dtype.ts';
import { InternalError } from '../../../ir/errors.ts';
import { monoidOf, type Accumulator } from '../../../ir/kernel.ts';
import type { Reduction } from '../../../ir/monoids.ts';
import { leafLanes } from '../../../ir/pairwiseTree.ts';
import type { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';
import { loadContiguous, loadUniform, storeContiguous, storeWhole, type PackRange } from '../loops/access.ts';
import type { LoopContext } from '../loops/loopContext.ts';
import { constantOf, constantPack, extractLane, splatScalar } from '../values/constants.ts';
import { laneBytesOf, vectorCount, vectorOf, type Pack, type PackContext } from '../values/pack.ts';
import { allNow, PackVariable, setAll } from '../values/packVariable.ts';
import { scalarPacks } from '../values/scalarPacks.ts';
import { shapeOf } from '../values/vectors.ts';

export interface Lanes {
  /** Every lane takes an element, given by its state. */
  take(c: PackContext, elements: readonly Pack[]): void;
  /** The lanes as one, ((0+1)+(2+3))+((4+5)+(6+7)), in every lane. */
  joined(): readonly Pack[];
}

export const lanesOf = (sum: Accumulator, emitter: LoopContext): Lanes => {
  const instruction = instructions[sum.op];
  return instruction === undefined ? stateLanes(sum, emitter) : vectorLanes(sum, instruction, emitter);
};

/** Reductions that are one instruction, whose operands may change places: lanes meet where they are. */
const instructions: Partial<Record<Reduction, string>> = { sum: 'add', prod: 'mul' };

const startOf = (sum: Accumulator, emitter: LoopContext): readonly PackVariable[] => {
  const { state, neutral } = monoidOf(sum);
  const c = { ...emitter.context, lanes: leafLanes };
  return state.map((dtype, k) =>
    PackVariable.ofLanes(c, constantPack(emitter.context, dtype, neutral[k] ?? 0)),
  );
};

function stateLanes(sum: Accumulator, emitter: LoopContext): Lanes {
  const monoid = monoidOf(sum);
  const outside = emitter.context;
  const state = startOf(sum, emitter);
  return {
    take(c, elements) {
      setAll(state, monoid.combine(scalarPacks(c), allNow(state), elements));
    },
    joined() {
      const c = { ...outside, lanes: leafLanes };
      return joinedLanes(c, allNow(state), (half, x, y) => monoid.combine(scalarPacks(half), x, y));
    },
  };
}

/** Neighbouring lanes meet until one is left. */
function joinedLanes(
  c: PackContext,
  state: readonly Pack[],
  join: (c: PackContext, x: readonly Pack[], y: readonly Pack[]) => readonly Pack[],
): readonly Pack[] {
  if (c.lanes === 1) return state;
  const half = { ...c, lanes: c.lanes / 2 };
  const halves = ([0, 1] as const).map((odd) => state.map((pack) => everySecond(c, pack, odd)));
  const [even = [], odd = []] = halves;
  return joinedLanes(half, join(half, even, odd), join);
}

/** The lanes 0, 2, ... of a pack, or 1, 3, ...; of two, the one in every lane. */
function everySecond(c: PackContext, pack: Pack, odd: 0 | 1): Pack {
  if (pack.uniform) return pack;
  if (c.lanes === 2) return splatScalar(c, pack.dtype, extractLane(c, pack, odd));
  const bytes = pack.dtype === 'bool' ? pack.maskBytes : laneBytesOf(pack.dtype);
  const chosen = Array.from({ length: 16 }, (_, k) => {
    const lane = Math.floor(k / bytes);
    return (2 * lane + odd) * bytes + (k % bytes);
  });
  const vectors = Array.from({ length: vectorCount(c.lanes / 2, bytes) }, (_, k) =>
    c.f.lane(
      'i8x16.shuffle',
      chosen,
      vectorOf(pack, 2 * k),
      pack.vectors[2 * k + 1] ?? vectorOf(pack, 2 * k),
    ),
  );
  return { ...pack, vectors };
}

function vectorLanes(sum: Accumulator, instruction: string, emitter: LoopContext): Lanes {
  const { f } = emitter;
  const { dtype } = sum;
  const code = `${shapeOf(dtype)}.${instruction}`;
  const variables = startOf(sum, emitter).flatMap((register) => register.variables);
  return {
    take(_, [element]) {
      if (element === undefined) return;
      variables.forEach((variable, k) => {
        f.update(variable, code, vectorOf(element, k));
      });
    },
    joined: () => [
      { dtype, vectors: [acrossLanes(f, code, laneBytesOf(dtype), variables)], uniform: true, maskBytes: 1 },
    ],
  };
}

function acrossLanes(f: FunctionBuilder, code: string, bytes: number, variables: readonly Local[]): Local {
  let parts = variables.map((vector) => f.freeze(vector));
  for (let distance: number = bytes; distance < 16; distance *= 2) {
    const lanes = Array.from({ length: 16 }, (_, k) => k ^ distance);
    parts = parts.map((part) => f.op(code, part, f.lane('i8x16.shuffle', lanes, part, part)));
  }
  while (parts.length > 1)
    parts = Array.from({ length: parts.length / 2 }, (_, k) => {
      const [x, y] = [parts[2 * k], parts[2 * k + 1]];
      return x === undefined || y === undefined ? x : f.op(code, x, y);
    }).filter((part) => part !== undefined);
  const [all] = parts;
  if (all === undefined) throw new InternalError('wasm', 'no lanes');
  return all;
}

/** Memory for the states of elements; a register that is the same constant for all of them takes none. */
export class ElementMemory {
  readonly #sum: Accumulator;
  readonly #emitter: LoopContext;
  readonly #registers: readonly { readonly dtype: DType; readonly bytes: number; readonly address: Local }[];
  readonly #constants = new Map<number, Pack>();

  constructor(sum: Accumulator, bytesPerRegister: number, emitter: LoopContext) {
    this.#sum = sum;
    this.#emitter = emitter;
    this.#registers = monoidOf(sum).state.map((dtype) => ({
      dtype,
      bytes: laneBytesOf(dtype),
      address: emitter.scratch(bytesPerRegister),
    }));
  }

  /** Puts the elements of a pack to `position` on, as many as there are; without a position to the start, all lanes. */
  store(c: PackRange, elements: readonly Pack[], position?: Operand): void {
    const { f, context } = this.#emitter;
    const constants = elements.map((pack) => constantOf(f, pack));
    const storesNone = constants.every((value) => value !== undefined);
    elements.forEach((pack, k) => {
      const [register, constant] = [this.#registers[k], constants[k]];
      if (register === undefined) return;
      const { dtype, bytes, address } = register;
      // One of them always lies there, to count by.
      if (constant !== undefined && !(storesNone && k === 0))
        this.#constants.set(k, constantPack(context, dtype, constant));
      else if (position === undefined) storeWhole(c, address, pack);
      else
        storeContiguous(c, {
          address: f.op('i32.add', address, f.op('i32.mul', position, i32(bytes))),
          pack,
        });
    });
  }

  /** Takes the first `count` elements, which fill packs. */
  packs(count: Operand, take: (c: PackContext, elements: readonly Pack[]) => void): void {
    const { f, module } = this.#emitter;
    const c = { f, module, lanes: leafLanes };
    this.#each(i32(0), count, leafLanes, (at) => {
      take(
        c,
        this.#loaded(at, (dtype, address) => loadContiguous(c, dtype, address)),
      );
    });
  }

  /** Combines elements from `from` on into a state, one after another. */
  addTo(result: readonly PackVariable[], from: Operand, count: Operand): void {
    const { context } = this.#emitter;
    const monoid = monoidOf(this.#sum);
    this.#each(from, count, 1, (at) => {
      const element = this.#loaded(at, (dtype, address) => loadUniform(context, dtype, address));
      setAll(result, monoid.combine(scalarPacks(context), allNow(result), element));
    });
  }

  #each(from: Operand, count: Operand, step: number, body: (at: ReadonlyMap<number, Local>) => void): void {
    const { f } = this.#emitter;
    const stored = this.#registers.flatMap(({ bytes, address }, k) => {
      if (this.#constants.has(k)) return [];
      const start = f.op('i32.add', address, f.op('i32.mul', from, i32(bytes)));
      return [{ k, bytes, start, at: f.variable('i32', start) }];
    });
    const [first] = stored;
    if (first === undefined) throw new InternalError('wasm', 'no element is in memory');
    const end = f.op('i32.add', first.start, f.op('i32.mul', count, i32(first.bytes)));
    f.block((done) => {
      f.loop((again) => {
        f.branch(done, f.op('i32.ge_u', first.at, end));
        body(new Map(stored.map(({ k, at }) => [k, at])));
        for (const { at, bytes } of stored) f.update(at, 'i32.add', i32(step * bytes));
        f.branch(again);
      });
    });
  }

  #loaded(at: ReadonlyMap<number, Local>, load: (dtype: DType, address: Local) => Pack): readonly Pack[] {
    return this.#registers.map(({ dtype }, k) => {
      const address = at.get(k);
      const constant = this.#constants.get(k);
      if (constant !== undefined) return constant;
      if (address === undefined) throw new InternalError('wasm', 'an element is not in memory');
      return load(dtype, address);
    });
  }
}
