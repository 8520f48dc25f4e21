/**
 * Integer arithmetic that has no vector instruction: products of bytes, and division, by way of floats that hold every
 * quotient. Nothing traps: what is divided by zero gives 0, and the lowest integer by -1 itself.
 */
import { isBigint } from '../../../ir/dtype.ts';
import { FunctionBuilder } from '../assembler/function.ts';
import { i64, type Local } from '../assembler/operands.ts';
import { emitCast } from './casts.ts';
import { constantVector, zeroVector } from './constants.ts';
import { laneBytesOf, type Pack, type PackContext } from './pack.ts';
import { perLane } from './perLane.ts';
import { eachVector, numberPack, shapeOf, wrapping, type NumberDType } from './vectors.ts';

/** The low half of each product; there is no instruction for bytes. */
export function multiply(f: FunctionBuilder, dtype: NumberDType, x: Local, y: Local): Local {
  if (laneBytesOf(dtype) > 1) return f.op(`${shapeOf(dtype)}.mul`, x, y);
  return wrapping(f, f.op('i16x8.extmul_low_i8x16_u', x, y), f.op('i16x8.extmul_high_i8x16_u', x, y), 1);
}

/** floor(x / y); 0 where y is 0. */
export function floorDivideInteger(c: PackContext, dtype: NumberDType, args: readonly Pack[]): Pack {
  if (isBigint(dtype)) return divided(c, dtype, args, 'floorDivide');
  const { f } = c;
  const operands = [wholeQuotient(c, dtype, args), ...args.slice(1)];
  const quotients = eachVector(c, laneBytesOf(dtype), operands, (quotient, y) =>
    f.op('v128.and', quotient, f.op(`${shapeOf(dtype)}.ne`, y, zeroVector(f))),
  );
  return numberPack(dtype, ...quotients);
}

/** Of 64-bit integers: the product that the program takes has no instruction either. */
export const remainderBigint = (c: PackContext, dtype: 'int64' | 'uint64', args: readonly Pack[]): Pack =>
  divided(c, dtype, args, 'remainder');

function divided(
  c: PackContext,
  dtype: 'int64' | 'uint64',
  args: readonly Pack[],
  op: 'floorDivide' | 'remainder',
): Pack {
  const name = c.module.helper(`${op}_${dtype}`, () => division(dtype, op));
  return perLane(
    c,
    `${dtype} ${op === 'remainder' ? op : 'division'}`,
    dtype,
    args,
    (x, y) => c.f.call(name, [x, y], 'i64') ?? x,
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

/** Division of 64-bit integers: 0 by zero; only division, not the remainder, overflows. */
function division(dtype: 'int64' | 'uint64', op: 'floorDivide' | 'remainder'): FunctionBuilder {
  const f = new FunctionBuilder(
    `${op}_${dtype}`,
    [
      ['x', 'i64'],
      ['y', 'i64'],
    ],
    'i64',
  );
  const [x, y] = [f.parameter(0), f.parameter(1)];
  const result = f.variable('i64', i64(0n), 'result');
  f.if(f.op('i64.ne', y, i64(0n)), () => {
    if (dtype === 'uint64') {
      f.set(result, f.op(op === 'remainder' ? 'i64.rem_u' : 'i64.div_u', x, y));
      return;
    }
    const differs = (rest: Local): Local =>
      f.op('i32.and', f.op('i64.ne', rest, i64(0n)), f.op('i64.lt_s', f.op('i64.xor', x, y), i64(0n)));
    if (op === 'remainder') {
      const rest = f.op('i64.rem_s', x, y);
      f.set(result, f.op('i64.add', rest, f.op('select', y, i64(0n), differs(rest))));
      return;
    }
    f.if(
      f.op('i64.eq', y, i64(-1n)),
      () => {
        f.set(result, f.op('i64.sub', i64(0n), x));
      },
      () => {
        const quotient = f.op('i64.div_s', x, y);
        const rest = f.op('i64.sub', x, f.op('i64.mul', quotient, y));
        f.set(result, f.op('i64.sub', quotient, f.op('i64.extend_i32_u', differs(rest))));
      },
    );
  });
  f.return(result);
  return f;
}
