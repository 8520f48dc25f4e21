/** What an accumulator is to the loop that feeds it. */
import type { PackRange } from '../loops/access.ts';
import type { Operand } from '../assembler/operands.ts';
import type { Pack } from '../values/pack.ts';

/** An accumulator whose order of combination changes no bit. */
export interface Fold {
  /** Takes the elements of a pack; `position` is the place of its first in the sequence. */
  step(c: PackRange, value: Pack, position: Operand): void;
  /** Brings the lanes together: the state, in every lane. */
  finish(): readonly Pack[];
}
