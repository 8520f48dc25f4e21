/**
 * The limits of a GPU, from what was measured in the same run: the fastest copy within the device by anybody with right
 * results, and the most multiply-adds per second that a shader of nothing else reached.
 */
import type { Case } from '../cases/case.ts';
import type { Limit } from './limit.ts';
import { type MeasuredRow, type Row, measuredRows } from './row.ts';

export interface DeviceLimits {
  readonly copyBytesPerSecond?: number;
  readonly operationsPerSecond?: number;
}

/** What the rows of these cases say about the device. */
export function deviceLimits(cases: readonly Case[], rows: readonly Row[]): DeviceLimits {
  const copy = cases.find(({ work }) => work === 'deviceCopy');
  const sums = cases.find(({ work }) => work === 'multiplyAdds');
  const copyNs = fastest(copy, rows);
  const sumsNs = fastest(sums, rows);
  return {
    ...(copy?.bytes === undefined || copyNs === undefined
      ? {}
      : { copyBytesPerSecond: (1e9 * copy.bytes) / copyNs }),
    ...(sums?.arithmetic === undefined || sumsNs === undefined
      ? {}
      : { operationsPerSecond: (1e9 * sums.arithmetic.operations) / sumsNs }),
  };
}

export function gpuLimitOf(
  { bytes, arithmetic }: Case,
  { copyBytesPerSecond, operationsPerSecond }: DeviceLimits,
): Limit {
  return {
    ...(bytes === undefined || copyBytesPerSecond === undefined
      ? {}
      : { memoryNs: (1e9 * bytes) / copyBytesPerSecond }),
    ...(arithmetic === undefined || operationsPerSecond === undefined
      ? {}
      : { arithmeticNs: (1e9 * arithmetic.operations) / operationsPerSecond }),
  };
}

function fastest(benchCase: Case | undefined, rows: readonly Row[]): number | undefined {
  const times = measuredRows(rows)
    .filter((row: MeasuredRow) => row.case === benchCase?.name && row.agrees !== false)
    .map(({ medianNs }) => medianNs);
  return times.length === 0 ? undefined : Math.min(...times);
}
