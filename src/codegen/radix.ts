/**
 * How rows are sorted by digits, on every target of the CPU.
 *
 * Elements become unsigned keys of the same order. One look at a row tells which bits of the keys differ, and whether
 * the row is sorted already. Stable passes, from the least significant digit on, distribute the elements by the digits
 * of their *prefix*, the leading bits that differ; then few neighbours are out of order, if any, and insertion mends
 * that. Where it would have to move many elements, because many agree in the prefix and differ behind it, the row is
 * sorted again by all digits.
 */

/** Rows up to this length are sorted by insertion alone. */
export const insertionLength = 32;

/** Passes over the prefix at most. */
export const prefixPasses = 3;

/** Insertion may move every element so many times on average before all digits are used instead. */
export const movesPerElement = 8;

/** Digits of long rows have more bits, for each value of a digit has a counter to be cleared and summed up per row. */
export const digitSizes = [
  { from: 16_384, bits: 11 },
  { from: 192, bits: 8 },
  { from: 0, bits: 6 },
] as const;

export const digitBits = (length: number): number => digitSizes.find(({ from }) => length >= from)?.bits ?? 6;

/** Bits of the longest digit. */
export const mostDigitBits = 11;

/** Rows of bytes from this length on are sorted by counting how often each value occurs. */
export const countingLength = 64;
