/** Operands that the passes find to be without effect: whichever array no kernel reads, a plan runs on a GPU. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { data, type Node } from '../../src/ir/node.ts';
import { opRow, scalarOps } from '../../src/ir/ops.ts';
import type { DType } from '../../src/ir/dtype.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { createSource } from '../../src/runtime/memory/sources.ts';
import { evaluateNodesAsync } from '../../src/runtime/evaluate/evaluate.ts';
import { readCopyAsync } from '../../src/runtime/memory/sources.ts';
import { rewriteGraph } from '../support/rewriteGraph.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show, type StepKind } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';

beforeEach(() => {
  clearCache();
});

const int = (...values: readonly number[]): lz.LazyArray => lz.array(values, { dtype: 'int32' });
const target = 'webgpu';

describe('an operand without effect', () => {
  /** Of the arrays the second alone has an effect; each expression leaves out the others at another place. */
  const programs: Record<string, (a: lz.LazyArray, b: lz.LazyArray, c: lz.LazyArray) => lz.LazyArray> = {
    'the first': (a, b) => a.mul(0).add(b),
    'the last': (a, b) => b.add(a.mul(0)),
    'the condition': (a, b) => lz.where(a.greater(2), b, b),
    'one side of a choice': (a, b) => lz.where(false, a, b),
    'those on both sides': (a, b, c) => a.mul(0).add(b).add(c.sub(c)),
    'one below a reduction': (a, b, c) =>
      c
        .mul(0)
        .max()
        .add(lz.where(false, a, b)),
    'one below a product': (a, b) => a.mul(0).matmul(b).add(b),
  };

  test.each(Object.entries(programs))('%s', async (_, program) => {
    const [a, b, c] = [int(1, 2, 3), int(4, 5, 6), int(7, 8, 9)];
    expect([...(await program(a, b, c).data({ target }))]).toEqual([4, 5, 6]);
    const compiled = lz.compile(program, { target });
    expect([...(await (await compiled.async(a, b, c)).data())]).toEqual([4, 5, 6]);
    // Values that are on the device alone, and stay there.
    const ours = await lz.evaluate([a.add(0), b.add(1), c.add(2)], { target });
    const [x = a, y = b, z = c] = ours;
    expect([...(await program(x, y, z).data({ target }))]).toEqual([5, 6, 7]);
  });

  test('all of them', async () => {
    expect([...(await int(1, 2, 3).mul(0).data({ target }))]).toEqual([0, 0, 0]);
  });

  test('many roots, each without an array of its own', async () => {
    const b = int(4, 5, 6);
    const roots = Array.from({ length: 100 }, (_, k) => int(k, k, k).mul(0).add(b));
    for (const root of await lz.evaluate(roots, { target }))
      expect([...(await root.data())]).toEqual([4, 5, 6]);
  });
});

test('it is neither brought to the device nor held there', async () => {
  const [large, small] = [lz.asArray(new Int32Array(100_000)), int(1, 2, 3)];
  const before = lz.cacheInfo().gpu.uploads;
  await large.slice([0, 3]).mul(0).add(small).evaluate({ target });
  expect(lz.cacheInfo().gpu.uploads - before).toBe(1);
});

/** Arrays as the runtime has them. */
const withSources = (roots: readonly Node[]): readonly Node[] =>
  rewriteGraph(roots, (node) =>
    node.kind === 'data' ? data(createSource(node.source.values), node.dtype, node.shape) : node,
  );

test('random graphs of integers give the bits of the reference', async () => {
  const dtypes: readonly DType[] = ['int32', 'int32', 'bool', 'int8', 'int16', 'uint8', 'uint16'];
  const inexact: readonly string[] = ['float', 'predicate', 'word'];
  const ops = scalarOps.filter((op) => !inexact.includes(opRow(op).rule));
  const kinds: readonly StepKind[] = ['data', 'binary', 'dropped', 'dropped', 'reduce', 'slice', 'concat'];
  await fc.assert(
    fc.asyncProperty(graphs({ dtypes, ops, kinds, maxSteps: 8 }), async (graph) => {
      const roots = withSources(graph.roots);
      const results = await evaluateNodesAsync(roots, { target, memo: false });
      const values = await Promise.all(results.map(({ source }) => readCopyAsync(source)));
      expectSameBits(values, evaluateReference(roots), show(roots));
    }),
    settings(15),
  );
});
