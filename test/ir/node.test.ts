/** The graph: order, rebuilding and evaluation without recursion. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { constant, map, reduce, routine, topologicalOrder, type Node } from '../../src/ir/node.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import { graphOf } from '../../src/passes/graph.ts';
import { verifyGraph } from '../../src/passes/verify.ts';
import { rewriteGraph } from '../support/rewriteGraph.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { structure } from '../support/sameGraph.ts';
import * as t from '../support/typed.ts';

const chain = (length: number): Node => {
  let node: Node = t.data(Float64Array.of(1, -2));
  for (let k = 0; k < length; k++) node = map('negative', 'float64', node.shape, [node]);
  return node;
};

test('a topological order lists every node once, inputs before users', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      const order = topologicalOrder(roots);
      const place = new Map(order.map((node, k) => [node, k]));
      expect(place.size).toBe(order.length);
      order.forEach((node, k) => node.inputs.forEach((input) => expect(place.get(input)).toBeLessThan(k)));
      for (const root of roots) expect(place.has(root)).toBe(true);
    }),
    settings(500),
  );
});

test('a chain of 100,000 nodes is ordered, rebuilt and evaluated without recursion', () => {
  const root = chain(100_000);
  const order = topologicalOrder([root]);
  expect(order.length).toBe(100_001);
  expect(order.at(-1)).toBe(root);
  expect(evaluateReference([root])).toEqual([Float64Array.of(1, -2)]);
  const [rebuilt] = rewriteGraph([root], (node) =>
    node.kind === 'data' ? t.data(Float64Array.of(3, 4)) : node,
  );
  expect(rebuilt === undefined ? [] : evaluateReference([rebuilt])).toEqual([Float64Array.of(3, 4)]);
});

test('a ladder of 2^1000 paths has 1001 nodes', () => {
  let node: Node = constant(0, 'float64');
  for (let k = 0; k < 1000; k++) node = t.apply('add', node, node);
  expect(topologicalOrder([node]).length).toBe(1001);
});

test('a node of 10,000 inputs is ordered in one go', () => {
  const parts = Array.from({ length: 10_000 }, (_, k) => t.data(Float64Array.of(k)));
  expect(topologicalOrder([t.concat(parts, 0)]).length).toBe(10_001);
});

test('rebuilding with nothing to replace gives the very same nodes', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      rewriteGraph(roots, (node) => node).forEach((root, k) => expect(root).toBe(roots[k]));
    }),
    settings(200),
  );
});

test('evaluating several roots together is evaluating each alone', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      expectSameBits(
        evaluateReference(roots),
        roots.flatMap((root) => evaluateReference([root])),
      );
    }),
    settings(300),
  );
});

test('a graph whose leaves are copied evaluates to the same bits', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      const copy = rewriteGraph(roots, (node) => (node.inputs.length === 0 ? { ...node } : node));
      expect(structure(copy, String)).toBe(structure(roots, String));
      expectSameBits(evaluateReference(copy), evaluateReference(roots));
    }),
    settings(200),
  );
});

test('what computes takes no float16: it stands between casts', () => {
  const half = t.data(Float16Array.of(1, 2));
  const matrix = t.reshape(half, [1, 2]);
  for (const node of [
    map('negative', 'float32', [2], [half]),
    reduce('sum', half, [0], 'float32'),
    reduce('argmax', half, [0], 'int32'),
    routine('matmul', [matrix, t.transpose(matrix)], 'float32', [1, 1]),
  ])
    expect(() => {
      verifyGraph('test', graphOf(bindGraph(encode([node], () => undefined, true))));
    }).toThrow(`${node.kind} computes with float16`);
  const kinds = topologicalOrder([t.apply('negative', half)]).map(({ kind, dtype }) => `${kind} ${dtype}`);
  expect(kinds).toEqual(['data float16', 'cast float32', 'map float32', 'cast float16']);
});
