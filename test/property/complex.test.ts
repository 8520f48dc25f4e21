/** Laws of complex functions, and chains of them on every target. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { ArrayDType } from '../../src/ir/dtype.ts';
import { settings } from '../support/runs.ts';

type Complex = lz.LazyArray<ArrayDType>;

const special = [0, -0, 1, -1, 0.5, 2, 1e-9, -1e12, 1e160, -3e-200, Infinity, -Infinity];
const part = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: -30, max: 30, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(...special) },
);
const wild = fc.oneof({ weight: 4, arbitrary: part }, { weight: 1, arbitrary: fc.constant(NaN) });
const arrayOf = (element: fc.Arbitrary<number>, size: number): fc.Arbitrary<lz.LazyArray<'complex128'>> =>
  fc
    .array(element, { minLength: 2 * size, maxLength: 2 * size })
    .map((parts) => lz.array(Float64Array.from(parts), { dtype: 'complex128' }));

const bits = (array: Complex, target: lz.TargetName = 'js'): unknown[] =>
  Array.from<number | bigint, unknown>(array.dataSync({ target }), Number);

const unary = [
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
  ...(['tanh', 'asin', 'acos', 'atan', 'asinh', 'acosh', 'atanh', 'square', 'sign', 'negative'] as const),
];
/** The zero parts of a sign are 0, not -0. */
const symmetric = unary.filter((name) => name !== 'sign');
const odd = ['sin', 'tan', 'sinh', 'tanh', 'asin', 'atan', 'asinh', 'atanh'] as const;
const binary = ['add', 'subtract', 'multiply', 'divide'] as const;

/** Zeros and infinities beside NaN have any sign. */
const upToOpenSigns = (values: readonly unknown[]): unknown[] =>
  values.map((value, k) => {
    const other = values[k % 2 === 0 ? k + 1 : k - 1];
    return Number.isNaN(other) ? Math.abs(value as number) : value;
  });

describe('laws', () => {
  test('f(conj z) is conj f(z), bit for bit', () => {
    fc.assert(
      fc.property(arrayOf(part, 6), fc.constantFrom(...symmetric), (z, name) => {
        const left = bits(lz[name](lz.conj(z)));
        expect(upToOpenSigns(left)).toEqual(upToOpenSigns(bits(lz.conj(lz[name](z)))));
      }),
      settings(150),
    );
  });

  test('odd functions are odd, bit for bit', () => {
    fc.assert(
      fc.property(arrayOf(part, 6), fc.constantFrom(...odd), (z, name) => {
        expect(upToOpenSigns(bits(lz[name](z.neg())))).toEqual(upToOpenSigns(bits(lz[name](z).neg())));
      }),
      settings(100),
    );
  });

  test('sums and products commute, and conjugation goes through them', () => {
    fc.assert(
      fc.property(arrayOf(wild, 5), arrayOf(wild, 5), fc.constantFrom('add', 'multiply'), (z, w, name) => {
        expect(bits(z[name](w))).toEqual(bits(w[name](z)));
        const negatedZeros = (values: unknown[]): unknown[] =>
          values.map((value) => (value === 0 ? 0 : value));
        expect(negatedZeros(bits(lz.conj(z[name](w))))).toEqual(
          negatedZeros(bits(lz.conj(z)[name](lz.conj(w)))),
        );
      }),
      settings(60),
    );
  });

  test('numbers are their parts', () => {
    fc.assert(
      fc.property(arrayOf(wild, 5), (z) => {
        expect(bits(lz.complex(lz.real(z), lz.imag(z)))).toEqual(bits(z));
        expect(bits(lz.abs(z))).toEqual(bits(lz.hypot(lz.real(z), lz.imag(z))));
      }),
      settings(30),
    );
  });

  test('functions undo each other', () => {
    const moderate = fc.double({ min: -3, max: 3, noNaN: true }).map((x) => (Math.abs(x) < 1e-6 ? 0.5 : x));
    const pairs = [
      ...([
        ['exp', 'log'],
        ['square', 'sqrt'],
        ['sin', 'asin'],
        ['cos', 'acos'],
        ['tan', 'atan'],
      ] as const),
      ...([
        ['sinh', 'asinh'],
        ['cosh', 'acosh'],
        ['tanh', 'atanh'],
        ['expm1', 'log1p'],
      ] as const),
    ];
    fc.assert(
      fc.property(arrayOf(moderate, 6), fc.constantFrom(...pairs), (z, [of, inverse]) => {
        const apart = lz.abs(lz[of](lz[inverse](z)).sub(z)).div(lz.abs(z).add(1));
        expect(apart.max().item()).toBeLessThan(1e-13);
      }),
      settings(100),
    );
  });
});

describe('chains', () => {
  /** Functions one after another, on data and on what came before. */
  const step = fc.oneof(
    fc.record({ op: fc.constantFrom(...unary), other: fc.constant(0) }),
    fc.record({ op: fc.constantFrom(...binary), other: fc.nat(3) }),
  );

  test('have the same bits on every target, in no more kernels than functions', () => {
    fc.assert(
      fc.property(
        arrayOf(wild, 7),
        arrayOf(wild, 7),
        fc.array(step, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('complex64', 'complex128' as const),
        (z, w, steps, dtype) => {
          const values: Complex[] = [z.astype(dtype), w.astype(dtype)];
          for (const { op, other } of steps) {
            const last = values.at(-1) ?? z;
            const second = values[other % values.length] ?? w;
            values.push(
              (binary as readonly string[]).includes(op)
                ? lz[op as (typeof binary)[number]](last, second)
                : lz[op as (typeof unary)[number]](last),
            );
          }
          const build = (): Complex => values.at(-1) ?? z;
          const result = build();
          const { kernels } = result.explain({ target: 'js' }).toJSON().plan;
          expect(kernels.length).toBeLessThanOrEqual(steps.length);
          const wanted = bits(result.mul({ re: 1, im: 0 }), 'reference');
          for (const target of ['js', 'wasm'] as const)
            expect(bits(result.mul({ re: 1, im: 0 }), target), target).toEqual(wanted);
        },
      ),
      settings(60),
    );
  });

  test('sums, views and products of matrices agree with real arithmetic on the parts', () => {
    fc.assert(
      fc.property(arrayOf(part.filter(Number.isFinite), 12), (z) => {
        const [x, y] = [lz.real(z), lz.imag(z)];
        const matrix = z.reshape(3, 4);
        for (const target of ['js', 'wasm', 'reference'] as const) {
          expect(bits(lz.real(matrix.sum(0)), target)).toEqual(bits(x.reshape(3, 4).sum(0), target));
          expect(bits(lz.imag(matrix.T.flip(1)), target)).toEqual(bits(y.reshape(3, 4).T.flip(1), target));
          const [re, im] = [x.reshape(3, 4), y.reshape(3, 4)];
          const wanted = re.matmul(re.T).sub(im.matmul(im.T));
          expect(bits(lz.real(matrix.matmul(matrix.T)), target)).toEqual(bits(wanted, target));
        }
      }),
      settings(20),
    );
  });
});
