/**
 * Powers of 64-bit integers, element by element: the product of vectors that the program takes is many instructions for
 * two elements, and one for a single one. A negative exponent gives the truncated reciprocal.
 */
import { FunctionBuilder } from '../assembler/function.ts';
import { i64, type Local } from '../assembler/operands.ts';
import type { Pack, PackContext } from './pack.ts';
import { perLane } from './perLane.ts';

export function powBigint(c: PackContext, dtype: 'int64' | 'uint64', args: readonly Pack[]): Pack {
  const name = c.module.helper(`pow_${dtype}`, () => power(dtype));
  return perLane(c, `${dtype} pow`, dtype, args, (x, y) => c.f.call(name, [x, y], 'i64') ?? x);
}

/** By squaring. */
function power(dtype: 'int64' | 'uint64'): FunctionBuilder {
  const f = new FunctionBuilder(
    `pow_${dtype}`,
    [
      ['x', 'i64'],
      ['y', 'i64'],
    ],
    'i64',
  );
  const [x, y] = [f.parameter(0), f.parameter(1)];
  const result = f.variable('i64', i64(1n), 'result');
  const isOdd = (value: Local): Local => f.op('i64.ne', f.op('i64.and', value, i64(1n)), i64(0n));
  const squaring = (): void => {
    const base = f.variable('i64', x, 'base');
    const exponent = f.variable('i64', y, 'exponent');
    f.block((done) => {
      f.loop((again) => {
        f.branch(done, f.op('i64.eqz', exponent));
        f.if(isOdd(exponent), () => {
          f.update(result, 'i64.mul', base);
        });
        f.set(base, f.op('i64.mul', base, base));
        f.update(exponent, 'i64.shr_u', i64(1n));
        f.branch(again);
      });
    });
  };
  const reciprocal = (): void => {
    const ofMinusOne = f.op('select', i64(-1n), i64(1n), isOdd(y));
    const otherwise = f.op('select', ofMinusOne, i64(0n), f.op('i64.eq', x, i64(-1n)));
    f.set(result, f.op('select', i64(1n), otherwise, f.op('i64.eq', x, i64(1n))));
  };
  if (dtype === 'int64') f.if(f.op('i64.lt_s', y, i64(0n)), reciprocal, squaring);
  else squaring();
  f.return(result);
  return f;
}
