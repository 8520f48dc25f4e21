/** Folding: every op on constants gives the constant that the reference evaluator computes. */
import { describe, expect, test } from 'vitest';
import { dtypeNames, type DType } from '../../src/ir/dtype.ts';
import { DTypeError } from '../../src/ir/errors.ts';
import type { Node } from '../../src/ir/node.ts';
import { opRow, opTypes, scalarOps, type OpTypes, type ScalarOp } from '../../src/ir/ops.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { fold } from '../../src/passes/fold.ts';
import type { RuleCounter } from '../../src/passes/graph.ts';
import { arrayOf, computeDTypes, specialsOf } from '../support/specials.ts';
import * as t from '../support/typed.ts';
import { bound } from '../support/unbind.ts';

/** Folds an expression of constants, and expects the element that it means. */
function expectFolded(node: Node): void {
  const rules: RuleCounter = new Map();
  const [root] = fold(bound([node], false).graph, rules).roots;
  if (root?.kind !== 'constant') throw new Error(`a ${root?.kind ?? 'nothing'} is left`);
  expect(root.dtype).toBe(node.dtype);
  expect([arrayOf(root.dtype, [root.value])]).toEqual(evaluateReference([node]));
}

function typesOf(op: ScalarOp, dtype: DType): OpTypes | undefined {
  try {
    return opTypes(op, new Array<DType>(opRow(op).arity).fill(dtype));
  } catch (error) {
    if (error instanceof DTypeError) return undefined;
    throw error;
  }
}

describe.each(scalarOps)('%s', (op) => {
  test('on constants is folded in the arithmetic of their dtype', () => {
    for (const dtype of computeDTypes) {
      if (typesOf(op, dtype)?.operand !== dtype) continue;
      const specials = specialsOf(dtype);
      specials.forEach((_, k) => {
        const operands = Array.from({ length: opRow(op).arity }, (__, i) =>
          t.constant(specials[(k * (i + 1) + 5 * i) % specials.length] ?? 0, dtype),
        );
        expectFolded(t.apply(op, ...operands));
      });
    }
  });
});

test.each(dtypeNames)('a cast of a %s constant is folded', (from) => {
  for (const to of dtypeNames)
    for (const value of specialsOf(from)) if (from !== to) expectFolded(t.cast(t.constant(value, from), to));
});

test('float32 constants are added in float32, int32 constants wrap', () => {
  const [root] = fold(
    bound([t.apply('add', t.constant(16777216, 'float32'), t.constant(1, 'float32'))], false).graph,
    new Map(),
  ).roots;
  expect(root).toMatchObject({ kind: 'constant', value: 16777216, dtype: 'float32' });
  const [wrapped] = fold(
    bound([t.apply('add', t.constant(2147483647, 'int32'), t.constant(1, 'int32'))], false).graph,
    new Map(),
  ).roots;
  expect(wrapped).toMatchObject({ kind: 'constant', value: -2147483648, dtype: 'int32' });
});

test('what depends on data or on a bound scalar is not folded', () => {
  const x = t.data(Float64Array.of(1, 2));
  for (const { graph } of [
    bound([t.apply('add', x, t.constant(3, 'float64'))], false),
    bound([t.apply('add', t.constant(3, 'float64'), t.constant(5, 'float64'))], true),
  ]) {
    const rules: RuleCounter = new Map();
    expect(fold(graph, rules)).toBe(graph);
    expect(rules.size).toBe(0);
  }
});
