/** Float32 on a GPU, from arrays to values: math functions, arithmetic, sums and products keep the bounds that are stated. */
import { expect, test } from 'vitest';
import {
  holdsOnGpu,
  measureFunction,
  measureOperations,
  measureProducts,
  measureSums,
  type GpuMeasurement,
} from '../../scripts/accuracy/gpuSweep.ts';
import { mathFunctions } from '../../src/ir/math/functions.ts';

function expectBound(measurement: GpuMeasurement, points: number): void {
  const { title, at, worst, bound } = measurement;
  expect(measurement.points).toBeGreaterThan(points);
  expect(holdsOnGpu(measurement), `${title} at ${at}: ${worst}, bound ${bound}`).toBe(true);
}

test.each(mathFunctions)('%s', async (name) => {
  expectBound(await measureFunction(name, 2000), 1000);
});

test('arithmetic', async () => {
  for (const measurement of await measureOperations(2000)) expectBound(measurement, 2000);
});

test('sums', async () => {
  expectBound(await measureSums([[100, 1000]]), 1000);
});

test('matrix products', async () => {
  for (const measurement of await measureProducts([[5, 64, 300]])) expectBound(measurement, 1000);
});
