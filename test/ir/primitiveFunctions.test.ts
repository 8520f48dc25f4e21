/** Functions of primitives that are found ahead, for programs on numbers, give what one operation at a time gives. */
import { expect, test } from 'vitest';
import { dtypeNames, dtypeTable, type DType, type Scalar } from '../../src/ir/dtype.ts';
import { applyPrimitive, primitiveFunction, primitiveOps } from '../../src/ir/primitives.ts';
import { castScalar } from '../../src/ir/scalar.ts';

const samples = (dtype: DType): readonly Scalar[] => {
  const numbers = [0, 1, -1, 3, 31, -7, 100.5].map((x) => castScalar(x, 'float64', dtype));
  return dtype === 'bool' ? [0, 1] : [...numbers, dtypeTable[dtype].min, dtypeTable[dtype].max];
};

test('every primitive on every dtype', () => {
  let count = 0;
  for (const op of primitiveOps)
    for (const dtype of dtypeNames) {
      const found = primitiveFunction(op, dtype);
      if (found === undefined) {
        expect(() => applyPrimitive(op, dtype, 1, 1, 1)).toThrow(`no arithmetic of ${dtype}`);
        continue;
      }
      for (const x of samples(dtype))
        for (const y of samples(dtype)) {
          expect(found(x, y, y), `${op} ${dtype} ${x} ${y}`).toBe(applyPrimitive(op, dtype, x, y, y));
          count++;
        }
    }
  expect(count).toBeGreaterThan(5000);
});

test('results are of the dtype', () => {
  expect(primitiveFunction('add', 'uint32')?.(4294967295, 2, 0)).toBe(1);
  expect(primitiveFunction('negative', 'int8')?.(-128, 0, 0)).toBe(-128);
  expect(primitiveFunction('add', 'int64')?.(2n ** 63n - 1n, 1n, 0n)).toBe(-(2n ** 63n));
});
