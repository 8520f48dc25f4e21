/** Where there is no vector instruction: computes element by element, and says so. */
import { InternalError } from '../../../ir/errors.ts';
import type { Local, Operand } from '../assembler/operands.ts';
import { extractLane, splatScalar } from './constants.ts';
import { laneBytesOf, type Pack, type PackContext } from './pack.ts';
import { countOf, numberPack, shapeOf, type NumberDType } from './vectors.ts';

export function perLane(
  c: PackContext,
  what: string,
  dtype: NumberDType,
  args: readonly Pack[],
  code: (x: Local, y: Local) => Operand,
): Pack {
  const uniform = args.every((arg) => arg.uniform);
  const element = (lane: number): Operand => {
    const [x, y] = args.map((arg) => extractLane(c, arg, lane));
    if (x === undefined) throw new InternalError('wasm', 'an operation has operands');
    return code(x, y ?? x);
  };
  if (uniform) return splatScalar(c, dtype, element(0));
  c.module.note(`${what} lane by lane: there is no instruction for it`);
  const [shape, perVector] = [shapeOf(dtype), 16 / laneBytesOf(dtype)];
  const vectors = Array.from({ length: countOf(c, laneBytesOf(dtype), false) }, (_, k) => {
    let vector = c.f.op(`${shape}.splat`, element(k * perVector));
    for (let lane = 1; lane < Math.min(perVector, c.lanes); lane++)
      vector = c.f.lane(`${shape}.replace_lane`, lane, vector, element(k * perVector + lane));
    return vector;
  });
  return numberPack(dtype, vectors, false);
}
