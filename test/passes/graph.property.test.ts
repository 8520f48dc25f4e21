/** The laws of the graph passes, on random graphs over all node kinds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCommutative, opRow } from '../../src/ir/ops.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { topologicalOrder } from '../../src/ir/node.ts';
import { commonSubexpressions } from '../../src/passes/cse.ts';
import { deadCode } from '../../src/passes/deadCode.ts';
import { fold } from '../../src/passes/fold.ts';
import type { Graph, RuleCounter } from '../../src/passes/graph.ts';
import { simplify } from '../../src/passes/simplify.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, nodeCount } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { attributes, structure } from '../support/sameGraph.ts';
import { bound, unbind } from '../support/unbind.ts';

type Pass = (graph: Graph, rules: RuleCounter) => Graph;

const all: Pass = (graph, rules) =>
  deadCode(commonSubexpressions(simplify(fold(graph, rules), rules), rules));

const passes: Readonly<Record<string, Pass>> = {
  fold,
  simplify,
  'common subexpressions': commonSubexpressions,
  'dead code': deadCode,
  'all of them': all,
};

const symbolic = (graph: Graph): string => structure(graph.roots, (size) => size.key);

describe.each(Object.entries(passes))('%s', (name, pass) => {
  test('never changes a bit of a result, scalars bound or not', () => {
    fc.assert(
      fc.property(graphs(), fc.boolean(), ({ roots }, bindScalars) => {
        const { graph, encoding } = bound(roots, bindScalars);
        const after = unbind(pass(graph, new Map()).roots, encoding);
        expectSameBits(evaluateReference(after), evaluateReference(roots));
      }),
      settings(name === 'all of them' ? 2000 : 1000),
    );
  });

  test('keeps dtypes and shapes of the roots', () => {
    fc.assert(
      fc.property(graphs(), ({ roots }) => {
        const { graph } = bound(roots);
        const types = ({ roots: nodes }: Graph): string[] =>
          nodes.map(({ dtype, shape }) => `${dtype} ${shape.map((size) => size.key).join()}`);
        expect(types(pass(graph, new Map()))).toEqual(types(graph));
      }),
      settings(300),
    );
  });

  test('lists every node before its users, and all that the roots need', () => {
    fc.assert(
      fc.property(graphs(), ({ roots }) => {
        const { nodes, roots: after } = pass(bound(roots).graph, new Map());
        const place = new Map(nodes.map((node, k) => [node, k]));
        expect(place.size).toBe(nodes.length);
        nodes.forEach((node, k) => node.inputs.forEach((input) => expect(place.get(input)).toBeLessThan(k)));
        topologicalOrder(after).forEach((node) => expect(place.has(node)).toBe(true));
      }),
      settings(300),
    );
  });

  if (name !== 'all of them')
    test('changes nothing the second time', () => {
      fc.assert(
        fc.property(graphs(), fc.boolean(), ({ roots }, bindScalars) => {
          const once = pass(bound(roots, bindScalars).graph, new Map());
          const rules: RuleCounter = new Map();
          const twice = pass(once, rules);
          expect([...rules]).toEqual([]);
          expect(symbolic(twice)).toBe(symbolic(once));
        }),
        settings(600),
      );
    });

  test('gives the same graph for the same graph', () => {
    fc.assert(
      fc.property(graphs(), ({ roots }) => {
        expect(symbolic(pass(bound(roots).graph, new Map()))).toBe(
          symbolic(pass(bound(roots).graph, new Map())),
        );
      }),
      settings(200),
    );
  });
});

test('the passes together reach a state they leave alone within a few rounds', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      let graph = bound(roots, false).graph;
      let rounds = 0;
      for (; rounds < 10; rounds++) {
        const rules: RuleCounter = new Map();
        graph = all(graph, rules);
        if (rules.size === 0) break;
      }
      expect(rounds).toBeLessThan(6);
    }),
    settings(400),
  );
});

test('common subexpressions leaves no two equal nodes', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      const { nodes } = deadCode(commonSubexpressions(bound(roots).graph, new Map()));
      const place = new Map(nodes.map((node, k) => [node, k]));
      const seen = new Map<string, number>();
      nodes.forEach((node, k) => {
        const inputs = node.inputs.map((input) => place.get(input) ?? -1);
        if (node.kind === 'map' && isCommutative(node.op)) inputs.sort((a, b) => a - b);
        const text = `${node.dtype} [${node.shape.map((size) => size.key).join()}] ${attributes(node, (size) => size.key)} (${inputs.join()})`;
        expect(seen.get(text)).toBeUndefined();
        seen.set(text, k);
      });
    }),
    settings(500),
  );
});

test('dead code keeps exactly what the roots need', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      const { graph } = bound(roots);
      const part = { roots: graph.roots.slice(0, 1), nodes: graph.nodes };
      expect(new Set(deadCode(part).nodes)).toEqual(new Set(topologicalOrder(part.roots)));
    }),
    settings(200),
  );
});

test('a simplified graph never has more work than it had, by the weights of its ops', () => {
  const weight = ({ roots }: Graph): number =>
    topologicalOrder(roots).reduce((sum, node) => sum + (node.kind === 'map' ? opRow(node.op).weight : 0), 0);
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      const { graph } = bound(roots);
      expect(weight(simplify(graph, new Map()))).toBeLessThanOrEqual(weight(graph));
    }),
    settings(300),
  );
});

test('most random graphs have 5 to 25 nodes, and together they have every kind', () => {
  const sample = fc.sample(graphs(), { numRuns: 500, seed: 1 });
  const counts = sample.map(nodeCount);
  expect(counts.filter((count) => count >= 5 && count <= 25).length).toBeGreaterThan(300);
  const kinds = new Set(sample.flatMap(({ roots }) => topologicalOrder(roots).map((node) => node.kind)));
  expect([...kinds].sort()).toEqual([
    'broadcast',
    'cast',
    'concat',
    'constant',
    'data',
    'gather',
    'iota',
    'map',
    'pad',
    'permute',
    'reduce',
    'reshape',
    'routine',
    'scan',
    'scatter',
    'slice',
    'window',
  ]);
});
