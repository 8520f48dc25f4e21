/** Conversions between dtypes as WGSL expressions, equal to `castScalar` of the numerics contract for every pair. */
import { dtypeTable, isFloat, type DType } from '../../ir/dtype.ts';
import { registerOf, splat, typeOf, type Width } from './registers.ts';
import type { ShaderWriter } from './shader.ts';

/** Wraps the result of integer arithmetic into `dtype`: `normalize` of ir/scalar.ts. */
export function wrap(dtype: DType, raw: string, width: Width): string {
  switch (dtype) {
    case 'int8':
      return `extractBits(${raw}, 0u, 8u)`;
    case 'int16':
      return `extractBits(${raw}, 0u, 16u)`;
    case 'uint8':
      return `(${raw} & ${splat('0xffu', 'u32', width)})`;
    case 'uint16':
      return `(${raw} & ${splat('0xffffu', 'u32', width)})`;
    default:
      return raw;
  }
}

/** `value` of dtype `from` as dtype `to`, in `width` elements. */
export function cast(value: string, from: DType, to: DType, width: Width, writer: ShaderWriter): string {
  if (from === to) return value;
  if (from === 'float16')
    return cast(`${writer.use('halfToFloat', width)}(${value})`, 'float32', to, width, writer);
  // No integer is spoilt on the way: those that float32 rounds are infinite in float16.
  if (to === 'float16')
    return `${writer.use('floatToHalf', width)}(${cast(value, from, 'float32', width, writer)})`;
  const [source, target] = [registerOf(from), registerOf(to)];
  if (target === 'bool') {
    const zero = splat(source === 'i32' ? '0i' : '0u', source === 'i32' ? 'i32' : 'u32', width);
    // By bits: `!=` may be false for NaN, and subnormal numbers are not zero.
    const word = source === 'f32' ? magnitude(value, width) : value;
    return `(${word} != ${zero})`;
  }
  const converted = `${typeOf(target, width)}(${value})`;
  if (from === 'uint32' && target === 'f32') return roundedUint(value, width);
  if (source === 'bool' || target === 'f32') return converted;
  if (isFloat(from)) return saturating(value, to, width, writer);
  return wrap(to, source === target ? value : converted, width);
}

/** A uint32 as a float in two exact halves, so that their sum rounds to nearest: devices round f32(u32) as they like. */
function roundedUint(value: string, width: Width): string {
  const float = typeOf('f32', width);
  const high = `${float}(${value} >> ${splat('16u', 'u32', width)})`;
  return `(${high} * ${splat('65536f', 'f32', width)} + ${float}(${value} & ${splat('0xffffu', 'u32', width)}))`;
}

/** The bits of a float without its sign. */
const magnitude = (value: string, width: Width): string =>
  `(bitcast<${typeOf('u32', width)}>(${value}) & ${splat('0x7fffffffu', 'u32', width)})`;

function saturating(value: string, to: DType, width: Width, writer: ShaderWriter): string {
  const { min, max } = dtypeTable[to];
  // The least float at which the integer saturates: the largest int32 and uint32 are no floats, one more is.
  const high = `${Math.fround(Number(max))}f`;
  return registerOf(to) === 'i32'
    ? `${writer.use('saturateInt', width)}(${value}, ${String(min)}f, ${high}, ${String(max)}i)`
    : `${writer.use('saturateUint', width)}(${value}, ${high}, ${String(max)}u)`;
}
