/**
 * Values and stores of a kernel as WGSL, one element wide or four along one axis.
 *
 * Which accesses are whole vectors follows from strides and alignment, hence from the run-time integers: the plan
 * decides (`Vectors`), this writes. What does not depend on that axis stays one element wide and is splatted where it
 * meets a vector.
 */
import { InternalError } from '../../ir/errors.ts';
import { computeDType, type DType } from '../../ir/dtype.ts';
import {
  argsOf,
  indicesIn,
  strideOf,
  type GatherTerm,
  type KernelIndex,
  type KernelInt,
  type KernelRange,
  type KernelValue,
  type Line,
  type LoopKernel,
  type Scatter,
  type Store,
  type ValueId,
} from '../../ir/kernel.ts';
import { monoidRow } from '../../ir/monoids.ts';
import { linesIn, scattersOf, valueOf } from '../../ir/nest.ts';
import { opRow, type ScalarOp } from '../../ir/ops.ts';
import { combined, indexPurpose } from '../../ir/scatter.ts';
import type { Code } from '../text/source.ts';
import {
  bufferType,
  isPacked,
  loadElement,
  loadVector,
  loadWritten,
  storeElement,
  storeVector,
  type Form,
} from './access.ts';
import { cast } from './casts.ts';
import { opExpression, programText } from './ops.ts';
import { opaque, registerOf, splat, typeOf, type Width } from './registers.ts';
import type { ShaderWriter } from './shader.ts';

/** An access that may be a whole vector. */
export type Access = Extract<KernelValue, { kind: 'load' }> | Store;

/** How a shader works four elements wide. */
export interface Vectors {
  readonly axis: number;
  /** Accesses that are contiguous along the axis and aligned. Other loads are done element by element. */
  readonly whole: ReadonlySet<Access>;
  /** The axis may end within a vector: i32 name of how many elements there are. */
  readonly valid: string | undefined;
}

export const integer = (value: KernelInt): string =>
  'literal' in value ? String(value.literal) : `numbers.p${value.parameter}`;

const isZero = (value: KernelInt): boolean => 'literal' in value && value.literal === 0;
const isOne = (value: KernelInt): boolean => 'literal' in value && value.literal === 1;

const times = (value: string, factor: KernelInt): string =>
  isOne(factor) ? value : `${value} * ${integer(factor)}`;

function indexExpression({ offset, terms }: KernelIndex): string {
  const parts = [
    ...(isZero(offset) ? [] : [integer(offset)]),
    ...terms.filter(({ stride }) => !isZero(stride)).map(({ axis, stride }) => times(`i${axis}`, stride)),
  ];
  return parts.length === 0 ? '0' : parts.join(' + ');
}

export class Body {
  readonly writer: ShaderWriter;
  readonly kernel: LoopKernel;
  readonly #vectors: Vectors | undefined;
  readonly #forms = new Map<number, Form>();
  readonly #widths = new Map<ValueId, Width>();
  readonly #outcomes = new Map<number, DType>();
  readonly #roundedApart: ReadonlySet<ValueId>;
  #addresses = 0;

  constructor(writer: ShaderWriter, kernel: LoopKernel, vectors: Vectors | undefined) {
    this.writer = writer;
    this.kernel = kernel;
    this.#vectors = vectors;
    this.#roundedApart = productsInSums(kernel);
  }

  /** Binds the buffers that `lines` touch, each in the form that suits all its accesses. */
  bindBuffers(lines: readonly Line[]): void {
    const accesses = lines.flatMap((line): Access[] => {
      if (line.kind === 'store') return [line];
      const value = valueOf(this.kernel, line.value);
      return value.kind === 'load' ? [value] : [];
    });
    const stores = accesses.filter((access) => !('dtype' in access));
    const isWhole = (access: Access): boolean => this.#vectors?.whole.has(access) === true;
    for (const { buffer } of accesses) {
      const own = stores.filter((store) => store.buffer === buffer);
      const whole = accesses.some((access) => access.buffer === buffer && isWhole(access));
      // A load can be taken from any form; a store of single elements cannot.
      const apart = own.length > 0 && !own.every(isWhole);
      this.#forms.set(
        buffer,
        apart ? (isPacked(this.#dtypeOf(buffer)) ? 'atomic' : 'scalar') : whole ? 'vector' : 'scalar',
      );
    }
    const written = new Set(stores.map(({ buffer }) => buffer));
    for (const [buffer, form] of [...this.#forms].sort(([a], [b]) => a - b)) {
      const dtype = this.#dtypeOf(buffer);
      this.writer.bind(`b${buffer}`, bufferType(dtype, form), {
        kind: 'buffer',
        buffer,
        writes: written.has(buffer),
      });
    }
  }

  /** Makes the outcome of a reduction known: `r<id>`, of this dtype. */
  outcome(id: number, dtype: DType): void {
    this.#outcomes.set(id, dtype);
  }

  line(line: Line): Code {
    if (line.kind === 'store') return this.#store(line);
    const value = valueOf(this.kernel, line.value);
    const width = this.#widthOf(line.value);
    const address = this.#address(value);
    return [
      ...address.code,
      `let v${line.value} = ${this.#definition(line.value, value, width, address.name)};`,
    ];
  }

  /** A value where it is used, in `width` elements. */
  name(id: ValueId, width: Width): string {
    const value = valueOf(this.kernel, id);
    const register = registerOf(value.dtype);
    switch (value.kind) {
      case 'constant':
        return splat(this.writer.constant(value.dtype, value.value), register, width);
      case 'scalar': {
        const scalar = `numbers.c${value.slot}`;
        return splat(register === 'bool' ? `(${scalar} != 0u)` : scalar, register, width);
      }
      case 'result': {
        const dtype = this.#outcomes.get(value.accumulator);
        if (dtype === undefined)
          throw new InternalError('webgpu', `r${value.accumulator} is read before its reduction`);
        return splat(cast(`r${value.accumulator}`, dtype, value.dtype, 1, this.writer), register, width);
      }
      case 'index':
      case 'load':
      case 'pad':
      case 'op':
      case 'cast':
        return this.#widthOf(id) === width ? `v${id}` : splat(`v${id}`, register, width);
    }
  }

  /** What was kept of a value in `width` elements, in as many as it has here. */
  narrowed(id: ValueId, kept: string, width: Width): string {
    return this.#widthOf(id) === width ? kept : `${kept}.x`;
  }

  dtype(id: ValueId): DType {
    return valueOf(this.kernel, id).dtype;
  }

  #dtypeOf(buffer: number): DType {
    const found = this.kernel.buffers[buffer];
    if (found === undefined) throw new InternalError('webgpu', `the kernel has no buffer ${buffer}`);
    return found.dtype;
  }

  #formOf(buffer: number): Form {
    return this.#forms.get(buffer) ?? 'scalar';
  }

  /** 4 where the value differs along the vector axis. */
  #widthOf(id: ValueId): Width {
    const vectors = this.#vectors;
    if (vectors === undefined) return 1;
    let width = this.#widths.get(id);
    if (width === undefined) {
      const value = valueOf(this.kernel, id);
      const moves = (index: KernelIndex): boolean => strideOf(index, vectors.axis) !== 0;
      const varies = (value.kind === 'load' && moves(value.index)) || indicesIn(value).some(moves);
      width = varies || argsOf(value).some((arg) => this.#widthOf(arg) === 4) ? 4 : 1;
      this.#widths.set(id, width);
    }
    return width;
  }

  /** The address of a load as a name. */
  #address(value: KernelValue): { readonly code: Code; readonly name: string } {
    if (value.kind !== 'load') return { code: [], name: '' };
    const { index, gathers, guard } = value;
    if (guard === undefined) return this.#named(this.#place(index, gathers, 'take'));
    // The first element is read in place of one that need not exist.
    const inside = this.#within(guard, 1);
    const place = this.#place(index, gathers, 'take', inside);
    return this.#widthOfGuard(guard) === 4
      ? this.#named(place)
      : this.#named(`select(0, ${place}, ${inside})`);
  }

  /** Whether indices are in all of these ranges. */
  #within(guard: readonly KernelRange[], width: Width): string {
    const tests = guard.map(({ index, size }) => {
      const at = this.#position(index, width);
      const [zero, end] = width === 1 ? ['0', integer(size)] : ['vec4i(0)', `vec4i(${integer(size)})`];
      return width === 1 ? `(${at} >= ${zero} && ${at} < ${end})` : `((${at} >= ${zero}) & (${at} < ${end}))`;
    });
    return tests.join(width === 1 ? ' && ' : ' & ');
  }

  /** An index, or those of four elements. */
  #position(index: KernelIndex, width: Width): string {
    const first = indexExpression(index);
    if (width === 1) return `(${first})`;
    const stride = index.terms.find(({ axis }) => axis === this.#vectors?.axis)?.stride;
    return stride === undefined
      ? `vec4i(${first})`
      : `(vec4i(${first}) + vec4i(0, 1, 2, 3) * ${integer(stride)})`;
  }

  #widthOfGuard(guard: readonly KernelRange[]): Width {
    const axis = this.#vectors?.axis;
    return axis !== undefined && guard.some(({ index }) => strideOf(index, axis) !== 0) ? 4 : 1;
  }

  /** Where an access goes; `operation` is for the error of an index outside. */
  #place(
    index: KernelIndex,
    gathers: readonly GatherTerm[],
    operation: 'take' | 'scatter',
    guard?: string,
  ): string {
    const gathered = gathers.map(({ value, stride, size, axis }) => {
      const isUnsigned = registerOf(this.dtype(value)) === 'u32';
      const check = isUnsigned ? 'checkedPosition' : 'checkedIndex';
      const [at, end] = [this.name(value, 1), integer(size)];
      const checked =
        guard === undefined
          ? `${at}, ${end}`
          : `select(${isUnsigned ? '0u' : '0i'}, ${at}, ${guard}), select(1, ${end}, ${guard})`;
      const purpose = `${indexPurpose(axis, operation)}u`;
      return times(`${this.writer.use(check, 1)}(${checked}, ${purpose})`, stride);
    });
    const affine = indexExpression(index);
    return [...(affine === '0' && gathered.length > 0 ? [] : [affine]), ...gathered].join(' + ');
  }

  /** An address is read several times where elements are packed or taken apart. */
  #named(expression: string): { readonly code: Code; readonly name: string } {
    if (/^\w+$/.test(expression) && !/^\d/.test(expression)) return { code: [], name: expression };
    const name = `a${this.#addresses++}`;
    return { code: [`let ${name} = ${/^\d+$/.test(expression) ? `${expression}i` : expression};`], name };
  }

  #definition(id: ValueId, value: KernelValue, width: Width, address: string): string {
    switch (value.kind) {
      case 'constant':
      case 'scalar':
      case 'result':
        return this.name(id, width);
      case 'index': {
        const known = indexExpression(value.index);
        // A compiler that knows an index computes with it, and may lose the sign of a zero: constants are hidden.
        const isKnown = /^\d+$/.test(known);
        const lanes = isKnown ? `(numbers.zero ^ ${known}u)` : this.#position(value.index, width);
        return cast(`${typeOf('u32', width)}${lanes}`, 'uint32', value.dtype, width, this.writer);
      }
      case 'load':
        return this.#load(value, width, address);
      case 'pad': {
        const own = this.#widthOfGuard(value.guard);
        const inside = this.#within(value.guard, own);
        return `select(${this.name(value.fill, width)}, ${this.name(value.value, width)}, ${inside})`;
      }
      case 'op': {
        const args = value.args.map((arg) => this.name(arg, width));
        const [first = ''] = args;
        if (meetsItself(this.kernel, value)) args[0] = opaque(first, width);
        const result = opExpression(value.op, value.operand, args, width, this.writer);
        return this.#roundedApart.has(id) ? opaque(result, width) : result;
      }
      case 'cast':
        return cast(this.name(value.arg, width), value.from, value.dtype, width, this.writer);
    }
  }

  #load(value: Extract<KernelValue, { kind: 'load' }>, width: Width, at: string): string {
    const form = this.#formOf(value.buffer);
    const dtype = this.#dtypeOf(value.buffer);
    const buffer = `b${value.buffer}`;
    if (width === 1) return loadElement(buffer, dtype, form, at, this.writer);
    if (this.#vectors?.whole.has(value) === true && form === 'vector')
      return loadVector(buffer, dtype, at, this.writer);
    const stride = value.index.terms.find(({ axis }) => axis === this.#vectors?.axis)?.stride ?? {
      literal: 0,
    };
    const { guard } = value;
    const inside =
      guard === undefined || this.#widthOfGuard(guard) === 1 ? undefined : this.#within(guard, 4);
    const lanes = [0, 1, 2, 3].map((lane) => {
      const moved =
        lane === 0 ? at : `(${at} + ${lane === 1 ? integer(stride) : times(String(lane), stride)})`;
      const place = inside === undefined ? moved : `select(0, ${moved}, (${inside})[${lane}])`;
      return loadElement(buffer, dtype, form, place, this.writer);
    });
    return `${typeOf(registerOf(dtype), 4)}(${lanes.join(', ')})`;
  }

  #store(store: Store): Code {
    if (store.scatter !== undefined) return this.#scatter(store, store.scatter);
    const form = this.#formOf(store.buffer);
    const dtype = this.#dtypeOf(store.buffer);
    const buffer = `b${store.buffer}`;
    const { code, name } = this.#named(indexExpression(store.index));
    if (form === 'vector') {
      const value = this.#valueName(store.value);
      return [
        ...code,
        ...value.code,
        ...storeVector(buffer, dtype, name, value.name, this.#vectors?.valid, this.writer),
      ];
    }
    return [...code, ...storeElement(buffer, dtype, name, this.name(store.value, 1))];
  }

  /** One element at a time, in order; each belongs to one invocation. */
  #scatter({ buffer, index, value }: Store, { gathers, op }: Scatter): Code {
    const dtype = computeDType(this.#dtypeOf(buffer));
    const place = this.#named(this.#place(index, gathers, 'scatter'));
    const update = this.name(value, 1);
    const there = loadWritten(`b${buffer}`, dtype, this.#formOf(buffer), place.name, this.writer);
    const program = programText(this.writer, `e${this.#addresses++}_`, 1);
    const result = program.ending(
      combined(program, op, dtype, op === 'set' ? '' : program.kept(there), update),
    );
    return [...place.code, ...program.lines, ...storeElement(`b${buffer}`, dtype, place.name, result)];
  }

  /** A vector to be stored by a name, since parts of it are taken. */
  #valueName(id: ValueId): { readonly code: Code; readonly name: string } {
    const text = this.name(id, 4);
    if (/^\w+$/.test(text)) return { code: [], name: text };
    const name = `a${this.#addresses++}`;
    return { code: [`let ${name} = ${text};`], name };
  }
}

/** Whether a compiler could see that `x - x`, `x + -x`, `x / x` or `x == x` is meant. */
function meetsItself(
  kernel: LoopKernel,
  { op, operand, args }: Extract<KernelValue, { kind: 'op' }>,
): boolean {
  if (operand !== 'float32' || opRow(op).foldable !== true) return false;
  const [x, y] = args.map((arg) => withoutSign(kernel, arg));
  return x === y;
}

function withoutSign(kernel: LoopKernel, id: ValueId): ValueId {
  const value = valueOf(kernel, id);
  const [arg] = value.kind === 'op' && value.op === 'negative' ? value.args : [];
  return arg === undefined ? id : withoutSign(kernel, arg);
}

/** Products that a compiler could merge into a sum: those that feed an addition or subtraction, directly or negated. */
function productsInSums({ values, points }: LoopKernel): ReadonlySet<ValueId> {
  const found = new Set<ValueId>();
  const visit = (id: ValueId): void => {
    const value = values[id];
    if (value?.kind !== 'op' || value.operand !== 'float32') return;
    if (opRow(value.op).merges === 'product') found.add(id);
    else if (value.op === 'negative') value.args.forEach(visit);
  };
  const isSum = (op: ScalarOp | undefined): boolean => op !== undefined && opRow(op).merges === 'sum';
  for (const { value, scatter } of scattersOf(linesIn(points)))
    if (scatter !== undefined && scatter.op !== 'set' && isSum(monoidRow(scatter.op).folds)) visit(value);
  for (const value of values) if (value.kind === 'op' && isSum(value.op)) value.args.forEach(visit);
  return found;
}
