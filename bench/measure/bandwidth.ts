/**
 * The copy bandwidth of this machine, the ceiling of every memory-bound case: `set` (a memcpy) between two
 * arrays far larger than any cache, counting bytes read plus bytes written.
 */
import { timeCalls } from '../peers/timing.ts';
import { spreadOf } from './spread.ts';

const DOUBLES = 16 * 2 ** 20;
const COPIES = 15;

/** Bytes per second. */
export function measureCopyBandwidth(): number {
  const source = new Float64Array(DOUBLES).fill(1);
  const target = new Float64Array(DOUBLES).fill(2);
  const samples = Array.from({ length: COPIES }, () => timeCalls(1, () => target.set(source)));
  const bytes = 2 * source.byteLength;
  return bytes / (spreadOf(samples).median / 1e9);
}
