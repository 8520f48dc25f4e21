/** Shapes: how reshapes fall into groups, what broadcasts, and the exact text of what does not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AxisError, ShapeError } from '../../src/ir/errors.ts';
import {
  broadcastShapes,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  reshapeGroups,
  sizeOf,
  type Shape,
} from '../../src/ir/shape.ts';
import { settings } from '../support/runs.ts';

/** Two shapes of one size. */
const reshapes = fc
  .tuple(
    fc.array(fc.constantFrom(1, 2, 3, 4, 5, 6, 12), { maxLength: 5 }),
    fc.array(fc.nat(255), { minLength: 5, maxLength: 5 }),
    fc.array(fc.nat(5), { maxLength: 2 }),
  )
  .map(([from, choices, ones]): readonly [Shape, Shape] => {
    const to: number[] = [];
    let left = sizeOf(from);
    for (const choice of choices) {
      if (left === 1) break;
      const factors = Array.from({ length: left }, (_, k) => k + 1).filter((factor) => left % factor === 0);
      const factor = factors[choice % factors.length] ?? 1;
      to.push(factor);
      left /= factor;
    }
    if (left > 1) to.push(left);
    for (const place of ones) to.splice(place % (to.length + 1), 0, 1);
    return [from, to];
  });

/** The pieces of both shapes that each group covers. */
function piecesOf(from: Shape, to: Shape): (readonly [Shape, Shape])[] {
  let [i, j] = [0, 0];
  return reshapeGroups(from, to).map(([inputs, outputs]) => {
    const piece = [from.slice(i, i + inputs), to.slice(j, j + outputs)] as const;
    i += inputs;
    j += outputs;
    return piece;
  });
}

describe('reshape groups', () => {
  test('cover both shapes in order, with equal products in every group', () => {
    fc.assert(
      fc.property(reshapes, ([from, to]) => {
        const pieces = piecesOf(from, to);
        expect(pieces.flatMap(([input]) => input)).toEqual(from);
        expect(pieces.flatMap(([, output]) => output)).toEqual(to);
        for (const [input, output] of pieces) expect(sizeOf(input)).toBe(sizeOf(output));
      }),
      settings(1000),
    );
  });

  test('are the finest there are: none but axes of size 1 could be split off', () => {
    const prefixes = (shape: Shape): number[] => shape.map((_, k) => sizeOf(shape.slice(0, k + 1)));
    fc.assert(
      fc.property(reshapes, ([from, to]) => {
        for (const [input, output] of piecesOf(from, to)) {
          const whole = sizeOf(input);
          const common = prefixes(input).filter(
            (product) => product > 1 && product < whole && prefixes(output).includes(product),
          );
          expect(
            common,
            `${formatShape(input)} -> ${formatShape(output)} in ${formatShape(from)} -> ${formatShape(to)}`,
          ).toEqual([]);
        }
      }),
      settings(1000),
    );
  });

  test('turned round are the groups of the way back', () => {
    fc.assert(
      fc.property(reshapes, ([from, to]) => {
        expect(reshapeGroups(to, from).map(([inputs, outputs]) => [outputs, inputs])).toEqual(
          reshapeGroups(from, to),
        );
      }),
      settings(500),
    );
  });

  test.each([
    {
      from: [4, 6],
      to: [2, 2, 6],
      groups: [
        [1, 2],
        [1, 1],
      ],
    },
    {
      from: [2, 3, 4],
      to: [6, 4],
      groups: [
        [2, 1],
        [1, 1],
      ],
    },
    {
      from: [2, 3, 4],
      to: [2, 3, 4],
      groups: [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    },
    { from: [6], to: [2, 3], groups: [[1, 2]] },
    { from: [4, 3], to: [3, 4], groups: [[2, 2]] },
    {
      from: [],
      to: [1, 1],
      groups: [
        [0, 1],
        [0, 1],
      ],
    },
    {
      from: [1, 1],
      to: [],
      groups: [
        [1, 0],
        [1, 0],
      ],
    },
    {
      from: [2, 1],
      to: [2],
      groups: [
        [1, 1],
        [1, 0],
      ],
    },
    { from: [], to: [], groups: [] },
    { from: [0, 3], to: [5, 0], groups: [[2, 2]] },
    { from: [0], to: [3, 0, 2], groups: [[1, 3]] },
  ])('$from to $to', ({ from, to, groups }) => {
    expect(reshapeGroups(from, to)).toEqual(groups);
  });
});

describe('broadcasting', () => {
  const shapes = fc.array(fc.constantFrom(1, 2, 3, 0), { maxLength: 4 });

  test('gives each axis, from the last, the size that is not 1, in any order of operands', () => {
    fc.assert(
      fc.property(fc.array(shapes, { maxLength: 4 }), (list) => {
        const rank = Math.max(0, ...list.map((shape) => shape.length));
        const expected: number[] = [];
        let fits = true;
        for (let axis = -rank; axis < 0; axis++) {
          const wide = new Set(list.map((shape) => shape.at(axis) ?? 1).filter((size) => size !== 1));
          // Array.at counts from the end, as axes do; what is missing in front is 1.
          if (wide.size > 1) fits = false;
          expected.push([...wide][0] ?? 1);
        }
        for (const order of [list, list.toReversed()]) {
          if (fits) expect(broadcastShapes('add', order)).toEqual(expected);
          else expect(() => broadcastShapes('add', order)).toThrow(ShapeError);
        }
      }),
      settings(1000),
    );
  });

  const messageOf = (...list: readonly Shape[]): string => {
    try {
      broadcastShapes('add', list);
    } catch (error) {
      if (error instanceof ShapeError) return error.message;
      throw error;
    }
    return 'no error';
  };

  test('names the shapes as NumPy does and marks the axis that does not fit', () => {
    expect(messageOf([2, 3], [2, 4])).toBe(
      [
        'add: operands could not be broadcast together with shapes (2,3) (2,4)',
        '    2  3',
        '    2  4',
        '       ^ axis -1: the sizes must be equal or 1',
      ].join('\n'),
    );
    expect(messageOf([100, 1, 7], [3, 12, 7], [5])).toBe(
      [
        'add: operands could not be broadcast together with shapes (100,1,7) (3,12,7) (5,)',
        '    100   1  7',
        '      3  12  7',
        '             5',
        '    ^^^ axis -3: the sizes must be equal or 1',
      ].join('\n'),
    );
    expect(messageOf([4, 10, 2], [9, 1])).toBe(
      [
        'add: operands could not be broadcast together with shapes (4,10,2) (9,1)',
        '    4  10  2',
        '        9  1',
        '       ^^ axis -2: the sizes must be equal or 1',
      ].join('\n'),
    );
    expect(messageOf([3], [0])).toBe(
      [
        'add: operands could not be broadcast together with shapes (3,) (0,)',
        '    3',
        '    0',
        '    ^ axis -1: the sizes must be equal or 1',
      ].join('\n'),
    );
  });
});

describe('axes', () => {
  test('negative ones count from the end', () => {
    expect([normalizeAxis('sum', -1, 3), normalizeAxis('sum', 0, 3), normalizeAxis('sum', -3, 3)]).toEqual([
      2, 0, 0,
    ]);
  });
  test.each([0.5, NaN, Infinity, '0', null, true, [0], 0n])('%s is no axis', (axis) => {
    expect(() => normalizeAxis('sum', axis, 3)).toThrow(/^sum: an axis must be a whole number, got /);
  });
  test.each([3, -4, 1e300])('%s is no axis of an array of rank 3', (axis) => {
    expect(() => normalizeAxis('sum', axis, 3)).toThrow(
      new AxisError('sum', `axis ${axis} is out of bounds for an array of rank 3; use -3 to 2`),
    );
  });
  test('an array without axes has none to name', () => {
    expect(() => normalizeAxis('sum', 0, 0)).toThrow(
      new AxisError('sum', 'axis 0 is out of bounds: the array has no axes'),
    );
  });
  test('lists are sorted, all axes when there is none, and none may be named twice', () => {
    expect(normalizeAxes('sum', [2, -3], 3)).toEqual([0, 2]);
    expect(normalizeAxes('sum', undefined, 3)).toEqual([0, 1, 2]);
    expect(normalizeAxes('sum', -1, 3)).toEqual([2]);
    expect(normalizeAxes('sum', [], 3)).toEqual([]);
    expect(() => normalizeAxes('sum', [1, -2], 3)).toThrow(
      new AxisError('sum', 'axis 1 is named twice in [1, 1]'),
    );
  });
});

describe('checking', () => {
  test.each([[[-1]], [[1.5]], [[NaN]], [['3']], [[2 ** 53]], [[2 ** 27, 2 ** 26]], [[2 ** 53 - 1, 0, 2]]])(
    '%j is no shape',
    (shape) => {
      expect(() => checkShape('zeros', shape)).toThrow(ShapeError);
    },
  );
  test('shapes print as tuples', () => {
    expect([formatShape([]), formatShape([3]), formatShape([2, 3])]).toEqual(['()', '(3,)', '(2, 3)']);
  });
});
