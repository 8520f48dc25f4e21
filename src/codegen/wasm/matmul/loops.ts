/** What the functions of a matrix product are written with: i32 parameters by name, loops, and address arithmetic. */
import { FunctionBuilder } from '../assembler/function.ts';
import { i32, type Local, type Operand } from '../assembler/operands.ts';

/** A function whose parameters are all i32, and those parameters by name. */
export function functionOf<Name extends string>(
  name: string,
  parameters: readonly Name[],
): readonly [FunctionBuilder, Readonly<Record<Name, Local>>] {
  const f = new FunctionBuilder(
    name,
    parameters.map((parameter) => [parameter, 'i32'] as const),
  );
  const byName = Object.fromEntries(parameters.map((parameter, k) => [parameter, f.parameter(k)]));
  return [f, byName as Record<Name, Local>];
}

export const range = (count: number): readonly number[] => Array.from({ length: count }, (_, k) => k);

export const add = (f: FunctionBuilder, x: Operand, y: Operand): Local => f.op('i32.add', x, y);
export const subtract = (f: FunctionBuilder, x: Operand, y: Operand): Local => f.op('i32.sub', x, y);
export const multiply = (f: FunctionBuilder, x: Operand, y: Operand): Local => f.op('i32.mul', x, y);

/** `base + index * stride`. */
export const at = (f: FunctionBuilder, base: Operand, index: Operand, stride: Operand): Local =>
  add(f, base, multiply(f, index, stride));

export const minimum = (f: FunctionBuilder, x: Operand, y: Operand): Local =>
  f.op('select', x, y, f.op('i32.lt_s', x, y));

export const maximum = (f: FunctionBuilder, x: Operand, y: Operand): Local =>
  f.op('select', x, y, f.op('i32.gt_s', x, y));

/** Runs `body` for 0, `step`, ... below `end`. */
export function forBelow(
  f: FunctionBuilder,
  name: string,
  end: Operand,
  step: number,
  body: (counter: Local) => void,
): void {
  const counter = f.variable('i32', i32(0), name);
  f.block((done) => {
    f.loop((again) => {
      f.branch(done, f.op('i32.ge_u', counter, end));
      body(counter);
      f.update(counter, 'i32.add', i32(step));
      f.branch(again);
    });
  });
}

/** Takes `step` at a time while at least `least` are left; the last time may leave less than nothing. */
export function whileLeft(
  f: FunctionBuilder,
  left: Local,
  step: number,
  body: () => void,
  least: number = step,
): void {
  f.if(f.op('i32.ge_s', left, i32(least)), () => {
    f.loop((again) => {
      body();
      f.update(left, 'i32.sub', i32(step));
      f.branch(again, f.op('i32.ge_s', left, i32(least)));
    });
  });
}
