/**
 * What scalar programs are written in: operations on single values of known dtypes, the bits of floats, exceptions and
 * loops.
 *
 * What is made of several operations (an op that is no primitive, the way a monoid combines) is written once, over any
 * such machine: the reference evaluator computes with it (`scalarNumbers.ts`), each target writes it out. `V` stands for
 * a value, which may have many lanes; conditions are values of dtype bool. No operation traps, and where lanes differ all
 * of them go every way, so programs choose by `where`. Every operation is that of the op table, so all machines give the
 * same bits.
 */
import { isBigint, type ComputeDType, type Scalar } from '../dtype.ts';
import { InternalError } from '../errors.ts';
import { primitiveOps, primitiveRow, type PrimitiveOp, type PrimitiveRow } from '../primitives.ts';

/** A float whose bits are one word. */
export type WordFloat = 'float32' | 'float64';

export interface ScalarMachine<V, Op extends string = PrimitiveOp> {
  constant(dtype: ComputeDType, value: Scalar): V;
  /** `op` on values of dtype `operand`; the condition of a `where` is bool. */
  op(op: Op, operand: ComputeDType, ...args: readonly V[]): V;
  /** `op` on values of one dtype as a function, where that is faster. */
  functionOf?(op: Op, operand: ComputeDType): ((x: V, y: V, z: V) => V) | undefined;
  cast(value: V, from: ComputeDType, to: ComputeDType): V;
  /** The bits of a float as an unsigned integer of its width (`wordOf`). The sign and payload of NaN are open. */
  bitsOf(value: V, dtype: WordFloat): V;
  ofBits(bits: V, dtype: WordFloat): V;
  /** `usual`, but where `condition` holds what `exception` gives. Generated code skips it where no lane needs it. */
  rarely(condition: V, usual: readonly V[], exception: () => readonly V[]): readonly V[];
  /**
   * While `more` holds, `next` takes the place of the state, at most `most` times. Lanes that are done keep their state
   * while others go on. Each value of the state keeps its dtype.
   */
  loop(
    state: readonly V[],
    more: (state: readonly V[]) => V,
    next: (state: readonly V[]) => readonly V[],
    most: number,
  ): readonly V[];
}

/** Up to three operands of one dtype in, results out. */
export type ScalarProgram = <V>(
  machine: ScalarMachine<V>,
  dtype: ComputeDType,
  x: V,
  y: V,
  z: V,
) => readonly V[];

/** A row of the op table. The program serves the dtypes of the arithmetic classes that the row has no function for. */
export interface OpRow extends PrimitiveRow {
  readonly program?: ScalarProgram;
  /** The op is one of several results of the program, which are computed together. */
  readonly part?: ProgramPart;
}

export interface ProgramPart {
  /** Of the program. */
  readonly name: string;
  readonly results: number;
  readonly result: number;
}

/** Rows of the op table. */
export type OpRows = Readonly<Record<string, OpRow>>;

/** The unsigned integer of as many bits. */
export const wordOf = (dtype: WordFloat): 'uint32' | 'uint64' => (dtype === 'float32' ? 'uint32' : 'uint64');

/** The dtype of a program that takes floats apart. */
export function wordFloat(dtype: ComputeDType): WordFloat {
  if (dtype !== 'float32' && dtype !== 'float64')
    throw new InternalError('program', `${dtype} is no float, whose bits it takes`);
  return dtype;
}

/** The primitives on one dtype (the logical ones on bool), to be written like functions. */
export type Arithmetic<V> = Readonly<Record<PrimitiveOp, (...args: readonly V[]) => V>> & {
  readonly constant: (value: number) => V;
};

const known = new WeakMap<object, Map<ComputeDType, unknown>>();

/** `arithmetic(machine, 'int32').add(x, y)` */
export function arithmetic<V>(machine: ScalarMachine<V>, dtype: ComputeDType): Arithmetic<V> {
  let own = known.get(machine);
  if (own === undefined) {
    own = new Map();
    known.set(machine, own);
  }
  let found = own.get(dtype) as Arithmetic<V> | undefined;
  if (found === undefined) {
    found = makeArithmetic(machine, dtype);
    own.set(dtype, found);
  }
  return found;
}

function makeArithmetic<V>(machine: ScalarMachine<V>, dtype: ComputeDType): Arithmetic<V> {
  const functions: Partial<Record<PrimitiveOp, (...args: readonly V[]) => V>> = {};
  for (const op of primitiveOps) {
    const operand = primitiveRow(op).rule === 'logical' ? 'bool' : dtype;
    functions[op] = machine.functionOf?.(op, operand) ?? ((...args) => machine.op(op, operand, ...args));
  }
  return {
    ...(functions as Record<PrimitiveOp, (...args: readonly V[]) => V>),
    constant: (value) => machine.constant(dtype, isBigint(dtype) ? BigInt(value) : value),
  };
}

/** A value of the state of a loop. */
export function stateAt<V>(state: readonly V[], k: number): V {
  const found = state[k];
  if (found === undefined) throw new InternalError('program', `the loop has no state ${k}`);
  return found;
}
