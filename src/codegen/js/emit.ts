/**
 * A loop kernel as one JavaScript function: buffers, integers and scalars get names, points and walks become loops.
 *
 * Names say what they are: b buffers, p integers, c scalars, i axes, v values, r outcomes of reductions, o hoisted
 * parts of indices, g conditions of guards.
 */
import { isBigint, isFloat, type DType } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import type {
  GatherTerm,
  KernelIndex,
  KernelValue,
  LoopKernel,
  Loops,
  Step,
  ValueId,
} from '../../ir/kernel.ts';
import { extentOf, hoistedIn, insideOf, sectionsOf, valueOf, type Section } from '../../ir/nest.ts';
import { indexPurpose, resolveIndex } from '../../ir/scatter.ts';
import { cast, castCount } from './casts.ts';
import { columnsOf } from '../columns.ts';
import { emitColumns, inColumns } from './columns.ts';
import { opExpression } from './ops.ts';
import type { LoopContext } from './loopContext.ts';
import { emitScatter } from './scatter.ts';
import { emitReduce } from './reduce.ts';
import { emitScan } from './scan.ts';
import { integer, Scope, term } from './scope.ts';
import { bare, block, literal, type Closure, type Code } from '../text/source.ts';

export function emitLoops(kernel: LoopKernel, closure: Closure): Code {
  return new LoopEmitter(kernel, closure).code();
}

class LoopEmitter implements LoopContext {
  readonly closure: Closure;
  readonly kernel: LoopKernel;
  /** Dtypes of the outcomes of reductions, by accumulator. */
  readonly #outcomes = new Map<number, DType>();

  constructor(kernel: LoopKernel, closure: Closure) {
    this.kernel = kernel;
    this.closure = closure;
  }

  /** Whether counts are doubles, exact up to 2^53, and not int32. */
  get wide(): boolean {
    return this.kernel.wide === true;
  }

  code(): Code {
    const top = Scope.outermost(this.wide);
    const body = this.#sections(sectionsOf(this.kernel), top);
    return [...this.#parameters(), ...top.head, ...body];
  }

  #parameters(): Code {
    const { buffers, integers, scalars } = this.kernel;
    return [
      ...buffers.map((_, k) => `const b${k} = buffers[${k}];`),
      ...Array.from(
        { length: integers },
        (_, k) => `const p${k} = ${this.wide ? '+' : ''}integers[${k}]${this.wide ? '' : ' | 0'};`,
      ),
      ...scalars.map((dtype, k) => `const c${k} = ${scalarParameter(dtype, `scalars[${k}]`)};`),
    ];
  }

  extent(axis: number): string {
    return integer(extentOf(this.kernel, axis));
  }

  steps(steps: readonly Step[], scope: Scope): Code {
    return this.#sections(steps, scope);
  }

  #sections(sections: readonly Section[], scope: Scope): Code {
    return sections.flatMap((section) => this.#section(section, scope));
  }

  #section(section: Section, scope: Scope): Code {
    switch (section.kind) {
      case 'let': {
        const value = this.value(section.value);
        return [`const v${section.value} = ${bare(this.#definition(value, scope))};`];
      }
      case 'store': {
        const bool = this.kernel.buffers[section.buffer]?.dtype === 'bool';
        const value = this.name(section.value);
        if (section.scatter !== undefined) return emitScatter(section, section.scatter, this, scope);
        return [`b${section.buffer}[${scope.index(section.index)}] = ${bool ? `${value} ? 1 : 0` : value};`];
      }
      case 'points':
      case 'walk':
        return this.#loops(section, scope);
      case 'reduce': {
        const code = emitReduce(section, this, scope);
        for (const { id, dtype } of section.accumulators) this.outcome(id, dtype);
        return code;
      }
      case 'scan':
        return emitScan(section, this, scope);
    }
  }

  #loops(loops: Loops<Step>, scope: Scope): Code {
    const [axis] = loops.axes;
    if (axis === undefined) return this.steps(loops.body, scope);
    const columns = this.wide ? undefined : columnsOf(loops, this.kernel, inColumns);
    if (columns !== undefined) return emitColumns(columns, this, scope);
    const inner = scope.inner(axis);
    const body = [...this.steps(hoistedIn(loops), inner), ...this.#loops(insideOf(loops), inner)];
    return block(`for (let i${axis} = 0; i${axis} < ${this.extent(axis)}; i${axis}++)`, [
      ...inner.head,
      ...body,
    ]);
  }

  value(id: ValueId): KernelValue {
    return valueOf(this.kernel, id);
  }

  /** Makes the outcome of a reduction known: `r<id>`, of this dtype. */
  outcome(id: number, dtype: DType): void {
    this.#outcomes.set(id, dtype);
  }

  dtype(id: ValueId): DType {
    return this.value(id).dtype;
  }

  /** A value where it is used: by its name, or written out where it needs no statement. */
  name(id: ValueId): string {
    const value = this.value(id);
    switch (value.kind) {
      case 'constant':
        return literal(value.dtype, value.value);
      case 'scalar':
        return `c${value.slot}`;
      case 'result': {
        const dtype = this.#outcomes.get(value.accumulator);
        if (dtype === undefined)
          throw new InternalError('js', `r${value.accumulator} is read before its reduction`);
        return cast(`r${value.accumulator}`, dtype, value.dtype, this.closure);
      }
      case 'index':
      case 'load':
      case 'pad':
      case 'op':
      case 'cast':
        return `v${id}`;
    }
  }

  #definition(value: KernelValue, scope: Scope): string {
    switch (value.kind) {
      case 'constant':
        return literal(value.dtype, value.value);
      case 'scalar':
        return `c${value.slot}`;
      case 'result':
        return `r${value.accumulator}`;
      case 'index':
        return this.wide
          ? castCount(`(${scope.index(value.index)} + 0)`, value.dtype, this.closure)
          : cast(`(${scope.index(value.index)})`, 'uint32', value.dtype, this.closure);
      case 'load': {
        const { buffer, index, gathers } = value;
        const element = `b${buffer}[${this.address(index, gathers, 'take', scope)}]`;
        const read = value.dtype === 'bool' ? `${element} !== 0` : element;
        if (value.guard === undefined) return read;
        return `${scope.within(value.guard)} ? ${read} : ${literal(value.dtype, 0)}`;
      }
      case 'pad':
        return `${scope.within(value.guard)} ? ${this.name(value.value)} : ${this.name(value.fill)}`;
      case 'op':
        return opExpression(
          value.op,
          value.operand,
          value.args.map((arg) => this.name(arg)),
          this.closure,
        );
      case 'cast':
        return cast(this.name(value.arg), value.from, value.dtype, this.closure);
    }
  }

  /** The place of an access; `operation` is for the error of an index outside. */
  address(
    index: KernelIndex,
    gathers: readonly GatherTerm[],
    operation: 'take' | 'scatter',
    scope: Scope,
  ): string {
    const affine = scope.index(index);
    const parts = gathers.map(({ value, stride, size, axis }) => {
      const resolve = this.closure.use('resolveIndex', resolveIndex);
      const at = isBigint(this.dtype(value)) ? `Number(${this.name(value)})` : this.name(value);
      return term(`${resolve}(${at}, ${integer(size)}, ${indexPurpose(axis, operation)})`, stride, this.wide);
    });
    return [...(affine === '0' && parts.length > 0 ? [] : [affine]), ...parts].join(' + ');
  }
}

/** The unary operators tell the optimizer what a scalar is. */
function scalarParameter(dtype: DType, source: string): string {
  if (dtype === 'bool') return `${source} !== 0`;
  if (isBigint(dtype)) return `BigInt(${source})`;
  if (isFloat(dtype)) return `+${source}`;
  return dtype === 'uint32' ? `${source} >>> 0` : `${source} | 0`;
}
