/**
 * What docs/architecture.md promises under "How to add": an operation, a reduction and a routine that are added from outside,
 * each by its row alone, run on every target. No target, pass or cache knows of them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routineResult } from '../../src/api/nodes/routine.ts';
import { isFloat, type DType, type TypedArray } from '../../src/ir/dtype.ts';
import { registerMonoid, type RowOf, type Reduction } from '../../src/ir/monoids.ts';
import { reduce, type Node } from '../../src/ir/node.ts';
import { registerOp, type ScalarOp } from '../../src/ir/ops.ts';
import { arithmetic, type OpRow } from '../../src/ir/programs/machine.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import type { RoutineRow } from '../../src/ir/routines/row.ts';
import { registerRoutine, type RoutineName } from '../../src/ir/routines/table.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import { firstDifference } from '../support/bits.ts';
import * as t from '../support/typed.ts';
import { GpuHarness } from './harness.ts';
import { evaluateOnGpu } from './plans.ts';

/** 3 x - y, and how often it can be halved before it is less than 1, up to 20 times: a loop with a state. */
const halvings: OpRow = {
  arity: 2,
  rule: 'numeric',
  weight: 40,
  program(m, dtype, x, y) {
    const a = arithmetic(m, dtype);
    const [zero, one, half] = [a.constant(0), a.constant(1), a.constant(2)];
    const start = a.abs(a.subtract(a.multiply(a.constant(3), x), y));
    const [, count = zero] = m.loop(
      [start, zero],
      ([value = zero]) => a.greaterEqual(value, one),
      ([value = zero, times = zero]) => [
        isFloat(dtype) ? a.multiply(value, a.constant(0.5)) : a.floorDivide(value, half),
        a.add(times, one),
      ],
      20,
    );
    return [count];
  },
};

/** The range of the elements, greatest less least: two registers, any order. */
const range: RowOf<2> = {
  elements: 'given',
  result: 'element',
  weight: 2,
  order: () => 'any',
  state: ({ result }) => [result, result],
  neutral: ({ result }) => (isFloat(result) ? [Infinity, -Infinity] : [2147483647, -2147483648]),
  ofNothing: 'refused',
  lift(m, { element, result }, x) {
    const value = m.cast(x, element, result);
    return [value, value];
  },
  combine: (m, { result }, [low, high], [lower, higher]) => [
    m.op('minimum', result, low, lower),
    m.op('maximum', result, high, higher),
  ],
  finish: { of: (m, { result }, [low, high]) => m.op('subtract', result, high, low) },
};

/** The row reversed, in place of a routine that is worth a name. */
const reversed: RoutineRow = {
  sizes: ['n'],
  operands: [['n']],
  results: [['n']],
  layout: 'contiguous',
  dtypes: (_, operands) => operands,
  ops: 1,
  work: ([n = 1]) => n,
  reference({ sizes: [n = 0], operands: [from], results: [to] }) {
    if (from === undefined || to === undefined) return;
    for (let i = 0; i < n; i++) to.values[to.offset + i] = from.values[from.offset + n - 1 - i] ?? 0;
  },
};

let gpu: GpuHarness;
let op: ScalarOp;
let monoid: Reduction;
let routine: RoutineName;
const takenBack: (() => void)[] = [];

beforeAll(async () => {
  gpu = await GpuHarness.open();
  const rows = [
    registerOp('halvings', halvings),
    registerMonoid('range', range),
    registerRoutine('reversed', reversed),
  ] as const;
  [op, monoid, routine] = [rows[0].name, rows[1].name, rows[2].name];
  takenBack.push(...rows.map(({ unregister }) => unregister));
});
afterAll(() => {
  for (const unregister of takenBack) unregister();
  gpu.close();
});

const values = (dtype: DType, shape: readonly number[], seed: number): Node => {
  const count = shape.reduce((x, y) => x * y, 1);
  const numbers = Array.from({ length: count }, (_, k) => ((k * 37 + seed * 11) % 201) - 100);
  return t.data(
    dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers, (x) => x / 4),
    shape,
  );
};

const onCpu = (roots: readonly Node[], target: 'js' | 'wasm'): TypedArray[] =>
  evaluateNodes(roots, { memo: false, verify: true, target }).map(({ source }) => source.values);

async function runsEverywhere(root: Node): Promise<void> {
  const expected = evaluateReference([root]);
  const [wanted] = expected;
  if (wanted === undefined) throw new Error('one result');
  expect(new Set<unknown>(wanted as Iterable<unknown>).size).toBeGreaterThan(1);
  for (const target of ['js', 'wasm'] as const) {
    const [found] = onCpu([root], target);
    expect(found && firstDifference(found, wanted), target).toBeUndefined();
  }
}

async function runsOnGpu(root: Node): Promise<void> {
  const [wanted] = evaluateReference([root]);
  const { results } = await evaluateOnGpu(gpu, [root]);
  expect(wanted && results[0] && firstDifference(results[0], wanted)).toBeUndefined();
}

describe.each(['int32', 'float32'] as const)('rows from outside, %s', (dtype) => {
  const x = values(dtype, [40, 33], 1);
  const y = values(dtype, [33], 2);

  test('an operation that is a program with a loop', async () => {
    const root = t.apply('add', t.apply(op, x, y), t.constant(1, dtype));
    await runsEverywhere(root);
    await runsOnGpu(root);
  });

  test('a reduction with two registers, along rows and columns', async () => {
    for (const axis of [0, 1]) {
      const root = reduce(monoid, t.apply('add', x, y), [axis], dtype);
      await runsEverywhere(root);
      await runsOnGpu(root);
    }
  });

  test('a routine, on computed operands, with consumers', async () => {
    const flipped = routineResult(routine, [t.apply('add', x, y)]);
    await runsEverywhere(t.apply('multiply', flipped, t.constant(2, dtype)));
  });
});
