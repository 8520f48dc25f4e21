/**
 * Integer arithmetic that has no vector instruction: division by way of floats that hold every quotient, the rest by
 * functions on single elements. Nothing traps: what is divided by zero gives 0, and the lowest integer by -1 itself.
 */
import { isBigint, kindOf } from '../../../ir/dtype.ts';
import { InternalError } from '../../../ir/errors.ts';
import { FunctionBuilder } from '../assembler/function.ts';
import { i32, i64, type Constant, type Local, type Operand } from '../assembler/operands.ts';
import { emitCast } from './casts.ts';
import { constantOf, constantVector, zeroVector } from './constants.ts';
import { laneBytesOf, type Pack, type PackContext } from './pack.ts';
import { perLane } from './perLane.ts';
import { eachVector, numberPack, shapeOf, wrapping, type NumberDType } from './vectors.ts';

/** The low half of each product; there is no instruction for bytes. */
export function multiply(f: FunctionBuilder, dtype: NumberDType, x: Local, y: Local): Local {
  if (laneBytesOf(dtype) > 1) return f.op(`${shapeOf(dtype)}.mul`, x, y);
  return wrapping(f, f.op('i16x8.extmul_low_i8x16_u', x, y), f.op('i16x8.extmul_high_i8x16_u', x, y), 1);
}

// ---------------------------------------------------------------------------------------------------------
// Division

/** floor(x / y). */
export function floorDivideInteger(c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack {
  if (isBigint(dtype)) {
    const name = c.module.helper(`floorDivide_${dtype}`, () => division(dtype, 'floorDivide'));
    return perLane(c, `${dtype} division`, dtype, args, (x, y) => called(c, name, x, y, 'i64'));
  }
  const quotient = wholeQuotient(c, dtype, args);
  return whereDivisible(c, dtype, args, quotient, (_, __, q) => q);
}

/** x - y floor(x / y). */
export function remainderInteger(c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack {
  if (isBigint(dtype)) {
    const name = c.module.helper(`remainder_${dtype}`, () => division(dtype, 'remainder'));
    return perLane(c, `${dtype} remainder`, dtype, args, (x, y) => called(c, name, x, y, 'i64'));
  }
  const quotient = wholeQuotient(c, dtype, args);
  return whereDivisible(c, dtype, args, quotient, (x, y, q) =>
    c.f.op(`${shapeOf(dtype)}.sub`, x, multiply(c.f, dtype, y, q)),
  );
}

/**
 * floor(x / y) modulo the range of the dtype, for y other than 0. In floats with twice the bits of the integers, the
 * rounded quotient never reaches the next integer. Adding 1.5 * 2^52 (2^23) leaves the quotient in the low bits.
 */
function wholeQuotient(c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack {
  const wide = laneBytesOf(dtype) === 4;
  const [float, integer, magic] = wide
    ? (['float64', 'int64', 1.5 * 2 ** 52] as const)
    : (['float32', 'int32', 1.5 * 2 ** 23] as const);
  const operands = args.map((arg) => emitCast(c, arg, float));
  const shape = shapeOf(float);
  const shifter = constantVector(c.f, float, magic);
  const quotient = eachVector(c, laneBytesOf(float), operands, (x, y) =>
    c.f.op(`${shape}.add`, c.f.op(`${shape}.floor`, c.f.op(`${shape}.div`, x, y)), shifter),
  );
  return emitCast(c, numberPack(integer, ...quotient), dtype);
}

/** `code` of x, y and the quotient; 0 where y is 0. */
function whereDivisible(
  c: PackContext,
  dtype: NumberDType,
  args: readonly Pack[],
  quotient: Pack,
  code: (x: Local, y: Local, q: Local) => Local,
): Pack {
  const zero = zeroVector(c.f);
  const divisible = eachVector(c, laneBytesOf(dtype), [...args, quotient], (x, y, q) =>
    c.f.op('v128.and', code(x, y, q), c.f.op(`${shapeOf(dtype)}.ne`, y, zero)),
  );
  return numberPack(dtype, ...divisible);
}

function called(c: PackContext, name: string, x: Operand, y: Operand, type: 'i32' | 'i64'): Local {
  const result = c.f.call(name, [x, y], type);
  if (result === undefined) throw new InternalError('wasm', `${name} gives no value`);
  return result;
}

/** Division of 64-bit integers: 0 by zero; only division, not the remainder, overflows. */
function division(dtype: 'int64' | 'uint64', op: 'floorDivide' | 'remainder'): FunctionBuilder {
  const f = binaryFunction(`${op}_${dtype}`, 'i64');
  const [x, y] = [f.parameter(0), f.parameter(1)];
  const result = f.variable('i64', i64(0n), 'result');
  f.if(f.op('i64.ne', y, i64(0n)), () => {
    if (dtype === 'uint64') {
      f.set(result, f.op(op === 'remainder' ? 'i64.rem_u' : 'i64.div_u', x, y));
      return;
    }
    const rest = f.op('i64.rem_s', x, y);
    const differs = f.op(
      'i32.and',
      f.op('i64.ne', rest, i64(0n)),
      f.op('i64.lt_s', f.op('i64.xor', x, y), i64(0n)),
    );
    if (op === 'remainder') {
      f.set(result, f.op('i64.add', rest, f.op('select', y, i64(0n), differs)));
      return;
    }
    f.if(
      f.op('i64.eq', y, i64(-1n)),
      () => {
        f.set(result, f.op('i64.sub', i64(0n), x));
      },
      () => {
        f.set(result, f.op('i64.sub', f.op('i64.div_s', x, y), f.op('i64.extend_i32_u', differs)));
      },
    );
  });
  f.return(result);
  return f;
}

// ---------------------------------------------------------------------------------------------------------
// Powers

/** x to the y, modulo the range of the dtype; a negative exponent gives the truncated reciprocal. */
export function powInteger(c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack {
  const [x, y] = args;
  const known = y === undefined ? undefined : constantOf(c.f, y);
  if (x !== undefined && known !== undefined && known >= 0 && known <= longestProduct)
    return product(c, dtype, x, Number(known));
  const type = isBigint(dtype) ? 'i64' : 'i32';
  const signed = kindOf(dtype) === 'int';
  const title = `pow_${signed ? '' : 'u'}${type}`;
  const name = c.module.helper(title, () => power(title, type, signed));
  return perLane(c, `${dtype} pow`, dtype, args, (base, exponent) => called(c, name, base, exponent, type));
}

/** Up to this exponent a power is written out as a product. */
const longestProduct = 64;

function product(c: PackContext, dtype: NumberDType, x: Pack, exponent: number): Pack {
  const vectors = x.vectors.map((vector) => {
    let result: Local | undefined;
    for (let [base, rest] = [vector, exponent]; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) result = result === undefined ? base : multiply(c.f, dtype, result, base);
      base = multiply(c.f, dtype, base, base);
    }
    return result ?? constantVector(c.f, dtype, isBigint(dtype) ? 1n : 1);
  });
  return numberPack(dtype, vectors, x.uniform);
}

/** By squaring. */
function power(title: string, type: 'i32' | 'i64', signed: boolean): FunctionBuilder {
  const f = binaryFunction(title, type);
  const [x, y] = [f.parameter(0), f.parameter(1)];
  const constant = (value: number): Constant => (type === 'i64' ? i64(BigInt(value)) : i32(value));
  const result = f.variable(type, constant(1), 'result');
  const squaring = (): void => {
    const base = f.variable(type, x, 'base');
    const exponent = f.variable(type, y, 'exponent');
    f.block((done) => {
      f.loop((again) => {
        f.branch(done, f.op(`${type}.eqz`, exponent));
        const odd = f.op(`${type}.and`, exponent, constant(1));
        f.if(f.op(`${type}.ne`, odd, constant(0)), () => {
          f.update(result, `${type}.mul`, base);
        });
        f.set(base, f.op(`${type}.mul`, base, base));
        f.update(exponent, `${type}.shr_u`, constant(1));
        f.branch(again);
      });
    });
  };
  const reciprocal = (): void => {
    const even = f.op(`${type}.eqz`, f.op(`${type}.and`, y, constant(1)));
    const ofMinusOne = f.op('select', constant(1), constant(-1), even);
    const isMinusOne = f.op(`${type}.eq`, x, constant(-1));
    const otherwise = f.op('select', ofMinusOne, constant(0), isMinusOne);
    f.set(result, f.op('select', constant(1), otherwise, f.op(`${type}.eq`, x, constant(1))));
  };
  if (signed) f.if(f.op(`${type}.lt_s`, y, constant(0)), reciprocal, squaring);
  else squaring();
  f.return(result);
  return f;
}

const binaryFunction = (name: string, type: 'i32' | 'i64'): FunctionBuilder =>
  new FunctionBuilder(
    name,
    [
      ['x', type],
      ['y', type],
    ],
    type,
  );
