/**
 * Reductions along an outer axis, a tile of columns at a time.
 *
 * `for each column, for each row` strides through memory: every element touches another cache line. Where the
 * columns are adjacent in memory the two loops change places: rows outside, a tile of columns inside, with one
 * accumulator (eight lanes for float sums) per column. Each column still sees its rows in the order and in the tree
 * of the numerics contract, so the bits are those of the plain loops. What is computed per column between the
 * reductions goes to one-tile arrays.
 */
import { allocate, isBigint, type DType } from '../../ir/dtype.ts';
import {
  argsOf,
  isArg,
  isPairwiseAccumulator,
  strideOf,
  type KernelValue,
  type Monoid,
  type Statement,
  type ValueId,
} from '../../ir/kernel.ts';
import { seedOf } from '../../ir/ops.ts';
import { leafLength, maxDepth } from '../../ir/reference.ts';
import { join } from './accumulators.ts';
import { cast } from './casts.ts';
import type { LoopContext, Reduce } from './loopContext.ts';
import type { Scope } from './scope.ts';
import { bare, block, literal, type Code } from '../text/source.ts';

type Loop = Extract<Statement, { kind: 'loop' }>;

/** Columns of one tile: 4 KiB of float64 per array, so that eight lanes fit the first-level cache. */
const tile = 256;
const lanes = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Whether a loop over columns is better run tile by tile: its reductions read adjacent columns and distant rows. */
export function isColumnLoop(loop: Loop, valueOf: (id: ValueId) => KernelValue): boolean {
  const reduces = loop.body.filter((statement) => statement.kind === 'reduce');
  if (reduces.length === 0 || loop.body.some(({ kind }) => kind === 'loop')) return false;
  let adjacent = 0;
  for (const { axes, body, accumulators } of reduces) {
    const [axis, ...more] = axes;
    if (axis === undefined || more.length > 0) return false;
    if (accumulators.some(({ op, dtype }) => isArg(op) || isBigint(dtype))) return false;
    for (const statement of body) {
      if (statement.kind !== 'let') return false;
      const value = valueOf(statement.value);
      if (value.kind !== 'load') continue;
      if (strideOf(value.index, axis) === 1) return false;
      if (strideOf(value.index, loop.axis) === 1 && strideOf(value.index, axis) !== 0) adjacent++;
    }
  }
  return adjacent > 0;
}

export function emitColumnLoop(loop: Loop, emitter: LoopContext, scope: Scope): Code {
  return new ColumnEmitter(loop, emitter, scope).code();
}

class ColumnEmitter {
  readonly #loop: Loop;
  readonly #emitter: LoopContext;
  readonly #scope: Scope;
  /** Values kept per column, and outcomes, by name. */
  readonly #kept = new Map<ValueId, DType>();
  readonly #outcomes = new Map<number, DType>();

  constructor(loop: Loop, emitter: LoopContext, scope: Scope) {
    this.#loop = loop;
    this.#emitter = emitter;
    this.#scope = scope;
  }

  code(): Code {
    const extent = this.#emitter.extent(this.#loop.axis);
    const body: (string | Code)[] = [];
    let pending: Statement[] = [];
    for (const statement of this.#loop.body) {
      if (statement.kind !== 'reduce') {
        pending.push(statement);
        continue;
      }
      body.push(...this.#perColumn(pending), ...this.#reduce(statement));
      pending = [];
    }
    body.push(...this.#perColumn(pending));
    return block(`for (let t0 = 0; t0 < ${extent}; t0 += ${tile})`, [
      `const t1 = Math.min(t0 + ${tile}, ${extent}), width = t1 - t0;`,
      ...body,
    ]);
  }

  // --- what runs once per column -----------------------------------------------------------------------------

  #perColumn(statements: readonly Statement[]): Code {
    if (statements.length === 0) return [];
    const inner = this.#scope.inner(this.#loop.axis);
    const reads = this.#reads(statements);
    const body = this.#emitter.statements(statements, inner);
    const writes = statements.flatMap((statement) => {
      if (statement.kind !== 'let') return [];
      const { dtype } = this.#emitter.value(statement.value);
      this.#kept.set(statement.value, dtype);
      return [this.#write(`v${statement.value}`, dtype)];
    });
    return this.#columns([...reads, ...inner.head, ...body, ...writes]);
  }

  #columns(body: Code): Code {
    const i = `i${this.#loop.axis}`;
    return block(`for (let ${i} = t0; ${i} < t1; ${i}++)`, [`const k = ${i} - t0;`, ...body]);
  }

  /** Declares what `statements` use of earlier columns' values. */
  #reads(statements: readonly Statement[], values: readonly ValueId[] = []): Code {
    const used = new Set<ValueId>(values);
    const visit = (statement: Statement): void => {
      if (statement.kind === 'store') used.add(statement.value);
      else if (statement.kind === 'let')
        for (const arg of argsOf(this.#emitter.value(statement.value))) used.add(arg);
    };
    statements.forEach(visit);
    const lines: string[] = [];
    for (const id of used) {
      const dtype = this.#kept.get(id);
      if (dtype !== undefined) lines.push(this.#read(`v${id}`, dtype));
      const value = this.#emitter.value(id);
      const outcome = value.kind === 'result' ? this.#outcomes.get(value.accumulator) : undefined;
      if (value.kind === 'result' && outcome !== undefined)
        lines.push(this.#read(`r${value.accumulator}`, outcome));
    }
    return lines;
  }

  #array(name: string, dtype: DType, length = tile): string {
    const { closure } = this.#emitter;
    const known = closure.values.get(`$${name}`);
    return closure.use(`$${name}`, known ?? allocate(dtype === 'float32' ? 'float64' : dtype, length));
  }

  #read(name: string, dtype: DType): string {
    return `const ${name} = ${this.#array(name, dtype)}[k]${dtype === 'bool' ? ' !== 0' : ''};`;
  }

  #write(name: string, dtype: DType): string {
    return `${this.#array(name, dtype)}[k] = ${dtype === 'bool' ? `${name} ? 1 : 0` : name};`;
  }

  // --- reductions --------------------------------------------------------------------------------------------

  #reduce(reduce: Reduce): Code {
    const monoids = reduce.accumulators.filter(
      (accumulator): accumulator is Monoid => !isArg(accumulator.op),
    );
    const sums = monoids.filter(isPairwiseAccumulator);
    const others = monoids.filter((monoid) => !isPairwiseAccumulator(monoid));
    // Sums of no rows are +0; a sum of some starts anew in its leaves.
    const declare = monoids.map((monoid) => {
      const { id, op, dtype } = monoid;
      const start = op === 'sum' && isPairwiseAccumulator(monoid) ? 0 : seedOf(op, dtype);
      return `${this.#array(`r${id}`, dtype)}.fill(${this.#stored(dtype, literal(dtype, start))});`;
    });
    const code = block('', [
      ...declare,
      ...(sums.length === 0 ? this.#plainRows(reduce, others) : this.#pairwiseRows(reduce, sums, others)),
    ]);
    for (const { id, dtype } of monoids) {
      this.#outcomes.set(id, dtype);
      this.#emitter.outcome(id, dtype);
    }
    return code;
  }

  #stored(dtype: DType, expression: string): string {
    return dtype === 'bool' ? `${expression} ? 1 : 0` : bare(expression);
  }

  /** One row: every column of the tile takes its element. `into` says where each sum goes. */
  #row(
    reduce: Reduce,
    sums: readonly Monoid[],
    others: readonly Monoid[],
    into: (sum: Monoid) => string,
  ): Code {
    const row = this.#scope.inner(...reduce.axes);
    const column = row.inner(this.#loop.axis);
    const reads = this.#reads(
      reduce.body,
      reduce.accumulators.map(({ value }) => value),
    );
    const body = this.#emitter.statements(reduce.body, column);
    const steps = [
      ...sums.map((sum) => `${into(sum)} = ${bare(this.#joined(sum, into(sum), this.#element(sum)))};`),
      ...others.map((other) => {
        const place = `${this.#array(`r${other.id}`, other.dtype)}[k]`;
        const before = other.dtype === 'bool' ? `${place} !== 0` : place;
        return `${place} = ${this.#stored(other.dtype, this.#joined(other, other.dtype === 'bool' ? `(${before})` : before, this.#element(other)))};`;
      }),
    ];
    return [...row.head, ...this.#columns([...reads, ...column.head, ...body, ...steps])];
  }

  #joined({ op, dtype }: Monoid, x: string, y: string): string {
    return join(op, dtype, x, y, this.#emitter.closure);
  }

  #element({ value, element, dtype }: Monoid): string {
    return cast(this.#emitter.name(value), element, dtype, this.#emitter.closure);
  }

  #plainRows(reduce: Reduce, others: readonly Monoid[]): Code {
    const axis = reduce.axes[0] ?? 0;
    return block(
      `for (let i${axis} = 0; i${axis} < ${this.#emitter.extent(axis)}; i${axis}++)`,
      this.#row(reduce, [], others, () => ''),
    );
  }

  /** The tree walk of pairwise.ts, with a tile of columns in place of one sequence. */
  #pairwiseRows(reduce: Reduce, sums: readonly Monoid[], others: readonly Monoid[]): Code {
    const axis = reduce.axes[0] ?? 0;
    const { closure } = this.#emitter;
    const right = closure.use(`$right${sums[0]?.id ?? 0}`, new Int32Array(maxDepth));
    const laneArray = ({ id }: Monoid): string => this.#array(`lanes${id}`, 'float64', lanes.length * tile);
    const leftArray = ({ id }: Monoid): string => this.#array(`left${id}`, 'float64', maxDepth * tile);
    const result = ({ id, dtype }: Monoid): string => this.#array(`r${id}`, dtype);
    const tree = (sum: Monoid, from: number, count: number): string =>
      count === 1
        ? `${laneArray(sum)}[${from === 0 ? '' : `${from * tile} + `}k]`
        : this.#joined(sum, tree(sum, from, count / 2), tree(sum, from + count / 2, count / 2));
    const eachColumn = (lines: readonly string[]): Code => block('for (let k = 0; k < width; k++)', lines);
    return block(`if (${this.#emitter.extent(axis)} > 0)`, [
      `let m = ${this.#emitter.extent(axis)}, top = 0, from = 0;`,
      ...block('for (;;)', [
        ...block(`while (m > ${leafLength})`, [
          'const half = (m >> 1) & ~7;',
          `${right}[top++] = m - half;`,
          'm = half;',
        ]),
        ...sums.map(
          (sum) => `${laneArray(sum)}.fill(${bare(literal(sum.dtype, seedOf(sum.op, sum.dtype)))});`,
        ),
        'const end = from + m, whole = end - (m & 7);',
        // Leaves start at multiples of eight, so the row number gives the lane.
        ...block('for (; from < whole; from++)', [
          `const i${axis} = from, lane = (from & 7) * ${tile};`,
          ...this.#row(reduce, sums, others, (sum) => `${laneArray(sum)}[lane + k]`),
        ]),
        ...eachColumn(sums.map((sum) => `${result(sum)}[k] = ${bare(tree(sum, 0, 8))};`)),
        ...block('for (; from < end; from++)', [
          `const i${axis} = from;`,
          ...this.#row(reduce, sums, others, (sum) => `${result(sum)}[k]`),
        ]),
        ...block(`while (top > 0 && ${right}[top - 1] < 0)`, [
          'top--;',
          ...eachColumn(
            sums.map(
              (sum) =>
                `${result(sum)}[k] = ${bare(this.#joined(sum, `${leftArray(sum)}[top * ${tile} + k]`, `${result(sum)}[k]`))};`,
            ),
          ),
        ]),
        'if (top === 0) break;',
        ...sums.map((sum) => `${leftArray(sum)}.set(${result(sum)}, (top - 1) * ${tile});`),
        `m = ${right}[top - 1];`,
        `${right}[top - 1] = -1;`,
      ]),
    ]);
  }
}
