/**
 * The table of reductions: the one place where a reduction is defined.
 *
 * A row is a monoid on a *state* of one or several registers. `lift` makes the state of one element, `combine` that of two
 * neighbouring parts of a sequence, `finish` the result of a state. All three are scalar programs, which the reference
 * evaluator computes and every target writes out (`programs/machine.ts`): a row runs everywhere, in vector lanes, on several
 * threads and on a GPU. Where a target has faster code for a reduction it looks that up by the name of the row; the
 * results are the same.
 */
import { dtypeTable, isBigint, isFloat, type ComputeDType, type DType, type Scalar } from './dtype.ts';
import { InternalError } from './errors.ts';
import type { CodeOp, ScalarOp } from './ops.ts';
import { arithmetic, type ScalarMachine } from './programs/machine.ts';

/** The dtypes of the elements, as a reduction gets them, and of its result. */
export interface ReductionTypes {
  readonly element: ComputeDType;
  readonly result: ComputeDType;
}

type Machine<V> = ScalarMachine<V, CodeOp>;

interface MonoidRow {
  /**
   * The dtype in which elements are reduced. `wide`: integers in 64 bits; `given`: their own; `float`: integers in
   * float64; `bool`: as truth values; `bits`: integers and bool in their own, nothing else.
   */
  readonly elements: 'wide' | 'given' | 'float' | 'bool' | 'bits';
  /** The row to take for truth values, where this one does not take them. */
  readonly ofBool?: string;
  /** What the result is: of the dtype of the elements, or a position in the sequence. Only then `lift` gets positions. */
  readonly result: 'element' | 'position';
  /** Of one combination, in additions. */
  readonly weight: number;
  /**
   * `any`: whatever the order of elements and combinations, the result is the same to the bit. `pairwise`: rounding
   * shows the order, which is that of the tree of `pairwiseTree.ts`; registers are numbers then. (On a GPU, any order is
   * allowed.)
   */
  order(types: ReductionTypes): 'any' | 'pairwise';
  /** The dtypes of the registers. */
  state(types: ReductionTypes): readonly ComputeDType[];
  /** The state that changes no bit of another when combined with it. */
  neutral(types: ReductionTypes): readonly Scalar[];
  /** The state of no elements, where it is not the neutral one, or `refused` where there is no result. */
  readonly ofNothing?: 'refused' | ((types: ReductionTypes) => readonly Scalar[]);
  /** The op, where elements cast to the dtype of the result are combined by a single one and no more is done. */
  readonly folds?: ScalarOp;
  lift<V>(m: Machine<V>, types: ReductionTypes, element: V, position: () => V): readonly V[];
  combine<V>(m: Machine<V>, types: ReductionTypes, first: readonly V[], second: readonly V[]): readonly V[];
  /** The register that holds the result, or how it is made. */
  readonly finish:
    { readonly register: number } | { of<V>(m: Machine<V>, types: ReductionTypes, state: readonly V[]): V };
}

/** A row with `N` registers. */
export interface RowOf<N extends 1 | 2 | 3> extends MonoidRow {
  state(types: ReductionTypes): Registers<ComputeDType, N>;
  neutral(types: ReductionTypes): Registers<Scalar, N>;
  readonly ofNothing?: 'refused' | ((types: ReductionTypes) => Registers<Scalar, N>);
  lift<V>(m: Machine<V>, types: ReductionTypes, element: V, position: () => V): Registers<V, N>;
  combine<V>(
    m: Machine<V>,
    types: ReductionTypes,
    first: Registers<V, N>,
    second: Registers<V, N>,
  ): Registers<V, N>;
  readonly finish:
    | { readonly register: number }
    | { of<V>(m: Machine<V>, types: ReductionTypes, state: Registers<V, N>): V };
}

type Registers<V, N extends 1 | 2 | 3> = N extends 1
  ? readonly [V]
  : N extends 2
    ? readonly [V, V]
    : readonly [V, V, V];

/** A number in any dtype. */
const inDType = (dtype: DType, value: number): Scalar => (isBigint(dtype) ? BigInt(value) : value);

/** One register, combined by one operation. */
const folding = <Rest extends Pick<MonoidRow, 'elements' | 'ofBool'> & Pick<RowOf<1>, 'ofNothing'>>(
  op: ScalarOp,
  neutral: (dtype: ComputeDType) => Scalar,
  order: (dtype: ComputeDType) => 'any' | 'pairwise',
  rest: Rest,
): RowOf<1> & Rest => ({
  result: 'element',
  weight: 1,
  order: ({ result }) => order(result),
  state: ({ result }) => [result],
  neutral: ({ result }) => [neutral(result)],
  lift: (m, { element, result }, x) => [m.cast(x, element, result)],
  combine: (m, { result }, [x], [y]) => [m.op(op, result, x, y)],
  folds: op,
  finish: { register: 0 },
  ...rest,
});

const anyOrder = (): 'any' => 'any';
const pairwiseOrder = (): 'pairwise' => 'pairwise';
/** Only floats round. */
const pairwiseFloats = (dtype: ComputeDType): 'any' | 'pairwise' => (isFloat(dtype) ? 'pairwise' : 'any');

const greatest = (dtype: ComputeDType): Scalar => dtypeTable[dtype].max;
const least = (dtype: ComputeDType): Scalar => dtypeTable[dtype].min;

/** Truth values are compared as numbers. */
const comparable = (dtype: ComputeDType): ComputeDType => (dtype === 'bool' ? 'uint8' : dtype);

/** Where the most extreme element is: NaN is more extreme than everything; of equal ones, at the lowest position. */
const positionOf = (
  extreme: 'less' | 'greater',
  worst: (dtype: ComputeDType) => Scalar,
): RowOf<2> & { readonly elements: 'given'; readonly result: 'position' } => ({
  elements: 'given',
  result: 'position',
  weight: 1,
  order: anyOrder,
  state: ({ element, result }) => [comparable(element), result],
  neutral: ({ element, result }) => [worst(element), greatest(result)],
  ofNothing: 'refused',
  lift: (m, { element }, x, position) => [m.cast(x, element, comparable(element)), position()],
  combine(m, { element, result }, [x, at], [y, place]) {
    const dtype = comparable(element);
    const [on, positions] = [arithmetic(m, dtype), arithmetic(m, result)];
    const { logicalAnd, logicalNot, logicalOr } = on;
    // The negated comparison lets NaN through; nothing is ahead of what is NaN itself.
    const behind = extreme === 'less' ? on.greaterEqual : on.lessEqual;
    const ahead = (p: typeof x, q: typeof x): typeof x =>
      isFloat(dtype) ? logicalAnd(logicalNot(behind(p, q)), on.equal(q, q)) : on[extreme](p, q);
    const earlier = logicalAnd(logicalNot(ahead(x, y)), positions.less(place, at));
    const second = logicalOr(ahead(y, x), earlier);
    return [on.where(second, y, x), positions.where(second, place, at)];
  },
  finish: { register: 1 },
});

/**
 * Count, mean, and sum of the squares of the deviations from it (T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating
 * formulae and a pairwise algorithm for computing sample variances", 1979; of one element at a time, B. P. Welford, 1962).
 */
const moments = {
  elements: 'float',
  result: 'element',
  weight: 16,
  order: pairwiseOrder,
  state: ({ result }) => [result, result, result],
  neutral: () => [0, 0, 0],
  // Infinities and NaN deviate from themselves by NaN.
  lift(m, { element, result }, value) {
    const { constant, subtract } = arithmetic(m, result);
    const x = m.cast(value, element, result);
    return [constant(1), x, subtract(x, x)];
  },
  combine(m, { result }, [n, mean, squares], [k, other, more]) {
    const { add, constant, divide, equal, multiply, subtract, where } = arithmetic(m, result);
    const count = add(n, k);
    const share = divide(k, count);
    const apart = subtract(other, mean);
    const between = multiply(multiply(apart, apart), multiply(n, share));
    const zero = constant(0);
    const [noFirst, noSecond] = [equal(n, zero), equal(k, zero)];
    const unlessNone = (first: typeof n, second: typeof n, both: typeof n): typeof n =>
      where(noSecond, first, where(noFirst, second, both));
    return [
      count,
      unlessNone(mean, other, add(mean, multiply(apart, share))),
      unlessNone(squares, more, add(add(squares, more), between)),
    ];
  },
} as const satisfies Omit<RowOf<3>, 'finish'>;

/** The variance of a population. */
const welfordVariance: RowOf<3> = {
  ...moments,
  finish: { of: (m, { result }, [count, , squares]) => m.op('divide', result, squares, count) },
};

/** The logarithm of the sum of exponentials: the greatest element, and the sum relative to it, which never overflows. */
const logsumexp: RowOf<2> = {
  elements: 'float',
  result: 'element',
  weight: 32,
  order: pairwiseOrder,
  state: ({ result }) => [result, result],
  neutral: () => [-Infinity, 0],
  lift: (m, { element, result }, x) => [m.cast(x, element, result), m.constant(result, 1)],
  combine(m, { result }, [x, p], [y, q]) {
    const { abs, add, constant, equal, greaterEqual, maximum, multiply, negative, subtract, where } =
      arithmetic(m, result);
    // Equal ones stand apart by 0, infinite ones included.
    const apart = where(equal(x, y), constant(0), subtract(x, y));
    // What is further apart than this does not show: the greater sum is 1 at least, and exp of all that is left is fast.
    const factor = m.op('exp', result, maximum(negative(abs(apart)), constant(-80)));
    const first = greaterEqual(x, y);
    const [high, low] = [where(first, p, q), where(first, q, p)];
    return [maximum(x, y), add(high, multiply(low, factor))];
  },
  finish: { of: (m, { result }, [x, p]) => m.op('add', result, x, m.op('log', result, p)) },
};

export const monoids = {
  // -0 + x is x even for x = -0; the sum of nothing is +0 all the same.
  sum: folding('add', (dtype) => (isFloat(dtype) ? -0 : inDType(dtype, 0)), pairwiseFloats, {
    elements: 'wide',
    ofBool: 'any',
    ofNothing: ({ result }) => [inDType(result, 0)],
  }),
  prod: folding('multiply', (dtype) => inDType(dtype, 1), pairwiseFloats, {
    elements: 'wide',
    ofBool: 'all',
  }),
  min: folding('minimum', greatest, anyOrder, { elements: 'given', ofBool: 'all', ofNothing: 'refused' }),
  max: folding('maximum', least, anyOrder, { elements: 'given', ofBool: 'any', ofNothing: 'refused' }),
  any: folding('logicalOr', () => 0, anyOrder, { elements: 'bool' }),
  all: folding('logicalAnd', () => 1, anyOrder, { elements: 'bool' }),
  xor: folding('bitwiseXor', (dtype) => inDType(dtype, 0), anyOrder, { elements: 'bits' }),
  argmin: positionOf('less', greatest),
  argmax: positionOf('greater', least),
  // Both in one pass, as var and std of the public API are not.
  welfordMean: { ...moments, ofNothing: () => [0, NaN, NaN], finish: { register: 1 } },
  welfordVariance,
  logsumexp,
} as const satisfies Record<string, MonoidRow>;

export type Reduction = keyof typeof monoids;
/** Reductions whose result is a position. */
export type ArgReduction = {
  [R in Reduction]: (typeof monoids)[R]['result'] extends 'position' ? R : never;
}[Reduction];

export const reductions = Object.keys(monoids) as readonly Reduction[];
const rows: Record<Reduction, MonoidRow> = { ...monoids };

/** Adds a reduction that is not in the table. Returns its name, and what takes it back. For tests. */
export function registerMonoid(
  name: string,
  row: RowOf<1> | RowOf<2> | RowOf<3>,
): { readonly name: Reduction; readonly unregister: () => void } {
  if (Object.hasOwn(rows, name)) throw new InternalError(name, 'is a reduction already');
  const reduction = name as Reduction;
  rows[reduction] = row;
  return { name: reduction, unregister: () => void Reflect.deleteProperty(rows, reduction) };
}

export const monoidRow = (name: Reduction): MonoidRow => rows[name];

/** Whether the result is a position. */
export const isArg = (name: Reduction): name is ArgReduction => rows[name].result === 'position';

/** Whether the reduction of one element is that element: registers are its elements combined, and the result is one of them. */
export function isOfOne(name: Reduction): boolean {
  const row = rows[name];
  const registers = row.state({ element: 'float64', result: 'float64' });
  return row.result === 'element' && 'register' in row.finish && registers.length === 1;
}

/** The reduction to take of truth values. */
export function ofBool(name: Reduction): Reduction {
  const other = rows[name].ofBool;
  return reductions.find((row) => row === other) ?? name;
}

/** A row at given dtypes. */
export class Monoid {
  readonly name: Reduction;
  readonly types: ReductionTypes;
  readonly state: readonly ComputeDType[];
  readonly neutral: readonly Scalar[];
  /** The state of no elements. */
  readonly nothing: readonly Scalar[];
  readonly isPairwise: boolean;
  /** The op, where folding the elements by it is all there is to do. */
  readonly folds: ScalarOp | undefined;
  /** The register that is the result; `undefined` where `finish` makes it. */
  readonly register: number | undefined;
  readonly #row: MonoidRow;

  constructor(name: Reduction, types: ReductionTypes) {
    const row = rows[name];
    this.name = name;
    this.types = types;
    this.state = row.state(types);
    this.neutral = row.neutral(types);
    this.nothing = typeof row.ofNothing === 'function' ? row.ofNothing(types) : this.neutral;
    this.isPairwise = row.order(types) === 'pairwise';
    this.folds = row.folds;
    this.register = 'register' in row.finish ? row.finish.register : undefined;
    this.#row = row;
  }

  /** The operations of a combination. */
  get combinations(): ReadonlySet<CodeOp> {
    const found = new Set<CodeOp>();
    const value = (): 'value' => 'value';
    const m: Machine<'value'> = {
      constant: value,
      op: (op) => (found.add(op), 'value'),
      cast: value,
      bitsOf: value,
      ofBits: value,
      rarely: (_, usual, exception) => (exception(), usual),
      loop: (state, more, next) => (more(state), next(state)),
    };
    const state = this.state.map(value);
    this.combine(m, state, state);
    return found;
  }

  /** The state of an element; its position is asked for, in the dtype of the result, where that is a position. */
  lift<V>(m: Machine<V>, element: V, position: () => V = noPosition): readonly V[] {
    return this.#row.lift(m, this.types, element, position);
  }

  combine<V>(m: Machine<V>, first: readonly V[], second: readonly V[]): readonly V[] {
    return this.#row.combine(m, this.types, first, second);
  }

  finish<V>(m: Machine<V>, state: readonly V[]): V {
    const { finish } = this.#row;
    if ('of' in finish) return finish.of(m, this.types, state);
    const result = state[finish.register];
    if (result === undefined) throw new InternalError(this.name, `has no register ${finish.register}`);
    return result;
  }
}

function noPosition(): never {
  throw new InternalError('reduce', 'a reduction in the order of the tree knows no positions');
}
