/** Window functions of signal processing, as formulas of the position: symmetric, with NumPy's definitions. */
import { checkCount, wholeNumber } from '../../ir/arguments.ts';
import { maxElements } from '../../ir/shape.ts';
import { broadcast, binary, elementwise, unary } from '../nodes/elementwise.ts';
import { constant, type Node } from '../../ir/node.ts';
import { LazyArray } from '../lazyArray.ts';
import { positionsAlong } from '../nodes/along.ts';

/** A sum of cosines of multiples of the angle, which goes from 0 to 2 pi. */
function cosines(operation: string, length: number, coefficients: readonly number[]): LazyArray<'float64'> {
  const count = wholeNumber(operation, 'the length', length, 0, maxElements);
  if (count <= 1) return new LazyArray(broadcast(constant(1, 'float64'), [count]));
  const angle = binary('multiply', positionsAlong(1, 0, count, 'float64'), (2 * Math.PI) / (count - 1));
  const [constantTerm = 0, ...rest] = coefficients;
  const terms = rest.map((factor, k) =>
    binary('multiply', unary('cos', binary('multiply', angle, k + 1)), factor),
  );
  return new LazyArray(
    terms.reduce<Node>((sum, term) => binary('add', sum, term), constant(constantTerm, 'float64')),
  );
}

/** The Hann window of a length. `lz.hanning(3)` is `[0. 1. 0.]`. */
export function hanning(length: number): LazyArray<'float64'> {
  checkCount('hanning', arguments.length, 1);
  return cosines('hanning', length, [0.5, -0.5]);
}

/** The Hamming window of a length. `lz.hamming(3)` is `[0.08 1.   0.08]`. */
export function hamming(length: number): LazyArray<'float64'> {
  checkCount('hamming', arguments.length, 1);
  return cosines('hamming', length, [0.54, -0.46]);
}

/** The Blackman window of a length. `lz.blackman(3).greater(0.5)` is `[False  True False]`. */
export function blackman(length: number): LazyArray<'float64'> {
  checkCount('blackman', arguments.length, 1);
  return cosines('blackman', length, [0.42, -0.5, 0.08]);
}

/** The triangular window of a length, 0 at both ends. `lz.bartlett(5)` is `[0.  0.5 1.  0.5 0. ]`. */
export function bartlett(length: number): LazyArray<'float64'> {
  checkCount('bartlett', arguments.length, 1);
  const count = wholeNumber('bartlett', 'the length', length, 0, maxElements);
  if (count <= 1) return new LazyArray(broadcast(constant(1, 'float64'), [count]));
  const share = binary('divide', positionsAlong(1, 0, count, 'float64'), (count - 1) / 2);
  return new LazyArray(
    elementwise('where', [binary('lessEqual', share, 1), share, binary('subtract', 2, share)]),
  );
}
