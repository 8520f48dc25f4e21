/** Binding: what is structure (the key) and what is a number, on random graphs. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, dtypeNames, type DType } from '../../src/ir/dtype.ts';
import { broadcast, constant, topologicalOrder, withInputs, type Node } from '../../src/ir/node.ts';
import { rewriteGraph } from '../support/rewriteGraph.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { bindGraph, encode, type Encoding } from '../../src/passes/bind.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { structure } from '../support/sameGraph.ts';
import { arrayOf } from '../support/specials.ts';
import * as t from '../support/typed.ts';
import { unbind } from '../support/unbind.ts';

const encoded = (roots: readonly Node[], bindScalars = true): Encoding =>
  encode(roots, () => undefined, bindScalars);
const key = (...roots: readonly Node[]): string => encoded(roots).key;
const floats = (length: number, dtype: DType = 'float64'): Node =>
  t.data(arrayOf(dtype, new Array<number>(length).fill(1)), [length], dtype);

test('binding a graph and putting the numbers back gives the same graph', () => {
  fc.assert(
    fc.property(graphs(), fc.boolean(), ({ roots }, bindScalars) => {
      const encoding = encoded(roots, bindScalars);
      const back = unbind(bindGraph(encoding), encoding);
      expect(structure(back, String)).toBe(structure(roots, String));
    }),
    settings(2000),
  );
});

test('the same graph built again has the same key and the same numbers', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      const copies = new Map<Node, Node>();
      for (const node of topologicalOrder(roots))
        copies.set(node, {
          ...withInputs(
            node,
            node.inputs.map((input) => copies.get(input) ?? input),
          ),
        });
      const [a, b] = [encoded(roots), encoded(roots.map((root) => copies.get(root) ?? root))];
      expect(b.key).toBe(a.key);
      expect(b.numbers).toEqual(a.numbers);
      expect(b.scalars).toEqual(a.scalars);
    }),
    settings(500),
  );
});

test('graphs with equal keys have equal symbolic graphs', () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(graphs({ maxSteps: 3 }), fc.boolean(), ({ roots }, bindScalars) => {
      const encoding = encoded(roots, bindScalars);
      const text = structure(bindGraph(encoding), (size) => size.key);
      const known = seen.get(encoding.key) ?? text;
      seen.set(encoding.key, known);
      expect(text).toBe(known);
    }),
    settings(3000),
  );
});

test('graphs with equal symbolic graphs have equal keys', () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(graphs({ maxSteps: 3 }), fc.boolean(), ({ roots }, bindScalars) => {
      const encoding = encoded(roots, bindScalars);
      const text = structure(bindGraph(encoding), (size) => size.key);
      const known = seen.get(text) ?? encoding.key;
      seen.set(text, known);
      expect(encoding.key).toBe(known);
    }),
    settings(3000),
  );
});

test('other numbers under the same key evaluate to what the other graph means', () => {
  const shaped = (length: number, scalar: number, start: number, step: number): Node => {
    const x = t.apply('multiply', floats(length), t.constant(scalar, 'float64'));
    return t.reduce('sum', t.slice(x, [{ start, step, count: 3 }]), [0]);
  };
  const [a, b] = [encoded([shaped(20, 3, 2, 3)]), encoded([shaped(31, 5.5, 4, 7)])];
  expect(a.key).toBe(b.key);
  expectSameBits(evaluateReference(unbind(bindGraph(a), b)), evaluateReference([shaped(31, 5.5, 4, 7)]));
});

test('other sizes, slice bounds and ordinary scalars keep the key', () => {
  const expression = (m: number, n: number, scalar: number): Node => {
    const x = t.data(new Float64Array(m * n), [m, n]);
    const shifted = t.apply('add', x, t.constant(scalar, 'float64'));
    return t.reduce(
      'sum',
      t.slice(shifted, [
        { start: 2, step: 2, count: 2 },
        { start: 0, step: 1, count: n },
      ]),
      [1],
    );
  };
  expect(key(expression(7, 3, 3))).toBe(key(expression(100, 41, 0.1)));
});

test('another dtype, op, axis, sharing, order of roots or equality of sizes is another key', () => {
  const [x, y] = [floats(3), floats(3)];
  const matrix = t.data(new Float64Array(6), [2, 3]);
  const square = t.data(new Float64Array(9), [3, 3]);
  const row = t.data(new Float64Array(3), [1, 3]);
  const variants: Record<string, string> = {
    add: key(t.apply('add', x, y)),
    subtract: key(t.apply('subtract', x, y)),
    shared: key(t.apply('add', x, x)),
    float32: key(t.apply('add', floats(3, 'float32'), floats(3, 'float32'))),
    'two roots': key(t.apply('add', x, y), x),
    'two roots, swapped': key(x, t.apply('add', x, y)),
    'the same root twice': key(x, x),
    leaf: key(x),
    'sum over 0': key(t.reduce('sum', matrix, [0])),
    'sum over 1': key(t.reduce('sum', matrix, [1])),
    'sum over both': key(t.reduce('sum', matrix, [0, 1])),
    'sum of a square': key(t.reduce('sum', square, [0])),
    'sum of a row': key(t.reduce('sum', row, [0])),
    'prod over 0': key(t.reduce('prod', matrix, [0])),
    'max over 0': key(t.reduce('max', matrix, [0])),
    argmax: key(t.argReduce('argmax', matrix, 0)),
    argmin: key(t.argReduce('argmin', matrix, 0)),
    'argmax over 1': key(t.argReduce('argmax', matrix, 1)),
    transpose: key(t.permute(matrix, [1, 0])),
    reshape: key(t.reshape(matrix, [3, 2])),
    'flat reshape': key(t.reshape(matrix, [6])),
    'slice from the start': key(t.slice(x, [{ start: 0, step: 1, count: 2 }])),
    'slice from 1': key(t.slice(x, [{ start: 1, step: 1, count: 2 }])),
    'slice from 2': key(t.slice(floats(5), [{ start: 2, step: 1, count: 2 }])),
    'slice by 2': key(t.slice(floats(5), [{ start: 0, step: 2, count: 2 }])),
    flip: key(t.flip(x)),
    concat: key(t.concat([matrix, matrix], 0)),
    'concat along 1': key(t.concat([matrix, matrix], 1)),
    gather: key(t.gather(matrix, t.data(Int32Array.of(0, 1)), 0)),
    'gather along 1': key(t.gather(matrix, t.data(Int32Array.of(0, 1)), 1)),
    matmul: key(t.matmul(square, t.data(new Float64Array(9), [3, 3]))),
    'cast to int32': key(t.cast(x, 'int32')),
    'cast to uint32': key(t.cast(x, 'uint32')),
    iota: key(t.iota(3, 'float64')),
    'constant 0': key(t.constant(0, 'float64')),
    'constant -0': key(t.constant(-0, 'float64')),
    'constant 1': key(t.constant(1, 'float64')),
    'constant NaN': key(t.constant(NaN, 'float64')),
    'constant 0n': key(t.constant(0n, 'int64')),
    'constant 0n, unsigned': key(t.constant(0n, 'uint64')),
    'constant 3': key(t.constant(3, 'float64')),
    'constant 3 in float32': key(t.constant(3, 'float32')),
  };
  const names = Object.entries(variants);
  const twice = names.filter(([name, text]) =>
    names.some(([other, same]) => other !== name && same === text),
  );
  expect(twice).toEqual([]);
});

test('every dtype of one width has a key of its own', () => {
  const keys = dtypeNames.map((dtype) => key(t.iota(5, dtype)));
  expect(new Set(keys).size).toBe(dtypeNames.length);
  expect(dtypeNames.every((dtype) => bytesOf(dtype) <= 8)).toBe(true);
});

test('scalars that rules look at are part of the key, others are not', () => {
  const scaled = (value: number): string => key(t.apply('multiply', floats(3), t.constant(value, 'float64')));
  for (const value of [0, -0, 1, -1, 2, 0.5, 2 ** 100, 2 ** -1074, Infinity, -Infinity, NaN])
    expect(scaled(value)).not.toBe(scaled(3));
  for (const value of [3.5, -7, 1e300, 0.1]) expect(scaled(value)).toBe(scaled(3));
});

test('equal scalars share a number, and whether they are equal is part of the key', () => {
  const both = (a: number, b: number): Encoding =>
    encoded([
      t.apply('add', t.apply('multiply', floats(3), t.constant(a, 'float64')), t.constant(b, 'float64')),
    ]);
  expect(both(3, 3).scalars).toEqual([3]);
  expect(both(3, 5).scalars).toEqual([3, 5]);
  expect(both(3, 3).key).not.toBe(both(3, 5).key);
});

test('with scalars off, every constant is part of the key', () => {
  const text = (value: number): string => encoded([constant(value, 'float64')], false).key;
  expect(text(3)).not.toBe(text(5));
});

test('a value that is known stands in for its expression wherever it is used', () => {
  fc.assert(
    fc.property(graphs(), fc.integer({ min: 0, max: 255 }), ({ roots }, pick) => {
      const inner = topologicalOrder(roots).filter((node) => node.inputs.length > 0 && !roots.includes(node));
      const known = new Map<Node, Node>();
      inner.forEach((node, k) => {
        if (((pick >> (k % 8)) & 1) === 0) return;
        const [values] = evaluateReference([node]);
        if (values !== undefined) known.set(node, t.data(values, node.shape, node.dtype));
      });
      const encoding = encode(roots, (node) => known.get(node), true);
      const back = unbind(bindGraph(encoding), encoding);
      expectSameBits(evaluateReference(back), evaluateReference(roots));
      // The same graph, with the values put in by hand.
      const replaced = rewriteGraph(roots, (node, original) => known.get(original) ?? node);
      expect(structure(back, String)).toBe(structure(replaced, String));
    }),
    settings(1000),
  );
});

test('a chain of 100,000 nodes is bound without recursion', () => {
  let node: Node = floats(2);
  for (let k = 0; k < 100_000; k++) node = t.apply('negative', node);
  const encoding = encoded([node]);
  expect(encoding.order.length).toBe(100_001);
  expect(topologicalOrder(bindGraph(encoding)).length).toBe(100_001);
});

test('a ladder of 2^200 paths is bound in 201 nodes', () => {
  let node: Node = floats(2);
  for (let k = 0; k < 200; k++) node = t.apply('add', node, node);
  expect(encoded([node]).order.length).toBe(201);
});

test('an identity view is bound like any other', () => {
  const x = floats(4);
  const encoding = encoded([broadcast(x, x.shape)]);
  expect(structure(unbind(bindGraph(encoding), encoding), String)).toContain('broadcast');
});
