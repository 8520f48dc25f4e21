/** Tiles of columns (`../columns.ts`) as JavaScript: values per column are in arrays of the closure. */
import { allocate, isBigint, type DType } from '../../ir/dtype.ts';
import {
  isArg,
  isPairwiseAccumulator,
  type Accumulator,
  type Line,
  type Monoid,
  type Reduce,
  type ValueId,
} from '../../ir/kernel.ts';
import { seedOf } from '../../ir/ops.ts';
import { leafLength, maxDepth } from '../../ir/reference.ts';
import { columnTile, usedBy, type Columns } from '../columns.ts';
import { join } from './accumulators.ts';
import { cast } from './casts.ts';
import type { LoopContext } from './loopContext.ts';
import type { Scope } from './scope.ts';
import { bare, block, literal, type Code } from '../text/source.ts';

const lanes = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** Positions and 64-bit integers are left to the plain loops. */
export const inColumns = ({ op, dtype }: Accumulator): boolean => !isArg(op) && !isBigint(dtype);

export function emitColumns(columns: Columns, emitter: LoopContext, scope: Scope): Code {
  return new ColumnEmitter(columns, emitter, scope).code();
}

class ColumnEmitter {
  readonly #columns: Columns;
  readonly #emitter: LoopContext;
  readonly #scope: Scope;
  /** Values kept per column, and outcomes, by name. */
  readonly #kept = new Map<ValueId, DType>();
  readonly #outcomes = new Map<number, DType>();

  constructor(columns: Columns, emitter: LoopContext, scope: Scope) {
    this.#columns = columns;
    this.#emitter = emitter;
    this.#scope = scope;
  }

  code(): Code {
    const extent = this.#emitter.extent(this.#columns.axis);
    const body = this.#columns.stages.flatMap(({ lines, reduce }) => [
      ...this.#perColumn(lines),
      ...this.#reduce(reduce),
    ]);
    return block(`for (let t0 = 0; t0 < ${extent}; t0 += ${columnTile})`, [
      `const t1 = Math.min(t0 + ${columnTile}, ${extent}), width = t1 - t0;`,
      ...body,
      ...this.#perColumn(this.#columns.rest),
    ]);
  }

  // --- what runs once per column -----------------------------------------------------------------------------

  #perColumn(lines: readonly Line[]): Code {
    if (lines.length === 0) return [];
    const inner = this.#scope.inner(this.#columns.axis);
    const reads = this.#reads(lines);
    const body = this.#emitter.steps(lines, inner);
    const writes = lines.flatMap((line) => {
      if (line.kind !== 'let') return [];
      const { dtype } = this.#emitter.value(line.value);
      this.#kept.set(line.value, dtype);
      return [this.#write(`v${line.value}`, dtype)];
    });
    return this.#everyColumn([...reads, ...inner.head, ...body, ...writes]);
  }

  #everyColumn(body: Code): Code {
    const i = `i${this.#columns.axis}`;
    return block(`for (let ${i} = t0; ${i} < t1; ${i}++)`, [`const k = ${i} - t0;`, ...body]);
  }

  /** Declares what lines use of earlier columns' values. */
  #reads(uses: readonly Line[], values: readonly ValueId[] = []): Code {
    const used = usedBy(uses, this.#emitter.kernel, values);
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

  #array(name: string, dtype: DType, length = columnTile): string {
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
    const column = row.inner(this.#columns.axis);
    const reads = this.#reads(
      reduce.body,
      reduce.accumulators.map(({ value }) => value),
    );
    const body = this.#emitter.steps(reduce.body, column);
    const steps = [
      ...sums.map((sum) => `${into(sum)} = ${bare(this.#joined(sum, into(sum), this.#element(sum)))};`),
      ...others.map((other) => {
        const place = `${this.#array(`r${other.id}`, other.dtype)}[k]`;
        const before = other.dtype === 'bool' ? `${place} !== 0` : place;
        return `${place} = ${this.#stored(other.dtype, this.#joined(other, other.dtype === 'bool' ? `(${before})` : before, this.#element(other)))};`;
      }),
    ];
    return [...row.head, ...this.#everyColumn([...reads, ...column.head, ...body, ...steps])];
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
    const laneArray = ({ id }: Monoid): string =>
      this.#array(`lanes${id}`, 'float64', lanes.length * columnTile);
    const leftArray = ({ id }: Monoid): string => this.#array(`left${id}`, 'float64', maxDepth * columnTile);
    const result = ({ id, dtype }: Monoid): string => this.#array(`r${id}`, dtype);
    const tree = (sum: Monoid, from: number, count: number): string =>
      count === 1
        ? `${laneArray(sum)}[${from === 0 ? '' : `${from * columnTile} + `}k]`
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
          `const i${axis} = from, lane = (from & 7) * ${columnTile};`,
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
                `${result(sum)}[k] = ${bare(this.#joined(sum, `${leftArray(sum)}[top * ${columnTile} + k]`, `${result(sum)}[k]`))};`,
            ),
          ),
        ]),
        'if (top === 0) break;',
        ...sums.map((sum) => `${leftArray(sum)}.set(${result(sum)}, (top - 1) * ${columnTile});`),
        `m = ${right}[top - 1];`,
        `${right}[top - 1] = -1;`,
      ]),
    ]);
  }
}
