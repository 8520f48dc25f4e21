/** Scalar programs as WGSL, one element wide or four. */
import { ProgramText } from '../text/programText.ts';
import { cast } from './casts.ts';
import { opExpression } from './ops.ts';
import { registerOf, splat, type Width } from './registers.ts';
import type { ShaderWriter } from './shader.ts';

export const scalarText = (writer: ShaderWriter, prefix: string, width: Width): ProgramText =>
  new ProgramText(
    {
      declare: 'let',
      constant: (dtype, value) => splat(writer.constant(dtype, value), registerOf(dtype), width),
      op: (op, operand, args) => opExpression(op, operand, args, width, writer),
      cast: (value, from, to) => cast(value, from, to, width, writer),
    },
    prefix,
  );
