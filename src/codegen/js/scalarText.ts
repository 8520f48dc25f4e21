/** Scalar programs as JavaScript. */
import { ProgramText } from '../text/programText.ts';
import { literal, type Closure } from '../text/source.ts';
import { cast } from './casts.ts';
import { opExpression } from './ops.ts';

export const scalarText = (closure: Closure, prefix: string): ProgramText =>
  new ProgramText(
    {
      declare: 'const',
      constant: literal,
      op: (op, operand, args) => opExpression(op, operand, args, closure),
      cast: (value, from, to) => cast(value, from, to, closure),
    },
    prefix,
  );
