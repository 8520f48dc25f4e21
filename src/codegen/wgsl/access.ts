/**
 * Elements in storage buffers, which lie there as on the host: 4-byte elements as they are, smaller ones packed in
 * words.
 *
 * A shader declares each buffer in one *form*. `vector`: four elements at a time (vec4, or one or two words of packed
 * ones). `scalar`: one by one; of a packed buffer that is read. `atomic`: a packed buffer written one by one, where
 * neighbours in a word belong to other invocations.
 */
import { bytesOf, kindOf, type DType } from '../../ir/dtype.ts';
import { block, type Code } from '../text/source.ts';
import { registerOf, typeOf, wordBytes, type Width } from './registers.ts';
import type { ShaderWriter } from './shader.ts';

export type Form = 'vector' | 'scalar' | 'atomic';

export const isPacked = (dtype: DType): boolean => bytesOf(dtype) < wordBytes;

export function bufferType(dtype: DType, form: Form): string {
  const bytes = bytesOf(dtype);
  if (form === 'atomic') return 'array<atomic<u32>>';
  if (bytes === 4) return `array<${typeOf(registerOf(dtype), form === 'vector' ? 4 : 1)}>`;
  return bytes === 2 && form === 'vector' ? 'array<vec2u>' : 'array<u32>';
}

/** Bits of a packed element, and how many lie in a word. */
const bitsOf = (dtype: DType): number => 8 * bytesOf(dtype);
const perWord = (dtype: DType): number => 4 / bytesOf(dtype);
const maskOf = (dtype: DType): string => (bytesOf(dtype) === 1 ? '0xffu' : '0xffffu');

/** The element at `at`, an i32 name. */
export function loadElement(
  name: string,
  dtype: DType,
  form: Form,
  at: string,
  writer: ShaderWriter,
): string {
  if (bytesOf(dtype) === 4) return form === 'vector' ? `${name}[${at} >> 2u][${at} & 3]` : `${name}[${at}]`;
  const word =
    bytesOf(dtype) === 2 && form === 'vector'
      ? `${name}[${at} >> 2u][(${at} >> 1u) & 1]`
      : `${name}[${at} >> ${perWord(dtype) === 4 ? 2 : 1}u]`;
  return `${unpackOne(dtype, writer)}(${word}, ${at})`;
}

/** The element at `at` of a buffer that is written element by element. */
export function loadWritten(
  name: string,
  dtype: DType,
  form: Form,
  at: string,
  writer: ShaderWriter,
): string {
  if (form !== 'atomic') return loadElement(name, dtype, form, at, writer);
  const word = `atomicLoad(&${name}[${at} >> ${perWord(dtype) === 4 ? 2 : 1}u])`;
  return `${unpackOne(dtype, writer)}(${word}, ${at})`;
}

/** Four elements from `at` on, a multiple of 4, in form `vector`. */
export function loadVector(name: string, dtype: DType, at: string, writer: ShaderWriter): string {
  const loaded = `${name}[${at} >> 2u]`;
  return bytesOf(dtype) === 4 ? loaded : `${unpackFour(dtype, writer)}(${loaded})`;
}

export function storeElement(name: string, dtype: DType, at: string, value: string): Code {
  if (bytesOf(dtype) === 4) return [`${name}[${at}] = ${value};`];
  const word = `${name}[${at} >> ${perWord(dtype) === 4 ? 2 : 1}u]`;
  const shift = `(u32(${at}) & ${perWord(dtype) - 1}u) * ${bitsOf(dtype)}u`;
  const bits = `((${wordOf(dtype, value)}) & ${maskOf(dtype)}) << (${shift})`;
  return [`atomicAnd(&${word}, ~(${maskOf(dtype)} << (${shift})));`, `atomicOr(&${word}, ${bits});`];
}

/** Stores four elements from `at` on, a multiple of 4; only the first `valid` (an i32) where fewer exist. */
export function storeVector(
  name: string,
  dtype: DType,
  at: string,
  value: string,
  valid: string | undefined,
  writer: ShaderWriter,
): Code {
  const place = `${name}[${at} >> 2u]`;
  const packed = bytesOf(dtype) === 4 ? value : `${packFour(dtype, writer)}(${value})`;
  const whole = `${place} = ${packed};`;
  if (valid === undefined) return [whole];
  const part =
    bytesOf(dtype) === 4
      ? [0, 1, 2].map((k) => `if (${valid} > ${k}) { ${place}[${k}] = ${value}[${k}]; }`)
      : [`let keep = ${keptBits(dtype, valid)};`, `${place} = (${place} & keep) | (${packed} & ~keep);`];
  return [...block(`if (${valid} >= 4)`, [whole]), ...block('else', part)];
}

/** The bits of the elements from `valid` on. */
const keptBits = (dtype: DType, valid: string): string =>
  bytesOf(dtype) === 1
    ? `0xffffffffu << (8u * u32(${valid}))`
    : `vec2u(select(0u, 0xffff0000u, ${valid} < 2), select(0xffffffffu, 0xffff0000u, ${valid} == 3))`;

const isSigned = (dtype: DType): boolean => kindOf(dtype) === 'int';

/** A register as the word whose low bits are stored. */
function wordOf(dtype: DType, value: string): string {
  if (dtype === 'bool') return `u32(${value})`;
  return isSigned(dtype) ? `bitcast<u32>(${value})` : value;
}

function unpackOne(dtype: DType, writer: ShaderWriter): string {
  const name = `${dtype}In`;
  const bits = bitsOf(dtype);
  const shift = `(u32(at) & ${perWord(dtype) - 1}u) * ${bits}u`;
  const type = isSigned(dtype) ? 'i32' : 'u32';
  const extracted = `extractBits(${isSigned(dtype) ? 'bitcast<i32>(word)' : 'word'}, ${shift}, ${bits}u)`;
  writer.declare(
    name,
    dtype === 'bool'
      ? `fn ${name}(word: u32, at: i32) -> bool { return ${extracted} != 0u; }`
      : `fn ${name}(word: u32, at: i32) -> ${type} { return ${extracted}; }`,
  );
  return name;
}

function unpackFour(dtype: DType, writer: ShaderWriter): string {
  const name = `${dtype}Unpack`;
  const vector = isSigned(dtype) ? 'vec4i' : 'vec4u';
  const raw = bytesOf(dtype) === 2 ? 'words.xxyy' : 'vec4u(words)';
  const shifts = bytesOf(dtype) === 2 ? 'vec4u(16u, 0u, 16u, 0u)' : 'vec4u(24u, 16u, 8u, 0u)';
  const right = 32 - bitsOf(dtype);
  const lifted = `(${raw} << ${shifts})`;
  const unpacked = `(${isSigned(dtype) ? `bitcast<vec4i>${lifted}` : lifted} >> vec4u(${right}u))`;
  const type = bytesOf(dtype) === 2 ? 'vec2u' : 'u32';
  writer.declare(
    name,
    dtype === 'bool'
      ? `fn ${name}(words: ${type}) -> vec4<bool> { return ${unpacked} != vec4u(); }`
      : `fn ${name}(words: ${type}) -> ${vector} { return ${unpacked}; }`,
  );
  return name;
}

function packFour(dtype: DType, writer: ShaderWriter): string {
  const name = `${dtype}Pack`;
  const width: Width = 4;
  const bits =
    dtype === 'bool'
      ? 'vec4u(x)'
      : `(${isSigned(dtype) ? 'bitcast<vec4u>(x)' : 'x'} & vec4u(${maskOf(dtype)}))`;
  const packed =
    bytesOf(dtype) === 2
      ? 'vec2u(y.x | (y.y << 16u), y.z | (y.w << 16u))'
      : 'y.x | (y.y << 8u) | (y.z << 16u) | (y.w << 24u)';
  writer.declare(
    name,
    `fn ${name}(x: ${typeOf(registerOf(dtype), width)}) -> ${bytesOf(dtype) === 2 ? 'vec2u' : 'u32'} {\n  let y = ${bits};\n  return ${packed};\n}`,
  );
  return name;
}
