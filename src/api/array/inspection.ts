/** What dtypes can hold and what this library has: the inspection functions of the array API standard. */
import { checkCount, describe } from '../../ir/arguments.ts';
import {
  checkDType,
  defaultFloat,
  defaultInt,
  dtypeNames,
  dtypeTable,
  isFloat,
  kindOf,
  promotion,
  type DType,
  type FloatDType,
} from '../../ir/dtype.ts';
import { DTypeError, OptionError } from '../../ir/errors.ts';
import { isArray } from '../anyArray.ts';
import type { LazyArray } from '../lazyArray.ts';
import { targetInfo } from '../targets.ts';

export interface FloatInfo {
  readonly dtype: FloatDType;
  readonly bits: number;
  /** The difference of 1 and the next larger number. */
  readonly eps: number;
  readonly max: number;
  readonly min: number;
  /** The smallest positive number with a full significand. */
  readonly smallestNormal: number;
  /** Decimal digits that every number keeps. */
  readonly precision: number;
}

export interface IntegerInfo {
  readonly dtype: DType;
  readonly bits: number;
  /** A bigint for int64 and uint64. */
  readonly max: number | bigint;
  readonly min: number | bigint;
}

/** Bits of the significand, the leading one included, and the largest exponent. */
const formats: Readonly<Record<FloatDType, readonly [digits: number, exponent: number]>> = {
  float16: [11, 15],
  float32: [24, 127],
  float64: [53, 1023],
};

const dtypeFrom = (operation: string, given: DType | LazyArray): DType =>
  isArray(given) ? given.dtype : checkDType(operation, given);

/** The limits of a float dtype, or of that of an array. Throws `DTypeError` for others. `lz.finfo('float32').eps` is `1.1920928955078125e-7`. */
export function finfo(dtype: DType | LazyArray): FloatInfo {
  checkCount('finfo', arguments.length, 1);
  const of = dtypeFrom('finfo', dtype);
  if (!isFloat(of)) throw new DTypeError('finfo', `${of} is not a float dtype; use iinfo for integers`);
  const [digits, exponent] = formats[of];
  const max = 2 ** exponent * (2 - 2 ** (1 - digits));
  return {
    dtype: of,
    bits: 8 * dtypeTable[of].bytes,
    eps: 2 ** (1 - digits),
    max,
    min: -max,
    smallestNormal: 2 ** (1 - exponent),
    precision: Math.floor((digits - 1) * Math.log10(2)),
  };
}

/** The limits of an integer dtype, or of that of an array. Throws `DTypeError` for others. `lz.iinfo('int8').min` is `-128`. */
export function iinfo(dtype: DType | LazyArray): IntegerInfo {
  checkCount('iinfo', arguments.length, 1);
  const of = dtypeFrom('iinfo', dtype);
  const { kind, bytes, min, max } = dtypeTable[of];
  if (kind === 'bool' || kind === 'float')
    throw new DTypeError('iinfo', `${of} is not an integer dtype; use finfo for floats`);
  return { dtype: of, bits: 8 * bytes, max, min };
}

/** Kinds of dtypes, as the standard calls them. */
export const dtypeKinds = [
  'bool',
  'signed integer',
  'unsigned integer',
  'integral',
  'real floating',
  'complex floating',
  'numeric',
] as const;
export type DTypeKindName = (typeof dtypeKinds)[number];

function isOfKind(dtype: DType, kind: DTypeKindName): boolean {
  const own = kindOf(dtype);
  switch (kind) {
    case 'bool':
      return own === 'bool';
    case 'signed integer':
      return own === 'int';
    case 'unsigned integer':
      return own === 'uint';
    case 'integral':
      return own === 'int' || own === 'uint';
    case 'real floating':
      return own === 'float';
    case 'complex floating':
      return false;
    case 'numeric':
      return own !== 'bool';
  }
}

const isKind = (value: unknown): value is DTypeKindName => dtypeKinds.some((kind) => kind === value);

/**
 * Whether a dtype is another one, or of a kind: `'bool'`, `'signed integer'`, `'unsigned integer'`, `'integral'`,
 * `'real floating'`, `'complex floating'`, `'numeric'`, or any of a list. `lz.isdtype('int8', 'integral')` is `true`.
 */
export function isdtype(
  dtype: DType,
  kind: DType | DTypeKindName | readonly (DType | DTypeKindName)[],
): boolean {
  checkCount('isdtype', arguments.length, 2);
  const checked = checkDType('isdtype', dtype);
  const kinds: readonly unknown[] = Array.isArray(kind) ? kind : [kind];
  const isOne = (one: unknown): boolean => {
    // 'bool' is a dtype as well as a kind, of one dtype.
    if (isKind(one)) return isOfKind(checked, one);
    if (typeof one === 'string' && one in dtypeTable) return one === checked;
    throw new OptionError(
      'isdtype',
      `unknown kind ${describe(one)}; kinds are ${dtypeKinds.map((name) => `'${name}'`).join(', ')}, and dtypes`,
    );
  };
  return kinds.map(isOne).includes(true);
}

/** Whether every value of a dtype, or of that of an array, has a place in another under the rules of promotion. `lz.canCast('int8', 'int16')` is `true`. */
export function canCast(from: DType | LazyArray, to: DType): boolean {
  checkCount('canCast', arguments.length, 2);
  const wanted = checkDType('canCast', to);
  return promotion[dtypeFrom('canCast', from)][wanted] === wanted;
}

export interface LibraryInfo {
  readonly version: string;
  readonly capabilities: {
    /** Indexing by masks works; the shape is determined when the array is made. */
    readonly 'boolean indexing': boolean;
    /** Functions such as `nonzero` work; they evaluate their operand. */
    readonly 'data-dependent shapes': boolean;
    readonly 'max dimensions': number | null;
  };
  readonly defaultDtypes: {
    readonly 'real floating': DType;
    readonly integral: DType;
    readonly indexing: DType;
  };
  readonly dtypes: readonly DType[];
  /** The targets that can run here. */
  readonly devices: readonly string[];
  readonly defaultDevice: string;
}

/** The version of this library. `typeof lz.version` is `string`. */
export const version = '0.1.0';

/**
 * What this library can do, as the inspection API of the array API standard reports it: capabilities, dtypes, default
 * dtypes, and the targets that run here. `lz.info().defaultDtypes.integral` is `int64`.
 */
export function info(): LibraryInfo {
  checkCount('info', arguments.length, 0);
  return {
    version,
    capabilities: { 'boolean indexing': true, 'data-dependent shapes': true, 'max dimensions': null },
    defaultDtypes: { 'real floating': defaultFloat, integral: defaultInt, indexing: 'int32' },
    dtypes: dtypeNames,
    devices: targetInfo()
      .filter(({ available }) => available)
      .map(({ name }) => name),
    defaultDevice: 'auto',
  };
}
