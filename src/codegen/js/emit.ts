/**
 * A loop kernel as one JavaScript function: buffers, integers and scalars get names, statements become loops.
 *
 * Names say what they are: b buffers, p integers, c scalars, i axes, v values, r outcomes of reductions, o hoisted
 * parts of indices.
 */
import { isBigint, isFloat, type DType } from '../../ir/dtype.ts';
import { InternalError } from '../../ir/errors.ts';
import type { KernelIndex, KernelInt, KernelValue, LoopKernel, Statement, ValueId } from '../../ir/kernel.ts';
import { resolveIndex } from '../../ir/reference.ts';
import { cast, castCount } from './casts.ts';
import { emitColumnLoop, isColumnLoop } from './columns.ts';
import { opExpression } from './ops.ts';
import type { LoopContext } from './loopContext.ts';
import { emitReduce } from './reduce.ts';
import { integer, Scope, term } from './scope.ts';
import { bare, block, literal, type Closure, type Code } from '../text/source.ts';

export function emitLoops(kernel: LoopKernel, closure: Closure): Code {
  return new LoopEmitter(kernel, closure).kernel();
}

class LoopEmitter implements LoopContext {
  readonly closure: Closure;
  readonly #kernel: LoopKernel;
  /** Dtypes of the outcomes of reductions, by accumulator. */
  readonly #outcomes = new Map<number, DType>();

  constructor(kernel: LoopKernel, closure: Closure) {
    this.#kernel = kernel;
    this.closure = closure;
  }

  /** Whether counts are doubles, exact up to 2^53, and not int32. */
  get wide(): boolean {
    return this.#kernel.wide === true;
  }

  kernel(): Code {
    const top = Scope.outermost(this.wide);
    const body = this.statements(this.#kernel.body, top);
    return [...this.#parameters(), ...top.head, ...body];
  }

  #parameters(): Code {
    const { buffers, integers, scalars } = this.#kernel;
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
    const found = this.#kernel.axes[axis];
    if (found === undefined) throw new InternalError('js', `the kernel has no axis ${axis}`);
    return integer(found.extent);
  }

  statements(statements: readonly Statement[], scope: Scope): Code {
    return statements.flatMap((statement) => this.#statement(statement, scope));
  }

  #statement(statement: Statement, scope: Scope): Code {
    switch (statement.kind) {
      case 'let': {
        const value = this.value(statement.value);
        return [`const v${statement.value} = ${bare(this.#definition(value, scope))};`];
      }
      case 'store': {
        const bool = this.#kernel.buffers[statement.buffer]?.dtype === 'bool';
        const value = this.name(statement.value);
        return [
          `b${statement.buffer}[${scope.index(statement.index)}] = ${bool ? `${value} ? 1 : 0` : value};`,
        ];
      }
      case 'loop': {
        const { axis } = statement;
        if (!this.wide && isColumnLoop(statement, (id) => this.value(id)))
          return emitColumnLoop(statement, this, scope);
        const inner = scope.inner(axis);
        const body = this.statements(statement.body, inner);
        return block(`for (let i${axis} = 0; i${axis} < ${this.extent(axis)}; i${axis}++)`, [
          ...inner.head,
          ...body,
        ]);
      }
      case 'reduce': {
        const code = emitReduce(statement, this, scope);
        for (const { id, dtype } of statement.accumulators) this.outcome(id, dtype);
        return code;
      }
    }
  }

  value(id: ValueId): KernelValue {
    const value = this.#kernel.values[id];
    if (value === undefined) throw new InternalError('js', `the kernel has no value ${id}`);
    return value;
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
        const element = `b${value.buffer}[${this.#address(value.index, value.gathers, scope)}]`;
        return value.dtype === 'bool' ? `${element} !== 0` : element;
      }
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

  #address(
    index: KernelIndex,
    gathers: readonly { readonly value: ValueId; readonly stride: KernelInt; readonly size: KernelInt }[],
    scope: Scope,
  ): string {
    const affine = scope.index(index);
    const parts = gathers.map(({ value, stride, size }) => {
      const at = isBigint(this.dtype(value)) ? `Number(${this.name(value)})` : this.name(value);
      const resolved = `${this.closure.use('resolveIndex', resolveIndex)}(${at}, ${integer(size)})`;
      return term(resolved, stride, this.wide);
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
