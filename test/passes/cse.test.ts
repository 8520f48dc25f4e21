/** Common subexpressions: what is merged, and what only looks alike. */
import { expect, test } from 'vitest';
import type { Node } from '../../src/ir/node.ts';
import { commonSubexpressions } from '../../src/passes/cse.ts';
import { deadCode } from '../../src/passes/deadCode.ts';
import * as t from '../support/typed.ts';
import { bound } from '../support/unbind.ts';

/** How many different values two roots are after the pass. */
const distinct = (...roots: readonly Node[]): number =>
  new Set(commonSubexpressions(bound(roots, false).graph, new Map()).roots).size;

const matrix = t.data(new Float64Array(9), [3, 3]);
const x = t.data(new Float64Array(3));
const y = t.data(new Float64Array(3));
const n = t.data(Int32Array.of(0, 1, 2));

const alike: Readonly<Record<string, readonly [Node, Node]>> = {
  '0 and -0': [t.constant(0, 'float64'), t.constant(-0, 'float64')],
  '1 and 1 in another dtype': [t.constant(1, 'float64'), t.constant(1, 'int32')],
  'two arrays of one shape': [x, y],
  'iota in two dtypes': [t.iota(3, 'int32'), t.iota(3, 'int64')],
  'iota of two lengths': [t.iota(3, 'int32'), t.iota(4, 'int32')],
  'x - y and y - x': [t.apply('subtract', x, y), t.apply('subtract', y, x)],
  'x < y and y < x': [t.apply('less', x, y), t.apply('less', y, x)],
  'x + y and x * y': [t.apply('add', x, y), t.apply('multiply', x, y)],
  'casts to two dtypes': [t.cast(x, 'int32'), t.cast(x, 'uint32')],
  'sums over two axes': [t.reduce('sum', matrix, [0]), t.reduce('sum', matrix, [1])],
  'sum and product': [t.reduce('sum', matrix, [0]), t.reduce('prod', matrix, [0])],
  'argmax over two axes': [t.argReduce('argmax', matrix, 0), t.argReduce('argmax', matrix, 1)],
  'argmax and argmin': [t.argReduce('argmax', matrix, 0), t.argReduce('argmin', matrix, 0)],
  'gathers along two axes': [t.gather(matrix, n, 0), t.gather(matrix, n, 1)],
  'concat along two axes': [t.concat([matrix, matrix], 0), t.concat([matrix, matrix], 1)],
  'concat in two orders': [t.concat([x, y], 0), t.concat([y, x], 0)],
  'a transpose and the identity permutation': [t.permute(matrix, [1, 0]), t.permute(matrix, [0, 1])],
  'two slices of one shape': [
    t.slice(x, [{ start: 0, step: 1, count: 2 }]),
    t.slice(x, [{ start: 1, step: 1, count: 2 }]),
  ],
  'a slice and a flip': [t.slice(x, [{ start: 0, step: 1, count: 3 }]), t.flip(x)],
  'reshapes to two shapes': [t.reshape(x, [3, 1]), t.reshape(x, [1, 3])],
  'broadcasts to two shapes': [t.broadcast(x, [2, 3]), t.broadcast(x, [4, 3])],
  'a product of matrices and of their transposes': [
    t.matmul(matrix, t.transpose(matrix)),
    t.matmul(t.transpose(matrix), matrix),
  ],
};

test.each(Object.entries(alike))('%s stay two values', (_, [a, b]) => {
  expect(distinct(a, b)).toBe(2);
});

test('operands of a commutative op may come in either order', () => {
  expect(distinct(t.apply('add', x, y), t.apply('add', y, x))).toBe(1);
});

test('NaN is the same constant as NaN', () => {
  expect(distinct(t.constant(NaN, 'float64'), t.constant(NaN, 'float64'))).toBe(1);
});

test('equal trees collapse however deep they are', () => {
  const deep = (): Node => {
    let node: Node = x;
    for (let k = 0; k < 10_000; k++) node = t.apply(k % 2 === 0 ? 'negative' : 'abs', node);
    return node;
  };
  expect(distinct(deep(), deep())).toBe(1);
  expect(deadCode(commonSubexpressions(bound([deep(), deep()]).graph, new Map())).nodes.length).toBe(10_001);
});
