/** The list of passes: what plans and explain say about them comes from it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { nodeOf } from '../../src/api/anyArray.ts';
import { printKernel } from '../../src/ir/kernelText.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import { graphOf, type Graph } from '../../src/passes/graph.ts';
import { PassRun, Pipeline, type OptionalPass } from '../../src/passes/pass.ts';
import { compilePlan, passes, passNames, type PipelineOptions } from '../../src/passes/pipeline.ts';
import type { Plan } from '../../src/passes/plan.ts';
import { cpuProfile, gpuProfile } from '../../src/passes/profile.ts';
import { graphs } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';

const planOf = (root: LazyArray, options: Partial<PipelineOptions> = {}): Plan =>
  compilePlan('test', bindGraph(encode([nodeOf(root)], () => undefined, true)), {
    disabled: new Set(),
    verify: true,
    ...options,
  });

const x = lz.asArray(new Float64Array(12)).reshape([3, 4]);

test('every pass of the list records itself, in order, with what it says it does', () => {
  const records = planOf(x.sub(x.mean(1, { keepdims: true })).exp()).passes;
  expect(records.map(({ name, doc }) => ({ name, doc }))).toEqual(
    passes.map(({ name, doc }) => ({ name, doc })),
  );
});

test('a pass counts what it is about', () => {
  const counts = (root: LazyArray, disabled: PipelineOptions['disabled'] = new Set()) =>
    Object.fromEntries(
      planOf(root, { disabled }).passes.map(({ name, before, after }) => [name, [before, after]]),
    );
  expect(counts(x.add(1))).toMatchObject({ views: [3, 1], fuse: [1, 1], lower: [1, 1], collapse: [2, 1] });
  expect(counts(x.add(1), new Set(['collapse']))).toMatchObject({ collapse: [2, 2] });
  expect(counts(x.sum(1))).toMatchObject({ collapse: [2, 2], reductions: [1, 1] });
  expect(counts(x.exp().matmul(x.T))).toMatchObject({ fuse: [2, 2], emit: [2, 2], memory: [1, 1] });
});

test('a pass that is off says so, and does not run', () => {
  for (const name of passNames) {
    const { passes: records } = planOf(x.add(x).mul(2).sum(), { disabled: new Set([name]) });
    expect(records.filter(({ enabled }) => !enabled).map((record) => record.name)).toEqual([name]);
  }
});

test('rules are counted where elements of a sum are narrowed', () => {
  const sum = lz.asArray(new Int32Array(5)).sum();
  const record = planOf(sum).passes.find(({ name }) => name === 'reductions');
  expect(record?.rules).toEqual([{ name: 'narrow-elements', count: 1 }]);
});

test('snapshots are the graphs of the plan, for its profile and without the passes that are off', () => {
  fc.assert(
    fc.property(
      graphs(),
      fc.subarray([...passNames]),
      fc.constantFrom(cpuProfile, gpuProfile(8)),
      ({ roots }, disabled, profile) => {
        const bound = bindGraph(encode(roots, () => undefined, true));
        const plan = compilePlan('test', bound, { disabled: new Set(disabled), verify: false, profile });
        const snapshots = plan.snapshots();
        expect(snapshots.map(({ pass }) => pass)).toEqual(['bind', 'fold', 'simplify', 'cse', 'deadCode']);
        for (const { pass, graph } of snapshots)
          expect(graph.nodes.length).toBe(plan.passes.find(({ name }) => name === pass)?.after);
        expect(snapshots[0]?.graph).toBe(plan.initial);
      },
    ),
    settings(100),
  );
});

test('the same graph gives the same kernels and records, whatever was compiled before', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      const compile = (): string => {
        const bound = bindGraph(encode(roots, () => undefined, true));
        const { kernels, passes: records } = compilePlan('test', bound, {
          disabled: new Set(),
          verify: true,
        });
        return JSON.stringify([kernels.map(({ kernel }) => printKernel(kernel)), records]);
      };
      expect(compile()).toBe(compile());
    }),
    settings(60),
  );
});

test('a pass that breaks its promise is caught, and passes that repeat record their last run', () => {
  const grow: OptionalPass<Graph, Graph, 'grow'> = {
    name: 'grow',
    doc: 'lists the nodes once more',
    run: ({ roots, nodes }) => ({ roots, nodes: [...nodes, ...nodes] }),
    off: (graph) => graph,
    verify: ({ nodes }) => {
      if (nodes.length > 4) throw new RangeError('too many nodes');
    },
    counts: (before, after) => [before.nodes.length, after.nodes.length],
  };
  const pipeline = Pipeline.from<Graph>().repeat(Pipeline.from<Graph>().then(grow), (graph) => graph, 2);
  const [root] = bindGraph(encode([nodeOf(x)], () => undefined, true));
  if (root === undefined) throw new Error('no root');
  const run = (disabled: readonly string[], verify: boolean): PassRun => {
    const passRun = new PassRun(new Set(disabled), verify, cpuProfile);
    pipeline.run(graphOf([root]), passRun);
    return passRun;
  };
  const { length } = graphOf([root]).nodes;
  expect(run([], false).records).toMatchObject([{ name: 'grow', before: 4 * length, after: 8 * length }]);
  expect(() => run([], true)).toThrow('too many nodes');
  expect(run(['grow'], true).records).toMatchObject([{ enabled: false, before: length, after: length }]);
});
