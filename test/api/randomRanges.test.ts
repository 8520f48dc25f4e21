/** Random numbers lie in [low, high) also where few numbers, or only one, lie between the ends. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { dtypeTable } from '../../src/ir/dtype.ts';
import { settings } from '../support/runs.ts';

const key = lz.random.key(18);
const targets = ['js', 'wasm', 'reference'] as const;

/** The number `count` places further, away from zero or through it. */
function neighbour(x: number, count: number, dtype: 'float32' | 'float64'): number {
  const bytes = new DataView(new ArrayBuffer(8));
  if (dtype === 'float64') bytes.setFloat64(0, Math.abs(x));
  else bytes.setFloat32(0, Math.abs(x));
  const bits = dtype === 'float64' ? bytes.getBigInt64(0) : BigInt(bytes.getInt32(0));
  const moved = (x < 0 || Object.is(x, -0) ? -bits : bits) + BigInt(count);
  const size = moved < 0n ? -moved : moved;
  if (dtype === 'float64') bytes.setBigInt64(0, size);
  else bytes.setInt32(0, Number(size));
  const value = dtype === 'float64' ? bytes.getFloat64(0) : bytes.getFloat32(0);
  return moved < 0n ? -value : value;
}

function expectInside(low: number, high: number, dtype: 'float32' | 'float64'): void {
  const x = lz.random.uniform(key, 60, { low, high, dtype });
  for (const target of targets)
    for (const value of x.dataSync({ target, memo: false })) {
      expect(value, `${low} to ${high}`).toBeGreaterThanOrEqual(low);
      expect(value, `${low} to ${high}`).toBeLessThan(high);
    }
}

test('uniform numbers, with few numbers between the ends', () => {
  const end = fc.oneof(
    fc.constantFrom(0, -0, 1, -1, 2 ** -126, 2 ** -1022, 0.1, 0.7, -0.3),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e30, max: 1e30 }),
    fc.integer({ min: -9, max: 9 }).map((k) => k * Number.MIN_VALUE),
  );
  const count = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1000 }));
  fc.assert(
    fc.property(end, count, fc.constantFrom('float32', 'float64'), (given, places, dtype) => {
      const low = dtype === 'float32' ? Math.fround(given) : given;
      expectInside(low, neighbour(low, places, dtype), dtype);
    }),
    settings(60),
  );
});

test('uniform numbers, where the range starts at 0', () => {
  expectInside(0, 1e-45, 'float32');
  expectInside(0, 5e-324, 'float64');
  expectInside(0, 1.5e-323, 'float64');
  expectInside(-(2 ** -149), 0, 'float32');
  expectInside(-5e-324, 5e-324, 'float64');
});

test('uniform numbers of float32, where the ends are no float32', () => {
  expectInside(0.7, 0.7000002, 'float32');
  expectInside(0.1, 0.1000001, 'float32');
  expectInside(-0.7, -0.6999998, 'float32');
  expect(() => lz.random.uniform(key, 5, { low: 0.7, high: 0.70000003, dtype: 'float32' })).toThrow(
    lz.OptionError,
  );
});

test('integers, in ranges of every width and place', () => {
  const dtypes = ['int8', 'uint8', 'int32', 'uint32', 'int64', 'uint64'] as const;
  const place = fc.record({
    dtype: fc.constantFrom(...dtypes),
    from: fc.double({ min: 0, max: 1, noNaN: true }),
    width: fc.oneof(
      fc.bigInt({ min: 1n, max: 5n }),
      fc.bigInt({ min: 1n, max: 2n ** 33n }),
      fc.bigInt({ min: 1n, max: 2n ** 64n }),
      fc.constant(2n ** 64n),
    ),
  });
  fc.assert(
    fc.property(place, ({ dtype, from, width }) => {
      const [min, max] = [BigInt(dtypeTable[dtype].min), BigInt(dtypeTable[dtype].max)];
      const range = width > max - min + 1n ? max - min + 1n : width;
      const room = max - min + 1n - range;
      const low = min + BigInt(Math.floor(from * 2 ** 52)) * (room >> 52n) + (room & 3n);
      const high = low + range;
      const x = lz.random.integers(key, low, high, 40, { dtype });
      for (const target of targets)
        for (const value of x.dataSync({ target, memo: false }))
          expect(BigInt(value) >= low && BigInt(value) < high, `${value} in [${low}, ${high})`).toBe(true);
    }),
    settings(60),
  );
});
