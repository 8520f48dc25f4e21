/**
 * The copy bandwidth of this machine, the ceiling of every memory-bound case: `set` (a memcpy) between two arrays,
 * counting bytes read plus bytes written. Between arrays far larger than any cache it is that of main memory;
 * between arrays as large as those of a case, it is that of the cache they fit into.
 */
import { timeCalls } from '../peers/timing.ts';
import { spreadOf } from './spread.ts';

const BYTES_PER_DOUBLE = 8;
const SAMPLES = 15;
const SAMPLE_NS = 1e6;

/** Read and written together: two arrays of 128 MiB. */
const MEMORY_BYTES = 2 ** 28;

const measured = new Map<number, number>();

/** Bytes per second of copies that read and write `bytes` in all; from 256 MiB on, of main memory. */
export function copyBandwidth(bytes = MEMORY_BYTES): number {
  const size = Math.min(bytes, MEMORY_BYTES);
  let found = measured.get(size);
  if (found === undefined) {
    found = measureCopies(size);
    measured.set(size, found);
  }
  return found;
}

function measureCopies(bytes: number): number {
  const doubles = Math.max(1, Math.round(bytes / 2 / BYTES_PER_DOUBLE));
  const source = new Float64Array(doubles).fill(1);
  const target = new Float64Array(doubles).fill(2);
  const copy = (): void => target.set(source);
  const once = timeCalls(1, copy);
  const calls = Math.max(1, Math.ceil(SAMPLE_NS / Math.max(once, 1)));
  const samples = Array.from({ length: SAMPLES }, () => timeCalls(calls, copy) / calls);
  return (2 * source.byteLength) / (spreadOf(samples).median / 1e9);
}
