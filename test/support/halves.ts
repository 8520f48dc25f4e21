/**
 * float16 by definition, independent of any conversion of the engine or of lazuli: what 16 bits stand for, the nearest
 * float16 of a float64, and the numbers around which a conversion could go wrong.
 */

/** The value of 16 bits: a sign, five bits of exponent, ten of significand (IEEE 754 binary16). */
export function decode(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** All positive finite float16, in order; the first is 0. */
export const magnitudes: readonly number[] = Array.from({ length: 0x7c00 }, (_, bits) => decode(bits));

/** The float16 nearest to a float64, to even in the middle; beyond 65504 and half a unit infinity. */
export function nearest(value: number): number {
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? -1 : 1;
  if (Number.isNaN(value)) return NaN;
  if (size >= 65520) return sign * Infinity;
  let [low, high] = [0, magnitudes.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((magnitudes[middle] ?? 0) <= size) low = middle;
    else high = middle;
  }
  const [below, above] = [magnitudes[low] ?? 0, magnitudes[low + 1] ?? 65536];
  const turn = (below + above) / 2;
  return sign * (size < turn || (size === turn && low % 2 === 0) ? below : above);
}

/** Every pattern of bits there is. */
export const allHalves = (): Float16Array<ArrayBuffer> =>
  new Float16Array(Uint16Array.from({ length: 65536 }, (_, bits) => bits).buffer);

/** The middles between neighbours, what lies next to them in `dtype`, and special values; of both signs. */
export function turns(dtype: 'float32' | 'float64'): Float32Array | Float64Array {
  const middles = magnitudes.map((below, k) => (below + (magnitudes[k + 1] ?? 65536)) / 2);
  const special = [0, Infinity, NaN, 65536, 1e30, 1e-30, 1e-40, 5e-324];
  const positive = [...middles.flatMap((x) => [before(x, dtype), x, after(x, dtype)]), ...special];
  const all = [...positive, ...positive.map((value) => -value)];
  return dtype === 'float32' ? Float32Array.from(all) : Float64Array.from(all);
}

/** Numbers of the dtype near a positive one, above and below: the nearest, but below a power of two the second. */
const after = (x: number, dtype: 'float32' | 'float64'): number => x + unitOf(x, dtype);
const before = (x: number, dtype: 'float32' | 'float64'): number => x - unitOf(x, dtype);

function unitOf(x: number, dtype: 'float32' | 'float64'): number {
  return 2 ** (Math.floor(Math.log2(x)) - (dtype === 'float32' ? 23 : 52));
}
