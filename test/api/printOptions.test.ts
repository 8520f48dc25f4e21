/** Options of printing; the texts are NumPy's with the same options. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const x = lz.array([1 / 3, -2, 1e-3]);

test('precision, notation, width, summaries', () => {
  expect(x.toString({ precision: 3 })).toBe('[ 3.333e-01 -2.000e+00  1.000e-03]');
  expect(x.toString({ precision: 0 })).toBe('[ 3.e-01 -2.e+00  1.e-03]');
  expect(lz.array([1e-10, 1]).toString({ suppressSmall: true })).toBe('[0. 1.]');
  expect(lz.array([1e-10, 1]).toString()).toBe('[1.e-10 1.e+00]');
  expect(lz.arange(5).toString({ threshold: 4, edgeItems: 1 })).toBe('[0. ... 4.]');
  expect(lz.arange(8).toString({ lineWidth: 12 })).toBe('[0. 1. 2.\n 3. 4. 5.\n 6. 7.]');
});

test('options that make no sense are refused, and change nothing', () => {
  expect(() => x.toString({ precision: -1 })).toThrow(lz.OptionError);
  expect(() => {
    lz.setPrintOptions({ lineWidth: 20, precision: 0.5 });
  }).toThrow(/setPrintOptions: precision/);
  expect(() => x.toString({ width: 3 } as object)).toThrow(/"width"/);
  expect(lz.getPrintOptions()).toEqual({
    precision: 8,
    threshold: 1000,
    edgeItems: 3,
    lineWidth: 75,
    suppressSmall: false,
  });
});

test('a session has its own', () => {
  using session = lz.session();
  session.run(() => {
    lz.setPrintOptions({ precision: 1 });
  });
  expect(session.run(() => x.toString())).toBe('[ 3.3e-01 -2.0e+00  1.0e-03]');
  expect(x.toString()).toBe('[ 3.33333333e-01 -2.00000000e+00  1.00000000e-03]');
});
