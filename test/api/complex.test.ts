/** Complex arrays: values of NumPy and of the C standard's tables (scripts/fixtures/complex.py), dtypes, printing, errors. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { ArrayDType, ComplexDType } from '../../src/ir/dtype.ts';

type Values = readonly (number | string)[];
interface Pairs {
  readonly left: Values;
  readonly right: Values;
  readonly values: Values;
}
interface Fixtures extends Pairs {
  readonly special: Values;
  readonly finite: Values;
  readonly unary: Readonly<Record<UnaryName, { readonly special: Values; readonly finite: Values }>>;
  readonly binary: Readonly<Record<'add' | 'subtract' | 'multiply', Values>>;
  readonly comparisons: { readonly equal: readonly number[]; readonly not_equal: readonly number[] };
  readonly quotients: Pairs;
  readonly powers: Pairs;
  readonly endless: readonly { readonly left: Values; readonly right: Values; readonly kind: string }[];
  readonly printed: readonly {
    readonly dtype: ComplexDType;
    readonly shape: readonly number[];
    readonly values: Values;
    readonly text: string;
  }[];
  readonly promotion: Readonly<Record<ArrayDType, Record<ArrayDType, ArrayDType>>>;
}

const names = [
  ...([
    'sqrt',
    'exp',
    'expm1',
    'log',
    'log1p',
    'log2',
    'log10',
    'sin',
    'cos',
    'tan',
    'sinh',
    'cosh',
  ] as const),
  ...(['tanh', 'asin', 'acos', 'atan', 'asinh', 'acosh', 'atanh', 'abs', 'square', 'sign'] as const),
];
type UnaryName = (typeof names)[number];

const fixtures = JSON.parse(
  readFileSync(new URL('../fixtures/complex.json', import.meta.url), 'utf8'),
) as Fixtures;

const numbers = (values: Values): Float64Array => Float64Array.from(values, Number);
const complexFrom = (values: Values): lz.LazyArray<'complex128'> =>
  lz.array(numbers(values), { dtype: 'complex128' });
const targets = ['js', 'wasm', 'reference'] as const;

/** Real and imaginary parts by turns; real results have parts of 0. */
function partsOf(array: lz.LazyArray<ArrayDType>, target: (typeof targets)[number] = 'js'): number[] {
  const values = Array.from<number | bigint, number>(array.dataSync({ target }), Number);
  return array.dtype.startsWith('complex') ? values : values.flatMap((value) => [value, 0]);
}

/** Whether parts differ by at most `units` of 2^-53 of each one. */
function expectParts(actual: readonly number[], wanted: Values, points: Values, units: number): void {
  expect(actual.length).toBe(wanted.length);
  const bad: string[] = [];
  actual.forEach((value, k) => {
    const right = Number(wanted[k]);
    if (Object.is(value, right)) return;
    const most = Math.max(units * 2 ** -53 * Math.abs(right), 2 ** -1072);
    if (right !== 0 && Math.abs(value - right) <= most) return;
    const first = k - (k % 2);
    bad.push(`${points[first] ?? ''}, ${points[first + 1] ?? ''}: part ${k % 2} is ${value}, not ${right}`);
  });
  expect(bad).toEqual([]);
}

describe.each(names)('%s', (name) => {
  const { special, finite } = fixtures.unary[name];
  test('has the special values of the tables', () => {
    // The sign of a zero or an infinity beside a NaN, or of a NaN, is open.
    const points = numbers(fixtures.special);
    const plain = (parts: readonly number[]): string[] =>
      parts.map((part, k) => {
        const first = k - (k % 2);
        const others = [parts[first], parts[first + 1], points[first], points[first + 1]];
        const isOpen = others.some(Number.isNaN);
        return Number.isFinite(part) && part !== 0
          ? part.toPrecision(14)
          : isOpen
            ? String(Math.abs(part))
            : Object.is(part, -0)
              ? '-0'
              : String(part);
      });
    const found = partsOf(lz[name](complexFrom(fixtures.special)));
    expect(plain(found)).toEqual(plain([...numbers(special)]));
  });

  test('is within a few units of the last place, in either part, of numbers near and far', () => {
    expectParts(partsOf(lz[name](complexFrom(fixtures.finite))), finite, fixtures.finite, 6);
  });

  test('has the same bits on every target', () => {
    for (const points of [fixtures.special, fixtures.finite]) {
      const wanted = partsOf(lz[name](complexFrom(points)), 'reference');
      for (const target of ['js', 'wasm'] as const)
        expect(partsOf(lz[name](complexFrom(points)), target)).toEqual(wanted);
    }
  });

  test('of complex64 is near that of complex128', () => {
    const points = numbers(fixtures.finite).map((part) => (Math.abs(part) < 80 ? Math.fround(part) : 1));
    const single = lz.array(points, { dtype: 'complex64' });
    expect(lz[name](single).dtype).toBe(name === 'abs' ? 'float32' : 'complex64');
    const found = partsOf(lz[name](single));
    const wanted = partsOf(lz[name](single.astype('complex128')));
    for (let k = 0; k < found.length; k += 2) {
      const size = Math.hypot(wanted[k] ?? 0, wanted[k + 1] ?? 0);
      const apart = Math.hypot(
        (found[k] ?? 0) - (wanted[k] ?? 0),
        (found[k + 1] ?? 0) - (wanted[k + 1] ?? 0),
      );
      // Infinities of complex64 may be numbers of complex128.
      if (size > 2 ** 127) continue;
      expect(apart, `${points[k] ?? 0}, ${points[k + 1] ?? 0}`).toBeLessThanOrEqual(
        8 * 2 ** -24 * size + 2 ** -148,
      );
    }
  });
});

describe('arithmetic', () => {
  const [z, w] = [complexFrom(fixtures.left), complexFrom(fixtures.right)];

  test.each(['add', 'subtract', 'multiply'] as const)('%s is the textbook formula, bit for bit', (name) => {
    for (const target of targets)
      expect(partsOf(z[name](w), target)).toEqual([...numbers(fixtures.binary[name])]);
  });

  test('quotients are accurate where squares would overflow or vanish', () => {
    const { left, right, values } = fixtures.quotients;
    const found = partsOf(complexFrom(left).div(complexFrom(right)));
    const wanted = numbers(values);
    for (let k = 0; k < found.length; k += 2) {
      const size = Math.hypot(wanted[k] ?? 0, wanted[k + 1] ?? 0);
      if (size === Infinity) continue;
      const apart = Math.hypot(
        (found[k] ?? 0) - (wanted[k] ?? 0),
        (found[k + 1] ?? 0) - (wanted[k + 1] ?? 0),
      );
      expect(apart, `${left[k] ?? 0}, ${left[k + 1] ?? 0}`).toBeLessThanOrEqual(
        6 * 2 ** -53 * size + 2 ** -1073,
      );
    }
  });

  test('an infinity by a number is infinite, a number by an infinity 0, a number by 0 infinite', () => {
    for (const { left, right, kind } of fixtures.endless) {
      const [re = 0, im = 0] = partsOf(complexFrom(left).div(complexFrom(right)));
      const found =
        Math.abs(re) === Infinity || Math.abs(im) === Infinity
          ? 'infinite'
          : Number.isNaN(re) || Number.isNaN(im)
            ? 'nan'
            : re === 0 && im === 0
              ? 'zero'
              : 'finite';
      expect(found, `${left.join()} / ${right.join()}`).toBe(kind);
    }
  });

  test('powers are near the exact ones', () => {
    const { left, right, values } = fixtures.powers;
    const found = partsOf(complexFrom(left).pow(complexFrom(right)));
    numbers(values).forEach((part, k, all) => {
      const size = Math.hypot(all[k - (k % 2)] ?? 0, all[k - (k % 2) + 1] ?? 0);
      expect(Math.abs((found[k] ?? 0) - part)).toBeLessThanOrEqual(64 * 2 ** -53 * size);
    });
    expect(complexFrom([0, 1]).pow(2).toString()).toBe('[-1.+0.j]');
    expect(complexFrom([0, 1]).pow(-1).toString()).toBe('[0.-1.j]');
    expect(lz.pow(0, { re: 2, im: 0 }).item()).toEqual({ re: 0, im: 0 });
  });

  test('comparisons hold where both parts are equal', () => {
    const other = lz.where(lz.arange(140).mod(3).eq(0), z, w);
    expect([...z.equal(other).dataSync()]).toEqual(fixtures.comparisons.equal);
    expect([...z.notEqual(other).dataSync()]).toEqual(fixtures.comparisons.not_equal);
    expect(lz.allclose(complexFrom([1, 1]), complexFrom([1, 1 + 1e-9])).item()).toBe(true);
    expect(lz.isclose(complexFrom([1, 1, 1, NaN]), { re: 1, im: 1 }).toString()).toBe('[ True False]');
  });

  test('scalars are weak', () => {
    const single = lz.array(Float32Array.of(1, 2));
    expect(single.mul({ re: 0, im: 1 }).dtype).toBe('complex64');
    expect(single.astype('complex64').add(2.5).dtype).toBe('complex64');
    expect(lz.array([1, 2], { dtype: 'int8' }).add({ re: 0, im: 1 }).dtype).toBe('complex128');
    expect(lz.add(3, { re: 1, im: 2 }).item()).toEqual({ re: 4, im: 2 });
    expect(single.astype('complex64').add(lz.arange(2)).dtype).toBe('complex128');
  });
});

describe('dtypes', () => {
  test('promote as in NumPy', () => {
    for (const [a, row] of Object.entries(fixtures.promotion) as [
      ArrayDType,
      Record<ArrayDType, ArrayDType>,
    ][])
      for (const [b, wanted] of Object.entries(row) as [ArrayDType, ArrayDType][])
        expect(lz.promoteTypes(a, b), `${a}, ${b}`).toBe(wanted);
  });

  test('are known to the inspection functions', () => {
    expect(lz.isdtype('complex64', 'complex floating')).toBe(true);
    expect(lz.isdtype('complex64', ['real floating', 'numeric'])).toBe(true);
    expect(lz.isdtype('complex64', 'real floating')).toBe(false);
    expect(lz.finfo('complex64')).toEqual(lz.finfo('float32'));
    expect(() => lz.iinfo('complex64')).toThrow(/not an integer dtype/);
    expect([lz.canCast('float64', 'complex128'), lz.canCast('complex64', 'float64')]).toEqual([true, false]);
    expect(lz.canCast('float64', 'complex64')).toBe(false);
    expect(lz.info().dtypes).toContain('complex128');
    expect(lz.isDType('complex64')).toBe(true);
    expect(lz.resultType('float32', { re: 1, im: 0 })).toBe('complex64');
    expect(lz.resultType('complex64', 'int32', 3)).toBe('complex128');
    const z = lz.zeros([2, 3], { dtype: lz.complex64 });
    expect([z.itemsize, z.nbytes, z.size, z.ndim, z.length]).toEqual([8, 48, 6, 2, 2]);
  });

  test('real numbers become complex, but not the other way', () => {
    expect(lz.arange(2).astype('complex64').toString()).toBe('[0.+0.j 1.+0.j]');
    expect(() => complexFrom([1, 2]).astype('float64')).toThrow(
      /complex128 does not become float64.*lz\.real/s,
    );
  });
});

describe('creation and reading', () => {
  test('lists of numbers and complex numbers', () => {
    const z = lz.array([
      [{ re: 1, im: 2 }, 3],
      [4, { re: 0, im: -1 }],
    ]);
    expect([z.dtype, z.shape]).toEqual(['complex128', [2, 2]]);
    expect(lz.array([1, { re: 2, im: 1 }]).toArray()).toEqual([
      { re: 1, im: 0 },
      { re: 2, im: 1 },
    ]);
    expect(z.toArray()).toEqual([
      [
        { re: 1, im: 2 },
        { re: 3, im: 0 },
      ],
      [
        { re: 4, im: 0 },
        { re: 0, im: -1 },
      ],
    ]);
    expect([...z.dataSync()]).toEqual([1, 2, 3, 0, 4, 0, 0, -1]);
    expect(JSON.stringify(z.slice(0))).toBe('[{"re":1,"im":2},{"re":3,"im":0}]');
    expect(lz.array([], { dtype: 'complex64' }).shape).toEqual([0]);
    expect(lz.zeros([0, 2], { dtype: 'complex64' }).toString()).toBe('[]');
    expect(lz.full([2], { re: 1, im: 1 }).toString()).toBe('[1.+1.j 1.+1.j]');
    expect(lz.onesLike(z).dtype).toBe('complex128');
    expect(lz.asArray(z, { shape: [4] }).shape).toEqual([4]);
    expect(() => lz.array([{ re: 1, im: 2 }], { dtype: 'int32' })).toThrow(lz.DTypeError);
    expect(() => lz.array([[{ re: 1, im: 2 }], [1, 2]])).toThrow(/ragged/);
    expect(() => lz.array(new Float64Array(3), { dtype: 'complex128' })).toThrow(/two each/);
  });

  test('memory of parts by turns is wrapped', () => {
    const memory = Float32Array.of(1, 2, 3, 4);
    const z = lz.asArray(memory, { dtype: 'complex64', copy: false });
    expect(z.toString()).toBe('[1.+2.j 3.+4.j]');
    const column = lz.asArray(memory, { dtype: 'complex64', copy: false, shape: [-1, 1] });
    expect([z.isEvaluated, column.isEvaluated, column.reshape(2).isEvaluated]).toEqual([true, true, true]);
    memory[1] = 7;
    column.touch();
    expect(column.T.mul(1).toString()).toBe('[[1.+7.j 3.+4.j]]');
    expect(z.mul(1).reshape(2, 1).T.toString()).toBe('[[1.+7.j 3.+4.j]]');
    expect(lz.allocate('complex128', [2, 3]).length).toBe(12);
    expect(() => lz.asArray(memory, { dtype: 'complex128', copy: false })).toThrow(lz.OptionError);
  });

  test('lz.complex joins parts, real and imag take them', () => {
    const z = lz.complex(Float32Array.of(1, 2), 3);
    expect([z.dtype, z.toString()]).toEqual(['complex64', '[1.+3.j 2.+3.j]']);
    expect(lz.complex(1, 2).item()).toEqual({ re: 1, im: 2 });
    expect([lz.real(z).dtype, lz.real(z).toString(), lz.imag(z).toString()]).toEqual([
      'float32',
      '[1. 2.]',
      '[3. 3.]',
    ]);
    expect(lz.conj(z).toString()).toBe('[1.-3.j 2.-3.j]');
    expect(lz.angle([{ re: 0, im: 2 }]).item()).toBe(Math.PI / 2);
    expect(lz.reciprocal({ re: 0, im: 1 }).item()).toEqual({ re: 0, im: -1 });
    expect(() => lz.complex(z, 1)).toThrow(/complex/);
  });

  test('arrays print as in NumPy', () => {
    for (const { dtype, shape, values, text } of fixtures.printed)
      expect(lz.array(numbers(values), { dtype, shape }).toString()).toBe(text);
  });

  test('an evaluated array is used in other expressions', async () => {
    const z = complexFrom([1, 2, 3, 4]).mul({ re: 0, im: 1 });
    const before = z.add(1);
    await z.evaluate();
    expect([z.isEvaluated, z.dtype, z.shape]).toEqual([true, 'complex128', [2]]);
    expect([before.toString(), z.add(1).toString()]).toEqual(['[-1.+1.j -3.+3.j]', '[-1.+1.j -3.+3.j]']);
    expect([...(await z.data())]).toEqual([-2, 1, -4, 3]);
    const [a, b] = lz.evaluateSync([z.mul(z), lz.abs(z)]);
    expect([String(a), b.dtype]).toEqual(['[3. -4.j 7.-24.j]', 'float64']);
    const rows = await lz.parallelMap(70, (k) => z.mul(k));
    expect(rows[3]?.toString()).toBe('[ -6.+3.j -12.+9.j]');
  });

  test('compiled functions take and return complex arrays', () => {
    const f = lz.compile((x: lz.LazyArray<'complex128'>) => [x.mul(x), lz.abs(x)] as const);
    const [square, size] = f(complexFrom([3, 4]));
    expect([square.toString(), size.toString()]).toEqual(['[-7.+24.j]', '[5.]']);
    const pairs = lz.compile((x: lz.LazyArray) => x.mul(2));
    // The same memory as real numbers is another structure.
    expect(pairs(lz.array([[3, 4]])).dtype).toBe('float64');
    expect(pairs(complexFrom([3, 4])).dtype).toBe('complex128');
    const out = new Float64Array(2);
    expect([...pairs.into(out, complexFrom([3, 4]))]).toEqual([6, 8]);
  });
});

describe('reductions and views', () => {
  const z = lz.array([
    [{ re: 1, im: 2 }, 3],
    [
      { re: 0, im: -1.5 },
      { re: -2, im: 1 },
    ],
  ]);

  test('reductions', () => {
    expect(z.sum(0).toString()).toBe('[1.+0.5j 1.+1.j ]');
    expect(z.sum({ where: [true, false], initial: { re: 1, im: 1 } }).item()).toEqual({ re: 2, im: 1.5 });
    expect(z.sum({ dtype: 'complex64', keepdims: true }).dtype).toBe('complex64');
    expect([z.mean().toString(), z.var().item(), z.std(1).dtype]).toEqual([
      '(0.5+0.375j)',
      4.921875,
      'float64',
    ]);
    expect(z.prod().item()).toEqual({ re: -13.5, im: 18 });
    expect(z.prod(1, { keepdims: true }).toString()).toBe('[[3. +6.j]\n [1.5+3.j]]');
    expect(z.prod({ where: [true, false], initial: { re: 0, im: 1 } }).item()).toEqual({ re: 1.5, im: 3 });
    expect(lz.prod(lz.zeros([0], { dtype: 'complex64' })).item()).toEqual({ re: 1, im: 0 });
    const long = lz.full([1001], { re: 0, im: 1 });
    for (const target of ['js', 'wasm', 'reference'] as const)
      expect([...long.prod().add(0).dataSync({ target })]).toEqual([0, 1]);
    expect([z.any().item(), z.all(1).toString(), z.logicalNot().any().item()]).toEqual([
      true,
      '[ True  True]',
      false,
    ]);
    expect(z.cumulativeSum(0).toString()).toBe('[[1.+2.j  3.+0.j ]\n [1.+0.5j 1.+1.j ]]');
    expect(z.cumulativeSum(1, { includeInitial: true }).shape).toEqual([2, 3]);
  });

  test('what moves elements moves both parts', () => {
    const text = (array: lz.LazyArray<ArrayDType>): string => array.toString().replaceAll('\n', '');
    expect(text(z.T)).toBe('[[ 1.+2.j   0.-1.5j] [ 3.+0.j  -2.+1.j ]]');
    expect(text(z.reshape(-1).slice('::2'))).toBe('[1.+2.j  0.-1.5j]');
    expect(text(z.flip(1).slice(0))).toBe('[3.+0.j 1.+2.j]');
    expect(text(z.take([3, 0]))).toBe('[-2.+1.j  1.+2.j]');
    expect(text(lz.tril(z))).toBe('[[ 1.+2.j   0.+0.j ] [ 0.-1.5j -2.+1.j ]]');
    expect(text(lz.concat([z.slice(0), [1]]))).toBe('[1.+2.j 3.+0.j 1.+0.j]');
    expect(lz.stack([z, z], 1).shape).toEqual([2, 2, 2]);
    expect(text(lz.roll(z.slice(0), 1))).toBe('[3.+0.j 1.+2.j]');
    expect(text(lz.repeat(z.slice(0), 2))).toBe('[1.+2.j 1.+2.j 3.+0.j 3.+0.j]');
    expect(text(lz.tile(z.slice(0), 2))).toBe('[1.+2.j 3.+0.j 1.+2.j 3.+0.j]');
    expect(lz.unstack(z).map(String)).toEqual(['[1.+2.j 3.+0.j]', '[ 0.-1.5j -2.+1.j ]']);
    expect([...z].map(String)).toEqual(['[1.+2.j 3.+0.j]', '[ 0.-1.5j -2.+1.j ]']);
    expect(lz.moveaxis(lz.zeros([2, 3, 4], { dtype: 'complex64' }), 0, -1).shape).toEqual([3, 4, 2]);
    expect(z.broadcastTo([3, 2, 2]).expandDims(0).squeeze().shape).toEqual([3, 2, 2]);
    expect(text(lz.trace(z))).toBe('(-1+3j)');
    expect(lz.where(lz.abs(z).greater(2), z, 0).toString()).toBe('[[ 1.+2.j  3.+0.j]\n [ 0.+0.j -2.+1.j]]');
  });

  test('selections', () => {
    expect(z.at(0, 1).item()).toEqual({ re: 3, im: 0 });
    expect(z.at(lz.abs(z).greater(2)).get().toString()).toBe('[ 1.+2.j  3.+0.j -2.+1.j]');
    expect(z.at(Int32Array.of(1, 0), 0).get().toString()).toBe('[0.-1.5j 1.+2.j ]');
    expect(z.at(0).set({ re: 0, im: 7 }).slice(0).toString()).toBe('[0.+7.j 0.+7.j]');
    expect(
      z
        .at(Int32Array.of(0, 0), 0)
        .add([{ re: 0, im: 1 }, 1])
        .at(0, 0)
        .item(),
    ).toEqual({ re: 2, im: 3 });
    expect(z.at(0).dtype).toBe('complex128');
    expect(() => lz.zeros(2).at(0).set(z.at(0, 0).get())).toThrow(/^set: .*complex128/);
  });

  test('products', () => {
    expect(z.matmul(z).toString()).toBe('[[-3. -0.5j -3. +9.j ]\n [ 4.5+1.5j  3. -8.5j]]');
    expect(lz.vecdot(z, z).toString()).toBe('[14.  +0.j  7.25+0.j]');
    expect(lz.vdot(z, z).item()).toEqual({ re: 21.25, im: 0 });
    expect(lz.outer([{ re: 0, im: 1 }], [1, 2]).toString()).toBe('[[0.+1.j 0.+2.j]]');
    expect(lz.dot(z, z).equal(z.matmul(z)).all().item()).toBe(true);
    expect(lz.inner(z, z).equal(z.matmul(z.T)).all().item()).toBe(true);
    expect(lz.kron([{ re: 0, im: 1 }], [[1, 2]]).toString()).toBe('[[0.+1.j 0.+2.j]]');
    expect(lz.diff(z).toString()).toBe('[[ 2.-2.j ]\n [-2.+2.5j]]');
    expect(lz.broadcastArrays(z, 1).map(({ dtype }) => dtype)).toEqual(['complex128', 'float64']);
    expect(lz.tensordot(z, z, 1).equal(z.matmul(z)).all().item()).toBe(true);
    expect(z.matmul(lz.eye(2)).equal(z).all().item()).toBe(true);
  });
});

test('functions without a complex form say so', () => {
  const z = complexFrom([1, 2, 3, 4]);
  const calls: Readonly<Record<string, () => unknown>> = {
    less: () => z.less(1),
    maximum: () => lz.maximum(1, z),
    floor: () => z.floor(),
    atan2: () => z.atan2(1),
    sort: () => lz.sort(z as unknown as lz.LazyArray),
    argmax: () => z.argmax(),
    max: () => z.max(),
    clip: () => z.clip(0, 1),
    multiply: () => z.at(0).multiply(2),
    cumulativeProd: () => lz.cumulativeProd(z),
    nonzero: () => lz.nonzero(z),
    unique: () => lz.unique(z),
    uniqueAll: () => lz.uniqueAll(z),
    median: () => lz.median(z),
    masked: () => lz.masked(z, true),
    astype: () => lz.masked([1], [true]).astype('complex64' as 'float32'),
    diff: () => lz.diff(z, { append: [1] }),
    cross: () => lz.cross(z, z),
    take: () => lz.arange(3).take(z),
    histogram: () => lz.histogram(z),
    bitwiseAnd: () => z.bitwiseAnd(1),
    eye: () => lz.eye(2, { dtype: 'complex64' as unknown as 'float64' }),
    sum: () => z.sum({ dtype: 'float64' }),
    where: () => lz.where(z, 1, 2),
    pad: () => lz.pad(z, 1),
  };
  for (const [name, call] of Object.entries(calls)) {
    expect(call, name).toThrow(lz.DTypeError);
    expect(call, name).toThrow(new RegExp(`^${name}: .*(complex|lz\\.real)`, 's'));
  }
});
