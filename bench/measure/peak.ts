/**
 * The arithmetic peak of 128-bit vectors on this machine: float64 operations per second of a WebAssembly loop in which
 * seven additions and seven multiplications do not wait for each other (x64 has sixteen vector registers).
 *
 * The module is small enough to be written down byte by byte: sections as in the WebAssembly core specification, §5.5.
 */
import { timeCalls } from '../peers/timing.ts';
import { spreadOf } from './spread.ts';

const CHAINS = 14;
const UNROLLED = 4;
const LANES = 2;
const ROUNDS = 20_000;
const WARM_CALLS = 200;
const SAMPLES = 25;

const I32 = 0x7f;
const F64 = 0x7c;
const V128 = 0x7b;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const F64_ADD = 0xa0;
const F64X2_SPLAT = [0xfd, 0x14];
const F64X2_EXTRACT_LANE_0 = [0xfd, 0x21, 0];
const F64X2_ADD = [0xfd, 0xf0, 0x01];
const F64X2_MUL = [0xfd, 0xf2, 0x01];

/** Parameters: what sums start from (0 stays 0), what products start from (1 stays 1), how many rounds. */
const ZERO = 0;
const ONE = 1;
const COUNT = 2;
const FIRST_CHAIN = 3;

type Bytes = readonly number[];

function unsigned(value: number): Bytes {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

const sized = (bytes: Bytes): Bytes => [...unsigned(bytes.length), ...bytes];
const section = (id: number, bytes: Bytes): Bytes => [id, ...sized(bytes)];

function moduleBytes(): Uint8Array {
  const chains = Array.from({ length: CHAINS }, (_, k) => FIRST_CHAIN + k);
  const isSum = (chain: number): boolean => chain % 2 === 0;
  const start = chains.flatMap((chain) => [
    ...[LOCAL_GET, isSum(chain) ? ZERO : ONE],
    ...F64X2_SPLAT,
    ...[LOCAL_SET, chain],
  ]);
  const round = chains.flatMap((chain) => [
    ...[LOCAL_GET, chain, LOCAL_GET, chain],
    ...(isSum(chain) ? F64X2_ADD : F64X2_MUL),
    ...[LOCAL_SET, chain],
  ]);
  const body = Array.from({ length: UNROLLED }, () => round).flat();
  const countDown = [LOCAL_GET, COUNT, 0x41, 1, 0x6b, LOCAL_TEE, COUNT, 0x0d, 0];
  const loop = [0x03, 0x40, ...body, ...countDown, 0x0b];
  const total = chains.flatMap((chain, k) => [
    ...[LOCAL_GET, chain],
    ...F64X2_EXTRACT_LANE_0,
    ...(k === 0 ? [] : [F64_ADD]),
  ]);
  const code = [1, ...unsigned(CHAINS), V128, ...start, ...loop, ...total, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, ...sized([F64, F64, I32]), ...sized([F64])]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...sized([0x66]), 0, 0]),
    ...section(10, [1, ...sized(code)]),
  ]);
}

/** Float64 operations per second; float32 has twice as many lanes. `undefined` where the host has no SIMD. */
export function measurePeak(): number | undefined {
  const bytes = moduleBytes();
  if (!WebAssembly.validate(bytes)) return undefined;
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const run = (): void => void (f as (zero: number, one: number, rounds: number) => number)(0, 1, ROUNDS);
  timeCalls(WARM_CALLS, run);
  const samples = Array.from({ length: SAMPLES }, () => timeCalls(1, run));
  return (ROUNDS * UNROLLED * CHAINS * LANES) / (spreadOf(samples).q1 / 1e9);
}
