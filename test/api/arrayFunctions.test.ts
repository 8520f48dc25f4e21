/**
 * The functions of `src/api/array` against NumPy (`test/fixtures/arrayFunctions.json`, written by
 * `scripts/fixtures/arrayFunctions.py`): values, shapes and dtypes.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

interface Encoded {
  readonly dtype: lz.DType;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}
type Argument =
  | { readonly array: number }
  | { readonly options: Readonly<Record<string, Argument>> }
  | { readonly list: readonly Argument[] }
  | { readonly value: number | string | null };
interface Case {
  readonly name: string;
  readonly arguments: readonly Argument[];
  readonly expected: Encoded;
  readonly part?: number | string;
}

const { arrays, cases } = JSON.parse(
  readFileSync(new URL('../fixtures/arrayFunctions.json', import.meta.url), 'utf8'),
) as { readonly arrays: readonly Encoded[]; readonly cases: readonly Case[] };

const isBig = (dtype: lz.DType): boolean => dtype === 'int64' || dtype === 'uint64';

function arrayOf({ dtype, shape, values }: Encoded): lz.LazyArray {
  const list = isBig(dtype)
    ? values.map(BigInt)
    : values.map((value) => (value === '-0' ? -0 : Number(value)));
  const whole = dtype === 'bool' ? (list as number[]).map(Boolean) : list;
  return lz.array(whole as number[], { dtype, shape });
}

const texts: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 };

function valueOf(argument: Argument): unknown {
  if ('array' in argument) return arrayOf(arrays[argument.array] as Encoded);
  if ('list' in argument) return argument.list.map(valueOf);
  if ('options' in argument)
    return Object.fromEntries(Object.entries(argument.options).map(([key, inner]) => [key, valueOf(inner)]));
  const { value } = argument;
  return typeof value === 'string' && value in texts ? texts[value] : value;
}

/** Switches are numbers in the fixtures, as all truth values of NumPy are. */
const switches = new Set([
  'keepdims',
  'includeInitial',
  'exclusive',
  'reverse',
  'descending',
  'largest',
  'density',
  'equalNan',
  'sparse',
  'rowvar',
]);
function withSwitches(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof lz.LazyArray || Array.isArray(value))
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, switches.has(key) ? Boolean(inner) : inner]),
  );
}

function resultOf({ name, arguments: given, part }: Case): lz.LazyArray {
  const functions = lz as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  const result = functions[name]?.(...given.map((argument) => withSwitches(valueOf(argument))));
  const one = part === undefined ? result : (result as Readonly<Record<string, unknown>>)[part];
  return one as lz.LazyArray;
}

/** Positions are int32 here, counts and sums of NumPy's default integers the same int64. */
const positions = new Set(['argsort', 'lexsort', 'nanargmin', 'nanargmax', 'topk']);

const targets = ['js', 'wasm', 'reference'] as const;

describe.each([...new Set(cases.map(({ name }) => name))])('%s', (name) => {
  const own = cases.filter((one) => one.name === name);
  test.each(targets)(`agrees with NumPy on ${own.length} calls, on %s`, (target) => {
    for (const one of own) {
      const { expected } = one;
      const call = JSON.stringify(one.arguments);
      const result = resultOf(one);
      expect(result.shape, call).toEqual(expected.shape);
      if (!positions.has(name)) expect(result.dtype, call).toBe(expected.dtype);
      const values = Array.from(result.dataSync({ target }) as Float64Array, Number);
      const wanted = expected.values.map((value) =>
        typeof value === 'string' ? (texts[value] ?? Number(value)) : value,
      );
      const scale = expected.dtype === 'float32' ? 2e-6 : 4e-15;
      const largest = wanted.reduce(
        (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
        0,
      );
      values.forEach((value, k) => {
        const other = wanted[k] ?? NaN;
        const isSame =
          Object.is(value, other) ||
          value === other ||
          Math.abs(value - other) <= scale * Math.max(largest, 1);
        if (!isSame) expect(values, `${call} at ${k}`).toEqual(wanted);
      });
    }
  });
});
