/**
 * Parts that evaluations need again are kept: a loop that reads a statistic of a state it never evaluates takes the
 * same work at each turn, and the bits are those of evaluating everything. Counted, never timed.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import { IndexError } from '../../src/ir/errors.ts';
import { topologicalOrder } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { noteReuse } from '../../src/runtime/evaluate/reuse.ts';
import { expectSameBits } from '../support/bits.ts';
import { limitMemory } from '../support/scarceMemory.ts';
import { graphs, show } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';

const MiB = 2 ** 20;

beforeEach(() => {
  lz.clearCache();
});
afterEach(() => {
  lz.configure({ resultBytes: 256 * MiB, results: 4096 });
});

const start = (n: number): LazyArray => lz.asArray(Float64Array.from({ length: n }, (_, k) => Math.sin(k)));
const costly = (x: LazyArray): LazyArray => x.sin().add(x.mul(0.5)).exp().log1p();
const cheap = (x: LazyArray): LazyArray => x.mul(0.99).add(0.1);

type PlanFacts = ReturnType<ReturnType<typeof lz.explain>['toJSON']>['plan'];
const planOf = (x: LazyArray): PlanFacts => x.explain().toJSON().plan;
/** Operations of all kernels, per element. */
const opsOf = ({ kernels }: PlanFacts): number => kernels.reduce((sum, { ops }) => sum + ops, 0);

interface Turn {
  readonly values: readonly number[];
  readonly ops: number;
  readonly kept: PlanFacts['kept'];
}

interface LoopOptions {
  readonly n?: number;
  readonly evaluates?: boolean;
  readonly options?: lz.EvaluateOptions;
}

/** A loop over a state, pending or evaluated, and what each turn computed. */
function loop(
  turns: number,
  step: (x: LazyArray) => LazyArray,
  statistics: readonly ((x: LazyArray) => LazyArray)[],
  { n = 5000, evaluates = false, options = {} }: LoopOptions = {},
): Turn[] {
  let x = start(n);
  return Array.from({ length: turns }, () => {
    x = step(x);
    if (evaluates) x.evaluateSync(options);
    const results = statistics.map((statistic) => statistic(x));
    const values = results.map((result) => Number(result.item(options)));
    const plans = results.map(planOf);
    return {
      values,
      ops: plans.reduce((sum, plan) => sum + opsOf(plan), 0),
      kept: plans.flatMap(({ kept }) => kept),
    };
  });
}

const mean = (x: LazyArray): LazyArray => x.mean();
const max = (x: LazyArray): LazyArray => x.max();
const valuesOf = (turns: readonly Turn[]): (readonly number[])[] => turns.map(({ values }) => values);
const opsAt = (turns: readonly Turn[]): readonly number[] => turns.map(({ ops }) => ops);

describe('a loop that reads a statistic of a state it never evaluates', () => {
  test('computes one step a turn, and gives the bits of a loop that evaluates the state', () => {
    const turns = loop(120, costly, [mean]);
    const settled = opsAt(turns).slice(20);
    expect(Math.max(...settled)).toBe(Math.min(...settled));
    expect(settled[0]).toBe(turns[0]?.ops);
    expect(valuesOf(turns)).toEqual(valuesOf(loop(120, costly, [mean], { evaluates: true })));
  });

  test('says what it keeps, and why', () => {
    const turns = loop(20, costly, [mean]);
    expect(turns[1]?.kept).toEqual([
      {
        name: 'log1p (5000,)',
        bytes: 40_000,
        code: 'computed-before',
        reason: 'an earlier evaluation computed it as well',
      },
    ]);
    expect(turns[19]?.kept.map(({ code }) => code)).toEqual(['needed-before']);
    lz.clearCache();
    const x = costly(start(5000));
    x.mean().item();
    const text = x.max().explain().toString('plan');
    expect(text).toContain(
      '  keeps log1p (5000,) for later, 39.1 KiB: an earlier evaluation computed it as well',
    );
  });

  test('makes no new plans or kernels once it is under way', () => {
    let x = start(5000);
    const turn = (): void => {
      x = costly(x);
      x.mean().item();
    };
    for (let k = 0; k < 20; k++) turn();
    const { plans, kernels } = lz.cacheInfo();
    for (let k = 0; k < 50; k++) turn();
    expect(lz.cacheInfo().plans.misses).toBe(plans.misses);
    expect(lz.cacheInfo().kernels.misses).toBe(kernels.misses);
  });

  test('with two statistics a turn computes the state once', () => {
    const turns = loop(60, costly, [mean, max]);
    const settled = opsAt(turns).slice(20);
    expect(Math.max(...settled)).toBe(Math.min(...settled));
    expect(settled[0]).toBeLessThan(1.5 * (loop(1, costly, [mean])[0]?.ops ?? 0));
    expect(valuesOf(turns)).toEqual(valuesOf(loop(60, costly, [mean, max], { evaluates: true })));
  });

  test.each([
    ['cheap steps', 5000],
    ['few elements', 10],
  ])('with %s a few steps are computed again, never all', (_, n) => {
    const turns = loop(150, cheap, [mean], { n });
    expect(Math.max(...opsAt(turns))).toBeLessThan(40);
    expect(valuesOf(turns)).toEqual(valuesOf(loop(150, cheap, [mean], { n, evaluates: true })));
  });

  test('a state of random numbers', () => {
    const run = (evaluates: boolean): Turn[] => {
      let key = 0;
      const step = (x: LazyArray): LazyArray =>
        x.mul(0.9).add(lz.random.normal(lz.random.key(++key), [5000]));
      return loop(40, step, [mean], { evaluates });
    };
    const turns = run(false);
    expect(Math.max(...opsAt(turns))).toBeLessThan(5 * (turns[0]?.ops ?? 0));
    expect(valuesOf(turns)).toEqual(valuesOf(run(true)));
  });

  test('awaited', async () => {
    let [x, y] = [start(5000), start(5000)];
    let ops = 0;
    for (let k = 0; k < 40; k++) {
      x = costly(x);
      y = await costly(y).evaluate();
      const [lazy, eager] = await lz.evaluate([x.max(), y.max()]);
      const values = await x.mean().data();
      expect(Object.is(lazy.item(), eager.item())).toBe(true);
      expect(values[0]).toBe(y.mean().item());
      ops = opsOf(planOf(lazy));
    }
    expect(ops).toBeLessThan(40);
  });
});

describe('roots that share an expensive expression, evaluated one after another', () => {
  test('the second keeps it, and the third reads it', () => {
    const y = costly(costly(start(5000)));
    y.sum().item();
    const second = y.max();
    second.item();
    expect(planOf(second).kept).toHaveLength(1);
    const third = y.min();
    third.item();
    expect(opsOf(planOf(third))).toBe(0);
    expect(planOf(third).kept).toEqual([]);
  });

  test('a number that takes much work is kept as well', () => {
    const x = start(5000);
    const y = x.div(x.sin().exp().sum());
    y.max().item();
    const again = y.min();
    again.item();
    expect(planOf(again).kept.map(({ bytes }) => bytes)).toEqual([8]);
  });

  test('what takes little work is computed again', () => {
    const y = start(5000).mul(2);
    y.sum().item();
    const second = y.max();
    second.item();
    expect(planOf(second).kept).toEqual([]);
  });

  test('a first evaluation keeps nothing', () => {
    const y = costly(start(5000));
    const first = y.sub(y.mean()).square().sum();
    first.item();
    expect(planOf(first).kept).toEqual([]);
  });

  test('what was kept at once for nothing is not kept again', () => {
    const turn = (again: boolean): number => {
      const y = costly(start(5000));
      const first = y.sum();
      first.item();
      if (again) {
        y.max().item();
        y.min().item();
      }
      return planOf(first).kept.length;
    };
    expect(Array.from({ length: 5 }, () => turn(true)).at(-1)).toBe(1);
    expect(Array.from({ length: 6 }, () => turn(false)).at(-1)).toBe(0);
  });
});

describe('what is kept', () => {
  const state = (): {
    readonly memory: Float64Array<ArrayBuffer>;
    readonly x: LazyArray;
    readonly y: LazyArray;
  } => {
    const memory = Float64Array.from({ length: 5000 }, (_, k) => Math.sin(k));
    const x = lz.asArray(memory, { copy: false });
    return { memory, x, y: costly(x) };
  };

  test('is not used once an array was touched', () => {
    const { memory, x, y } = state();
    y.sum().item();
    y.max().item();
    memory.fill(0.25);
    (x as lz.LazyArray & { touch(): void }).touch();
    expect(y.min().item()).toBe(
      costly(lz.full([5000], 0.25))
        .min()
        .item(),
    );
  });

  test('counts among the results, and stays within their bound', () => {
    const bytes = 5000 * 8;
    lz.configure({ resultBytes: 5 * bytes });
    const turns = loop(60, costly, [mean]);
    const { results } = lz.cacheInfo();
    expect(results.bytes).toBeGreaterThan(bytes);
    expect(results.bytes).toBeLessThanOrEqual(5 * bytes);
    expect(Math.max(...opsAt(turns).slice(20))).toBeLessThan(20);
    expect(valuesOf(turns)).toEqual(valuesOf(loop(60, costly, [mean], { evaluates: true })));
  });

  test.each([{ resultBytes: 0 }, { results: 0 }, { resultBytes: 5000 * 8 }])(
    'is nothing where there is no room: %j',
    (limits) => {
      lz.configure(limits);
      const turns = loop(12, costly, [mean]);
      expect(turns.flatMap(({ kept }) => kept)).toEqual([]);
      expect(valuesOf(turns)).toEqual(valuesOf(loop(12, costly, [mean], { evaluates: true })));
    },
  );

  test('is forgotten by clearCache, and computed again', () => {
    const y = costly(costly(start(5000)));
    y.sum().item();
    const expected = y.max().item();
    lz.clearCache();
    const again = y.max();
    expect(again.item()).toBe(expected);
    expect(opsOf(planOf(again))).toBeGreaterThan(5);
  });

  test('serves the target that was asked for: asking for another runs it', () => {
    const y = costly(costly(start(5000)));
    for (const statistic of [mean, max]) statistic(y).item({ target: 'js' });
    const other = y.min();
    other.item({ target: 'wasm' });
    expect(opsOf(planOf(other))).toBeGreaterThan(5);
  });

  test('is nothing without the memo, and for evaluations that leave out passes', () => {
    for (const options of [{ memo: false }, { disable: ['cse'] }] as const) {
      lz.clearCache();
      const turns = loop(6, costly, [mean], { options });
      expect(turns.flatMap(({ kept }) => kept)).toEqual([]);
    }
  });
});

test.each([
  { target: 'js', cases: 200 },
  { target: 'wasm', cases: 40 },
] as const)(
  'roots of random graphs, one after another, have the bits of the reference on $target',
  ({ target, cases }) => {
    let kept = 0;
    fc.assert(
      fc.property(graphs({ maxSteps: 40 }), ({ roots }) => {
        try {
          // As if arrays stood for all nodes, and each was used more than once.
          for (const node of topologicalOrder(roots)) noteReuse(node);
          for (const nodes of [roots, ...roots.map((root) => [root]), roots.toReversed()]) {
            const results = evaluateNodes(nodes, { target });
            kept += results[0]?.record.parts.length ?? 0;
            expectSameBits(
              results.map(({ source }) => source.values),
              evaluateReference(nodes),
              show(nodes),
            );
          }
        } catch (error) {
          if (!(error instanceof IndexError)) throw error;
        }
      }),
      settings(cases),
    );
    expect(kept).toBeGreaterThan(0);
  },
);

test('where there is no memory to keep a part, the evaluation goes on without', () => {
  const y = costly(start(2 ** 17));
  const read = (): number[] =>
    [y.sum(), y.max(), y.min(), y.mean()].map((x) => Number(x.item({ target: 'js' })));
  const expected = read();
  lz.clearCache();
  const restore = limitMemory(2 ** 16);
  try {
    expect(read()).toEqual(expected);
  } finally {
    restore();
  }
});
