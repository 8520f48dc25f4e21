/**
 * Scans: one invocation per point walks its row from the first element to the last. Rows lie side by side where memory
 * runs across them, so that loads coalesce; a single long row is slow on a GPU.
 *
 * What rounds keeps two states (`ir/scanOrder.ts`), so an element takes part in as many additions as there are in a block,
 * and one for each block.
 */
import { InternalError } from '../../ir/errors.ts';
import { monoidOf, type LoopKernel, type RunningAccumulator, type Scan } from '../../ir/kernel.ts';
import { isArg } from '../../ir/monoids.ts';
import { extentOf, isLine, linesOf, stepsOf, turnOf } from '../../ir/nest.ts';
import { scalarNumbers } from '../../ir/scalarNumbers.ts';
import { scanBlock } from '../../ir/scanOrder.ts';
import { block, type Code } from '../text/source.ts';
import { Body } from './body.ts';
import { declareState, foldOf, stateNames, type Fold } from './folds.ts';
import { decodeIndices } from './map.ts';
import type { Shader } from './program.ts';
import { ShaderWriter } from './shader.ts';

/** What the plan tells a shader that scans: how many points there are, and elements in the row of each. All u32. */
const scanWords = ['points', 'length'] as const;
export type ScanWords = Readonly<Record<(typeof scanWords)[number], number>>;

/** The scan of a kernel; `undefined`: it has other walks. */
export function scanOf(kernel: LoopKernel): Scan | undefined {
  const [scan, ...more] = kernel.points.body.filter((step) => !isLine(step));
  if (scan?.kind !== 'scan') return undefined;
  if (more.length > 0) throw new InternalError('webgpu', 'a scan has other walks beside it');
  return scan;
}

export function scanShader(kernel: LoopKernel, scan: Scan, workgroupSize: number): Shader {
  const writer = new ShaderWriter();
  const body = new Body(writer, kernel, undefined);
  body.bindBuffers(linesOf(stepsOf(kernel)));
  const axesOf = (axes: readonly number[]): Parameters<typeof decodeIndices>[1] =>
    axes.map((axis) => ({ axis, extent: extentOf(kernel, axis), width: 1 }));
  const running = new Map(
    scan.accumulators.map((accumulator) => [accumulator, runningOf(accumulator, writer)]),
  );
  const ends = [...running.values()].flatMap(({ endBlock }) => endBlock);
  const turn: Code = [
    ...decodeIndices('q', axesOf(scan.axes)),
    ...(scan.accumulators.some(({ op }) => isArg(op)) ? ['let position = i32(q);'] : []),
    ...turnOf(scan, kernel).flatMap(({ lines, takes }) => [
      ...lines.flatMap((line) => body.line(line)),
      ...takes.flatMap((accumulator) => {
        const code = running.get(accumulator)?.take(body.name(accumulator.value, 1)) ?? [];
        body.outcome(accumulator.id, accumulator.dtype);
        return code;
      }),
    ]),
    ...(ends.length === 0 ? [] : block(`if ((q & ${scanBlock - 1}u) == ${scanBlock - 1}u)`, ends)),
  ];
  const walk: Code = [
    ...[...running.values()].flatMap(({ declare }) => declare),
    ...block('for (var q = 0u; q < numbers.length; q++)', turn),
  ];
  const code: Code = [
    `let n = group * ${workgroupSize}u + local;`,
    ...block('if (n >= numbers.points)', ['return;']),
    ...decodeIndices('n', axesOf(kernel.points.axes)),
    ...stepsOf(kernel).flatMap((step) => (isLine(step) ? body.line(step) : walk)),
  ];
  return writer.finish(
    workgroupSize,
    { integers: kernel.integers, added: scanWords, scalars: kernel.scalars },
    code,
    'scans, a row for each invocation',
  );
}

interface Running {
  readonly declare: Code;
  /** Takes an element, and makes `r<id>` of the running state. */
  take(value: string): Code;
  /** Runs at the end of each block. */
  readonly endBlock: Code;
}

function runningOf(accumulator: RunningAccumulator, writer: ShaderWriter): Running {
  const fold: Fold = foldOf(accumulator, writer);
  const monoid = monoidOf(accumulator);
  const { id, dtype, exclusive } = accumulator;
  const state = stateNames(fold, 'state_');
  const within = stateNames(fold, 'within_');
  const before = stateNames(fold, 'before_');
  const assign = (into: readonly string[], from: readonly string[]): Code =>
    into.map((name, k) => `${name} = ${from[k] ?? ''};`);
  const result = (): Code => {
    const made =
      typeof fold.outcome === 'number' ? { code: [], value: state[fold.outcome] ?? '' } : fold.outcome(state);
    if (!exclusive) return [...made.code, `let r${id} = ${made.value};`];
    const nothing = writer.constant(dtype, monoid.finish(scalarNumbers, monoid.nothing));
    return [...made.code, `let r${id} = select(${made.value}, ${nothing}, q == 0u);`];
  };
  const lifted = (value: string): Code => {
    const { code, value: parts } = fold.element(value, 'position', 1);
    return [...code, ...parts.map((part, k) => `let ${elementName(id, k)} = ${part};`)];
  };
  const names = fold.registers.map((_, k) => elementName(id, k));
  const update = (value: string): Code =>
    monoid.isPairwise
      ? [
          ...lifted(value),
          ...fold.merge(within, names, 1),
          ...assign(state, before),
          ...fold.merge(state, within, 1),
        ]
      : [...lifted(value), ...fold.merge(state, names, 1)];
  return {
    declare: [state, ...(monoid.isPairwise ? [within, before] : [])].flatMap((names) =>
      declareState(fold, names, 1),
    ),
    take: (value) => (exclusive ? [...result(), ...update(value)] : [...update(value), ...result()]),
    endBlock: monoid.isPairwise ? [...assign(before, state), ...assign(within, fold.seeds)] : [],
  };
}

const elementName = (id: number, register: number): string => `x${id}_${register}`;
