/** Functions that move elements, applied to both parts of a complex array. */
import { InternalError } from '../../ir/errors.ts';
import { complexWithParts } from '../../ir/dtype.ts';
import { nodeFor } from '../anyArray.ts';
import { LazyArray } from '../lazyArray.ts';
import type { Operand } from '../types.ts';
import { complexFrom } from './operands.ts';
import { Pair } from './pair.ts';

type Part = LazyArray<'float32' | 'float64'>;

/** The real and the imaginary parts as arrays. */
function partsOf(operation: string, x: Operand): readonly [re: Part, im: Part] {
  const { re, im } = complexFrom(operation, x);
  return [new LazyArray(re), new LazyArray(im)];
}

function joined(operation: string, re: LazyArray, im: LazyArray): LazyArray<never> {
  const [x, y] = [nodeFor(operation, re), nodeFor(operation, im)];
  const dtype = complexWithParts(x.dtype);
  if (dtype === undefined || x.dtype !== y.dtype)
    throw new InternalError(operation, 'the parts have no complex dtype');
  return new LazyArray<never>(new Pair(dtype, x, y));
}

/** The array of which `of` makes the parts. */
export function eachPart(operation: string, x: Operand, of: (part: Part) => LazyArray): LazyArray<never> {
  const [re, im] = partsOf(operation, x);
  return joined(operation, of(re), of(im));
}

/** The same for functions that give several arrays. */
export function eachPartOfMany(
  operation: string,
  x: Operand,
  of: (part: Part) => readonly LazyArray[],
): LazyArray<never>[] {
  const [re, im] = partsOf(operation, x).map(of);
  if (re === undefined || im === undefined) throw new InternalError(operation, 'has no parts');
  return re.map((array, k) => joined(operation, array, im[k] ?? array));
}
