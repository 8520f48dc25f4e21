/** Tiles of columns (`../columns.ts`) as JavaScript: values per column are in arrays of the closure. */
import { allocate, isBigint, type DType } from '../../ir/dtype.ts';
import {
  isPairwise,
  monoidOf,
  type Accumulator,
  type Line,
  type Reduce,
  type ValueId,
} from '../../ir/kernel.ts';
import { isArg } from '../../ir/monoids.ts';
import { leafLanes, maxDepth } from '../../ir/pairwiseTree.ts';
import { columnTile, usedBy, type ColumnForm, type Columns } from '../columns.ts';
import { assignCombined, finishCode, registersOf } from './accumulators.ts';
import type { LoopContext } from './loopContext.ts';
import { combineLanes, rightStack, walkTree } from './pairwise.ts';
import type { Scope } from './scope.ts';
import { bare, block, literal, type Code } from '../text/source.ts';

/** Positions and 64-bit integers are left to the plain loops, and windows. */
export const inColumns: ColumnForm = {
  takes: ({ op, dtype }) => !isArg(op) && !isBigint(dtype),
  windows: false,
};

export function emitColumns(columns: Columns, emitter: LoopContext, scope: Scope): Code {
  return new ColumnEmitter(columns, emitter, scope).code();
}

class ColumnEmitter {
  readonly #columns: Columns;
  readonly #emitter: LoopContext;
  readonly #scope: Scope;
  /** Values kept per column, and outcomes, by name. */
  readonly #kept = new Map<ValueId, DType>();
  readonly #outcomes = new Map<number, Accumulator>();

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
    const lines: (string | Code)[] = [];
    for (const id of used) {
      const dtype = this.#kept.get(id);
      if (dtype !== undefined) lines.push(this.#read(`v${id}`, dtype));
      const value = this.#emitter.value(id);
      const outcome = value.kind === 'result' ? this.#outcomes.get(value.accumulator) : undefined;
      if (outcome === undefined) continue;
      const registers = registersOf(outcome);
      const { register } = monoidOf(outcome);
      const needed = register === undefined ? registers : registers.slice(register, register + 1);
      monoidOf(outcome).state.forEach((dtype, k) => {
        const name = registers[k] ?? '';
        if (needed.includes(name)) lines.push(this.#read(name, dtype));
      });
      lines.push(...finishCode(outcome, registers, this.#emitter.closure));
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
    const { accumulators } = reduce;
    const sums = accumulators.filter(isPairwise);
    // What rounds starts anew in its leaves.
    const declare = accumulators.flatMap((accumulator) => {
      const { state, nothing } = monoidOf(accumulator);
      return this.#arrays(accumulator).map((array, k) => {
        const dtype = state[k] ?? 'float64';
        return `${array}.fill(${this.#stored(dtype, literal(dtype, nothing[k] ?? 0))});`;
      });
    });
    const code = block('', [
      ...declare,
      ...(sums.length === 0 ? this.#plainRows(reduce) : this.#pairwiseRows(reduce, sums)),
    ]);
    for (const accumulator of accumulators) {
      this.#outcomes.set(accumulator.id, accumulator);
      this.#emitter.outcome(accumulator.id, accumulator.dtype);
    }
    return code;
  }

  /** The state of an accumulator for every column, one array a register, or several for each. */
  #arrays(accumulator: Accumulator, prefix = 'r', count = 1): readonly string[] {
    return registersOf(accumulator, prefix).map((name, k) =>
      this.#array(name, monoidOf(accumulator).state[k] ?? 'float64', count * columnTile),
    );
  }

  #stored(dtype: DType, expression: string): string {
    return dtype === 'bool' ? `${expression} ? 1 : 0` : bare(expression);
  }

  /** One row: every column of the tile takes its element. `into` says where each that rounds goes. */
  #row(reduce: Reduce, into: (sum: Accumulator) => readonly string[]): Code {
    const row = this.#scope.inner(...reduce.axes);
    const column = row.inner(this.#columns.axis);
    const reads = this.#reads(
      reduce.body,
      reduce.accumulators.map(({ value }) => value),
    );
    const body = this.#emitter.steps(reduce.body, column);
    const sums = reduce.accumulators.filter(isPairwise);
    const others = reduce.accumulators.filter((accumulator) => !isPairwise(accumulator));
    const steps = [...sums, ...others].flatMap((accumulator) => {
      const places = isPairwise(accumulator)
        ? into(accumulator)
        : this.#arrays(accumulator).map((array) => `${array}[k]`);
      const element = this.#emitter.name(accumulator.value);
      return this.#combined(accumulator, places, places, (program) =>
        monoidOf(accumulator).lift(program, element),
      );
    });
    return [...row.head, ...this.#everyColumn([...reads, ...column.head, ...body, ...steps])];
  }

  /** `into = first with second`, places in arrays. */
  #combined(
    accumulator: Accumulator,
    into: readonly string[],
    first: readonly string[],
    second: Parameters<typeof assignCombined>[4],
  ): Code {
    const { state } = monoidOf(accumulator);
    const read = first.map((place, k) => (state[k] === 'bool' ? `(${place} !== 0)` : place));
    return assignCombined(accumulator, into, read, this.#emitter.closure, second, (dtype, value) =>
      this.#stored(dtype, value),
    );
  }

  #plainRows(reduce: Reduce): Code {
    return reduce.axes.reduceRight<Code>(
      (body, axis) =>
        block(`for (let i${axis} = 0; i${axis} < ${this.#emitter.extent(axis)}; i${axis}++)`, body),
      this.#row(reduce, () => []),
    );
  }

  /** The indices of row number `from`. */
  #indices({ axes: [first, ...inner] }: Reduce): Code {
    const code: string[] = [];
    let rest = 'from';
    for (const axis of inner.toReversed()) {
      const extent = this.#emitter.extent(axis);
      code.push(`const i${axis} = ${rest} % ${extent}, f${axis} = (${rest} / ${extent}) | 0;`);
      rest = `f${axis}`;
    }
    return [...code, `const i${first ?? 0} = ${rest};`];
  }

  /** The tree walk of pairwise.ts, with a tile of columns in place of one sequence. */
  #pairwiseRows(reduce: Reduce, sums: readonly Accumulator[]): Code {
    const length = reduce.axes.map((axis) => this.#emitter.extent(axis)).join(' * ');
    const { closure } = this.#emitter;
    const right = closure.use(`$right${sums[0]?.id ?? 0}`, rightStack(false));
    const lanes = (sum: Accumulator): readonly string[] => this.#arrays(sum, 'lanes', leafLanes);
    const lefts = (sum: Accumulator): readonly string[] => this.#arrays(sum, 'left', maxDepth);
    const at = (arrays: readonly string[], index: string): readonly string[] =>
      arrays.map((array) => `${array}[${index}]`);
    const results = (sum: Accumulator): readonly string[] => at(this.#arrays(sum), 'k');
    const eachColumn = (code: (sum: Accumulator) => Code): Code =>
      block('for (let k = 0; k < width; k++)', sums.flatMap(code));
    return block(`if (${length} > 0)`, [
      `let m = ${length}, top = 0, from = 0;`,
      ...walkTree(right, false, {
        leaf: [
          ...sums.flatMap((sum) =>
            lanes(sum).map((array, k) => {
              const { state, neutral } = monoidOf(sum);
              return `${array}.fill(${bare(literal(state[k] ?? 'float64', neutral[k] ?? 0))});`;
            }),
          ),
          `const end = from + m, whole = end - (m & ${leafLanes - 1});`,
          // Leaves start at multiples of eight, so the row number gives the lane.
          ...block('for (; from < whole; from++)', [
            ...this.#indices(reduce),
            `const lane = (from & ${leafLanes - 1}) * ${columnTile};`,
            ...this.#row(reduce, (sum) => at(lanes(sum), 'lane + k')),
          ]),
          ...eachColumn((sum) =>
            combineLanes(
              sum,
              (lane) => at(lanes(sum), lane === 0 ? 'k' : `${lane * columnTile} + k`),
              results(sum),
              this.#emitter,
            ),
          ),
          ...block('for (; from < end; from++)', [...this.#indices(reduce), ...this.#row(reduce, results)]),
        ],
        join: eachColumn((sum) =>
          this.#combined(sum, results(sum), at(lefts(sum), `top * ${columnTile} + k`), () => results(sum)),
        ),
        save: sums.flatMap((sum) =>
          lefts(sum).map(
            (left, k) => `${left}.set(${this.#arrays(sum)[k] ?? ''}, (top - 1) * ${columnTile});`,
          ),
        ),
      }),
    ]);
  }
}
