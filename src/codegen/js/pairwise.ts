/**
 * Reductions that round, in the order of the numerics contract (`ir/pairwiseTree.ts`), in one pass.
 *
 * The tree over n elements is walked from left to right with an explicit stack: `m` is the length of the next leaf,
 * `right[top - 1]` the length still to do right of an open node (negative: being done) and `left` the outcome of its
 * left half. A leaf of at most 128 elements runs in eight lanes, in one of two ways:
 * - unrolled: one axis, the element's code stands eight times in the loop, once per lane;
 * - blocked: any axes and any body, element values go to a block of 128 that is then added up by eight lanes.
 */
import { allocate, isFloat, type ComputeDType, type TypedArray } from '../../ir/dtype.ts';
import { isPairwise, monoidOf, type Accumulator, type Reduce } from '../../ir/kernel.ts';
import { joinLanes, leafLanes, leafLength, maxDepth, wideDepth } from '../../ir/pairwiseTree.ts';
import {
  assignCombined,
  finishCode,
  initial,
  joinedExpression,
  registersOf,
  programOf,
} from './accumulators.ts';
import type { ElementCode, LoopContext } from './loopContext.ts';
import type { Scope } from './scope.ts';
import { bare, block, type Code } from '../text/source.ts';

const lanes = Array.from({ length: leafLanes }, (_, k) => k);

export function emitPairwise(reduce: Reduce, element: ElementCode, emitter: LoopContext, scope: Scope): Code {
  const sums = reduce.accumulators.filter(isPairwise);
  const [axis, ...more] = reduce.axes;
  const unrolled = reduce.schedule === 'unrolled' && axis !== undefined && more.length === 0;
  const leaf = unrolled
    ? unrolledLeaf(axis, sums, element, emitter, scope)
    : blockedLeaf(reduce.axes, sums, element, emitter, scope);
  const flushes = element.folds.flatMap((fold) => fold.flush ?? []);
  const { closure } = emitter;
  const depth = emitter.wide ? wideDepth : maxDepth;
  const right = closure.use(`$right${sums[0]?.id ?? 0}`, rightStack(emitter.wide));
  const lefts = sums.flatMap((sum) =>
    registersOf(sum, 'left').map((left, k) => {
      const array = closure.use(`$${left}`, arrayOf(monoidOf(sum).state[k] ?? 'float64', depth));
      return `${left} = ${array}`;
    }),
  );
  const n = `n${sums[0]?.id ?? 0}`;
  const length = reduce.axes.map((k) => emitter.extent(k)).join(' * ') || '1';
  return [
    `let ${sums.map((sum) => initial(monoidOf(sum), registersOf(sum), monoidOf(sum).nothing)).join(', ')};`,
    `const ${n} = ${length};`,
    ...block(`if (${n} > 0)`, [
      `const right = ${right}, ${lefts.join(', ')};`,
      `let m = ${n}, top = 0;`,
      ...leaf.declare,
      ...walkTree('right', emitter.wide, {
        leaf: [...leaf.code, ...flushes],
        join: sums.flatMap((sum) =>
          assignCombined(sum, registersOf(sum), inArrays(sum, 'left', 'top'), closure, () =>
            registersOf(sum),
          ),
        ),
        save: sums.flatMap((sum) =>
          inArrays(sum, 'left', 'top - 1').map((place, k) => `${place} = ${registersOf(sum)[k] ?? ''};`),
        ),
      }),
    ]),
    ...sums.flatMap((sum) => finishCode(sum, registersOf(sum), closure)),
  ];
}

/** The lengths still to do right of open nodes. */
export const rightStack = (wide: boolean): TypedArray =>
  wide ? new Float64Array(wideDepth) : new Int32Array(maxDepth);

/**
 * Walks the tree over `m` elements from left to right. `leaf` takes the next `m`; `join` puts what was kept of a left half,
 * at `top`, in front of what was done last; `save` keeps that at `top - 1`.
 */
export function walkTree(
  right: string,
  wide: boolean,
  code: { readonly leaf: Code; readonly join: Code; readonly save: Code },
): Code {
  return block('for (;;)', [
    ...block(`while (m > ${leafLength})`, [
      wide
        ? `const half = ${leafLanes} * Math.floor(m / ${2 * leafLanes});`
        : `const half = (m >> 1) & ~${leafLanes - 1};`,
      `${right}[top++] = m - half;`,
      'm = half;',
    ]),
    ...code.leaf,
    ...block(`while (top > 0 && ${right}[top - 1] < 0)`, ['top--;', ...code.join]),
    'if (top === 0) break;',
    ...code.save,
    `m = ${right}[top - 1];`,
    `${right}[top - 1] = -1;`,
  ]);
}

/** Memory for values in generated code; those of float32 are doubles there. */
export const arrayOf = (dtype: ComputeDType, length: number): TypedArray =>
  allocate(isFloat(dtype) ? 'float64' : dtype, length);

/** The state of an accumulator in arrays, one a register. */
const inArrays = (sum: Accumulator, prefix: string, index: string): readonly string[] =>
  registersOf(sum, prefix).map((array) => `${array}[${index}]`);

const lane = (sum: Accumulator, k: number): readonly string[] => registersOf(sum, 's', `_${k}`);

const declareLanes = (sum: Accumulator): string =>
  `let ${lanes.map((k) => initial(monoidOf(sum), lane(sum, k), monoidOf(sum).neutral)).join(', ')};`;

/** `into = into with the element`. */
const take = (sum: Accumulator, into: readonly string[], element: string, { closure }: LoopContext): Code =>
  assignCombined(sum, into, into, closure, (program) => monoidOf(sum).lift(program, element));

/** The lanes together. */
export function combineLanes(
  sum: Accumulator,
  lane: (k: number) => readonly string[],
  into: readonly string[],
  { closure }: LoopContext,
): Code {
  const plain = joinLanes<string | undefined>(
    (k) => lane(k)[0],
    (x, y) => (x === undefined || y === undefined ? undefined : joinedExpression(sum, x, y, closure)),
  );
  if (plain !== undefined) return [`${into[0] ?? ''} = ${bare(plain)};`];
  const program = programOf(sum, closure);
  const joined = joinLanes(lane, (x, y) => monoidOf(sum).combine(program, x, y));
  return block('', [
    ...program.lines,
    ...into.map((register, k) => `${register} = ${bare(joined[k] ?? '')};`),
  ]);
}

interface Leaf {
  /** State that lives across leaves. */
  readonly declare: Code;
  /** Takes the next `m` elements of the sequence and leaves their outcomes in `r<id>`. */
  readonly code: Code;
}

function unrolledLeaf(
  axis: number,
  sums: readonly Accumulator[],
  element: ElementCode,
  emitter: LoopContext,
  scope: Scope,
): Leaf {
  const body = element.emit(scope.inner(axis));
  const next = (sum: Accumulator, into: readonly string[]): Code =>
    take(sum, into, emitter.name(sum.value), emitter);
  return {
    declare: ['let from = 0;'],
    code: [
      ...sums.map(declareLanes),
      'const end = from + m, whole = end - (m & 7);',
      ...block(
        'for (; from < whole; from += 8)',
        lanes.flatMap((k) =>
          block('', [
            `const i${axis} = from${k === 0 ? '' : ` + ${k}`};`,
            ...body,
            ...sums.flatMap((sum) => next(sum, lane(sum, k))),
          ]),
        ),
      ),
      ...sums.flatMap((sum) => combineLanes(sum, (k) => lane(sum, k), registersOf(sum), emitter)),
      ...block('for (; from < end; from++)', [
        `const i${axis} = from;`,
        ...body,
        ...sums.flatMap((sum) => next(sum, registersOf(sum))),
      ]),
    ],
  };
}

function blockedLeaf(
  axes: readonly number[],
  sums: readonly Accumulator[],
  element: ElementCode,
  emitter: LoopContext,
  scope: Scope,
): Leaf {
  const { closure } = emitter;
  const outer = axes.slice(0, -1);
  const axis = axes.at(-1);
  const run = scope.inner(...outer);
  const body = element.emit(axis === undefined ? run.inner() : run.inner(axis));
  const i = axis === undefined ? 'k' : `i${axis}`;
  const extent = axis === undefined ? '1' : emitter.extent(axis);
  const blocks = sums.map(
    ({ id, element }) => `block${id} = ${closure.use(`$block${id}`, arrayOf(element, leafLength))}`,
  );
  const fromBlock = ({ id, element }: Accumulator, k: number): string => {
    const place = `block${id}[k${k === 0 ? '' : ` + ${k}`}]`;
    return element === 'bool' ? `(${place} !== 0)` : place;
  };
  const intoBlock = ({ value, element }: Accumulator): string =>
    element === 'bool' ? `${emitter.name(value)} ? 1 : 0` : bare(emitter.name(value));
  return {
    declare: [
      `const ${blocks.join(', ')};`,
      `let ${[...outer.map((k) => `i${k} = 0`), 'at = 0'].join(', ')};`,
    ],
    code: [
      ...block('for (let filled = 0; filled < m;)', [
        ...run.head,
        `const stop = Math.min(${extent}, at + m - filled), shift = filled - at;`,
        ...block(`for (let ${i} = at; ${i} < stop; ${i}++)`, [
          ...body,
          ...sums.map((sum) => `block${sum.id}[${i} + shift] = ${intoBlock(sum)};`),
        ]),
        'filled = shift + stop;',
        'at = stop;',
        ...(outer.length === 0
          ? []
          : block(`if (at === ${extent})`, ['at = 0;', ...advance(outer, emitter)])),
      ]),
      ...sums.map(declareLanes),
      'let k = 0;',
      ...block(`for (const whole = m & ~${leafLanes - 1}; k < whole; k += ${leafLanes})`, [
        ...sums.flatMap((sum) => lanes.flatMap((n) => take(sum, lane(sum, n), fromBlock(sum, n), emitter))),
      ]),
      ...sums.flatMap((sum) => combineLanes(sum, (k) => lane(sum, k), registersOf(sum), emitter)),
      ...block(
        'for (; k < m; k++)',
        sums.flatMap((sum) => take(sum, registersOf(sum), fromBlock(sum, 0), emitter)),
      ),
    ],
  };
}

/** The next index of the axes around the innermost one, as an odometer. */
function advance(axes: readonly number[], emitter: LoopContext): Code {
  const axis = axes.at(-1);
  if (axis === undefined) return [];
  const carry = advance(axes.slice(0, -1), emitter);
  const step = `i${axis}++;`;
  return carry.length === 0
    ? [step]
    : [step, ...block(`if (i${axis} === ${emitter.extent(axis)})`, [`i${axis} = 0;`, ...carry])];
}
