/**
 * Walks that scan: plain loops, in which accumulators take an element and give the running result to the lines behind.
 *
 * What rounds keeps two states (`ir/scanOrder.ts`): the one within the block at hand, and the one before that block. Both
 * start from the neutral state, which changes no bit of another.
 */
import { monoidOf, type RunningAccumulator, type Scan } from '../../ir/kernel.ts';
import { isArg } from '../../ir/monoids.ts';
import { turnOf } from '../../ir/nest.ts';
import { scanBlock } from '../../ir/scanOrder.ts';
import { assignCombined, finishCode, initial, registersOf } from './accumulators.ts';
import { castCount } from './casts.ts';
import type { LoopContext } from './loopContext.ts';
import type { Scope } from './scope.ts';
import { block, type Code } from '../text/source.ts';

interface Running {
  readonly declare: Code;
  /** Takes the element `value` at `position`, and makes `r<id>` of the running state. */
  readonly take: (value: string, position: string) => Code;
  /** Runs at the end of each block. */
  readonly endBlock: Code;
}

export function emitScan(scan: Scan, emitter: LoopContext, scope: Scope): Code {
  const running = new Map(
    scan.accumulators.map((accumulator) => [accumulator, runningOf(accumulator, emitter)]),
  );
  const endBlock = [...running.values()].flatMap((one) => one.endBlock);
  const [axis, ...more] = scan.axes;
  const isCounted =
    (axis === undefined || more.length > 0) &&
    (endBlock.length > 0 || scan.accumulators.some(({ op }) => isArg(op)));
  const counter = `t${scan.accumulators[0]?.id ?? 0}`;
  const position = isCounted || axis === undefined ? counter : `i${axis}`;
  const turn = (inner: Scope): Code => {
    const code = turnOf(scan, emitter.kernel).flatMap(({ lines, takes }) => [
      ...emitter.steps(lines, inner),
      ...takes.flatMap((accumulator) => {
        const code = running.get(accumulator)?.take(emitter.name(accumulator.value), position) ?? [];
        emitter.outcome(accumulator.id, accumulator.dtype);
        return code;
      }),
    ]);
    return [
      ...inner.head,
      ...code,
      ...(endBlock.length === 0
        ? []
        : block(`if ((${position} & ${scanBlock - 1}) === ${scanBlock - 1})`, endBlock)),
      ...(isCounted ? [`${counter}++;`] : []),
    ];
  };
  const loops = (axes: readonly number[], outer: Scope): Code => {
    const [axis, ...rest] = axes;
    if (axis === undefined) return turn(outer);
    const inner = outer.inner(axis);
    const body = rest.length === 0 ? turn(inner) : loops(rest, inner);
    const head = rest.length === 0 ? [] : inner.head;
    return block(`for (let i${axis} = 0; i${axis} < ${emitter.extent(axis)}; i${axis}++)`, [
      ...head,
      ...body,
    ]);
  };
  return block('', [
    ...[...running.values()].flatMap(({ declare }) => declare),
    ...(isCounted ? [`let ${counter} = 0;`] : []),
    ...(axis === undefined ? block('', turn(scope.inner())) : loops(scan.axes, scope)),
  ]);
}

function runningOf(accumulator: RunningAccumulator, { closure }: LoopContext): Running {
  const monoid = monoidOf(accumulator);
  const { id, dtype } = accumulator;
  const state = registersOf(accumulator, 'state');
  const within = registersOf(accumulator, 'within');
  const before = registersOf(accumulator, 'before');
  const { register } = monoid;
  const result: Code =
    register === undefined
      ? finishCode(accumulator, state, closure)
      : [`const r${id} = ${state[register] ?? ''};`];
  const lifted = (value: string, position: string): Parameters<typeof assignCombined>[4] => {
    return (program) => monoid.lift(program, value, () => castCount(position, dtype, closure));
  };
  const take = (value: string, position: string): Code =>
    monoid.isPairwise
      ? [
          ...assignCombined(accumulator, within, within, closure, lifted(value, position)),
          ...assignCombined(accumulator, state, before, closure, () => within),
        ]
      : assignCombined(accumulator, state, state, closure, lifted(value, position));
  return {
    declare: [
      `let ${initial(monoid, state, monoid.nothing)};`,
      ...(monoid.isPairwise
        ? [within, before].map((registers) => `let ${initial(monoid, registers, monoid.neutral)};`)
        : []),
    ],
    take: (value, position) =>
      accumulator.exclusive ? [...result, ...take(value, position)] : [...take(value, position), ...result],
    endBlock: monoid.isPairwise
      ? [
          ...before.map((register, k) => `${register} = ${state[k] ?? ''};`),
          `${initial(monoid, within, monoid.neutral)};`,
        ]
      : [],
  };
}
