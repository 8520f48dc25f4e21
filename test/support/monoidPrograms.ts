/** Reductions that are not in the table, whose programs have loops, exceptions, integers and the bits of floats. */
import { isBigint } from '../../src/ir/dtype.ts';
import type { RowOf } from '../../src/ir/monoids.ts';
import { arithmetic, stateAt, wordFloat, wordOf } from '../../src/ir/programs/machine.ts';

/** The greatest common divisor of integers: Euclid's algorithm, which takes less than 96 divisions of 64 bits. */
export const divisor: RowOf<1> = {
  elements: 'given',
  result: 'element',
  weight: 40,
  order: () => 'any',
  state: ({ result }) => [result],
  neutral: ({ result }) => [isBigint(result) ? 0n : 0],
  lift: (m, { element, result }, x) => [m.op('abs', result, m.cast(x, element, result))],
  combine(m, { result }, [x], [y]) {
    const on = arithmetic(m, result);
    const [last] = m.loop(
      [x, y],
      (state) => on.notEqual(stateAt(state, 1), on.constant(0)),
      (state) => {
        const [a, b] = [stateAt(state, 0), stateAt(state, 1)];
        return [b, m.op('remainder', result, a, b)];
      },
      96,
    );
    return [last ?? x];
  },
  finish: { register: 0 },
};

/**
 * The greatest power of two below the elements, and how many have it: a state of a float and an integer, the bits of
 * floats, and an exception for what has no such power.
 */
export const powers: RowOf<2> = {
  elements: 'float',
  result: 'element',
  weight: 12,
  order: () => 'any',
  state: ({ result }) => [result, 'int32'],
  neutral: () => [-1, 0],
  ofNothing: 'refused',
  lift(m, { element, result }, x) {
    const float = wordFloat(result);
    const word = wordOf(float);
    const [on, words] = [arithmetic(m, result), arithmetic(m, word)];
    const size = on.abs(m.cast(x, element, result));
    const digits = float === 'float32' ? 23 : 52;
    const count = words.constant(digits);
    const field = words.shiftRightWithin(m.bitsOf(size, float), count);
    const power = m.ofBits(words.shiftLeftWithin(field, count), float);
    const odd = on.logicalNot(
      on.logicalAnd(on.isfinite(size), on.greaterEqual(size, on.constant(2 ** -100))),
    );
    const [value = power] = m.rarely(odd, [power], () => [on.constant(0)]);
    return [value, m.constant('int32', 1)];
  },
  combine(m, { result }, [x, n], [y, k]) {
    const [on, counts] = [arithmetic(m, result), arithmetic(m, 'int32')];
    const [value = x, count = n] = m.rarely(
      on.equal(x, y),
      [on.maximum(x, y), counts.where(on.greater(x, y), n, k)],
      () => [x, counts.add(n, k)],
    );
    return [value, count];
  },
  finish: {
    of: (m, { result }, [value, count]) => m.op('add', result, value, m.cast(count, 'int32', result)),
  },
};
