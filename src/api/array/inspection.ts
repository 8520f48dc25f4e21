/** What dtypes can hold and what this library has: the inspection functions of the array API standard. */
import { checkCount, describe } from '../../ir/arguments.ts';
import {
  checkArrayDType,
  complexNames,
  defaultFloat,
  defaultInt,
  dtypeNames,
  dtypeTable,
  isFloat,
  isComplexDType,
  isDType,
  kindOf,
  partOf,
  promote,
  type ArrayDType,
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

/** A dtype, or an array of it. */
type Typed = ArrayDType | LazyArray<ArrayDType>;

const dtypeFrom = (operation: string, given: Typed): ArrayDType =>
  isArray(given) ? given.dtype : checkArrayDType(operation, given);

/** The limits of a float dtype, or of that of an array; of a complex dtype, those of its parts. Throws `DTypeError` for others. `lz.finfo('float32').eps` is `1.1920928955078125e-7`. */
export function finfo(dtype: Typed): FloatInfo {
  checkCount('finfo', arguments.length, 1);
  const of = partOf(dtypeFrom('finfo', dtype));
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
export function iinfo(dtype: Typed): IntegerInfo {
  checkCount('iinfo', arguments.length, 1);
  const of = dtypeFrom('iinfo', dtype);
  if (isComplexDType(of)) throw new DTypeError('iinfo', `${of} is not an integer dtype; use finfo`);
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

function isOfKind(dtype: ArrayDType, kind: DTypeKindName): boolean {
  const own = isComplexDType(dtype) ? 'complex' : kindOf(dtype);
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
      return own === 'complex';
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
  dtype: ArrayDType,
  kind: ArrayDType | DTypeKindName | readonly (ArrayDType | DTypeKindName)[],
): boolean {
  checkCount('isdtype', arguments.length, 2);
  const checked = checkArrayDType('isdtype', dtype);
  const kinds: readonly unknown[] = Array.isArray(kind) ? kind : [kind];
  const isOne = (one: unknown): boolean => {
    // 'bool' is a dtype as well as a kind, of one dtype.
    if (isKind(one)) return isOfKind(checked, one);
    if (isDType(one) || isComplexDType(one)) return one === checked;
    throw new OptionError(
      'isdtype',
      `unknown kind ${describe(one)}; kinds are ${dtypeKinds.map((name) => `'${name}'`).join(', ')}, and dtypes`,
    );
  };
  return kinds.map(isOne).includes(true);
}

/** Whether every value of a dtype, or of that of an array, has a place in another under the rules of promotion. `lz.canCast('int8', 'int16')` is `true`. */
export function canCast(from: Typed, to: ArrayDType): boolean {
  checkCount('canCast', arguments.length, 2);
  const wanted = checkArrayDType('canCast', to);
  return promote(dtypeFrom('canCast', from), wanted) === wanted;
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
  readonly dtypes: readonly ArrayDType[];
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
    dtypes: [...dtypeNames, ...complexNames],
    devices: targetInfo()
      .filter(({ available }) => available)
      .map(({ name }) => name),
    defaultDevice: 'auto',
  };
}
