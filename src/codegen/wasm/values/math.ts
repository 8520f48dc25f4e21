/**
 * Math functions on packs: the machine that writes a program of `ir/math` out in vector instructions.
 *
 * A value is a list of float64 vectors that go through the program side by side, or one vector where it is the same
 * everywhere; a condition is a list of masks. Every operation rounds like that of the number machine, hence the same
 * bits. float32 runs the shorter programs in float64 and is rounded at the end.
 */
import { InternalError } from '../../../ir/errors.ts';
import { mathTable, type MathFunction } from '../../../ir/math/functions.ts';
import type { Lowering, Machine, Table } from '../../../ir/math/machine.ts';
import { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local } from '../assembler/operands.ts';
import { emitCast } from './casts.ts';
import { bits64, constantVector, zeroVector } from './constants.ts';
import type { ModuleContext } from '../module/context.ts';
import type { Pack, PackContext } from './pack.ts';
import { countOf, numberPack, type NumberDType } from './vectors.ts';

/** A math function of float64 or float32 packs. */
export const emitMath = (
  c: PackContext,
  name: MathFunction,
  dtype: NumberDType,
  args: readonly Pack[],
): Pack => emitProgram(c, mathTable[name], dtype, args, c.module.isRepeated(name) ? name : undefined);

/** Any program on float64 or float32 packs, written where it is used, or called in a function of this name. */
export function emitProgram(
  c: PackContext,
  program: Lowering,
  dtype: NumberDType,
  args: readonly Pack[],
  shared?: string,
): Pack {
  const operands = args.map((arg) => emitCast(c, arg, 'float64'));
  const uniform = args.every((arg) => arg.uniform);
  const count = countOf(c, 8, uniform);
  const vectors: Local[] = [];
  while (vectors.length < count) {
    const first = vectors.length;
    const width = Math.min(together, count - first);
    const given = operands.map((operand) =>
      operand.uniform ? operand.vectors : operand.vectors.slice(first, first + width),
    );
    const piece: Piece = { program, width, single: dtype === 'float32' };
    const results = shared === undefined ? write(c, piece, given) : call(c, piece, given, shared);
    for (let k = 0; k < width; k++) vectors.push(at(results, k));
  }
  return emitCast(c, numberPack('float64', vectors, uniform), dtype);
}

/** As many vectors go through a program side by side: one waits for its own results, more than four crowd the registers. */
const together = 4;

type Vectors = readonly Local[];

/** A program for `width` vectors at a time. */
interface Piece {
  readonly program: Lowering;
  readonly width: number;
  readonly single: boolean;
}

type Place = Pick<PackContext, 'f' | 'module'>;

const write = (
  place: Place,
  { program, width, single }: Piece,
  [x = [], y = x]: readonly Vectors[],
): Vectors => program(vectorMachine(place, width, single), x, y);

/** A program that a kernel uses again and again is written once and compiled once: it takes hundreds of instructions. */
function call({ f, module }: Place, piece: Piece, args: readonly Vectors[], name: string): Vectors {
  const { width, single } = piece;
  const results = Array.from({ length: width }, () => 'v128' as const);
  const form = [single ? 'float32' : 'float64', ...args.map((vectors) => vectors.length)].join('x');
  const callee = module.helper(`${name}.${form}`, () => {
    const names = args.flatMap((vectors, k) =>
      vectors.map((_, j) => [`${k === 0 ? 'x' : 'y'}_${j}`, 'v128'] as const),
    );
    const body = new FunctionBuilder(`${name}.${form}`, names, ...results);
    let taken = 0;
    const parameters = args.map((vectors) => body.parameters.slice(taken, (taken += vectors.length)));
    const values = write({ f: body, module }, piece, parameters);
    body.return(...results.map((_, k) => at(values, k)));
    return body;
  });
  return f.callForAll(callee, args.flat(), results);
}

/** The k-th of several vectors, or the one that stands for all. */
function at(vectors: Vectors, k: number): Local {
  const found = vectors[vectors.length === 1 ? 0 : k];
  if (found === undefined) throw new InternalError('wasm', `there is no vector ${k} of ${vectors.length}`);
  return found;
}

const zipped = (code: (...operands: Local[]) => Local, ...lists: readonly Vectors[]): Vectors =>
  Array.from({ length: Math.max(...lists.map((list) => list.length)) }, (_, k) =>
    code(...lists.map((list) => at(list, k))),
  );

/** A machine on lists of `width` vectors. `single`: see `Machine.single`. */
function vectorMachine({ f, module }: Place, width: number, single: boolean): Machine<Vectors, Vectors> {
  const operation =
    (name: string) =>
    (...operands: readonly Vectors[]): Vectors =>
      zipped((...vectors) => f.op(name, ...vectors), ...operands);
  const bitselect = operation('v128.bitselect');
  const and = operation('v128.and');
  const or = operation('v128.or');
  const add = operation('f64x2.add');
  const subtract = operation('f64x2.sub');
  const lessThanZero = operation('i64x2.lt_s');
  const bits = (pattern: bigint): Vectors => [bits64(f, pattern)];
  const constant = (value: number): Vectors => [constantVector(f, 'float64', value)];
  const shifted = (name: string, x: Vectors, count: number): Vectors =>
    x.map((vector) => f.op(name, vector, i32(count)));
  return {
    single,
    constant,
    add,
    subtract,
    multiply: operation('f64x2.mul'),
    divide: operation('f64x2.div'),
    sqrt: operation('f64x2.sqrt'),
    negate: operation('f64x2.neg'),
    abs: operation('f64x2.abs'),
    floor: operation('f64x2.floor'),
    nearest: operation('f64x2.nearest'),
    copySign: (x, sign) => bitselect(sign, x, bits(1n << 63n)),
    less: operation('f64x2.lt'),
    lessEqual: operation('f64x2.le'),
    equal: operation('f64x2.eq'),
    signBit: (x) => lessThanZero(x, [zeroVector(f)]),
    and,
    or,
    not: operation('v128.not'),
    select: (condition, then, otherwise) => bitselect(then, otherwise, condition),
    highHalf: (x) => and(x, bits(0xffffffff00000000n)),
    // The exponent field in the low bits of 2^52 is added to it.
    exponent: (x) => {
      const field = shifted('i64x2.shr_u', and(x, bits(0x7fffffffffffffffn)), 52);
      return subtract(or(field, constant(2 ** 52)), constant(2 ** 52 + 1023));
    },
    significand: (x) => or(and(x, bits(0xfffffffffffffn)), constant(1)),
    powerOfTwo: (n) => shifted('i64x2.shl', add(n, constant(2 ** 52 + 1023)), 52),
    lookup: (table, index) => {
      // Beside 1.5 * 2^49 the index stands in the bits from 3 up: 8 bytes each.
      const scaled = add(index, constant(1.5 * 2 ** 49));
      return scaled.map((vector) => elements(f, module, table, vector));
    },
    rarely: (condition, usual, exception) => rarely(f, width, condition, usual, exception),
  };
}

/** The elements of a table at the offsets in the low halves of both lanes. */
function elements(f: FunctionBuilder, module: ModuleContext, table: Table, offsets: Local): Local {
  const base = module.addressOf(table);
  module.note('table of a math function read lane by lane: there is no instruction for it');
  const mask = i32(8 * (table.values.length - 1));
  const [first, second] = [0, 2].map((lane) =>
    f.op('i32.and', f.lane('i32x4.extract_lane', lane, offsets), mask),
  );
  if (first === undefined || second === undefined) return offsets;
  const low = f.loadConstant('v128.load64_zero', first, base);
  return f.loadConstantLane('v128.load64_lane', second, low, 1, base);
}

function rarely(
  f: FunctionBuilder,
  width: number,
  condition: Vectors,
  usual: readonly Vectors[],
  exception: () => readonly Vectors[],
): readonly Vectors[] {
  const flat = (values: readonly Vectors[]): Local[] =>
    values.flatMap((vectors) => Array.from({ length: width }, (_, k) => at(vectors, k)));
  const some = condition.reduce((a, b) => f.op('v128.or', a, b));
  const before = flat(usual);
  const chosen = f.choose(f.op('v128.any_true', some), before, () =>
    flat(exception()).map((value, k) => {
      const otherwise = before[k];
      return otherwise === undefined
        ? value
        : f.op('v128.bitselect', value, otherwise, at(condition, k % width));
    }),
  );
  return usual.map((_, k) => chosen.slice(k * width, (k + 1) * width));
}
