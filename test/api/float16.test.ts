/**
 * float16 against its definition (support/halves.ts) on the targets of the CPU: every value there is, every number at
 * which rounding turns, arithmetic, reductions, and what the API states.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { allHalves, decode, nearest, turns } from '../support/halves.ts';

const targets = ['js', 'wasm', 'reference'] as const;

/** Every float16, and as many others to go with them: all of them, in another order. */
const x = lz.asArray(allHalves());
const values = Array.from({ length: 65536 }, (_, bits) => decode(bits));
const partner = (bits: number): number => (Math.imul(bits, 40503) + 12345) & 0xffff;
const y = lz.asArray(allHalves().map((_, bits) => decode(partner(bits))));

/** Throws unless the elements are `expected`, signs of zeros included. */
function expectValues(
  actual: ArrayLike<number>,
  expected: (k: number) => number,
  length = values.length,
): void {
  expect(actual.length).toBe(length);
  for (let k = 0; k < length; k++)
    if (!Object.is(actual[k], expected(k)))
      expect.fail(`element ${k} is ${String(actual[k])} instead of ${String(expected(k))}`);
}

const at = (k: number): number => values[k] ?? NaN;

describe.each(targets)('on the %s target', (target) => {
  test('every value is what its bits stand for, and comes back through float32, float64 and memory', () => {
    expectValues(x.astype('float32').dataSync({ target }), at);
    expectValues(x.astype('float64').dataSync({ target }), at);
    expectValues(x.slice([null, null, -1]).dataSync({ target }), (k) => at(65535 - k));
    expectValues(x.astype('float64').negative().astype('float16').dataSync({ target }), (k) => -at(k));
    expectValues(
      lz
        .concat([x, x])
        .take([0x7bff, 65536 + 0x8001])
        .dataSync({ target }),
      (k) => [65504, -(2 ** -24)][k] ?? 0,
      2,
    );
  });

  test.each(['float32', 'float64'] as const)('%s rounds once, to nearest even', (dtype) => {
    const given = turns(dtype);
    const rounded = lz.asArray(given).astype('float16').dataSync({ target });
    expectValues(rounded, (k) => nearest(given[k] ?? NaN), given.length);
    const onward = lz.asArray(given).astype('float16').astype(dtype);
    expectValues(onward.dataSync({ target }), (k) => nearest(given[k] ?? NaN), given.length);
  });

  test('integers round once, and beyond 65519 are infinite', () => {
    const whole = [2049, 2051, 4098, 4102, 65519, 65520, 2 ** 24 + 1, 2 ** 31 - 1, -2049, -65520, 0];
    for (const dtype of ['int32', 'int64', 'uint32', 'uint64'] as const) {
      const given = whole.filter((value) => value >= 0 || dtype.startsWith('int'));
      const array = lz.array(given.map(BigInt), { dtype });
      expectValues(
        array.astype('float16').dataSync({ target }),
        (k) => nearest(given[k] ?? NaN),
        given.length,
      );
    }
    expectValues(lz.arange(70_000).astype('float16').dataSync({ target }), nearest, 70_000);
  });

  test('to integers it goes toward zero and saturates, to bool it is whether it is not zero', () => {
    const clamped = (low: number, high: number) => (k: number) =>
      Number.isNaN(at(k)) ? 0 : Math.min(Math.max(Math.trunc(at(k)), low), high) + 0;
    expectValues(x.astype('int8').dataSync({ target }), clamped(-128, 127));
    expectValues(x.astype('uint16').dataSync({ target }), clamped(0, 65535));
    expectValues(x.astype('int32').dataSync({ target }), clamped(-(2 ** 31), 2 ** 31 - 1));
    expectValues(x.astype('bool').dataSync({ target }), (k) => (at(k) === 0 ? 0 : 1));
  });

  const other = (k: number): number => at(partner(k));
  test.each([
    ['x + y', x.add(y), (k: number) => at(k) + other(k)],
    ['x - y', x.subtract(y), (k: number) => at(k) - other(k)],
    ['x * y', x.multiply(y), (k: number) => at(k) * other(k)],
    ['x / y', x.divide(y), (k: number) => at(k) / other(k)],
    ['sqrt(x)', x.sqrt(), (k: number) => Math.sqrt(at(k))],
    ['x * 0.1: the number is a float16', x.multiply(0.1), (k: number) => at(k) * nearest(0.1)],
    ['max(x, y)', lz.maximum(x, y), (k: number) => Math.max(at(k), other(k))],
    ['|x|', x.abs(), (k: number) => Math.abs(at(k))],
    ['x y + x: two roundings', x.multiply(y).add(x), (k: number) => nearest(at(k) * other(k)) + at(k)],
  ] as const)('%s is correctly rounded', (_, array, exact) => {
    expect(array.dtype).toBe('float16');
    expectValues(array.dataSync({ target }), (k) => nearest(exact(k)));
  });

  test('comparisons compare values', () => {
    expectValues(x.less(y).dataSync({ target }), (k) => Number(at(k) < other(k)));
    expectValues(x.equal(x).dataSync({ target }), (k) => Number(!Number.isNaN(at(k))));
  });

  test('sums, means and deviations are those of float32, rounded once', () => {
    const rows = [3, 1000] as const;
    const array = lz
      .arange(3000, { dtype: 'float32' })
      .mul(0.7)
      .sin()
      .mul(90)
      .astype('float16')
      .reshape(rows);
    const given = Array.from({ length: 3 }, (_, row) => [...array.slice(row).dataSync()]);
    const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
    /** Half a unit of float16, and an element takes part in some 25 additions of float32. */
    const close = (actual: lz.LazyArray, exact: (row: readonly number[]) => number): void => {
      expect(actual.dtype).toBe('float16');
      const data = actual.dataSync({ target });
      given.forEach((row, k) => {
        const size = total(row.map(Math.abs)) * 25 * 2 ** -24;
        const allowed = Math.abs(exact(row)) * 2 ** -11 + size + 2 ** -25;
        expect(Math.abs(Number(data[k]) - exact(row))).toBeLessThanOrEqual(allowed);
      });
    };
    const mean = (row: readonly number[]): number => total(row) / row.length;
    const variance = (row: readonly number[]): number => mean(row.map((value) => (value - mean(row)) ** 2));
    close(array.sum(1), total);
    close(array.mean(1), mean);
    close(array.var(1), variance);
    close(array.std(1), (row) => Math.sqrt(variance(row)));
    close(array.transpose().sum(0), total);
    const large = lz.full([1000], 60000, { dtype: 'float16' });
    expect(large.mean().item({ target })).toBe(nearest(60000));
    expect(large.sum().item({ target })).toBe(Infinity);
    expect(array.sum({ dtype: 'float32' }).dtype).toBe('float32');
  });

  test('matrix products are those of float32, rounded once', () => {
    const a = lz
      .arange(20 * 300, { dtype: 'float32' })
      .sin()
      .astype('float16')
      .reshape(20, 300);
    const b = lz
      .arange(300 * 10, { dtype: 'float32' })
      .cos()
      .astype('float16')
      .reshape(300, 10);
    const exact = a.astype('float64').matmul(b.astype('float64')).dataSync();
    for (const product of [
      a.matmul(b),
      lz.stack([a.matmul(b.slice(null, 0)), a.matmul(b.slice(null, 1))], 1),
    ]) {
      expect(product.dtype).toBe('float16');
      const columns = product.shape[1] ?? 1;
      product.dataSync({ target }).forEach((value, k) => {
        const wanted = exact[Math.floor(k / columns) * 10 + (k % columns)] ?? NaN;
        expect(Math.abs(value - wanted)).toBeLessThanOrEqual(
          Math.abs(wanted) * 2 ** -11 + 300 * 300 * 2 ** -24,
        );
      });
    }
  });

  test('filled arrays', () => {
    const filled = lz.concat([lz.full([5], 0.3, { dtype: 'float16' }), lz.ones(1, { dtype: 'float16' })]);
    expectValues(filled.dataSync({ target }), (k) => (k < 5 ? nearest(0.3) : 1), 6);
  });

  test('extremes, and where they are', () => {
    const array = lz.array(
      [
        [3, -0, 7],
        [0.1, NaN, 2],
      ],
      { dtype: 'float16' },
    );
    expect(array.max(1).toArray()).toEqual(array.max(1).on(target).toArray());
    expect(array.max(1).on(target).toString()).toBe('[ 7. nan]');
    expect(array.min({ keepdims: true }).on(target).toString()).toBe('[[nan]]');
    expect(array.argmax(1).on(target).toString()).toBe('[2 1]');
    expect(array.argmin().on(target).toString()).toBe('4');
    expect(array.any(0).on(target).toString()).toBe('[ True  True  True]');
  });
});

test('casts fuse into the kernel that reads and the one that stores', () => {
  const kernels = (array: lz.LazyArray): number => array.explain().toJSON().plan.kernels.length;
  expect(kernels(x.mul(2).add(y).exp())).toBe(1);
  expect(kernels(x.sum())).toBe(1);
  expect(kernels(x.reshape(256, 256).std(1))).toBe(1);
});

test('there and back again through float32 is nothing, through float16 it rounds', () => {
  const rewrites = (array: lz.LazyArray): string => array.explain().toString('rewrites');
  expect(rewrites(x.astype('float32').astype('float16').add(1))).toContain('cast-there-and-back');
  expect(rewrites(x.astype('float32').add(1).astype('float16').astype('float32'))).not.toContain(
    'cast-there-and-back',
  );
});

test('typed arrays of float16 are read, wrapped, written to and handed out', () => {
  const memory = Float16Array.of(1, 2.5, -3);
  const wrapped = lz.asArray(memory, { copy: false });
  expect(wrapped.dtype).toBe('float16');
  expect(wrapped.sum().item()).toBe(0.5);
  memory[0] = 4;
  wrapped.touch();
  expect(wrapped.sum().item()).toBe(3.5);
  expect(wrapped.dataSync()).toEqual(Float16Array.of(4, 2.5, -3));
  const out = lz.allocate('float16', 3);
  lz.compile((array) => array.mul(2)).into(out, memory);
  expect(out).toEqual(Float16Array.of(8, 5, -6));
});

test('scalars beside it are float16, small integers meet it in float16, others in wider floats', () => {
  const half = lz.ones(2, { dtype: 'float16' });
  for (const scalar of [2, 0.1, 3n, true]) expect(half.add(scalar).dtype).toBe('float16');
  expect(half.add(lz.array([1, 2], { dtype: 'int8' })).dtype).toBe('float16');
  expect(half.add(lz.array([1, 2], { dtype: 'int16' })).dtype).toBe('float32');
  expect(half.add(lz.array([1, 2])).dtype).toBe('float64');
  expect(lz.array([1, 2], { dtype: 'int8' }).sqrt().dtype).toBe('float64');
  expect(half.pow(2).dtype).toBe('float16');
  expect(() => half.add(2049n)).toThrow(/DTypeError|float16 cannot hold 2049n exactly/);
  expect(() => lz.array([2049n], { dtype: 'float16' })).toThrow(/float16 cannot hold 2049n exactly/);
});

test('ranges round once', () => {
  const third = lz.linspace(0, 1, 4, { dtype: 'float16' });
  expect([...third.dataSync()]).toEqual([0, nearest(1 / 3), nearest(2 / 3), 1]);
  expect(lz.eye(2, 2, 0, { dtype: 'float16' }).toString()).toBe('[[1. 0.]\n [0. 1.]]');
});

test('samplers refuse it, and say what to do', () => {
  const key = lz.random.key(1);
  expect(() => lz.random.normal(key, [2], { dtype: 'float16' as never })).toThrow(/astype\('float16'\)/);
});

describe('where the engine has no Float16Array', () => {
  const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
  const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
  const run = (program: string): string =>
    execFileSync(
      node,
      [
        '--input-type=module',
        '--eval',
        `delete globalThis.Float16Array; delete Math.f16round;
        delete DataView.prototype.getFloat16; delete DataView.prototype.setFloat16;
        const lz = await import(${JSON.stringify(entry)}); ${program}`,
      ],
      { encoding: 'utf8' },
    ).trim();

  test('everything else works', () => {
    const program = `
      const x = lz.array([1, 2, 3], { dtype: 'float32' });
      console.log(['js', 'wasm'].map((target) => x.exp().sum().item({ target }).toFixed(3)).join(), lz.promoteTypes('int8', 'float32'));`;
    expect(run(program)).toBe('30.193,30.193 float32');
  });

  test('asking for it is a DTypeError that names the engines that have it', () => {
    const program = `
      const uses = [() => lz.zeros(2, { dtype: 'float16' }), () => lz.ones(2).astype('float16'), () => lz.array([1], { dtype: 'float16' }), () => lz.allocate('float16', 2)];
      for (const use of uses) try { use(); } catch (error) { console.log(error.name, error.message); }`;
    const lines = run(program).split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines)
      expect(line).toMatch(
        /^DTypeError \w+: this engine has no Float16Array.*Node 24, Chrome 135, Firefox 129, Safari 18\.2/,
      );
  });
});
