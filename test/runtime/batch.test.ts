/** Many roots at once: by families, in launch tables, with what they have in common computed once. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CompiledKernel, Target } from '../../src/codegen/target.ts';
import { jsTarget } from '../../src/codegen/js/target.ts';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import type { TypedArray } from '../../src/ir/dtype.ts';
import { IndexError } from '../../src/ir/errors.ts';
import { printKernel } from '../../src/ir/kernelText.ts';
import { constant, data, type Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { normalize } from '../../src/ir/scalar.ts';
import { evaluateMany } from '../../src/runtime/batch/batch.ts';
import { Families } from '../../src/runtime/batch/family.ts';
import { createSource } from '../../src/runtime/memory/sources.ts';
import type { Evaluated } from '../../src/runtime/evaluate/record.ts';
import type { EvaluateOptions } from '../../src/runtime/evaluate/options.ts';
import { registerTarget } from '../../src/runtime/executors/registry.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show } from '../support/graphs.ts';
import { rewriteGraph } from '../support/rewriteGraph.ts';
import { settings } from '../support/runs.ts';

beforeEach(() => {
  lz.clearCache();
});

const values = (length: number, seed: number): Float64Array =>
  Float64Array.from({ length }, (_, k) => Math.sin(seed * 7.13 + k * 1.37) * 3);
const pool = Array.from({ length: 4 }, (_, k) => lz.array(values(3000, k)));
const from = (seed: number): LazyArray<'float64'> => pool[seed % pool.length] ?? lz.zeros([3000]);
const table = lz.array(values(64 * 40, 9)).reshape([64, 40]);

/** Expressions over two sizes and a seed: each is a family, in which some sizes are a structure of their own. */
const templates: readonly ((m: number, n: number, seed: number) => readonly LazyArray[])[] = [
  (m, n, seed) => [
    from(seed)
      .slice([0, m])
      .mul(from(seed + 1).slice([n, n + m]))
      .sum(),
  ],
  (m, n, seed) => [
    lz
      .array(values(m, seed))
      .mul(seed + 0.5)
      .add(n),
  ],
  (m, n, seed) => {
    const x = lz.array(values(m * n, seed)).reshape([m, n]);
    const e = x.sub(x.max(-1, { keepdims: true })).exp();
    return [e.div(e.sum(-1, { keepdims: true }))];
  },
  (m, n, seed) => [
    lz
      .array(values(m * 5, seed))
      .reshape([m, 5])
      .matmul(lz.array(values(5 * n, seed + 1)).reshape([5, n])),
  ],
  (m, n, seed) => {
    const x = lz.random.normal(lz.random.key(seed), [m + n]);
    return [x.mean(), x.std(), x.max()];
  },
  (m, n) => [table.slice(null, [0, n]).var(0).sum().mul(m)],
  (m, n, seed) => [lz.concat([from(seed).slice([0, m]), from(seed).slice([m, m + n])]).argmax()],
  (m, n, seed) => [
    lz.take(
      from(seed),
      Array.from({ length: m }, (_, k) => (k * n) % 3000),
    ),
  ],
  (m, n, seed) => [lz.array([m, n, seed], { dtype: 'int32' }).mul(3).sum()],
];

interface Item {
  readonly template: number;
  readonly m: number;
  readonly n: number;
  readonly seed: number;
}

const item: fc.Arbitrary<Item> = fc.record({
  template: fc.nat(templates.length - 1),
  m: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(1, 127, 128, 129, 300)),
  n: fc.integer({ min: 1, max: 12 }),
  seed: fc.nat(6),
});
const build = ({ template, m, n, seed }: Item): readonly LazyArray[] =>
  templates[template]?.(m, n, seed) ?? [];

describe.each(['auto', 'js', 'wasm', 'reference'] as const)('on target %s', (target) => {
  test('roots of random families have, together, the bits that each has alone', () => {
    fc.assert(
      fc.property(fc.array(item, { minLength: 64, maxLength: 120, size: 'max' }), (items) => {
        const together = items.map(build);
        lz.evaluateSync(together.flat(), { target });
        const alone = items.map((one) => build(one).map((x) => x.dataSync({ target: 'js', memo: false })));
        together.forEach((arrays, k) => {
          expectSameBits(
            arrays.map((x) => x.dataSync()),
            alone[k] ?? [],
            `item ${k} ${JSON.stringify(items[k])} `,
          );
        });
      }),
      settings(target === 'reference' ? 3 : 15),
    );
  });

  test('random graphs with other data and scalars join the family of the first, with their own bits', () => {
    fc.assert(
      fc.property(
        graphs({ maxSteps: 12 }),
        fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }),
        ({ roots }, changes) => {
          const graph = roots.slice(0, 1);
          const members = [0, ...changes].map((change) => changed(graph, change));
          const expected = members.map((member) => unlessOutOfRange(() => evaluateReference(member)));
          const fine = members.filter((_, k) => expected[k] !== undefined);
          const actual = evaluateTogether(fine.flat(), { target });
          expectSameBits(
            actual,
            expected.flatMap((list) => list ?? []),
            `${show(graph)} `,
          );
        },
      ),
      settings(target === 'reference' ? 20 : 150),
    );
  });
});

/** The graph with other data and scalars: change 0 is the graph as it is. */
function changed(roots: readonly Node[], change: number): Node[] {
  return rewriteGraph(roots, (node) => {
    if (node.kind === 'data') {
      // Indices must stay in range: integers and bool are what they were.
      const same = change === 0 || !(node.source.values instanceof Float64Array);
      const list = same ? node.source.values : node.source.values.map((x) => x * (change + 0.5) - 1);
      return data(createSource(list), node.dtype, node.shape);
    }
    if (node.kind !== 'constant' || node.dtype === 'bool' || change === 0) return node;
    const value = typeof node.value === 'bigint' ? node.value * 3n + BigInt(change) : node.value * 3 + change;
    return constant(normalize(node.dtype, value), node.dtype);
  });
}

function unlessOutOfRange(evaluate: () => TypedArray[]): TypedArray[] | undefined {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof IndexError) return undefined;
    throw error;
  }
}

/** As a batch, however few they are. */
function evaluateTogether(roots: readonly Node[], options: EvaluateOptions): TypedArray[] {
  const results: Evaluated[] = [];
  const settle = (k: number, value: Evaluated): void => {
    results[k] = value;
  };
  const slices = evaluateMany(roots, options, 'evaluate', settle, new Families(options, 'evaluate'));
  for (const _ of slices);
  return results.map(({ source }) => source.values.slice());
}

describe('plans and kernels', () => {
  test('20,000 sums of products of different lengths are four structures at the most', () => {
    const [a, b] = [from(0), from(1)];
    const sums = Array.from({ length: 20_000 }, (_, i) => {
      const length = 1 + (i % 2999);
      return a
        .slice([0, length])
        .mul(b.slice([0, length]))
        .sum();
    });
    lz.evaluateSync(sums);
    const { plans, kernels } = lz.cacheInfo();
    // Length 1 is one; 128 and below need no tree, but no kernel of their own either.
    expect(plans.misses).toBeLessThanOrEqual(4);
    expect(kernels.entries).toBeLessThanOrEqual(3);
    expect(sums[19_999]?.item()).toBe(sums[19_999 % 2999]?.item());
  });

  test('arrays that were computed in a batch say how', () => {
    const sums = Array.from({ length: 100 }, (_, i) =>
      from(0)
        .slice([0, i + 10])
        .sum(),
    );
    lz.evaluateSync(sums, { target: 'wasm' });
    const { target, reasons } = sums[50]?.explain().toJSON().plan ?? { target: '', reasons: [] };
    expect(target).toBe('wasm');
    expect(reasons.join()).toMatch(/one of 100 launches of one plan/);
  });
});

/** Counts how often a kernel with an operation runs. */
class Counter {
  runs = 0;
  readonly target: Target;

  constructor(op: string) {
    this.target = {
      ...jsTarget,
      available: true,
      compile: (kernel): CompiledKernel => {
        const compiled = jsTarget.compile(kernel);
        if (!printKernel(kernel).includes(`= ${op}.`)) return compiled;
        return {
          ...compiled,
          run: (...args) => {
            this.runs++;
            compiled.run(...args);
          },
        };
      },
    };
  }
}

describe('common work is done once', () => {
  const takeBack: (() => void)[] = [];
  afterEach(() => {
    takeBack.splice(0).forEach((back) => {
      back();
    });
    lz.clearCache();
  });
  const counting = (op: string): Counter => {
    const counter = new Counter(op);
    takeBack.push(registerTarget(counter.target));
    return counter;
  };
  const options = { target: 'js', memo: false } as const;

  test('an expression that every root uses', () => {
    const counter = counting('exp');
    const shared = lz.array(values(500, 1)).exp().mul(2);
    const sums = Array.from({ length: 300 }, (_, i) => shared.slice([0, i + 2]).sum());
    lz.evaluateSync(sums, options);
    expect(counter.runs).toBe(1);
    expect(sums[100]?.item()).toBe(lz.array(values(500, 1)).exp().mul(2).slice([0, 102]).sum().item());
  });

  test('an expression that is written anew for every root', () => {
    const counter = counting('exp');
    const x = lz.array(values(500, 1));
    const sums = Array.from({ length: 300 }, (_, i) =>
      x
        .sub(x.exp().mean())
        .slice([0, i + 2])
        .sum(),
    );
    lz.evaluateSync(sums, options);
    expect(counter.runs).toBe(1);
    const alone = x.sub(x.exp().mean()).slice([0, 102]).sum();
    expect(sums[100]?.item()).toBe(alone.item({ memo: false }));
  });

  test('expressions that two roots have in common, however far they are apart', () => {
    const counter = counting('exp');
    const each = Array.from({ length: 200 }, (_, i) => lz.array(values(i + 2, i)).exp());
    const [sums, peaks] = [each.map((x) => x.sum()), each.map((x) => x.max())];
    lz.evaluateSync([...sums, ...peaks], options);
    expect(counter.runs).toBe(200);
    expect(peaks[7]?.item()).toBe(Math.max(...lz.array(values(9, 7)).exp().dataSync()));
  });

  test('roots that are parts of others', () => {
    const counter = counting('exp');
    const first = Array.from({ length: 200 }, (_, i) =>
      lz
        .array(values(i + 2, i))
        .exp()
        .sum(),
    );
    const second = first.map((x, i) => x.mul(i + 0.5));
    lz.evaluateSync([...second, ...first], options);
    expect(counter.runs).toBe(200);
    expect(second[9]?.item()).toBe((first[9]?.item() ?? 0) * 9.5);
  });

  test('the same array several times', () => {
    const counter = counting('exp');
    const x = lz.array(values(100, 3)).exp();
    lz.evaluateSync(new Array<LazyArray>(100).fill(x), options);
    expect(counter.runs).toBe(1);
  });

  test('roots that are equal as a whole, whose sizes stand nowhere else', () => {
    for (const size of [2, 3000]) {
      const expected = lz.arange(size).cbrt().dataSync({ target: 'reference' });
      const roots = Array.from({ length: 100 }, () => lz.arange(size).cbrt());
      lz.evaluateSync(roots, options);
      for (const root of roots) expect(root.dataSync()).toEqual(expected);
    }
  });

  test('a chain of running sums, each a root, is taken as a whole', () => {
    const parts = Array.from({ length: 300 }, (_, k) => lz.array([k, 1]).sum());
    const running = [parts[0] ?? lz.zeros([])];
    for (const part of parts.slice(1)) running.push((running.at(-1) ?? part).add(part));
    lz.evaluateSync(running);
    expect(running.at(-1)?.item()).toBe((300 * 299) / 2 + 300);
  });
});

describe('when things go wrong', () => {
  test('an index out of range is an IndexError, and what comes after is right', () => {
    const x = lz.array([1, 2, 3]);
    const pick = (i: number): LazyArray => x.take(lz.array([i, 0], { dtype: 'int32' }).add(0)).sum();
    const roots = Array.from({ length: 200 }, (_, i) => pick(i === 150 ? 7 : i % 3));
    expect(() => lz.evaluateSync(roots)).toThrow(lz.IndexError);
    const fine = Array.from({ length: 200 }, (_, i) => pick(i % 3));
    lz.evaluateSync(fine);
    expect(fine.map((y) => y.item())).toEqual(fine.map((_, i) => [2, 3, 4][i % 3]));
    expect(roots[149]?.item()).toBe([2, 3, 4][149 % 3]);
  });

  test('a heap that is too small for a table is no obstacle', () => {
    const { maxBytes } = lz.cacheInfo().heap;
    try {
      for (const heapBytes of [0, 64 * 1024, 2 ** 20]) {
        lz.configure({ heapBytes });
        const sums = Array.from({ length: 100 }, (_, i) =>
          lz
            .array(values(2000, i))
            .mul(i + 0.25)
            .sum(),
        );
        lz.evaluateSync(sums, { target: 'wasm', memo: false });
        const alone = lz.array(values(2000, 70)).mul(70.25).sum();
        expect(sums[70]?.item()).toBe(alone.item({ target: 'js', memo: false }));
      }
    } finally {
      lz.configure({ heapBytes: maxBytes });
    }
  });

  test('large results outlive the heap that they were made on', () => {
    const { maxBytes } = lz.cacheInfo().heap;
    try {
      lz.configure({ heapBytes: 8 * 2 ** 20 });
      const arrays = Array.from({ length: 300 }, (_, i) =>
        lz.array(values(8, i)).mul(i).broadcastTo([1000, 8]).add(0.5),
      );
      lz.evaluateSync(arrays, { target: 'wasm', memo: false });
      for (const k of [0, 1, 150, 299])
        expect(arrays[k]?.slice(999).toArray()).toEqual([...values(8, k)].map((x) => x * k + 0.5));
    } finally {
      lz.configure({ heapBytes: maxBytes });
    }
  });

  test('arrays that wrap memory are read as they are', () => {
    const memory = Float64Array.of(1, 2, 3);
    const x = lz.asArray(memory, { copy: false });
    const sums = (): (number | undefined)[] => {
      const roots = Array.from({ length: 100 }, (_, i) => x.mul(i + 0.5).sum());
      lz.evaluateSync(roots);
      return roots.map((root) => root.item());
    };
    const before = sums();
    memory[0] = 10;
    x.touch();
    const after = sums();
    expect(before[3]).toBe(6 * 3.5);
    expect(after[3]).toBe(15 * 3.5);
  });
});
