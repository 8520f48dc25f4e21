/**
 * Remainders and floored division of floats, without the rounding of the division: faster than the programs, to which
 * only the truncated remainder is a primitive.
 *
 * With q = x / y rounded and n = floor(q), x - n y is the remainder or, where the rounding reached the next integer,
 * one y away from it. n y is computed exactly, as the sum of two floats: n and y are split in halves whose products
 * have no rounding (Dekker: A Floating-Point Technique for Extending the Available Precision, 1971), which holds for
 * |n| < 2^52. Larger quotients, infinities and division by zero go through a function on single elements that divides
 * the significands piece by piece.
 *
 * float32 computes in float64 and rounds the result.
 */
import { FunctionBuilder } from '../assembler/function.ts';
import { f64, i64, type Local, type Operand } from '../assembler/operands.ts';
import { emitCast } from './casts.ts';
import { bits64, constantVector, zeroVector } from './constants.ts';
import type { Pack, PackContext } from './pack.ts';
import { eachVector, numberPack, type NumberDType, type VectorCode } from './vectors.ts';

export const emitRemainder = (c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack =>
  inDoubles(c, dtype, args, 'floor', (_, y, rest) => remainder(c.f, y, rest));

export const emitFloorDivide = (c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack =>
  inDoubles(c, dtype, args, 'trunc', (x, y, rest) => floorDivide(c.f, x, y, rest));

export const emitTruncatedRemainder = (c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack =>
  inDoubles(c, dtype, args, 'trunc', (x, y, rest) => {
    const signs = bits64(c.f, 1n << 63n);
    return c.f.op('v128.bitselect', x, truncatedRest(c.f, x, y, rest), signs);
  });

/** `finish` gets x, y and x - n y for the rounded quotient n. */
function inDoubles(
  c: PackContext,
  dtype: NumberDType,
  args: readonly Pack[],
  rounding: 'floor' | 'trunc',
  finish: VectorCode,
): Pack {
  const { f } = c;
  const operands = args.map((arg) => emitCast(c, arg, 'float64'));
  const exact: Local[] = [];
  const [usual, uniform] = eachVector(c, 8, operands, (x, y) => {
    const quotient = f.op('f64x2.div', x, y);
    const rest = restOf(f, x, y, f.op(`f64x2.${rounding}`, quotient));
    exact.push(isExact(f, quotient, rest));
    return rest;
  });
  const all = exact.reduce((p, q) => f.op('v128.and', p, q));
  const rests = f.choose(f.op('i32.eqz', f.op('i64x2.all_true', all)), usual, () => {
    const [vectors] = eachVector(c, 8, operands, (x, y) => restByElement(c, x, y));
    return vectors;
  });
  const results = eachVector(c, 8, [...operands, numberPack('float64', rests, uniform)], finish);
  return emitCast(c, numberPack('float64', ...results), dtype);
}

/** Where the quotient is below 2^52 and the rest not NaN, as where the product overflows. */
function isExact(f: FunctionBuilder, quotient: Local, rest: Local): Local {
  const size = f.op('f64x2.abs', f.op('f64x2.add', quotient, f.op('f64x2.sub', rest, rest)));
  return f.op('f64x2.lt', size, constantVector(f, 'float64', 2 ** 52));
}

/** x - n y, rounded once. */
function restOf(f: FunctionBuilder, x: Local, y: Local, n: Local): Local {
  const multiply = (a: Local, b: Local): Local => f.op('f64x2.mul', a, b);
  const subtract = (a: Local, b: Local): Local => f.op('f64x2.sub', a, b);
  const nHigh = f.op('v128.and', n, bits64(f, 0xfffffffff8000000n));
  const nLow = subtract(n, nHigh);
  const yHigh = f.op('v128.and', y, bits64(f, 0xfffffffffc000000n));
  const yLow = subtract(y, yHigh);
  const product = multiply(n, y);
  // How much larger the product is than n y.
  const upper = subtract(product, multiply(nHigh, yHigh));
  const excess = subtract(
    subtract(subtract(upper, multiply(nHigh, yLow)), multiply(nLow, yHigh)),
    multiply(nLow, yLow),
  );
  return f.op('f64x2.add', subtract(x, product), excess);
}

function restByElement(c: PackContext, x: Local, y: Local): Local {
  const { f } = c;
  const name = c.module.helper('fmod', fmod);
  const rest = (lane: number): Operand => {
    const [a, b] = [f.lane('f64x2.extract_lane', lane, x), f.lane('f64x2.extract_lane', lane, y)];
    return f.call(name, [a, b], 'f64') ?? a;
  };
  return f.lane('f64x2.replace_lane', 1, f.op('f64x2.splat', rest(0)), rest(1));
}

/** Where the rest is not 0 and has not the sign of the other. */
function differs(f: FunctionBuilder, rest: Local, other: Local): Local {
  const zero = zeroVector(f);
  const signs = f.op('v128.xor', f.op('f64x2.lt', rest, zero), f.op('f64x2.lt', other, zero));
  return f.op('v128.and', signs, f.op('f64x2.ne', rest, zero));
}

const signBit = (f: FunctionBuilder, x: Local): Local => f.op('v128.and', x, bits64(f, 1n << 63n));

/** An exact zero takes the sign of y. */
function remainder(f: FunctionBuilder, y: Local, rest: Local): Local {
  const raised = f.op('f64x2.add', rest, f.op('v128.and', y, differs(f, rest, y)));
  return f.op('v128.bitselect', signBit(f, y), raised, f.op('f64x2.eq', raised, zeroVector(f)));
}

/** x - n y with the sign of x, or zero: the quotient may have been rounded up to the next integer. */
function truncatedRest(f: FunctionBuilder, x: Local, y: Local, approximate: Local): Local {
  const ySigned = f.op('v128.or', f.op('f64x2.abs', y), signBit(f, x));
  return f.op('f64x2.add', approximate, f.op('v128.and', ySigned, differs(f, approximate, x)));
}

/** In the steps of the program, which rounds more than once. */
function floorDivide(f: FunctionBuilder, x: Local, y: Local, approximate: Local): Local {
  const [zero, one] = [zeroVector(f), constantVector(f, 'float64', 1)];
  const rest = truncatedRest(f, x, y, approximate);
  const towardZero = f.op('f64x2.div', f.op('f64x2.sub', x, rest), y);
  const quotient = f.op('f64x2.sub', towardZero, f.op('v128.and', one, differs(f, rest, y)));
  const floor = f.op('f64x2.floor', quotient);
  const above = f.op('f64x2.gt', f.op('f64x2.sub', quotient, floor), constantVector(f, 'float64', 0.5));
  const nearest = f.op('f64x2.add', floor, f.op('v128.and', one, above));
  const ratio = f.op('f64x2.div', x, y);
  const signed = f.op('v128.bitselect', signBit(f, ratio), nearest, f.op('f64x2.eq', quotient, zero));
  return f.op('v128.bitselect', ratio, signed, f.op('f64x2.eq', y, zero));
}

/** `x % y` on single elements: whole significands, reduced by 11 bits at a time. */
function fmod(): FunctionBuilder {
  const f = new FunctionBuilder(
    'fmod',
    [
      ['x', 'f64'],
      ['y', 'f64'],
    ],
    'f64',
  );
  const [x, y] = [f.parameter(0), f.parameter(1)];
  const result = f.variable('f64', f64(NaN), 'result');
  const [xSize, ySize] = [f.op('f64.abs', x), f.op('f64.abs', y)];
  const defined = f.op('i32.and', f.op('f64.lt', xSize, f64(Infinity)), f.op('f64.gt', ySize, f64(0)));
  f.if(defined, () => {
    f.set(result, x);
    f.if(f.op('f64.ge', xSize, ySize), () => {
      const [xExponent, xSignificand] = parts(f, xSize);
      const [yExponent, ySignificand] = parts(f, ySize);
      const digits = f.variable('i64', f.op('i64.rem_u', xSignificand, ySignificand), 'digits');
      const left = f.variable('i64', f.op('i64.sub', xExponent, yExponent), 'left');
      f.block((done) => {
        f.loop((again) => {
          f.branch(done, f.op('i64.eqz', left));
          const step = f.op('select', left, i64(11n), f.op('i64.lt_s', left, i64(11n)));
          f.set(digits, f.op('i64.rem_u', f.op('i64.shl', digits, step), ySignificand));
          f.set(left, f.op('i64.sub', left, step));
          f.branch(again);
        });
      });
      const whole = f.op('f64.mul', f.op('f64.convert_i64_u', digits), f64(2 ** -52));
      const scale = f.op('f64.reinterpret_i64', f.op('i64.shl', yExponent, i64(52n)));
      f.set(result, f.op('f64.copysign', f.op('f64.mul', whole, scale), x));
    });
  });
  f.return(result);
  return f;
}

/** Exponent field e and significand m of a positive float: m 2^(e - 1075). Subnormals have the exponent field 1. */
function parts(f: FunctionBuilder, size: Local): readonly [exponent: Local, significand: Local] {
  const bits = f.op('i64.reinterpret_f64', size);
  const field = f.op('i64.shr_u', bits, i64(52n));
  const subnormal = f.op('i64.eqz', field);
  const fraction = f.op('i64.and', bits, i64((1n << 52n) - 1n));
  const normal = f.op('i64.or', fraction, i64(1n << 52n));
  return [f.op('select', i64(1n), field, subnormal), f.op('select', fraction, normal, subnormal)];
}
