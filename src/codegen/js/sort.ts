/**
 * Sorting by digits (`codegen/radix.ts`) on typed arrays. All elements are seen as unsigned words, the halves of 64-bit
 * elements too, so that no bigint is made. A *code* is 32 bits of a key, from the first bit on that differs. Codes move
 * from pass to pass with positions, and results are read from the row by position, bit for bit. Integers of up to 32
 * bits follow from their codes, so these move alone where no positions are asked for.
 */
import { bytesOf, dtypeTable, isFloat, type ComputeDType, type TypedArray } from '../../ir/dtype.ts';
import { dtypeOfBuffer, type RoutineCall } from '../../ir/kernel.ts';
import {
  countingLength,
  digitBits,
  insertionLength,
  mostDigitBits,
  movesPerElement,
  prefixPasses,
} from '../radix.ts';
import type { Closure, Code } from '../text/source.ts';

export function emitSort(call: RoutineCall, closure: Closure): Code {
  const buffer = (result: number): string => {
    const at = call.results.indexOf(result);
    return at < 0 ? 'undefined' : `buffers[${1 + at}]`;
  };
  const sort = closure.use('$sortRows', sortRows);
  const batch = Array.from({ length: call.batchAxes }, (_, axis) => ` * integers[${1 + axis}]`).join('');
  return [
    '// Digit by digit, the least significant first: codegen/js/sort.ts.',
    `const rows = 1${batch};`,
    `${sort}('${dtypeOfBuffer(call, 0)}', integers[0], rows, buffers[0], ${buffer(0)}, ${buffer(1)}, buffers[${call.buffers.length - 1}]);`,
  ];
}

type Words = Uint8Array | Uint16Array | Uint32Array;

/** What moves together. */
interface Records {
  readonly codes: Uint32Array;
  /** Empty where codes move alone. */
  readonly positions: Uint32Array;
}

/** The rows of a call. */
interface Rows {
  readonly dtype: ComputeDType;
  readonly n: number;
  /** Two words per element for 64-bit dtypes, the lower one first. */
  readonly x: Words;
  readonly values: Words | undefined;
  readonly positions: Int32Array | undefined;
}

const signBit = 0x80000000;
const counts = new Uint32Array(1 << mostDigitBits);

function wordsOf(array: TypedArray): Words {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: bytes } = array;
  if (bytes === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  if (bytes === 2) return new Uint16Array(buffer, byteOffset, byteLength >>> 1);
  return new Uint32Array(buffer, byteOffset, byteLength >>> 2);
}

function sortRows(
  dtype: ComputeDType,
  n: number,
  rows: number,
  x: TypedArray,
  values: TypedArray | undefined,
  positions: Int32Array | undefined,
  scratch: Uint32Array,
): void {
  const bytes = bytesOf(dtype);
  const all: Rows = {
    dtype,
    n,
    x: wordsOf(x),
    values: values === undefined ? undefined : wordsOf(values),
    positions,
  };
  const hasPositions = positions !== undefined || bytes === 8 || isFloat(dtype);
  const perRecord = hasPositions ? 2 : 1;
  const recordsIn = (words: Uint32Array, from: number): Records => ({
    codes: words.subarray(from, from + n),
    positions: words.subarray(from + n, from + perRecord * n),
  });
  const first = recordsIn(scratch, 0);
  const borrowed = positions === undefined && bytes === 8 ? (all.values as Uint32Array) : undefined;
  const isCounted = positions === undefined && bytes === 1 && n >= countingLength;
  for (let row = 0; row < rows; row++) {
    const at = row * n;
    if (isCounted) sortBytes(all, at);
    else {
      const second =
        borrowed === undefined ? recordsIn(scratch, perRecord * n) : recordsIn(borrowed, perRecord * at);
      sortRow(all, at, first, second);
    }
  }
}

/** How often each value occurs says all about a sorted row of bytes. */
function sortBytes({ dtype, n, x, values }: Rows, at: number): void {
  const flip = flipOf(dtype);
  counts.fill(0, 0, 256);
  for (let i = at; i < at + n; i++) {
    const key = (x[i] ?? 0) ^ flip;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  let to = at;
  for (let key = 0; key < 256; key++) {
    const from = to;
    to += counts[key] ?? 0;
    if (to > from) values?.fill(key ^ flip, from, to);
  }
}

/** The sign bit of signed integers: turned, their bits are in the order of their values. */
const flipOf = (dtype: ComputeDType): number =>
  dtypeTable[dtype].kind === 'int' ? 2 ** (8 * Math.min(4, bytesOf(dtype)) - 1) : 0;

function sortRow(rows: Rows, at: number, first: Records, second: Records): void {
  const { n } = rows;
  const keys = liftKeys(rows, at, second);
  if (keys.order !== 'none') {
    deliverInOrder(rows, at, keys.order);
    return;
  }
  const coding = codingOf(keys);
  takeCodes(second, bytesOf(rows.dtype) === 8, coding, first);
  let sorted = first;
  if (n <= insertionLength) mend(rows, at, first, coding, Infinity);
  else {
    const bits = digitBits(n);
    const passes = Math.min(prefixPasses, Math.ceil(coding.codeBits / bits));
    sorted = distribute(first, second, passes, Math.min(bits, Math.ceil(coding.codeBits / passes)));
    const isPrefix = coding.restBits > 0 || passes * bits < coding.codeBits;
    if (isPrefix && !mend(rows, at, sorted, coding, movesPerElement * n))
      sorted = sortByAll(rows, at, first, second, coding);
  }
  if (rows.positions === undefined && sorted !== first) {
    // The others may lie in the results.
    first.positions.set(sorted.positions);
    sorted = { codes: sorted.codes, positions: first.positions };
  }
  deliver(rows, at, sorted, coding);
}

/** What the keys of a row have in common, and whether they are in order. */
interface Keys {
  readonly order: 'ascending' | 'descending' | 'none';
  /** The bits that differ. */
  readonly high: number;
  readonly low: number;
  /** Of the first key. */
  readonly first: number;
}

/** How elements become keys: floats by their sign, signed integers by turning the sign bit. */
interface KeyForm {
  readonly isLong: boolean;
  readonly float: boolean;
  readonly flip: number;
}

const keyFormOf = (dtype: ComputeDType): KeyForm => ({
  isLong: bytesOf(dtype) === 8,
  float: isFloat(dtype),
  flip: flipOf(dtype),
});

/*
 * Negative floats are taken as negative magnitudes, so that -0 has the key of 0; every NaN has the greatest key.
 */

function shortKey(x: Words, i: number, float: boolean, flip: number): number {
  const bits = x[i] ?? 0;
  if (!float) return (bits ^ flip) >>> 0;
  if ((bits & 0x7fffffff) > 0x7f800000) return 0xffffffff;
  return (bits >= signBit ? -bits : bits | signBit) >>> 0;
}

function isLongNaN(high: number, low: number): boolean {
  const magnitude = high & 0x7fffffff;
  return magnitude > 0x7ff00000 || (magnitude === 0x7ff00000 && low !== 0);
}

function longHigh(x: Words, i: number, float: boolean, flip: number): number {
  const high = x[2 * i + 1] ?? 0;
  if (!float) return (high ^ flip) >>> 0;
  const low = x[2 * i] ?? 0;
  if (isLongNaN(high, low)) return 0xffffffff;
  return (high < signBit ? high | signBit : low === 0 ? -high : ~high) >>> 0;
}

function longLow(x: Words, i: number, float: boolean): number {
  const low = x[2 * i] ?? 0;
  if (!float) return low;
  const high = x[2 * i + 1] ?? 0;
  if (isLongNaN(high, low)) return 0xffffffff;
  return high < signBit ? low : -low >>> 0;
}

/** Writes the keys of a row into `into`: the high word, and for 64-bit dtypes the low one. */
function liftKeys({ dtype, n, x }: Rows, at: number, { codes: highs, positions: lows }: Records): Keys {
  const { isLong, float, flip } = keyFormOf(dtype);
  let high = 0;
  let low = 0;
  let firstHigh = 0;
  let firstLow = 0;
  let lastHigh = 0;
  let lastLow = 0;
  let rises = false;
  let falls = false;
  let stays = false;
  for (let i = 0; i < n; i++) {
    const keyHigh = isLong ? longHigh(x, at + i, float, flip) : shortKey(x, at + i, float, flip);
    const keyLow = isLong ? longLow(x, at + i, float) : 0;
    highs[i] = keyHigh;
    if (isLong) lows[i] = keyLow;
    if (i === 0) {
      firstHigh = keyHigh;
      firstLow = keyLow;
    } else if (keyHigh > lastHigh || (keyHigh === lastHigh && keyLow > lastLow)) rises = true;
    else if (keyHigh === lastHigh && keyLow === lastLow) stays = true;
    else falls = true;
    high |= keyHigh ^ firstHigh;
    low |= keyLow ^ firstLow;
    lastHigh = keyHigh;
    lastLow = keyLow;
  }
  const order = !falls ? 'ascending' : !rises && !stays ? 'descending' : 'none';
  return { order, high: high >>> 0, low: low >>> 0, first: firstHigh };
}

/** How keys of two words become codes of one. */
interface Coding {
  /** Bits before the first that differs. */
  readonly leading: number;
  /** The value of those bits in the high word. */
  readonly common: number;
  /** Bits that differ, from the first to the last: those in a code, and those behind it. */
  readonly codeBits: number;
  readonly restBits: number;
}

function codingOf({ high, low, first }: Keys): Coding {
  const leading = high === 0 ? 32 + Math.clz32(low) : Math.clz32(high);
  const trailing = low === 0 ? 32 + trailingZeros(high) : trailingZeros(low);
  const bits = 64 - leading - trailing;
  const codeBits = Math.min(32, bits);
  const common = leading === 0 || leading >= 32 ? 0 : first & ~(0xffffffff >>> leading);
  return { leading, common, codeBits, restBits: bits - codeBits };
}

const trailingZeros = (word: number): number => (word === 0 ? 32 : 31 - Math.clz32(word & -word));

/** The 32 bits of a key from a position on. */
function bitsFrom(high: number, low: number, position: number): number {
  if (position === 0) return high;
  if (position < 32) return ((high << position) | (low >>> (32 - position))) >>> 0;
  return (low << (position - 32)) >>> 0;
}

/** The codes of keys, with their positions. */
function takeCodes(keys: Records, isLong: boolean, { leading }: Coding, into: Records): void {
  const { codes: highs, positions: lows } = keys;
  const { codes, positions } = into;
  for (let i = 0; i < codes.length; i++)
    codes[i] = bitsFrom(highs[i] ?? 0, isLong ? (lows[i] ?? 0) : 0, leading);
  for (let i = 0; i < positions.length; i++) positions[i] = i;
}

/** The codes of the records, read anew by their positions: bits of the keys from a position on. */
function readCodes({ dtype, x }: Rows, at: number, { codes, positions }: Records, from: number): void {
  const { isLong, float, flip } = keyFormOf(dtype);
  for (let i = 0; i < codes.length; i++) {
    const p = at + (positions[i] ?? 0);
    codes[i] = isLong
      ? bitsFrom(longHigh(x, p, float, flip), longLow(x, p, float), from)
      : bitsFrom(shortKey(x, p, float, flip), 0, from);
  }
}

/**
 * Sorts `from` by the first `passes * bits` bits of its codes, with the help of `other`. Gives the records that are
 * sorted then.
 */
function distribute(from: Records, other: Records, passes: number, bits: number): Records {
  const n = from.codes.length;
  const mask = 2 ** bits - 1;
  // The last digit may have fewer bits of its own; those it shares with the digit before do no harm.
  const shiftOf = (pass: number): number => Math.max(0, 32 - bits * (passes - pass));
  let [source, target] = [from, other];
  for (let pass = 0; pass < passes; pass++) {
    const shift = shiftOf(pass);
    countDigits(source.codes, shift, mask);
    const digit = ((source.codes[0] ?? 0) >>> shift) & mask;
    if (counts[digit] === n) continue;
    let sum = 0;
    for (let k = 0; k <= mask; k++) {
      const count = counts[k] ?? 0;
      counts[k] = sum;
      sum += count;
    }
    if (source.positions.length === 0) moveCodes(source.codes, target.codes, shift, mask);
    else moveRecords(source, target, shift, mask);
    [source, target] = [target, source];
  }
  return source;
}

function countDigits(codes: Uint32Array, shift: number, mask: number): void {
  counts.fill(0, 0, mask + 1);
  for (let i = 0; i < codes.length; i++) {
    const digit = ((codes[i] ?? 0) >>> shift) & mask;
    counts[digit] = (counts[digit] ?? 0) + 1;
  }
}

function moveCodes(codes: Uint32Array, into: Uint32Array, shift: number, mask: number): void {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    const digit = (code >>> shift) & mask;
    const to = counts[digit] ?? 0;
    counts[digit] = to + 1;
    into[to] = code;
  }
}

function moveRecords({ codes, positions }: Records, into: Records, shift: number, mask: number): void {
  const { codes: intoCodes, positions: intoPositions } = into;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    const digit = (code >>> shift) & mask;
    const to = counts[digit] ?? 0;
    counts[digit] = to + 1;
    intoCodes[to] = code;
    intoPositions[to] = positions[i] ?? 0;
  }
}

/** Insertion, where neighbours are out of order. False where it would take more moves than `budget`. */
function mend(rows: Rows, at: number, records: Records, { restBits }: Coding, budget: number): boolean {
  const { codes, positions } = records;
  const { float, flip } = keyFormOf(rows.dtype);
  const { x } = rows;
  /** Whether the key at `p` is greater than that at `q`, if their codes are equal. */
  const isGreater = (p: number, q: number): boolean => {
    const [a, b] = [longHigh(x, at + p, float, flip), longHigh(x, at + q, float, flip)];
    return a === b ? longLow(x, at + p, float) > longLow(x, at + q, float) : a > b;
  };
  const compares = restBits > 0;
  let left = budget;
  let last = codes[0] ?? 0;
  for (let i = 1; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    const position = positions[i] ?? 0;
    if (last < code || (last === code && (!compares || !isGreater(positions[i - 1] ?? 0, position)))) {
      last = code;
      continue;
    }
    let j = i;
    for (; j > 0; j--) {
      const before = codes[j - 1] ?? 0;
      if (before < code || (before === code && !(compares && isGreater(positions[j - 1] ?? 0, position))))
        break;
      codes[j] = before;
      positions[j] = positions[j - 1] ?? 0;
    }
    codes[j] = code;
    positions[j] = position;
    last = codes[i] ?? 0;
    left -= i - j;
    if (left < 0) return false;
  }
  return true;
}

/** Sorts by every digit, however much many elements have in common. */
function sortByAll(rows: Rows, at: number, first: Records, second: Records, coding: Coding): Records {
  const bits = digitBits(rows.n);
  const hasPositions = first.positions.length > 0;
  const round = (records: Records, width: number): Records =>
    distribute(records, records === first ? second : first, Math.ceil(width / bits), bits);
  const { leading, codeBits, restBits } = coding;
  let sorted = first;
  first.positions.forEach((_, i) => (first.positions[i] = i));
  if (restBits > 0) {
    readCodes(rows, at, first, leading + 32);
    sorted = round(first, restBits);
  }
  if (hasPositions) readCodes(rows, at, sorted, leading);
  return round(sorted, codeBits);
}

/** Writes the results of a row that was in order. */
function deliverInOrder({ dtype, n, x, values, positions }: Rows, at: number, order: Keys['order']): void {
  const isAscending = order === 'ascending';
  const words = bytesOf(dtype) === 8 ? 2 : 1;
  if (isAscending) values?.set(x.subarray(words * at, words * (at + n)), words * at);
  else if (values !== undefined)
    for (let i = 0; i < n; i++)
      for (let word = 0; word < words; word++)
        values[words * (at + i) + word] = x[words * (at + n - 1 - i) + word] ?? 0;
  if (positions !== undefined) for (let i = 0; i < n; i++) positions[at + i] = isAscending ? i : n - 1 - i;
}

/** Writes the results of a row. */
function deliver({ dtype, n, x, values, positions }: Rows, at: number, from: Records, coding: Coding): void {
  positions?.set(from.positions, at);
  if (values === undefined) return;
  if (from.positions.length === 0) {
    const flip = flipOf(dtype);
    const { leading, common } = coding;
    for (let i = 0; i < n; i++) values[at + i] = (((from.codes[i] ?? 0) >>> leading) | common) ^ flip;
  } else if (bytesOf(dtype) === 8)
    for (let i = 0; i < n; i++) {
      const p = at + (from.positions[i] ?? 0);
      values[2 * (at + i)] = x[2 * p] ?? 0;
      values[2 * (at + i) + 1] = x[2 * p + 1] ?? 0;
    }
  else for (let i = 0; i < n; i++) values[at + i] = x[at + (from.positions[i] ?? 0)] ?? 0;
}
