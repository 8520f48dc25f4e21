/**
 * The physical limit of a case, on one thread or on all: no implementation can be faster than copying its bytes, nor
 * (with 128-bit vectors) than doing its arithmetic.
 */
import type { Case } from '../cases/case.ts';
import { copyBandwidth } from './bandwidth.ts';
import type { Together } from './together.ts';

/** Bounds on the time of one call; absent where the case states no bytes or no arithmetic. */
export interface Limit {
  /** Moving the bytes at the copy bandwidth of main memory. */
  readonly memoryNs?: number;
  /** Moving the bytes at the copy bandwidth of arrays of this size. */
  readonly copyNs?: number;
  /** The arithmetic at the peak of 128-bit vectors. */
  readonly arithmeticNs?: number;
}

export function limitOf({ bytes, arithmetic }: Case, peak: number | undefined): Limit {
  const singles = arithmetic?.dtype === 'float32' ? 2 : 1;
  return {
    ...(bytes === undefined
      ? {}
      : { memoryNs: (1e9 * bytes) / copyBandwidth(), copyNs: (1e9 * bytes) / copyBandwidth(bytes) }),
    ...(arithmetic === undefined || peak === undefined
      ? {}
      : { arithmeticNs: (1e9 * arithmetic.operations) / (singles * peak) }),
  };
}

/** The same on all threads, whose caches are not looked at. */
export function limitTogether(
  { bytes, arithmetic }: Case,
  { copyBytesPerSecond, peakPerSecond }: Together,
): Limit {
  const singles = arithmetic?.dtype === 'float32' ? 2 : 1;
  return {
    ...(bytes === undefined ? {} : { memoryNs: (1e9 * bytes) / copyBytesPerSecond }),
    ...(arithmetic === undefined || peakPerSecond === undefined
      ? {}
      : { arithmeticNs: (1e9 * arithmetic.operations) / (singles * peakPerSecond) }),
  };
}

/** The shortest time the limits allow; `undefined` where nothing is known. */
export function shortestNs({ copyNs, arithmeticNs }: Limit): number | undefined {
  if (copyNs === undefined && arithmeticNs === undefined) return undefined;
  return Math.max(copyNs ?? 0, arithmeticNs ?? 0);
}
