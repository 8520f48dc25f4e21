/**
 * What a value is in a shader: the register type of its dtype, one element wide or four.
 *
 * WGSL computes in f32, i32, u32 and bool. The small integers live in i32 or u32 and are wrapped after each operation;
 * in memory they are packed, as on the host (`access.ts`). float16 is its bits, in u32: it is converted where it is cast.
 */
import { InternalError } from '../../ir/errors.ts';
import type { DType, Scalar } from '../../ir/dtype.ts';
import { halfBits } from '../../ir/scalar.ts';

export type Width = 1 | 4;
export type Register = 'f32' | 'i32' | 'u32' | 'bool';

export const wordBytes = 4;

const registers = {
  bool: 'bool',
  int8: 'i32',
  int16: 'i32',
  int32: 'i32',
  int64: undefined,
  uint8: 'u32',
  uint16: 'u32',
  uint32: 'u32',
  uint64: undefined,
  float16: 'u32',
  float32: 'f32',
  float64: undefined,
} as const satisfies Record<DType, Register | undefined>;

/** Whether a shader can compute in `dtype`: WGSL has no 64-bit numbers. */
export const isGpuDType = (dtype: DType): boolean => registers[dtype] !== undefined;

export function registerOf(dtype: DType): Register {
  const register = registers[dtype];
  if (register === undefined) throw new InternalError('webgpu', `${dtype} reached the code generator`);
  return register;
}

const vectors: Readonly<Record<Register, string>> = {
  f32: 'vec4f',
  i32: 'vec4i',
  u32: 'vec4u',
  bool: 'vec4<bool>',
};

export const typeOf = (register: Register, width: Width): string =>
  width === 1 ? register : vectors[register];

/** A scalar expression in as many lanes as `width`. */
export const splat = (text: string, register: Register, width: Width): string =>
  width === 1 ? text : `${vectors[register]}(${text})`;

/**
 * The same value, but opaque: a compiler may not merge the product into a sum that uses it (which would skip one
 * rounding). `zero` is a word of the uniform buffer.
 */
export const opaque = (value: string, width: Width): string =>
  `bitcast<${typeOf('f32', width)}>(bitcast<${typeOf('u32', width)}>(${value}) ^ ${splat('numbers.zero', 'u32', width)})`;

/** An element of an integer dtype, of float16 or of bool as an expression. Floats go through `ShaderWriter.float`. */
export function literal(dtype: Exclude<DType, 'float32'>, value: Scalar): string {
  const number = dtype === 'float16' ? halfBits(value) : Number(value);
  switch (registerOf(dtype)) {
    case 'bool':
      return number !== 0 ? 'true' : 'false';
    case 'u32':
      return `${number}u`;
    case 'i32':
      return number === -2147483648 ? '(-2147483647i - 1i)' : `${number}i`;
    case 'f32':
      throw new InternalError('webgpu', `${dtype} is no integer`);
  }
}
