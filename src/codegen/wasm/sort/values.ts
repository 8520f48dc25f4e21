/**
 * Values alone, in two passes over a *code*: a number of two digits that never decreases from an element to a greater
 * one. For floats it is the place of the element between the least and the greatest, for integers the first bits that
 * differ. Where the codes spread well, insertion mends what little they leave, and the elements themselves have moved,
 * with all their bits.
 */
import { FunctionBuilder } from '../assembler/function.ts';
import type { ValueType } from '../assembler/instructions.ts';
import { f64, i32, type Local, type Operand } from '../assembler/operands.ts';
import { add, subtract } from '../matmul/loops.ts';
import { asWord, type Keys } from './keys.ts';
import { count, counterBytes, forAddresses, place } from './passes.ts';

/** How codes follow from elements. */
export interface CodePlan {
  /** Of floats. */
  readonly least: Operand;
  readonly scale: Operand;
  /** Of integers: the bits in front of those that differ. */
  readonly leading: Operand;
  /** Bits of a digit. */
  readonly bits: Operand;
}

const parameterTypes: readonly (readonly [keyof CodePlan, ValueType])[] = [
  ['least', 'f64'],
  ['scale', 'f64'],
  ['leading', 'i32'],
  ['bits', 'i32'],
];

export const codeArguments = (plan: CodePlan): readonly Operand[] =>
  parameterTypes.map(([name]) => plan[name]);

/** A function with these i32 parameters and those of a code plan. */
function functionWithCodes(
  name: string,
  own: readonly string[],
): { readonly f: FunctionBuilder; readonly own: readonly Local[]; readonly plan: CodePlan } {
  const f = new FunctionBuilder(name, [
    ...own.map((parameter) => [parameter, 'i32'] as const),
    ...parameterTypes,
  ]);
  const at = (k: number): Local => f.parameter(own.length + k);
  const plan = { least: at(0), scale: at(1), leading: at(2), bits: at(3) };
  return { f, own: own.map((_, k) => f.parameter(k)), plan };
}

/** The scale of the codes of floats from `least` to `greatest`: 2^(2 bits) - 1 of them. */
export function codeScale(f: FunctionBuilder, least: Local, greatest: Local, bits: Local): Local {
  const codes = f.op('i32.shl', i32(1), f.op('i32.shl', bits, i32(1)));
  const most = f.op('f64.convert_i32_u', subtract(f, codes, i32(1)));
  return f.op('f64.div', most, f.op('f64.sub', greatest, least));
}

/** The codes of elements: what of a plan does not change is computed once. */
export function codesBy(
  f: FunctionBuilder,
  keys: Keys,
  { least, scale, leading, bits }: CodePlan,
): (element: Local) => Local {
  if (keys.isFloat)
    return (element) => {
      const place = f.op('f64.mul', f.op('f64.sub', keys.number(f, element), least), scale);
      // The lowest bits of the sum are those of the number, rounded.
      return f.op('i32.wrap_i64', f.op('i64.reinterpret_f64', f.op('f64.add', place, f64(2 ** 52))));
    };
  const up = asWord(f, keys.type, leading);
  const down = asWord(f, keys.type, subtract(f, i32(keys.bits), f.op('i32.shl', bits, i32(1))));
  return (element) => {
    const aligned = keys.op(f, 'shl', keys.key(f, element), up);
    const code = keys.op(f, 'shr_u', aligned, down);
    return keys.type === 'i64' ? f.op('i32.wrap_i64', code) : code;
  };
}

const maskOf = (f: FunctionBuilder, bits: Operand): Local =>
  subtract(f, f.op('i32.shl', i32(1), bits), i32(1));

/** Counts both digits, the second one in a table `tableBytes` behind the first. */
export function countCodes(keys: Keys, tableBytes: number): FunctionBuilder {
  const { f, own, plan } = functionWithCodes('countCodes', ['from', 'end', 'counts']);
  const [from, end, counts] = own as [Local, Local, Local];
  const mask = maskOf(f, plan.bits);
  const codeOf = codesBy(f, keys, plan);
  forAddresses(f, from, end, keys.bytes, (at) => {
    const code = codeOf(keys.load(f, at));
    count(f, counts, f.op('i32.and', code, mask));
    const second = f.op('i32.and', f.op('i32.shr_u', code, plan.bits), mask);
    count(f, add(f, counts, i32(tableBytes)), second);
  });
  return f;
}

/** Moves elements by a digit of their codes: the one from bit `shift` on. */
export function moveByCodes(keys: Keys): FunctionBuilder {
  const { f, own, plan } = functionWithCodes('moveByCodes', ['from', 'end', 'counts', 'shift']);
  const [from, end, counts, shift] = own as [Local, Local, Local, Local];
  const mask = maskOf(f, plan.bits);
  const codeOf = codesBy(f, keys, plan);
  forAddresses(f, from, end, keys.bytes, (at) => {
    const element = keys.load(f, at);
    const digit = f.op('i32.and', f.op('i32.shr_u', codeOf(element), shift), mask);
    keys.store(f, place(f, counts, digit, keys.bytes), element);
  });
  return f;
}

/** Insertion moves an element about so many times, at most, for codes that spread well. */
const wellSpread = 0.3;

/**
 * Whether codes spread well, by the counts of their second digit from `counts` to `end`: elements that agree in it
 * are taken as spread evenly over the first.
 */
export function isSpread(): FunctionBuilder {
  const names = ['counts', 'end', 'n'] as const;
  const f = new FunctionBuilder(
    'isSpread',
    names.map((name) => [name, 'i32'] as const),
    'i32',
  );
  const [counts, end, n] = [f.parameter(0), f.parameter(1), f.parameter(2)];
  const pairs = f.variable('f64', f64(0), 'pairs');
  forAddresses(f, counts, end, counterBytes, (at) => {
    const some = f.op('f64.convert_i32_u', f.load('i32.load', at));
    f.update(pairs, 'f64.add', f.op('f64.mul', some, some));
  });
  const digits = f.op('i32.shr_u', subtract(f, end, counts), i32(Math.log2(counterBytes)));
  const most = f.op('f64.mul', f.op('f64.convert_i32_u', n), f.op('f64.convert_i32_u', digits));
  f.return(f.op('f64.lt', pairs, f.op('f64.mul', most, f64(4 * wellSpread))));
  return f;
}
