/**
 * An executor from outside, registered and nothing else: evaluations, compiled functions, batches, `auto` and explain
 * take it like those of the library, whether it answers at once or later.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray, TargetName } from '../../src/index.ts';
import { jsTarget } from '../../src/codegen/js/target.ts';
import type { Target } from '../../src/codegen/target.ts';
import { wasmTarget } from '../../src/codegen/wasm/target.ts';
import { byEngine } from '../../src/codegen/refusal.ts';
import type { TypedArray } from '../../src/ir/dtype.ts';
import { DeviceError, IndexError, OptionError } from '../../src/ir/errors.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { cpuProfile } from '../../src/passes/profile.ts';
import { CompileRefusal } from '../../src/codegen/refusal.ts';
import { evaluateNodes, evaluateNodesAsync } from '../../src/runtime/evaluate/evaluate.ts';
import type { Computation } from '../../src/runtime/evaluate/computation.ts';
import { runOnHost } from '../../src/runtime/evaluate/runOnHost.ts';
import {
  hostValues,
  Refusal,
  unknownOffer,
  type AsyncExecutor,
  type Executor,
  type Input,
  type Offer,
  type SyncExecutor,
} from '../../src/runtime/executors/executor.ts';
import { registerExecutor, registerTarget } from '../../src/runtime/executors/registry.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';

/** Plans of small kernels, so that its plans are not those of another executor. */
const profile = { ...cpuProfile, name: 'toy', ops: 4, regionNodes: 8 };
const name = 'toy';
const toy = name as string as TargetName;

let runs = 0;
let offered: Partial<Omit<Offer, 'executor'>> = {};

const facts = {
  name,
  profile,
  unavailable: undefined,
  isLastResort: false,
  codeOf: () => ({ code: 'play', about: { bytes: 4, notes: ['by hand'] } }),
  threadsOf: () => null,
};

const offerOf = <E extends Executor>(executor: E): Offer<E> => ({
  ...unknownOffer,
  nanoseconds: 1e15,
  notes: ['it is a toy'],
  ...offered,
  executor,
});

function play(work: Computation, inputs: readonly Input[], out?: readonly TypedArray[]): TypedArray[] {
  runs++;
  const bound = work.under(profile).for(jsTarget);
  if (bound instanceof CompileRefusal) throw new Error(bound.message);
  return runOnHost(bound, inputs.map(hostValues), out);
}

const prompt: SyncExecutor = {
  ...facts,
  answersAtOnce: true,
  offer(): Offer<SyncExecutor> {
    return offerOf<SyncExecutor>(this);
  },
  run: (work, inputs, out) => ({ values: play(work, inputs, out) }),
};

const late: AsyncExecutor = {
  ...facts,
  answersAtOnce: false,
  offer(): Offer<AsyncExecutor> {
    return offerOf<AsyncExecutor>(this);
  },
  pending: undefined,
  excluded: undefined,
  ready: async () => undefined,
  run: async (work, inputs) => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    return { values: play(work, inputs) };
  },
};

/** One that needs no plan. */
const naive: SyncExecutor = {
  ...facts,
  profile: undefined,
  answersAtOnce: true,
  offer(): Offer<SyncExecutor> {
    return offerOf<SyncExecutor>(this);
  },
  run(work, inputs) {
    runs++;
    return {
      values: evaluateReference(work.meaning, inputs.map(hostValues)).map((values) => values.slice()),
    };
  },
};

const takeBack: (() => void)[] = [];

beforeEach(() => {
  runs = 0;
  offered = {};
  lz.clearCache();
});

afterEach(() => {
  for (const back of takeBack.splice(0).reverse()) back();
  lz.clearCache();
});

const register = (executor: SyncExecutor | AsyncExecutor): void => {
  takeBack.push(registerExecutor(executor));
};

const options = { target: toy, memo: false } as const;
const length = 2 ** 17;
const ramp = (): LazyArray => lz.asArray(Float64Array.from({ length }, (_, k) => 1 + k / length));
const heavy = (x: LazyArray): LazyArray => x.exp().sin().add(x).log().sqrt();
const wanted = heavy(ramp()).dataSync({ target: 'reference' });
const small = (): LazyArray => lz.array([1, 4, 9]).sqrt().add(1);
const planOf = (x: LazyArray): ReturnType<lz.Explanation['toJSON']>['plan'] => x.explain().toJSON().plan;

describe.each([
  ['with plans of its own', prompt],
  ['without plans', naive],
])('an executor that answers at once, %s', (_, executor) => {
  beforeEach(() => {
    register(executor);
  });

  test('random graphs have the bits of the reference evaluator', () => {
    fc.assert(
      fc.property(graphs(), ({ roots }) => {
        const expected = evaluateReference(roots);
        const values = evaluateNodes(roots, options).map(({ source }) => source.values);
        expectSameBits(values, expected, show(roots));
      }),
      settings(100),
    );
    expect(runs).toBeGreaterThan(0);
  });

  test('everything that evaluates takes it by name', async () => {
    const y = small();
    expect([...y.dataSync({ target: toy })]).toEqual([2, 3, 4]);
    expect([...(await small().data({ target: toy }))]).toEqual([2, 3, 4]);
    const f = lz.compile((x: LazyArray) => x.mul(2), { target: toy });
    expect([...f(Float64Array.of(1, 2)).dataSync()]).toEqual([2, 4]);
    const out = new Float64Array(2);
    f.into(out, Float64Array.of(3, 4));
    expect([...out]).toEqual([6, 8]);
    expect((await f.async(Float64Array.of(5))).item()).toBe(10);
    const many = Array.from({ length: 100 }, (_, k) => lz.arange(k + 1).sum());
    lz.evaluateSync(many, { target: toy });
    expect(many[99]?.item()).toBe(4950);
    lz.configure({ target: toy });
    try {
      expect(small().sum().item()).toBe(9);
    } finally {
      lz.configure({ target: 'auto' });
    }
    expect(runs).toBeGreaterThanOrEqual(8);
  });

  test('the list of targets has it, and explain its code and what it says', () => {
    expect(lz.targetInfo().map((one) => one.name)).toEqual(['js', 'wasm', 'webgpu', name, 'reference']);
    const explanation = small().explain({ target: toy });
    const { target, reasons, kernels } = explanation.toJSON().plan;
    expect(target).toBe(name);
    expect(reasons).toEqual([`asked for with target: '${name}'`, 'it is a toy']);
    expect(kernels[0]?.code?.notes).toEqual(['by hand']);
    expect(explanation.toString()).toContain('on toy');
    expect(explanation.toString('code')).toContain('play');
    expect(explanation.toString('analyze')).toContain('not measured');
  });

  test('auto takes it where its estimate is least', () => {
    const y = small().evaluateSync({ memo: false });
    expect(planOf(y).target).not.toBe(name);
    expect(planOf(y).candidates.map(({ target }) => target)).toEqual(['js', 'wasm', name]);
    offered = { nanoseconds: 0 };
    const z = small().evaluateSync({ memo: false });
    expect(planOf(z)).toMatchObject(executor.profile === undefined ? {} : { target: name });
    expect(z.explain().toString()).toContain('toy about 0 us');
    expect(runs).toBe(1);
    expect([...z.dataSync()]).toEqual([2, 3, 4]);
  });

  test('what it refuses runs elsewhere, and explain says why', () => {
    offered = { refusal: new Refusal('it is tired') };
    const y = small();
    expect(y.explain({ target: toy }).toString()).toMatch(/it is tired: \w+ runs instead/);
    y.evaluateSync({ target: toy, memo: false });
    expect(y.explain().toString()).toMatch(/it is tired: \w+ runs instead/);
    offered = { refusal: new Refusal('it is tired'), nanoseconds: 0 };
    const z = small().evaluateSync({ memo: false });
    expect(z.explain().toString()).toContain('toy not: it is tired');
    expect(runs).toBe(0);
  });

  test('when it is gone, nothing knows it', () => {
    for (const back of takeBack.splice(0)) back();
    expect(() => small().dataSync({ target: toy })).toThrow(OptionError);
    expect(() => small().dataSync({ target: toy })).toThrow(
      /the targets are auto, js, wasm, webgpu, reference/,
    );
  });
});

describe('an executor that answers later', () => {
  beforeEach(() => {
    register(late);
  });

  test('random graphs have the bits of the reference evaluator', async () => {
    await fc.assert(
      fc.asyncProperty(graphs(), async ({ roots }) => {
        let expected: TypedArray[];
        try {
          expected = evaluateReference(roots);
        } catch (error) {
          if (error instanceof IndexError) return;
          throw error;
        }
        const results = await evaluateNodesAsync(roots, options);
        expectSameBits(
          results.map(({ source }) => source.values),
          expected,
          show(roots),
        );
      }),
      settings(60),
    );
    expect(runs).toBeGreaterThan(0);
  });

  test('what may wait takes it by name, what may not is told how', async () => {
    expect([...(await small().data({ target: toy }))]).toEqual([2, 3, 4]);
    const f = lz.compile((x: LazyArray) => x.mul(2), { target: toy });
    expect((await f.async(Float64Array.of(5))).item()).toBe(10);
    expect(runs).toBe(2);
    expect(() => small().dataSync({ target: toy })).toThrow(DeviceError);
    expect(() => small().dataSync({ target: toy })).toThrow(/target 'toy' computes asynchronously/);
    expect(() => f(Float64Array.of(5))).toThrow(/target 'toy' computes asynchronously/);
    const many = Array.from({ length: 100 }, (_, k) => lz.arange(k + 1).sum());
    await lz.evaluate(many, { target: toy });
    expect(many[99]?.item()).toBe(4950);
    expect(runs).toBe(3);
  });

  test('a result is found in the memo', async () => {
    const x = ramp();
    await heavy(x).evaluate({ target: toy });
    const y = await heavy(x).evaluate({ target: toy });
    expect(runs).toBe(1);
    expect(y.explain().toString()).toContain('plan: ');
    expect(y.explain().toJSON().caches.result).toBe('hit');
  });

  test('auto waits for it where it promises to be faster', async () => {
    offered = { nanoseconds: 1 };
    const x = heavy(ramp());
    expect(x.explain().toJSON().plan.target).toBe(name);
    await x.evaluate({ memo: false });
    expect(runs).toBe(1);
    expect(planOf(x)).toMatchObject({ target: name });
    expect(planOf(x).candidates.map(({ target }) => target)).toEqual(['js', 'wasm', name]);
    expectSameBits([x.dataSync()], [wanted], 'heavy');
    await small().evaluate({ memo: false });
    expect(runs).toBe(1);
    offered = { nanoseconds: 1e15 };
    const y = await heavy(ramp()).evaluate({ memo: false });
    expect(runs).toBe(1);
    expect(y.explain().toString()).toMatch(/auto: js about .*; wasm about .*; toy about/);
  });

  test('under auto an expression is planned once for each profile, and encoded once', async () => {
    offered = { nanoseconds: 1 };
    for (let turn = 0; turn < 5; turn++) await heavy(ramp()).evaluate({ memo: false });
    expect(lz.cacheInfo().plans.misses).toBe(2);
  });

  test('what it fails to compute under auto runs elsewhere, and explain says why', async () => {
    offered = { nanoseconds: 1 };
    const broken: AsyncExecutor = {
      ...late,
      run: async () => {
        throw new DeviceError(name, 'it broke');
      },
    };
    register(broken);
    const y = await heavy(ramp()).evaluate({ memo: false });
    expect(planOf(y).target).not.toBe(name);
    expect(y.explain().toString()).toMatch(/it was tried and failed, .*it broke: \w+ runs instead/);
    expectSameBits([y.dataSync()], [wanted], 'heavy');
    await expect(small().evaluate({ target: toy })).rejects.toThrow('it broke');
  });

  test('what it refuses runs elsewhere, whether it says so before or after', async () => {
    offered = { refusal: new Refusal('it is tired') };
    const y = await small().evaluate({ target: toy });
    expect(y.explain().toString()).toMatch(/it is tired: \w+ runs instead/);
    offered = {};
    register({ ...late, run: async () => new Refusal('it fell asleep') });
    const z = await small().mul(2).evaluate({ target: toy });
    expect(z.explain().toString()).toMatch(/it fell asleep: \w+ runs instead/);
    expect([...z.dataSync()]).toEqual([4, 6, 8]);
  });
});

test('where no engine compiles anything, an input that the plan does not read is still there to be read', () => {
  const refusing = (target: Target): Target => ({
    name: target.name,
    memory: target.memory,
    available: true,
    compile: () =>
      byEngine(() => {
        throw new RangeError('Invalid string length');
      }),
  });
  takeBack.push(registerTarget(refusing(wasmTarget)), registerTarget(refusing(jsTarget)));
  const [a, b] = [
    [1, 2, 3],
    [4, 5, 6],
  ].map((values) => lz.array(values, { dtype: 'int32' }));
  const y = (a ?? small()).mul(0).add(b ?? small());
  expect(y.evaluateSync().toArray()).toEqual([4, 5, 6]);
  expect(y.explain().toString()).toContain('the reference evaluator runs (slow)');
});
