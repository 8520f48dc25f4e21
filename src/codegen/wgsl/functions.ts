/**
 * Functions that shaders call for what WGSL has no operator for, or has one that promises too little.
 *
 * A text is written once for one element and for four: $F, $I, $U and $B are the types of that width, $n the suffix of
 * functions of that width. What has to loop is written for one element; its four-wide form calls it lane by lane.
 * Nothing here relies on a compiler keeping NaN apart where bits can tell, and nothing is left to the precision of a
 * built-in function where the contract asks for a correctly rounded result.
 */
import type { Register, Width } from './registers.ts';
import { typeOf } from './registers.ts';

interface HelperText {
  readonly text: string;
  /** Written for one element; the four-wide form calls it lane by lane. */
  readonly lanes?: { readonly parameters: readonly Register[]; readonly result: Register };
}

const pair = { parameters: ['f32', 'f32'], result: 'f32' } as const;

const signedCheck = (name: string): HelperText => ({
  text: `fn ${name}(index: i32, size: i32, purpose: u32) -> i32 {
  let resolved = select(index, index + size, index < 0);
  if (resolved >= 0 && resolved < size) { return resolved; }
  if (atomicExchange(&status[0], 1u) == 0u) {
    atomicStore(&status[1], bitcast<u32>(index));
    atomicStore(&status[2], bitcast<u32>(size));
    atomicStore(&status[3], purpose);
  }
  return 0;
}`,
});

const unsignedCheck = (name: string): HelperText => ({
  text: `fn ${name}(index: u32, size: i32, purpose: u32) -> i32 {
  if (index < u32(size)) { return i32(index); }
  if (atomicExchange(&status[0], 2u) == 0u) {
    atomicStore(&status[1], index);
    atomicStore(&status[2], bitcast<u32>(size));
    atomicStore(&status[3], purpose);
  }
  return 0;
}`,
});

const helperTable = {
  /**
   * Floats as integers in the order of `minimum` and `maximum`: -0 before +0, NaN of either sign before all or after
   * all. The device's comparisons may take subnormal numbers for zero, those of integers are exact. A negative number
   * with its magnitude inverted orders all but NaN, and is its own inverse; the sum wraps the NaN at the far end around.
   */
  minimumKey: {
    text: `fn minimumKey$n(x: $F) -> $I {
  let bits = bitcast<$I>(x);
  return (bits ^ ((bits >> $U(31u)) & $I(0x7fffffff))) + $I(0x7fffff);
}`,
  },
  maximumKey: {
    text: `fn maximumKey$n(x: $F) -> $I {
  let bits = bitcast<$I>(x);
  return (bits ^ ((bits >> $U(31u)) & $I(0x7fffffff))) - $I(0x7fffff);
}`,
  },
  ofMinimumKey: {
    text: `fn ofMinimumKey$n(key: $I) -> $F {
  let bits = key - $I(0x7fffff);
  return bitcast<$F>(bits ^ ((bits >> $U(31u)) & $I(0x7fffffff)));
}`,
  },
  ofMaximumKey: {
    text: `fn ofMaximumKey$n(key: $I) -> $F {
  let bits = key + $I(0x7fffff);
  return bitcast<$F>(bits ^ ((bits >> $U(31u)) & $I(0x7fffffff)));
}`,
  },
  minimum: {
    text: `fn minimum$n(x: $F, y: $F) -> $F { return ofMinimumKey$n(min(minimumKey$n(x), minimumKey$n(y))); }`,
  },
  maximum: {
    text: `fn maximum$n(x: $F, y: $F) -> $F { return ofMaximumKey$n(max(maximumKey$n(x), maximumKey$n(y))); }`,
  },
  isNan: {
    text: `fn isNan$n(x: $F) -> $B { return (bitcast<$U>(x) & $U(0x7fffffffu)) > $U(0x7f800000u); }`,
  },
  isInfinite: {
    text: `fn isInfinite$n(x: $F) -> $B { return (bitcast<$U>(x) & $U(0x7fffffffu)) == $U(0x7f800000u); }`,
  },
  isFinite: {
    text: `fn isFinite$n(x: $F) -> $B { return (bitcast<$U>(x) & $U(0x7fffffffu)) < $U(0x7f800000u); }`,
  },
  /** By bits, for comparisons may take subnormal numbers for zero: zeros and NaN are their own sign, but for -0. */
  signum: {
    text: `fn signum$n(x: $F) -> $F {
  let bits = bitcast<$U>(x);
  let magnitude = bits & $U(0x7fffffffu);
  let one = (bits & $U(0x80000000u)) | $U(0x3f800000u);
  return bitcast<$F>(select(one, magnitude, magnitude - $U(1u) >= $U(0x7f800000u)));
}`,
  },
  /**
   * Floats as integers in the same order, both zeros 0, NaN before all or after all: the champion of argmin or argmax
   * is then found by comparing integers.
   */
  lowKey: {
    text: `fn lowKey$n(x: $F) -> $I {
  let bits = bitcast<$I>(x);
  let key = select(bits, $I(0) - (bits & $I(0x7fffffff)), bits < $I(0));
  return select(key, $I(-2147483647 - 1), isNan$n(x));
}`,
  },
  highKey: {
    text: `fn highKey$n(x: $F) -> $I {
  let bits = bitcast<$I>(x);
  let key = select(bits, $I(0) - (bits & $I(0x7fffffff)), bits < $I(0));
  return select(key, $I(0x7fffffff), isNan$n(x));
}`,
  },
  /** Whether multiply-add rounds once here: the probe squared is no float. */
  fused: {
    text: `fn fused$n() -> bool { return fma(numbers.probe, numbers.probe, -1.00048828125f) != 0f; }`,
  },
  /** |x| in [2^-60, 2^60): quotients and roots of such numbers, and all that is left over on the way, are normal. */
  isMiddling: {
    text: `fn isMiddling$n(x: $F) -> $B { return (bitcast<$U>(x) & $U(0x7fffffffu)) - $U(0x21800000u) < $U(0x3c000000u); }`,
  },
  /**
   * The correctly rounded quotient of two middling numbers, from a reciprocal with up to 2.5 ulp of error: a Newton step
   * for the reciprocal, two for the quotient, whose remainders are exact (P. Markstein: Computation of elementary
   * functions on the IBM RISC System/6000 processor, 1990). The last one needs the reciprocal correctly rounded, which
   * the first may miss where the significand of y is all ones: there its last bit is 1.
   */
  quotient: {
    text: `fn quotient$n(x: $F, y: $F) -> $F {
  let rough = $F(1f) / y;
  let near = fma(fma(-y, rough, $F(1f)), rough, rough);
  let allOnes = ((bitcast<$U>(y) & $U(0x7fffffu)) + $U(1u)) >> $U(23u);
  let reciprocal = bitcast<$F>(bitcast<$U>(near) | allOnes);
  let first = x * reciprocal;
  let second = fma(fma(-y, first, x), reciprocal, first);
  return fma(fma(-y, second, x), reciprocal, second);
}`,
  },
  /**
   * Where the reciprocal or a remainder may leave the range of normal numbers, significands are divided and scaled in
   * two steps. Zeros, infinities and NaN go by bits; only subnormal operands are left to the operator.
   */
  divideFar: {
    text: `fn divideFar$n(x: $F, y: $F) -> $F {
  let one = $U(0x3f800000u);
  let sign = (bitcast<$U>(x) ^ bitcast<$U>(y)) & $U(0x80000000u);
  let above = bitcast<$U>(x) & $U(0x7fffffffu);
  let below = bitcast<$U>(y) & $U(0x7fffffffu);
  let significand = quotient$n(
    bitcast<$F>((above & $U(0x7fffffu)) | one),
    bitcast<$F>((below & $U(0x7fffffu)) | one),
  );
  let exponent = bitcast<$I>(above >> $U(23u)) - bitcast<$I>(below >> $U(23u));
  let half = exponent >> $U(1u);
  let scale = bitcast<$F>((half + $I(127)) << $U(23u));
  let rest = bitcast<$F>((exponent - half + $I(127)) << $U(23u));
  var bits = bitcast<$U>(significand * scale * rest) | sign;
  let subnormal = (above < $U(0x800000u)) | (below < $U(0x800000u));
  bits = select(bits, bitcast<$U>(x / y), subnormal);
  let infinite = (above == $U(0x7f800000u)) | (below == $U(0u));
  let nothing = (above == $U(0u)) | (below == $U(0x7f800000u));
  bits = select(bits, sign, nothing);
  bits = select(bits, sign | $U(0x7f800000u), infinite);
  let undefined = (infinite & nothing) | (max(above, below) > $U(0x7f800000u));
  return bitcast<$F>(select(bits, $U(0x7fc00000u), undefined));
}`,
  },
  /** Correctly rounded. Where fma is not fused, quotients are so already. */
  divide: {
    text: `fn divide$n(x: $F, y: $F) -> $F {
  if (!fused$n()) { return x / y; }
  if (all(isMiddling$n(x) & isMiddling$n(y))) { return quotient$n(x, y); }
  return divideFar$n(x, y);
}`,
  },
  /**
   * The correctly rounded root of a middling number, from one with a few ulp of error: a Newton step leaves it next to
   * the right one, which the products with its neighbours tell, as their distance to x is exact in sign (B. Tuckerman's
   * test, in R. Agarwal et al.: New scalar and vector elementary functions for the IBM System/370, 1986).
   */
  middlingRoot: {
    text: `fn middlingRoot$n(x: $F) -> $F {
  let rough = sqrt(x);
  let root = fma(fma(-rough, rough, x), $F(0.5f) / rough, rough);
  let below = bitcast<$F>(bitcast<$U>(root) - $U(1u));
  let above = bitcast<$F>(bitcast<$U>(root) + $U(1u));
  let high = fma(-below, root, x) <= $F(0f);
  let low = fma(-above, root, x) > $F(0f);
  return select(select(root, below, high), above, low);
}`,
  },
  squareRoot: {
    text: `fn squareRoot$n(x: $F) -> $F {
  let root = sqrt(x);
  if (!fused$n()) { return root; }
  if (all(isMiddling$n(x) & (x > $F(0f)))) { return middlingRoot$n(x); }
  let large = x >= $F(1f);
  let normal = (x >= $F(1.1754943508222875e-38f)) & isFinite$n(x);
  let scaled = x * select($F(18446744073709551616f), $F(5.421010862427522e-20f), large);
  let scaledRoot = middlingRoot$n(select($F(1f), scaled, normal));
  return select(root, scaledRoot * select($F(2.3283064365386963e-10f), $F(4294967296f), large), normal);
}`,
  },
  /**
   * float16 is its bits. Integers alone round and rebase them: `quantizeToF16` and `unpack2x16float` may take subnormal
   * numbers for zero, which are normal ones in float32.
   */
  halfToFloat: {
    text: `fn halfToFloat$n(bits: $U) -> $F {
  let size = bits & $U(0x7fffu);
  let lifted = size << $U(13u);
  let subnormal = bitcast<$U>($F(size) * $F(0x1p-24f));
  let number = select(lifted + $U(0x38000000u), subnormal, size < $U(0x400u));
  let magnitude = select(number, lifted | $U(0x7f800000u), size >= $U(0x7c00u));
  return bitcast<$F>(magnitude | ((bits & $U(0x8000u)) << $U(16u)));
}`,
  },
  /** To nearest even; what is below the normal numbers as a multiple of 2^-24. */
  floatToHalf: {
    text: `fn floatToHalf$n(x: $F) -> $U {
  let bits = bitcast<$U>(x);
  let magnitude = bits & $U(0x7fffffffu);
  let size = min(magnitude, $U(0x47800000u));
  let normal = (size - $U(0x38000000u) + $U(0xfffu) + ((size >> $U(13u)) & $U(1u))) >> $U(13u);
  let significand = (size & $U(0x7fffffu)) | $U(0x800000u);
  let shift = clamp($U(126u) - (size >> $U(23u)), $U(14u), $U(25u));
  let below = ($U(1u) << (shift - $U(1u))) - $U(1u);
  let subnormal = (significand + below + ((significand >> shift) & $U(1u))) >> shift;
  let rounded = select(normal, subnormal, size < $U(0x38800000u));
  let nan = select($U(0u), $U(0x200u), magnitude > $U(0x7f800000u));
  return rounded | nan | ((bits >> $U(16u)) & $U(0x8000u));
}`,
  },
  saturateInt: {
    text: `fn saturateInt$n(x: $F, low: f32, high: f32, top: i32) -> $I {
  let inside = select($F(0.0), x, (x > $F(low)) & (x < $F(high)));
  let ends = select(select($I(0), $I(i32(low)), x <= $F(low)), $I(top), x >= $F(high));
  return select($I(inside) + ends, $I(0), isNan$n(x));
}`,
  },
  saturateUint: {
    text: `fn saturateUint$n(x: $F, high: f32, top: u32) -> $U {
  let inside = select($F(0.0), x, (x > $F(0.0)) & (x < $F(high)));
  return select($U(inside) + select($U(0u), $U(top), x >= $F(high)), $U(0u), isNan$n(x));
}`,
  },
  floorDivideInt: {
    text: `fn floorDivideInt$n(x: $I, y: $I) -> $I {
  let overflows = (x == $I(-2147483647 - 1)) & (y == $I(-1));
  let divisor = select(y, $I(1), (y == $I(0)) | overflows);
  let quotient = x / divisor;
  let rest = x - quotient * divisor;
  let down = (rest != $I(0)) & ((rest < $I(0)) != (divisor < $I(0)));
  return select(quotient - select($I(0), $I(1), down), $I(0), y == $I(0));
}`,
  },
  floorDivideUint: {
    text: `fn floorDivideUint$n(x: $U, y: $U) -> $U {
  return select(x / max(y, $U(1u)), $U(0u), y == $U(0u));
}`,
  },
  exponentOf: {
    text: `fn exponentOf(x: f32) -> u32 { return max((bitcast<u32>(x) & 0x7fffffffu) >> 23u, 1u); }`,
  },
  /** |x| is the significand times 2 to its exponent, less 150; also for subnormal numbers. */
  significandOf: {
    text: `fn significandOf(x: f32) -> u32 {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  return select((bits & 0x7fffffu) | 0x800000u, bits, bits < 0x800000u);
}`,
  },
  /** The bits of the float with a significand below 2^24. */
  composed: {
    text: `fn composed(significand: u32, exponent: u32) -> u32 {
  let up = min(countLeadingZeros(significand) - 8u, exponent - 1u);
  let raised = significand << up;
  return select(((exponent - up) << 23u) | (raised & 0x7fffffu), raised, raised < 0x800000u);
}`,
  },
  /**
   * Division of significands as integers, eight bits of the quotient at a time: the significand of the rest, at the
   * exponent of y, and the low 32 bits of the whole quotient are exact. Operands are finite, |x| has at least the
   * exponent of |y|, and y is not 0.
   */
  longDivision: {
    text: `struct Division { rest: u32, quotient: u32 }
fn longDivision(x: f32, y: f32) -> Division {
  let divisor = significandOf(y);
  var quotient = significandOf(x) / divisor;
  var rest = significandOf(x) - quotient * divisor;
  var left = exponentOf(x) - exponentOf(y);
  while (left > 0u) {
    let bits = min(left, 8u);
    let shifted = rest << bits;
    let digit = shifted / divisor;
    rest = shifted - digit * divisor;
    quotient = (quotient << bits) | digit;
    left -= bits;
  }
  return Division(rest, quotient);
}`,
  },
  truncatedRemainder: {
    lanes: pair,
    text: `fn truncatedRemainder(x: f32, y: f32) -> f32 {
  if (!isFinite(x) || isNan(y) || significandOf(y) == 0u) { return bitcast<f32>(numbers.zero | 0x7fc00000u); }
  if (!isFinite(y) || exponentOf(x) < exponentOf(y)) { return x; }
  return bitcast<f32>((bitcast<u32>(x) & 0x80000000u) | composed(longDivision(x, y).rest, exponentOf(y)));
}`,
  },
  remainderFloat: {
    lanes: pair,
    text: `fn remainderFloat(x: f32, y: f32) -> f32 {
  let sign = bitcast<u32>(y) & 0x80000000u;
  let apart = ((bitcast<u32>(x) ^ bitcast<u32>(y)) & 0x80000000u) != 0u;
  if (!isFinite(x) || isNan(y) || significandOf(y) == 0u) { return bitcast<f32>(numbers.zero | 0x7fc00000u); }
  if (significandOf(x) == 0u) { return bitcast<f32>(sign); }
  if (!isFinite(y) || exponentOf(x) < exponentOf(y)) { return select(x, x + y, apart); }
  var rest = longDivision(x, y).rest;
  if (rest == 0u) { return bitcast<f32>(sign); }
  rest = select(rest, significandOf(y) - rest, apart);
  return bitcast<f32>(sign | composed(rest, exponentOf(y)));
}`,
  },
  /** Exact below 2^23; beyond, the quotient as the division rounds it. */
  floorDivideFloat: {
    lanes: pair,
    text: `fn floorDivideFloat(x: f32, y: f32) -> f32 {
  let near = divide(x, y);
  let sign = (bitcast<u32>(x) ^ bitcast<u32>(y)) & 0x80000000u;
  if (significandOf(y) == 0u || isNan(x) || isNan(y)) { return near; }
  if (!isFinite(x)) { return bitcast<f32>(numbers.zero | 0x7fc00000u); }
  if (significandOf(x) == 0u) { return bitcast<f32>(sign); }
  if (!isFinite(y) || exponentOf(x) < exponentOf(y)) { return bitcast<f32>(select(0u, 0xbf800000u, sign != 0u)); }
  if (abs(near) >= 8388608f) { return near; }
  let division = longDivision(x, y);
  let whole = division.quotient + select(0u, 1u, sign != 0u && division.rest != 0u);
  return bitcast<f32>(sign | bitcast<u32>(f32(whole)));
}`,
  },
  /** A negative index counts from the end. Outside of the axis it is reported, and stands for element 0. */
  checkedIndex: signedCheck('checkedIndex'),
  /** The same for an index of dtype uint32, which is never negative. */
  checkedPosition: unsignedCheck('checkedPosition'),
} as const satisfies Record<string, HelperText>;

export type Helper = keyof typeof helperTable;

const helpers: Readonly<Record<Helper, HelperText>> = helperTable;

export const helperName = (helper: Helper, width: Width): string => `${helper}${width === 4 ? 'x4' : ''}`;

/** The functions a call of `helper` needs, each before those that call it, by name. */
export function helperTexts(helper: Helper, width: Width, into: Map<string, string>): void {
  const name = helperName(helper, width);
  if (into.has(name)) return;
  const { text, lanes } = helpers[helper];
  if (lanes !== undefined && width === 4) {
    helperTexts(helper, 1, into);
    into.set(name, laneByLane(helperName(helper, 1), lanes.parameters, lanes.result));
    return;
  }
  for (const needed of calledBy(text, helper)) helperTexts(needed, width, into);
  into.set(name, instance(text, width));
}

const helperNames = Object.keys(helperTable) as readonly Helper[];

const calledBy = (text: string, self: Helper): readonly Helper[] => {
  const called = new Set(text.match(/\w+(?=(?:\$n)?\()/g));
  return helperNames.filter((name) => name !== self && called.has(name));
};

const suffixes: Readonly<Record<string, (width: Width) => string>> = {
  F: (width) => typeOf('f32', width),
  I: (width) => typeOf('i32', width),
  U: (width) => typeOf('u32', width),
  B: (width) => typeOf('bool', width),
  n: (width) => (width === 4 ? 'x4' : ''),
};

const instance = (text: string, width: Width): string =>
  text.replace(/\$([FIUBn])/g, (_, letter: string) => suffixes[letter]?.(width) ?? '');

/** A function of four elements that calls `name` for each of them. */
function laneByLane(name: string, parameters: readonly Register[], result: Register): string {
  const names = ['x', 'y', 'z'].slice(0, parameters.length);
  const calls = ['x', 'y', 'z', 'w'].map((lane) => `${name}(${names.map((x) => `${x}.${lane}`).join(', ')})`);
  const declared = names.map((x, k) => `${x}: ${typeOf(parameters[k] ?? 'f32', 4)}`).join(', ');
  return `fn ${name}x4(${declared}) -> ${typeOf(result, 4)} {
  return ${typeOf(result, 4)}(${calls.join(', ')});
}`;
}
