/** Statements of the kernel IR, as the emitters ask for them. */
import type { KernelIndex, KernelValue, Statement, ValueId } from '../../../ir/kernel.ts';

export type Loop = Extract<Statement, { kind: 'loop' }>;
export type Reduce = Extract<Statement, { kind: 'reduce' }>;

/** A body without loops inside. */
export const isFlat = (body: readonly Statement[]): boolean =>
  body.every(({ kind }) => kind === 'let' || kind === 'store');

interface Access {
  readonly buffer: number;
  readonly index: KernelIndex;
}

/** Every load and store inside. */
export function accesses(
  body: readonly Statement[],
  valueOf: (id: ValueId) => KernelValue,
): readonly Access[] {
  return body.flatMap((statement): readonly Access[] => {
    switch (statement.kind) {
      case 'let': {
        const value = valueOf(statement.value);
        return value.kind === 'load' ? [value] : [];
      }
      case 'store':
        return [statement];
      case 'loop':
      case 'reduce':
        return accesses(statement.body, valueOf);
    }
  });
}
