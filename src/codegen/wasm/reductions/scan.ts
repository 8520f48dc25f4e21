/**
 * Walks that scan. The turns of a scan follow each other, so its loops are plain. Where rows lie side by side in memory,
 * the loop over rows around the scan runs in packs instead, and each lane scans a row of its own.
 *
 * What rounds keeps two states (`ir/scanOrder.ts`): the one within the block at hand, and the one before that block. Both
 * start from the neutral state, which changes no bit of another.
 */
import {
  monoidOf,
  strideOf,
  type LoopKernel,
  type Loops,
  type RunningAccumulator,
  type Scan,
  type Step,
} from '../../../ir/kernel.ts';
import { isArg } from '../../../ir/monoids.ts';
import { accessesOf, isLine, linesIn, turnOf } from '../../../ir/nest.ts';
import { scanBlock } from '../../../ir/scanOrder.ts';
import type { Operand } from '../assembler/operands.ts';
import type { LoopContext } from '../loops/loopContext.ts';
import { emitCast } from '../values/casts.ts';
import { constantPack } from '../values/constants.ts';
import { emitOp, packMachine } from '../values/ops.ts';
import type { Pack } from '../values/pack.ts';
import { allNow, PackVariable, setAll } from '../values/packVariable.ts';
import { numberPack } from '../values/vectors.ts';
import { orderKeysOf, type OrderKeys } from './orderKeys.ts';

/** Whether the loop over rows around scans is better run in packs: the rows lie side by side. */
export function scannedColumns({ axes, body }: Loops<Step>, kernel: LoopKernel): boolean {
  const [axis, ...more] = axes;
  if (axis === undefined || more.length > 0) return false;
  if (!body.every((step) => isLine(step) || step.kind === 'scan')) return false;
  const moving = body
    .filter((step) => step.kind === 'scan')
    .flatMap((scan) =>
      accessesOf(linesIn(scan), kernel).filter(({ index }) =>
        scan.axes.some((other) => strideOf(index, other) !== 0),
      ),
    );
  return (
    moving.some(({ gathered }) => !gathered) &&
    moving.every(({ gathered, index }) => gathered || strideOf(index, axis) === 1)
  );
}

interface Running {
  /** Takes an element, and makes the result known that is read from here on. */
  take(value: Pack, position: Operand): void;
  /** Runs at the end of each block. */
  endBlock: (() => void) | undefined;
}

export function emitScan(scan: Scan, emitter: LoopContext): void {
  const { f, counts } = emitter;
  const running = new Map(
    scan.accumulators.map((accumulator) => [accumulator, runningOf(accumulator, emitter)]),
  );
  const ends = [...running.values()].flatMap(({ endBlock }) => endBlock ?? []);
  const isCounted =
    scan.axes.length > 1 && (ends.length > 0 || scan.accumulators.some(({ op }) => isArg(op)));
  const counter = isCounted ? f.variable(counts.type, counts.of(0), 'position') : undefined;
  const turn = (): void => {
    const axis = scan.axes.at(-1);
    const position =
      counter === undefined ? (axis === undefined ? counts.of(0) : emitter.indexOf(axis)) : f.freeze(counter);
    for (const { lines, takes } of turnOf(scan, emitter.kernel)) {
      emitter.steps(lines);
      for (const accumulator of takes)
        running.get(accumulator)?.take(emitter.pack(accumulator.value), position);
    }
    if (ends.length > 0) {
      const last = counts.of(scanBlock - 1);
      f.if(counts.op('eq', counts.op('and', position, last), last), () => {
        for (const end of ends) end();
      });
    }
    if (counter !== undefined) f.update(counter, `${counts.type}.add`, counts.of(1));
  };
  const nest = (axes: readonly number[]): void => {
    const [axis, ...rest] = axes;
    if (axis === undefined) turn();
    else
      emitter.plainLoop(axis, () => {
        emitter.hoist(scan.body);
        nest(rest);
      });
  };
  for (const axis of scan.axes) emitter.module.note(`i${axis} one by one: a scan`);
  nest(scan.axes);
}

function runningOf(accumulator: RunningAccumulator, emitter: LoopContext): Running {
  const monoid = monoidOf(accumulator);
  const keys = orderKeysOf(monoid);
  return keys === undefined ? stateOf(accumulator, emitter) : extremeOf(accumulator, keys, emitter);
}

/** The running minimum or maximum of floats. */
function extremeOf(accumulator: RunningAccumulator, keys: OrderKeys, emitter: LoopContext): Running {
  const monoid = monoidOf(accumulator);
  const { context: c } = emitter;
  const { result } = monoid.types;
  const worst = keys.of(c, constantPack(c, result, monoid.neutral[0] ?? 0));
  const extreme = c.lanes === 1 ? new PackVariable(c, worst) : PackVariable.ofLanes(c, worst);
  const give = (): void => {
    emitter.setOutcome(accumulator.id, keys.back(c, extreme.now()));
  };
  return {
    take(value) {
      if (accumulator.exclusive) give();
      const key = keys.of(c, emitCast(c, value, result));
      extreme.set(
        emitOp(c, monoid.name === 'min' ? 'minimum' : 'maximum', worst.dtype, [extreme.now(), key]),
      );
      if (!accumulator.exclusive) give();
    },
    endBlock: undefined,
  };
}

/** Any reduction. */
function stateOf(accumulator: RunningAccumulator, emitter: LoopContext): Running {
  const monoid = monoidOf(accumulator);
  const { context: c } = emitter;
  const registers = (values: typeof monoid.neutral): readonly PackVariable[] =>
    monoid.state.map((dtype, k) => {
      const start = constantPack(c, dtype, values[k] ?? 0);
      return c.lanes === 1 ? new PackVariable(c, start) : PackVariable.ofLanes(c, start);
    });
  const neutral = (): readonly Pack[] =>
    monoid.state.map((dtype, k) => constantPack(c, dtype, monoid.neutral[k] ?? 0));
  const state = registers(monoid.nothing);
  const give = (): void => {
    emitter.setState(accumulator, allNow(state));
  };
  const lifted = (value: Pack, position: Operand): readonly Pack[] =>
    monoid.lift(packMachine(c), value, () => positionPack(position, monoid.types.result, emitter));
  const combined = (first: readonly PackVariable[], second: readonly Pack[]): readonly Pack[] =>
    monoid.combine(packMachine(c), allNow(first), second);
  if (!monoid.isPairwise)
    return {
      take(value, position) {
        if (accumulator.exclusive) give();
        setAll(state, combined(state, lifted(value, position)));
        if (!accumulator.exclusive) give();
      },
      endBlock: undefined,
    };
  const within = registers(monoid.neutral);
  const before = registers(monoid.neutral);
  return {
    take(value, position) {
      if (accumulator.exclusive) give();
      setAll(within, combined(within, lifted(value, position)));
      setAll(state, combined(before, allNow(within)));
      if (!accumulator.exclusive) give();
    },
    endBlock() {
      setAll(before, allNow(state));
      setAll(within, neutral());
    },
  };
}

/** The position of an element in its sequence, the same in every lane. */
function positionPack(position: Operand, result: Pack['dtype'], { f, context, counts }: LoopContext): Pack {
  const [dtype, shape] = counts.isWide ? (['int64', 'i64x2'] as const) : (['int32', 'i32x4'] as const);
  return emitCast(context, numberPack(dtype, [f.op(`${shape}.splat`, position)], true), result);
}
