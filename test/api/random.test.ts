/** Random numbers: the same bits everywhere, the distributions they are to have, and what is refused. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { onNumbers } from '../../src/ir/math/functions.ts';
import { threefry2x32 } from '../support/threefry.ts';
import { expectSameBits } from '../support/bits.ts';
import { settings } from '../support/runs.ts';

const { random } = lz;

beforeEach(() => {
  lz.clearCache();
});

type Key = lz.random.RandomKey;
const samplers: Readonly<Record<string, (key: Key, shape: readonly number[]) => LazyArray>> = {
  uniform: (key, shape) => random.uniform(key, shape),
  'uniform float32': (key, shape) => random.uniform(key, shape, { dtype: 'float32' }),
  'uniform in a range': (key, shape) => random.uniform(key, shape, { low: -3, high: 10.7 }),
  'uniform float32 in a range': (key, shape) =>
    random.uniform(key, shape, { low: 0.1, high: 0.3, dtype: 'float32' }),
  normal: (key, shape) => random.normal(key, shape),
  'normal with moments': (key, shape) => random.normal(key, shape, { mean: 5, std: 0.3 }),
  'normal float32': (key, shape) => random.normal(key, shape, { mean: -1, std: 7, dtype: 'float32' }),
  exponential: (key, shape) => random.exponential(key, shape, { rate: 3 }),
  'exponential float32': (key, shape) => random.exponential(key, shape, { dtype: 'float32' }),
  bernoulli: (key, shape) => random.bernoulli(key, shape, { p: 0.3 }),
  dice: (key, shape) => random.integers(key, 1, 7, shape),
  bytes: (key, shape) => random.integers(key, 0, 256, shape, { dtype: 'uint8' }),
  words: (key, shape) => random.integers(key, 0, 2 ** 32, shape, { dtype: 'uint32' }),
  'signed words': (key, shape) => random.integers(key, -(2 ** 31), 2 ** 31, shape),
  'a wide range': (key, shape) => random.integers(key, -(10n ** 15n), 10n ** 17n, shape),
  'all of uint64': (key, shape) => random.integers(key, 0n, 2n ** 64n, shape, { dtype: 'uint64' }),
  'nearly all of int64': (key, shape) => random.integers(key, -(2n ** 63n), 2n ** 63n - 5n, shape),
  choice: (key, shape) => random.choice(key, 10, shape, { p: [1, 2, 3, 4, 5, 4, 3, 2, 1, 0] }),
};

const keys = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map((seed) => random.key(seed));
const shapes = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 });

describe.each(Object.entries(samplers))('%s', (_, sample) => {
  test('has the same bits on every target', () => {
    fc.assert(
      fc.property(keys, shapes, (key, shape) => {
        const on = (target: lz.TargetName) => sample(key, shape).dataSync({ target, memo: false });
        const expected = on('reference');
        expectSameBits([on('js')], [expected], 'js');
        expectSameBits([on('wasm')], [expected], 'wasm');
      }),
      settings(25),
    );
  });

  test('a slice has the elements of the whole, a reduction its sum', () => {
    const whole = sample(random.key(11), [40, 30]);
    const part = sample(random.key(11), [40, 30]).slice([3, 39, 5], [null, null, -4]);
    const values = whole.evaluateSync();
    for (const target of ['js', 'wasm'] as const) {
      const options = { target, memo: false };
      expectSameBits(
        [part.dataSync(options)],
        [
          lz
            .array(values.dataSync(), { shape: [40, 30] })
            .slice([3, 39, 5], [null, null, -4])
            .dataSync(),
        ],
        target,
      );
      const sum = sample(random.key(11), [40, 30]).sum().dataSync(options);
      expectSameBits([sum], [lz.array(values.dataSync(), { dtype: values.dtype }).sum().dataSync()], target);
    }
  });

  test('depends on the flat position alone', () => {
    expect([...sample(random.key(5), [6, 4]).dataSync()]).toEqual([
      ...sample(random.key(5), [30]).dataSync().slice(0, 24),
    ]);
  });
});

describe('keys', () => {
  test('a seed is the two words of the key', () => {
    expect(String(random.key(42))).toBe('key(00000000 0000002a)');
    expect(String(random.key(-1))).toBe('key(ffffffff ffffffff)');
    expect(String(random.key(0x0123456789abcdefn))).toBe('key(01234567 89abcdef)');
    expect(String(random.key(2 ** 40 + 3))).toBe('key(00000100 00000003)');
  });

  test('numbers are the words of the generator, counted from 0', () => {
    const values = random.integers(random.key(42), 0, 2 ** 32, [5], { dtype: 'uint32' }).dataSync();
    expect([...values]).toEqual([0, 1, 2, 3, 4].map((k) => threefry2x32([0, 42], [k, 0])[0]));
  });

  test('one key gives the same numbers again, another one others', () => {
    const draw = (seed: number) => random.normal(random.key(seed), 4).toArray();
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('split and foldIn give keys that differ from each other and from their parent', () => {
    const parent = random.key(3);
    const all = [
      parent,
      ...random.split(parent, 100),
      ...Array.from({ length: 100 }, (_, k) => random.foldIn(parent, k)),
    ];
    expect(new Set(all.map(String)).size).toBe(201);
    const [a, b] = random.split(parent);
    expect([a, b].map(String)).toEqual(random.split(parent, 5).slice(0, 2).map(String));
  });

  test('split of a literal count is a tuple', () => {
    const three: readonly [Key, Key, Key] = random.split(random.key(0), 3);
    const count: number = 3;
    const many: readonly Key[] = random.split(random.key(0), count);
    expect(many.map(String)).toEqual(three.map(String));
  });

  test('keys inside compiled functions are the same', () => {
    const draw = (seed: LazyArray | number) => {
      const [first, second] = random.split(random.foldIn(random.key(seed), 7));
      return random.uniform(first, 5).add(random.normal(second, 5));
    };
    const compiled = lz.compile((seed: LazyArray) => draw(seed));
    for (const seed of [0, 1, 77, 4_000_000_000])
      expect([...compiled(seed).dataSync()]).toEqual([...draw(seed).dataSync()]);
    const stepped = lz.compile((step: LazyArray) => random.uniform(random.foldIn(random.key(9), step), 3));
    expect([...stepped(5).dataSync()]).toEqual([
      ...random.uniform(random.foldIn(random.key(9), 5), 3).dataSync(),
    ]);
  });

  test('are needed, and seeds are whole', () => {
    const noKey = 5 as unknown as Key;
    for (const draw of [random.uniform, random.normal, random.exponential, random.bernoulli])
      expect(() => draw(noKey, 3)).toThrow(/the first argument must be a key/);
    expect(() => random.split(noKey)).toThrow(lz.OptionError);
    expect(() => random.key(0.5)).toThrow(lz.OptionError);
    expect(() => random.key(2n ** 64n)).toThrow(/64 bits/);
    expect(() => random.key(lz.arange(3))).toThrow(lz.ShapeError);
    expect(() => random.foldIn(random.key(0), -1)).toThrow(lz.OptionError);
    expect(() => random.foldIn(random.key(0), 1.5)).toThrow(lz.OptionError);
    expect(() => random.split(random.key(0), -1)).toThrow(lz.OptionError);
  });
});

describe('kernels', () => {
  const kernels = (x: LazyArray): number => x.explain().toJSON().plan.kernels.length;
  const opCount = (x: LazyArray, op: string): number =>
    [
      ...x
        .explain()
        .toString('code')
        .matchAll(new RegExp(`= ${op}\\.`, 'g')),
    ].length;
  const [a, b] = random.split(random.key(4));
  const n = 1e6;
  const pi = (): LazyArray =>
    random.uniform(a, n).square().add(random.uniform(b, n).square()).less(1).mean().mul(4);
  const product = (): LazyArray => {
    const x = random.normal(a, n);
    return x.mul(x).sum();
  };

  test.each([
    ['uniform', () => random.uniform(a, n), 1],
    ['normal', () => random.normal(a, n), 1],
    ['(normal * normal).sum()', product, 1],
    ['the sum of products of two normals', () => random.normal(a, n).mul(random.normal(b, n)).sum(), 2],
    ['Monte-Carlo pi', pi, 2],
  ] as const)('%s is one kernel that computes each block once', (_, make, blocks) => {
    expect(kernels(make())).toBe(1);
    expect(opCount(make(), 'threefryFirst')).toBe(blocks);
    expect(opCount(make(), 'threefrySecond')).toBe(blocks);
  });

  test('sums of random numbers read no memory', () => {
    for (const make of [product, pi]) {
      const { plan } = make().explain().toJSON();
      expect(plan.bytesMoved).toBe(8);
    }
  });

  test('what is used by several reductions is not drawn again', () => {
    const x = random.normal(a, n);
    expect(kernels(x.sub(x.mean()).square().mean())).toBeLessThanOrEqual(2);
    expect(opCount(lz.stack([x.min(), x.max(), x.mean()]), 'threefryFirst')).toBe(1);
  });

  test('a batch of keys shares one plan', () => {
    const { misses } = lz.cacheInfo().plans;
    const [step] = random.split(random.key(12), 1);
    for (let k = 0; k < 50; k++)
      random
        .normal(random.foldIn(step, k), 100 + k)
        .sum()
        .item();
    expect(lz.cacheInfo().plans.misses - misses).toBe(1);
  });
});

// --------------------------------------------------------------------------------------------- statistics

const n = 200_000;
const mean = (x: ArrayLike<number>): number => lz.mean(Float64Array.from(x)).item();
const variance = (x: ArrayLike<number>): number => lz.var(Float64Array.from(x)).item();

/** The largest distance between the distribution of a sample and the one it is to have, times sqrt n. */
function kolmogorov(sample: ArrayLike<number>, distribution: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  let distance = 0;
  sorted.forEach((x, k) => {
    const f = distribution(x);
    distance = Math.max(distance, f - k / sorted.length, (k + 1) / sorted.length - f);
  });
  return distance * Math.sqrt(sorted.length);
}

/** Exceeded by one sample in 1000. */
const kolmogorovLimit = 1.95;

/** How far chi-square of these counts is from its mean, in standard deviations. */
function chiSquare(counts: readonly number[], probabilities: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const freedom = counts.length - 1;
  const statistic = counts.reduce((sum, count, k) => {
    const expected = total * (probabilities[k] ?? 0);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  return (statistic - freedom) / Math.sqrt(2 * freedom);
}

const even = (count: number): readonly number[] => Array.from({ length: count }, () => 1 / count);

function countsOf(values: Iterable<number | bigint>, count: number): readonly number[] {
  const counts = new Array<number>(count).fill(0);
  for (const value of values) counts[Number(value)] = (counts[Number(value)] ?? 0) + 1;
  return counts;
}

function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [mx, my] = [mean(x), mean(y)];
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += ((x[k] ?? 0) - mx) * ((y[k] ?? 0) - my);
  return sum / x.length / Math.sqrt(variance(x) * variance(y));
}

const erfc = onNumbers('erfc');
const normalDistribution = (x: number): number => erfc(-x / Math.SQRT2, 0) / 2;

describe.each([1, 2, 12345678901n])('statistics with key %s', (seed) => {
  const key = random.key(seed);

  test('uniform numbers', () => {
    for (const dtype of ['float64', 'float32'] as const) {
      const x = random.uniform(key, n, { dtype }).dataSync();
      expect(Math.min(...x.slice(0, 1000), 1)).toBeGreaterThanOrEqual(0);
      expect(lz.max(x).item()).toBeLessThan(1);
      expect(Math.abs(mean(x) - 0.5) * Math.sqrt(12 * n)).toBeLessThan(4);
      expect(Math.abs(variance(x) - 1 / 12)).toBeLessThan(0.001);
      expect(kolmogorov(x, (value) => value)).toBeLessThan(kolmogorovLimit);
    }
  });

  test('normal numbers, tails included', () => {
    for (const dtype of ['float64', 'float32'] as const) {
      const x = Float64Array.from(random.normal(key, n, { dtype }).dataSync());
      expect(Math.abs(mean(x)) * Math.sqrt(n)).toBeLessThan(4);
      expect(Math.abs(variance(x) - 1)).toBeLessThan(0.015);
      const moment = (k: number): number => mean(x.map((value) => value ** k));
      expect(Math.abs(moment(3))).toBeLessThan(0.04);
      expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
      expect(kolmogorov(x, normalDistribution)).toBeLessThan(kolmogorovLimit);
      for (const limit of [2, 3, 4]) {
        const expected = n * erfc(limit / Math.SQRT2, 0);
        const found = x.filter((value) => Math.abs(value) > limit).length;
        expect(Math.abs(found - expected)).toBeLessThan(4 * Math.sqrt(expected) + 1);
      }
    }
  });

  test('exponential numbers', () => {
    for (const dtype of ['float64', 'float32'] as const) {
      const x = random.exponential(key, n, { rate: 2, dtype }).dataSync();
      expect(lz.min(x).item()).toBeGreaterThanOrEqual(0);
      expect(kolmogorov(x, (value) => -Math.expm1(-2 * value))).toBeLessThan(kolmogorovLimit);
    }
  });

  test('integers, over all of a range', () => {
    for (const [low, high] of [
      [0, 2],
      [-5, 5],
      [0, 256],
      [7, 1007],
    ] as const) {
      const x = random.integers(key, low, high, n).dataSync();
      const counts = countsOf(
        x.map((value) => value - low),
        high - low,
      );
      expect(Math.abs(chiSquare(counts, even(high - low)))).toBeLessThan(4);
    }
    const wide = random.integers(key, 0n, 3n * 2n ** 61n, n, { dtype: 'uint64' }).dataSync();
    expect(
      Math.abs(
        chiSquare(
          countsOf(
            wide.map((x) => x % 30n),
            30,
          ),
          even(30),
        ),
      ),
    ).toBeLessThan(4);
    expect(
      Math.abs(
        chiSquare(
          countsOf(
            wide.map((x) => x / 2n ** 59n),
            12,
          ),
          even(12),
        ),
      ),
    ).toBeLessThan(4);
  });

  test('bernoulli is a uniform number below p, to the last of 53 bits', () => {
    const uniform = random.uniform(key, 1000);
    // The numbers drawn themselves, and their neighbours, are where a comparison may go wrong.
    const drawn = Array.from(uniform.slice([0, 20]).dataSync());
    const beside = drawn.flatMap((u) => [u - 2 ** -53, u, u + 2 ** -53, u + 2 ** -55]);
    for (const p of [
      0,
      Number.MIN_VALUE,
      2 ** -53,
      2 ** -32,
      0.3,
      0.5,
      1 - 2 ** -32,
      1 - 2 ** -53,
      1,
      ...beside,
    ])
      expectSameBits([random.bernoulli(key, 1000, { p }).dataSync()], [uniform.less(p).dataSync()]);
  });

  test('bernoulli and choice', () => {
    for (const p of [0, 0.01, 0.5, 1]) {
      const share = random.bernoulli(key, n, { p }).mean().item();
      expect(Math.abs(share - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / n));
    }
    const p = [0.5, 0.25, 0.125, 0.0625, 0.0625];
    const counts = countsOf(random.choice(key, 5, n, { p }).dataSync(), 5);
    expect(Math.abs(chiSquare(counts, p))).toBeLessThan(4);
    const { dataSync } = { dataSync: () => random.choice(key, 3, n, { p: [3, 0, 1] }).dataSync() };
    expect(countsOf(dataSync(), 3)[1]).toBe(0);
  });

  test('neighbours, streams and bits are independent', () => {
    const x = random.uniform(key, n).dataSync();
    const limit = 4 / Math.sqrt(n);
    for (const lag of [1, 2, 3, 8, 128, 1024])
      expect(Math.abs(correlation(x.subarray(lag), x.subarray(0, n - lag)))).toBeLessThan(limit);
    const [a, b] = random.split(key);
    const others = [a, b, random.foldIn(key, 0), random.foldIn(key, 1), random.key(BigInt(seed) + 1n)];
    for (const other of others)
      expect(Math.abs(correlation(x, random.uniform(other, n).dataSync()))).toBeLessThan(limit);
    const words = random.integers(key, 0, 2 ** 32, n, { dtype: 'uint32' }).dataSync();
    for (let bit = 0; bit < 32; bit++) {
      const ones = words.reduce((sum, word) => sum + ((word >>> bit) & 1), 0);
      expect(Math.abs(ones - n / 2)).toBeLessThan(2 * Math.sqrt(n) + 1);
    }
  });

  test('every order of four is as likely', () => {
    const [parent] = random.split(key, 1);
    const orders = Array.from({ length: 6000 }, (_, k) =>
      random.permutation(random.foldIn(parent, k), 4).dataSync().join(''),
    );
    const names = [...new Set(orders)];
    expect(names.length).toBe(24);
    const counts = names.map((name) => orders.filter((order) => order === name).length);
    expect(Math.abs(chiSquare(counts, even(24)))).toBeLessThan(4);
  });
});

// ------------------------------------------------------------------------------------- ranges, orders, errors

test('uniform numbers stay below the end of the range, where sums round', () => {
  const key = random.key(6);
  for (const dtype of ['float64', 'float32'] as const)
    for (const [low, high] of [
      [1, 1 + 2 ** -20],
      [-1, 0],
      [1e6, 1e6 + 0.5],
      [-1e30, -1e29],
    ] as const) {
      const x = random.uniform(key, 20_000, { low, high, dtype });
      expect(x.min().item()).toBeGreaterThanOrEqual(Math.fround(low));
      expect(x.max().item()).toBeLessThan(dtype === 'float32' ? Math.fround(high) : high);
    }
});

test('normal numbers from the extremes of the words', () => {
  const words = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
  const erfcinv = onNumbers('erfcinv');
  for (const first of words)
    for (const second of words) {
      const y = first * 2 ** -32 + ((second & 0x7fffffff) * 2 ** -63 + 2 ** -64);
      const z = Math.SQRT2 * erfcinv(y, 0);
      expect(z).toBeGreaterThanOrEqual(0);
      expect(z).toBeLessThan(9.17);
    }
});

test('whole numbers of wide ranges are the product of 96 bits, carries included', () => {
  const shape = [50];
  fc.assert(
    fc.property(fc.bigInt({ min: 2n ** 32n + 1n, max: 2n ** 64n - 1n }), keys, (range, key) => {
      const [first, second] = [0, 1].map((k) =>
        Array.from({ length: 50 }, (_, i) => BigInt(threefry2x32(wordsOf(key), [i, 0])[k as 0 | 1])),
      );
      const [own, other] = wordsOf(key);
      const more = threefry2x32([(own ^ 0x6d6f7265) >>> 0, other], [0, 0]);
      const values = random.integers(key, 0n, range, shape, { dtype: 'uint64' }).dataSync({ target: 'wasm' });
      values.forEach((value, i) => {
        const third = BigInt(threefry2x32(more, [i, 0])[0]);
        const x = ((first?.[i] ?? 0n) << 64n) | ((second?.[i] ?? 0n) << 32n) | third;
        expect(value).toBe((x * range) >> 96n);
      });
    }),
    settings(30),
  );
});

function wordsOf(key: Key): readonly [number, number] {
  const [, first = '', second = ''] = /(\w+) (\w+)\)$/.exec(String(key)) ?? [];
  return [parseInt(first, 16), parseInt(second, 16)];
}

describe('orders', () => {
  test('permutations hold every number once, at every length', () => {
    for (const length of [0, 1, 2, 100, 4999, 5000, 70_000]) {
      const order = random.permutation(random.key(length), length);
      expect(order.dtype).toBe('int32');
      expect([...order.dataSync().slice().sort()]).toEqual(Array.from({ length }, (_, k) => k));
    }
  });

  test('are those of the words', () => {
    for (const length of [300, 20_000]) {
      const key = random.key(21);
      const order = random.permutation(key, length).dataSync();
      const words = Array.from({ length }, (_, k) => threefry2x32([0, 21], [k, 0]));
      const sorted = words
        .map(([first, second], k) => ({ word: first * 2 ** 20 + second / 2 ** 12, k }))
        .sort((x, y) => x.word - y.word || x.k - y.k);
      expect([...order]).toEqual(sorted.map(({ k }) => k));
    }
  });

  test('equal first words are ordered by the second', async () => {
    const { stableOrder } = await import('../../src/api/random/selection.ts');
    for (const length of [50, 6000]) {
      const first = Uint32Array.from({ length }, (_, k) => (k * 7919) % 5);
      const second = Uint32Array.from({ length }, (_, k) => (k * 2_654_435_761) % 11);
      const order = [...stableOrder(first, second)];
      const expected = Array.from({ length }, (_, k) => k).sort(
        (a, b) => (first[a] ?? 0) - (first[b] ?? 0) || (second[a] ?? 0) - (second[b] ?? 0) || a - b,
      );
      expect(order).toEqual(expected);
    }
  });

  test('shuffle moves slices along an axis, and leaves what it was given pending', () => {
    const x = lz.arange(12).reshape([3, 4]).mul(2);
    const rows = random.shuffle(random.key(2), x);
    const columns = random.shuffle(random.key(2), x, { axis: -1 });
    expect(x.isEvaluated).toBe(false);
    const order = [...random.permutation(random.key(2), 3).dataSync()];
    expect(rows.toArray()).toEqual(order.map((row) => [0, 1, 2, 3].map((k) => (4 * row + k) * 2)));
    expect(columns.shape).toEqual([3, 4]);
    expect(columns.sum(1).toArray()).toEqual(x.sum(1).toArray());
    expect(random.permutation(random.key(2), x).toArray()).toEqual(rows.toArray());
  });

  test('choice without replacement does not repeat, and heeds weights', () => {
    const chosen = random.choice(random.key(3), 50, [5, 10], { replace: false }).dataSync();
    expect(new Set(chosen).size).toBe(50);
    const p = [0, 1, 2, 4, 0, 8];
    const first = Array.from({ length: 3000 }, (_, k) =>
      random.choice(random.foldIn(random.key(4), k), 6, 2, { replace: false, p }).dataSync(),
    );
    expect(first.every(([a, b]) => a !== b)).toBe(true);
    const counts = countsOf(
      first.map(([a = 0]) => a),
      6,
    );
    expect([counts[0], counts[4]]).toEqual([0, 0]);
    const positive = [1, 2, 3, 5];
    expect(
      Math.abs(
        chiSquare(
          positive.map((k) => counts[k] ?? 0),
          positive.map((k) => (p[k] ?? 0) / 15),
        ),
      ),
    ).toBeLessThan(4);
  });

  test('choice takes from an array along its first axis', () => {
    const x = lz.array([
      [1, 2],
      [3, 4],
    ]);
    const rows = random.choice(random.key(3), x, [3, 2]);
    expect(rows.shape).toEqual([3, 2, 2]);
    for (const row of (rows.toArray() as number[][][]).flat())
      expect([
        [1, 2],
        [3, 4],
      ]).toContainEqual(row);
  });
});

describe('what is refused', () => {
  const key = random.key(0);
  test.each([
    ['uniform, empty range', () => random.uniform(key, 2, { low: 1, high: 1 }), lz.OptionError],
    ['uniform, reversed range', () => random.uniform(key, 2, { low: 2, high: 1 }), lz.OptionError],
    ['uniform, infinite range', () => random.uniform(key, 2, { high: Infinity }), lz.OptionError],
    ['uniform, too wide', () => random.uniform(key, 2, { low: -1e308, high: 1e308 }), lz.OptionError],
    ['uniform, unknown option', () => random.uniform(key, 2, { min: 1 } as never), lz.OptionError],
    ['uniform, int32', () => random.uniform(key, 2, { dtype: 'int32' as never }), lz.DTypeError],
    ['uniform, no shape', () => random.uniform(key, [-1]), lz.ShapeError],
    ['normal, negative deviation', () => random.normal(key, 2, { std: -1 }), lz.OptionError],
    ['normal, NaN', () => random.normal(key, 2, { mean: NaN }), lz.OptionError],
    ['exponential, rate 0', () => random.exponential(key, 2, { rate: 0 }), lz.OptionError],
    ['bernoulli, 1.1', () => random.bernoulli(key, 2, { p: 1.1 }), lz.OptionError],
    ['integers, empty', () => random.integers(key, 5, 5), lz.OptionError],
    ['integers, fraction', () => random.integers(key, 0, 2.5), lz.OptionError],
    ['integers, float64', () => random.integers(key, 0, 2, 1, { dtype: 'float64' as never }), lz.DTypeError],
    ['integers, too large', () => random.integers(key, 0, 300, 1, { dtype: 'uint8' }), lz.DTypeError],
    ['permutation, -1', () => random.permutation(key, -1), lz.OptionError],
    ['shuffle, axis', () => random.shuffle(key, [1, 2], { axis: 1 }), lz.AxisError],
    ['choice of nothing', () => random.choice(key, 0, 1), lz.OptionError],
    ['choice, too many', () => random.choice(key, 3, 4, { replace: false }), lz.OptionError],
    [
      'choice, too few likely ones',
      () => random.choice(key, 3, 3, { replace: false, p: [1, 0, 1] }),
      lz.OptionError,
    ],
    ['choice, p of another length', () => random.choice(key, 3, 1, { p: [1, 2] }), lz.ShapeError],
    ['choice, negative p', () => random.choice(key, 2, 1, { p: [1, -1] }), lz.OptionError],
    ['choice, p all 0', () => random.choice(key, 2, 1, { p: [0, 0] }), lz.OptionError],
    ['choice from a scalar array', () => random.choice(key, lz.array(3), 1), lz.ShapeError],
  ])('%s', (_, call, error) => {
    expect(call).toThrow(error);
  });
});
