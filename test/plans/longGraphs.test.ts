/**
 * Graphs that unrolled loops make: kernels, texts and work of the passes grow with the graph, not with its square. The
 * work of the passes is counted, for times depend on the machine.
 */
import { describe, expect, test, vi } from 'vitest';
import { nodeOf } from '../../src/api/anyArray.ts';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { printKernel } from '../../src/ir/kernelText.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import { ExpressionPool } from '../../src/passes/expression.ts';
import { compilePlan } from '../../src/passes/pipeline.ts';
import { RegionFormer } from '../../src/passes/regions.ts';

interface Counts {
  readonly nodes: number;
  readonly kernels: number;
  /** Programs to compile. */
  readonly texts: number;
  /** Kernels that were lowered: those that are alike are one object. */
  readonly lowered: number;
  /** Operations of all kernels: work done twice counts twice. */
  readonly ops: number;
  readonly trials: number;
  /** Regions formed, again in later rounds included. */
  readonly regions: number;
  readonly heads: number;
  /** How often a pool was asked for an expression: regions and kernels build them. */
  readonly expressions: number;
}

function countsOf(root: LazyArray): Counts {
  const encoding = encode([nodeOf(root)], () => undefined, true);
  const asked = vi.spyOn(ExpressionPool.prototype, 'add');
  const formed = vi.spyOn(RegionFormer.prototype, 'form');
  const plan = compilePlan('', bindGraph(encoding), { disabled: new Set(), verify: false });
  const { kernels } = plan;
  const expressions = asked.mock.calls.length;
  const [former] = formed.mock.contexts as readonly (RegionFormer | undefined)[];
  vi.restoreAllMocks();
  return {
    nodes: encoding.order.length,
    kernels: kernels.length,
    texts: new Set(kernels.map(({ kernel }) => printKernel(kernel))).size,
    lowered: new Set(kernels.map(({ kernel }) => kernel)).size,
    ops: kernels.reduce((sum, { ops }) => sum + ops, 0),
    trials: plan.trials.length,
    regions: former?.formed ?? NaN,
    heads: plan.heads.length,
    expressions,
  };
}

const line = (n: number): LazyArray => lz.asArray(Float64Array.from({ length: n }, (_, k) => Math.sin(k)));
const table = (rows: number): LazyArray => line(rows * 8).reshape([rows, 8]);

const graphs: Readonly<Record<string, (steps: number) => LazyArray>> = {
  'a stencil whose ends are kept': (steps) => {
    let x = line(64);
    for (let k = 0; k < steps; k++) {
      const inside = x
        .slice([0, -2])
        .add(x.slice([2, null]))
        .mul(0.5);
      x = lz.concat([x.slice([0, 1]), inside, x.slice([-1, null])]);
    }
    return x;
  },
  'a stencil that shrinks': (steps) => {
    let x = line(2 * steps + 10);
    for (let k = 0; k < steps; k++)
      x = x
        .slice([0, -2])
        .add(x.slice([2, null]))
        .mul(0.5);
    return x;
  },
  'a recurrence whose steps are stacked': (steps) => {
    const x = table(steps);
    let y: LazyArray = lz.zeros([8]);
    const rows: LazyArray[] = [];
    for (let k = 0; k < steps; k++) {
      y = y.mul(0.9).add(x.slice(k).mul(0.1));
      rows.push(y);
    }
    return lz.stack(rows);
  },
  'a recurrence of second order': (steps) => {
    const x = table(steps);
    let [y, z]: [LazyArray, LazyArray] = [lz.zeros([8]), lz.ones([8])];
    const rows: LazyArray[] = [];
    for (let k = 0; k < steps; k++) {
      [y, z] = [y.mul(1.2).sub(z.mul(0.5)).add(x.slice(k)), y];
      rows.push(y);
    }
    return lz.stack(rows);
  },
  'stacked sums of rows': (steps) => {
    const x = table(steps);
    return lz.stack(Array.from({ length: steps }, (_, k) => x.slice(k).sum()));
  },
  'a chain of functions': (steps) => {
    let x = line(64);
    for (let k = 0; k < steps; k++) x = x.sin().mul(0.5).add(k);
    return x;
  },
  'a wide sum': (steps) => {
    let sum = line(8);
    for (let k = 0; k < steps; k++) sum = sum.add(line(8));
    return sum;
  },
};

describe('four times the steps are at most five times the work', () => {
  test.each(Object.entries(graphs))('%s', (_, graph) => {
    const [few, many] = [countsOf(graph(100)), countsOf(graph(400))];
    const growth = many.nodes / few.nodes;
    for (const count of ['kernels', 'ops', 'regions'] as const)
      expect(many[count], count).toBeLessThanOrEqual(1.25 * growth * few[count] + 8);
    expect(many.trials).toBeLessThanOrEqual(4 * many.nodes);
    // Most regions are formed once, whatever the rounds.
    expect(many.regions).toBeLessThanOrEqual(1.1 * many.heads + 8);
    expect(many.expressions).toBeLessThanOrEqual(5 * many.nodes);
    // Steps are alike: more of them need no more programs.
    expect(many.texts).toBeLessThanOrEqual(12);
    expect(many.lowered).toBeLessThanOrEqual(many.texts + 2);
    // Nothing is computed again at each step.
    expect(many.ops).toBeLessThanOrEqual(2 * many.nodes);
  });
});

test('a recurrence whose steps are stacked takes few kernels, and has the bits of the reference', () => {
  const graph = graphs['a recurrence whose steps are stacked'];
  if (graph === undefined) return;
  expect(countsOf(graph(60)).kernels).toBeLessThanOrEqual(3);
  const wanted = graph(60).dataSync({ target: 'reference' });
  for (const target of ['js', 'wasm'] as const) expect(graph(60).dataSync({ target })).toEqual(wanted);
});

test('a chain of 5,000 sines is explained and computed like any other', () => {
  const chain = (): LazyArray => {
    let x = line(4);
    for (let k = 0; k < 5000; k++) x = x.sin();
    return x;
  };
  lz.clearCache();
  for (const target of ['js', 'wasm'] as const) {
    expect(chain().explain({ target }).toString()).toContain('kernels on');
    expect(chain().explain({ target }).toString('code').length).toBeGreaterThan(1000);
    expect(chain().dataSync({ target })).toEqual(chain().dataSync({ target: 'reference' }));
  }
  // All but the first and the last kernel are one program.
  expect(lz.cacheInfo().kernels.entries).toBeLessThanOrEqual(6);
});
