/** i32 arithmetic on literals: what need not be computed when the program runs. Addresses are full of it. */
import type { Constant, Local, Operand } from './operands.ts';

/** An operand that has the value already, a number, or a cheaper operation. */
type Short =
  Local | { readonly value: number } | { readonly name: string; readonly operands: readonly Operand[] };

const literalOf = (operand: Operand): number | undefined =>
  isConstant(operand) && operand.type === 'i32' ? operand.value : undefined;

const isConstant = (operand: Operand): operand is Constant => 'value' in operand;

const zero = { value: 0 } as const;

/** A shorter form of an operation; `undefined` where there is none. */
export function folded(name: string, x: Operand, y: Operand): Short | undefined {
  if (x.type !== 'i32' || y.type !== 'i32') return undefined;
  const [a, b] = [literalOf(x), literalOf(y)];
  const itself = (operand: Operand): Short | undefined => (isConstant(operand) ? undefined : operand);
  switch (name) {
    case 'i32.add':
      if (a !== undefined && b !== undefined) return { value: (a + b) | 0 };
      return b === 0 ? itself(x) : a === 0 ? itself(y) : undefined;
    case 'i32.sub':
      if (a !== undefined && b !== undefined) return { value: (a - b) | 0 };
      return b === 0 ? itself(x) : undefined;
    case 'i32.shl':
      if (a !== undefined && b !== undefined) return { value: a << b };
      return b === 0 ? itself(x) : a === 0 ? zero : undefined;
    case 'i32.mul':
      if (a !== undefined && b !== undefined) return { value: Math.imul(a, b) };
      return b !== undefined ? multiplied(x, b) : a !== undefined ? multiplied(y, a) : undefined;
    default:
      return undefined;
  }
}

function multiplied(x: Operand, factor: number): Short | undefined {
  if (factor === 0) return zero;
  const shift = Math.log2(factor);
  if (!Number.isInteger(shift)) return undefined;
  return { name: 'i32.shl', operands: [x, { type: 'i32', value: shift }] };
}
