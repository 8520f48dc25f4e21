/** The machine of numbers: functions of primitives that are found ahead give what one operation at a time gives. */
import { expect, test } from 'vitest';
import { dtypeNames, dtypeTable, arithmeticOf, type ComputeDType, type Scalar } from '../../src/ir/dtype.ts';
import { programOf } from '../../src/ir/ops.ts';
import { primitiveOps, primitiveRow } from '../../src/ir/primitives.ts';
import { arithmetic } from '../../src/ir/programs/machine.ts';
import { castScalar } from '../../src/ir/scalar.ts';
import { scalarFunction, scalarNumbers } from '../../src/ir/scalarNumbers.ts';

const samples = (dtype: ComputeDType): readonly Scalar[] => {
  const numbers = [0, 1, -1, 3, 31, -7, 100.5].map((x) => castScalar(x, 'float64', dtype));
  return dtype === 'bool' ? [0, 1] : [...numbers, dtypeTable[dtype].min, dtypeTable[dtype].max];
};

test('every primitive on every dtype', () => {
  let count = 0;
  for (const op of primitiveOps)
    for (const dtype of dtypeNames) {
      if (dtype === 'float16') continue;
      const row = primitiveRow(op);
      const operand = row.rule === 'logical' ? 'bool' : dtype;
      const found = arithmetic(scalarNumbers, dtype)[op];
      if (programOf(op, operand) !== undefined) continue;
      if (row[arithmeticOf(operand)] === undefined) {
        expect(() => found(1, 1, 1)).toThrow(/no .* arithmetic/);
        continue;
      }
      for (const x of samples(operand))
        for (const y of samples(operand)) {
          expect(found(x, y, y), `${op} ${dtype} ${x} ${y}`).toBe(scalarNumbers.op(op, operand, x, y, y));
          count++;
        }
    }
  expect(count).toBeGreaterThan(5000);
});

test('results are of the dtype', () => {
  expect(scalarFunction('add', 'uint32')(4294967295, 2)).toBe(1);
  expect(scalarFunction('negative', 'int8')(-128)).toBe(-128);
  expect(scalarFunction('add', 'int64')(2n ** 63n - 1n, 1n)).toBe(-(2n ** 63n));
  expect(scalarFunction('bitwiseNot', 'bool')(1)).toBe(0);
  expect(scalarFunction('copysign', 'float32')(-0.5, 3)).toBe(0.5);
});
