/**
 * Floating-point sums and products in the order of the numerics contract (`pairwise` in ir/reference.ts), in one pass.
 *
 * The tree over n elements is walked from left to right with an explicit stack: `m` is the length of the next leaf,
 * `right[top - 1]` the length still to do right of an open node (negative: being done) and `left` the outcome of its
 * left half. A leaf of at most 128 elements runs in eight lanes, in one of two ways:
 * - unrolled: one axis, the element's code stands eight times in the loop, once per lane;
 * - blocked: any axes and any body, element values go to a block of 128 that is then added up by eight lanes.
 */
import { bare, block, literal, type Code } from '../text/source.ts';
import { seedOf } from '../../ir/ops.ts';
import { isPairwiseAccumulator, type Monoid, type Reduce } from '../../ir/kernel.ts';
import { leafLength, maxDepth, wideDepth } from '../../ir/reference.ts';
import { join } from './accumulators.ts';
import { cast } from './casts.ts';
import type { ElementCode, LoopContext } from './loopContext.ts';
import type { Scope } from './scope.ts';

const lanes = [0, 1, 2, 3, 4, 5, 6, 7] as const;

export function emitPairwise(reduce: Reduce, element: ElementCode, emitter: LoopContext, scope: Scope): Code {
  const sums = reduce.accumulators.filter(isPairwiseAccumulator);
  const [axis, ...more] = reduce.axes;
  const unrolled = reduce.schedule === 'unrolled' && axis !== undefined && more.length === 0;
  const leaf = unrolled
    ? unrolledLeaf(axis, sums, element, emitter, scope)
    : blockedLeaf(reduce.axes, sums, element, emitter, scope);
  const flushes = element.folds.flatMap((fold) => fold.flush ?? []);
  const { closure } = emitter;
  const right = closure.use(
    `$right${sums[0]?.id ?? 0}`,
    emitter.wide ? new Float64Array(wideDepth) : new Int32Array(maxDepth),
  );
  const depth = emitter.wide ? wideDepth : maxDepth;
  const lefts = sums.map(({ id }) => `left${id} = ${closure.use(`$left${id}`, new Float64Array(depth))}`);
  const n = `n${sums[0]?.id ?? 0}`;
  const length = reduce.axes.map((k) => emitter.extent(k)).join(' * ') || '1';
  return [
    `let ${sums.map(({ id, op, dtype }) => `r${id} = ${literal(dtype, op === 'sum' ? 0 : seedOf(op, dtype))}`).join(', ')};`,
    `const ${n} = ${length};`,
    ...block(`if (${n} > 0)`, [
      `const right = ${right}, ${lefts.join(', ')};`,
      `let m = ${n}, top = 0;`,
      ...leaf.declare,
      ...block('for (;;)', [
        ...block(`while (m > ${leafLength})`, [
          emitter.wide ? 'const half = 8 * Math.floor(m / 16);' : 'const half = (m >> 1) & ~7;',
          'right[top++] = m - half;',
          'm = half;',
        ]),
        ...leaf.code,
        ...flushes,
        ...block('while (top > 0 && right[top - 1] < 0)', [
          'top--;',
          ...sums.map((sum) => assign(sum, `r${sum.id}`, `left${sum.id}[top]`, `r${sum.id}`, emitter)),
        ]),
        'if (top === 0) break;',
        ...sums.map(({ id }) => `left${id}[top - 1] = r${id};`),
        'm = right[top - 1];',
        'right[top - 1] = -1;',
      ]),
    ]),
  ];
}

const joined = ({ op, dtype }: Monoid, x: string, y: string, { closure }: LoopContext): string =>
  join(op, dtype, x, y, closure);

/** `into = x joined with y;` */
const assign = (sum: Monoid, into: string, x: string, y: string, emitter: LoopContext): string =>
  `${into} = ${bare(joined(sum, x, y, emitter))};`;

const valueOf = ({ value, element, dtype }: Monoid, emitter: LoopContext): string =>
  cast(emitter.name(value), element, dtype, emitter.closure);

const lane = ({ id }: Monoid, k: number): string => `s${id}_${k}`;

const declareLanes = (sum: Monoid): string =>
  `let ${lanes.map((k) => `${lane(sum, k)} = ${bare(literal(sum.dtype, seedOf(sum.op, sum.dtype)))}`).join(', ')};`;

/** ((0+1)+(2+3))+((4+5)+(6+7)) */
function combineLanes(sum: Monoid, emitter: LoopContext): string {
  const tree = (from: number, count: number): string =>
    count === 1
      ? lane(sum, from)
      : joined(sum, tree(from, count / 2), tree(from + count / 2, count / 2), emitter);
  return `r${sum.id} = ${bare(tree(0, 8))};`;
}

interface Leaf {
  /** State that lives across leaves. */
  readonly declare: Code;
  /** Takes the next `m` elements of the sequence and leaves their outcomes in `r<id>`. */
  readonly code: Code;
}

function unrolledLeaf(
  axis: number,
  sums: readonly Monoid[],
  element: ElementCode,
  emitter: LoopContext,
  scope: Scope,
): Leaf {
  const body = element.emit(scope.inner(axis));
  const take = (sum: Monoid, into: string): string => assign(sum, into, into, valueOf(sum, emitter), emitter);
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
            ...sums.map((sum) => take(sum, lane(sum, k))),
          ]),
        ),
      ),
      ...sums.map((sum) => combineLanes(sum, emitter)),
      ...block('for (; from < end; from++)', [
        `const i${axis} = from;`,
        ...body,
        ...sums.map((sum) => take(sum, `r${sum.id}`)),
      ]),
    ],
  };
}

function blockedLeaf(
  axes: readonly number[],
  sums: readonly Monoid[],
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
    ({ id }) => `block${id} = ${closure.use(`$block${id}`, new Float64Array(leafLength))}`,
  );
  const inBlock = (sum: Monoid, k: number): string => `block${sum.id}[k${k === 0 ? '' : ` + ${k}`}]`;
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
          ...sums.map((sum) => `block${sum.id}[${i} + shift] = ${bare(valueOf(sum, emitter))};`),
        ]),
        'filled = shift + stop;',
        'at = stop;',
        ...(outer.length === 0
          ? []
          : block(`if (at === ${extent})`, ['at = 0;', ...advance(outer, emitter)])),
      ]),
      ...sums.map(declareLanes),
      'let k = 0;',
      ...block('for (const whole = m & ~7; k < whole; k += 8)', [
        ...sums.flatMap((sum) =>
          lanes.map((n) => assign(sum, lane(sum, n), lane(sum, n), inBlock(sum, n), emitter)),
        ),
      ]),
      ...sums.map((sum) => combineLanes(sum, emitter)),
      ...block(
        'for (; k < m; k++)',
        sums.map((sum) => assign(sum, `r${sum.id}`, `r${sum.id}`, inBlock(sum, 0), emitter)),
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
