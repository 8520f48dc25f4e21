/** The data of test/fixtures/numpy_oracle.py: a linear congruential generator, the same bits in both languages. */
export function lcg(count: number): Float64Array {
  let state = 12345;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state / 2 ** 32 - 0.5) * 10 ** (state % 7);
  });
}
