/**
 * Gathers and scatters along several axes: the bits of the reference evaluator, each axis with its own check, and no
 * check where positions only count along their axis.
 */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TypedArray } from '../../src/ir/dtype.ts';
import { IndexError } from '../../src/ir/errors.ts';
import { printKernel } from '../../src/ir/kernelText.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { indexedShape } from '../../src/ir/shape.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import { compilePlan } from '../../src/passes/pipeline.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import type { EvaluateOptions } from '../../src/runtime/evaluate/options.ts';
import { expectSameBits } from '../support/bits.ts';
import { indexed, numbers, positions } from '../support/indexed.ts';
import { settings } from '../support/runs.ts';
import { show } from '../support/show.ts';
import * as t from '../support/typed.ts';

beforeEach(() => {
  clearCache();
});

const run = (roots: readonly Node[], options: EvaluateOptions = {}): TypedArray[] =>
  evaluateNodes(roots, { memo: false, ...options }).map(({ source }) => source.values);

const kernelsOf = (root: Node): readonly string[] => {
  const graph = bindGraph(encode([root], () => undefined, true));
  const { kernels } = compilePlan('indexed', graph, { disabled: new Set(), verify: true });
  return kernels.map(({ kernel }) => printKernel(kernel));
};

describe.each(['js', 'wasm'] as const)('on the %s target', (target) => {
  const agrees = (roots: readonly Node[]): void => {
    expectSameBits(run(roots, { target, verify: true }), evaluateReference(roots), show(roots));
  };

  test('gathers, and what reads them', () => {
    fc.assert(
      fc.property(indexed, ({ shape, axes, indices, next }) => {
        const x = next() % 2 === 0 ? numbers(shape) : t.flip(t.apply('square', numbers(shape)));
        const taken = t.gatherAll(x, indices, axes);
        agrees([next() % 2 === 0 ? taken : t.flip(t.apply('add', taken, taken))]);
      }),
      settings(target === 'js' ? 400 : 150),
    );
  });

  test('scatters in the order of the updates', () => {
    fc.assert(
      fc.property(indexed, ({ shape, common, axes, indices, next }) => {
        const op = (['set', 'sum', 'max', 'prod'] as const)[next() % 4] ?? 'set';
        const updates = t.apply('sqrt', numbers(indexedShape(shape, axes, common)));
        agrees([t.scatterAll(op, t.apply('negative', numbers(shape)), indices, updates, axes)]);
      }),
      settings(target === 'js' ? 400 : 150),
    );
  });

  test('an index outside is the error of its axis', () => {
    const x = numbers([3, 4, 5]);
    const right = t.data(Int32Array.of(0, 1));
    for (const [axis, wrong] of [
      [0, 3],
      [2, -6],
    ] as const) {
      const indices = [0, 2].map((k) => (k === axis ? t.data(Int32Array.of(0, wrong)) : right));
      const message = `index ${wrong} is out of bounds for axis ${axis} of size ${axis === 0 ? 3 : 5}`;
      const taken = (): unknown => run([t.gatherAll(x, indices, [0, 2])], { target });
      expect(taken).toThrow(IndexError);
      expect(taken).toThrow(`take: ${message}`);
      const one = t.constant(1, 'float64');
      expect(() => run([t.scatterAll('sum', x, indices, one, [0, 2])], { target })).toThrow(
        `scatter: ${message}`,
      );
    }
  });
});

describe('plans', () => {
  const matrix = numbers([3, 4]);
  const at = t.data(new Int32Array(15), [3, 5]);

  test('positions of an axis are part of the affine index', () => {
    const rows = positions(3, [3, 5], 0);
    expect(kernelsOf(t.gatherAll(matrix, [rows, at], [0, 1])).join('\n')).toMatchInlineSnapshot(`
      "kernel (b0: input int32, b1: input float64, b2: output float64; 3 integers)
        parallel i0 < p2
          parallel i1 < p0
            v0 = b0[i0*p0 + i1]
            v1 = b1[i0*p1 + at(v0 < p1, axis 1)*1]
            b2[i0*p0 + i1] = v1
      "
    `);
    expect(kernelsOf(t.scatterAll('sum', matrix, [rows, at], t.constant(1, 'float64'), [0, 1]))[1])
      .toMatchInlineSnapshot(`
      "kernel (b0: input int32, b1: output float64; 3 integers)
        parallel i0 < p2
          parallel i1 < p0
            v1 = b0[i0*p0 + i1]
            b1[i0*p1 + at(v1 < p1, axis 1)*1] = sum 1:float64
      "
    `);
  });

  test('so are those of a slice, of which no load is checked', () => {
    const part = t.broadcast(
      t.reshape(t.slice(t.iota(3, 'int32'), [{ start: 0, step: 2, count: 2 }]), [2, 1]),
      [2, 4],
    );
    const all = positions(4, [2, 4], 1);
    expect(kernelsOf(t.scatterAll('set', matrix, [part, all], numbers([2, 4]), [0, 1]))[1])
      .toMatchInlineSnapshot(`
      "kernel (b0: input float64, b1: output float64; 3 integers)
        parallel i0 < p2
          parallel i1 < p0
            v0 = b0[i0*p0 + i1]
            b1[i0*p1 + i1] = v0
      "
    `);
  });

  test('positions in a dtype that may not hold them are read like any others', () => {
    const long = numbers([300]);
    const narrow = t.gatherAll(long, [t.iota(300, 'int8')], [0]);
    expect(kernelsOf(narrow)[0]).toContain('at(');
    expectSameBits(run([narrow], { target: 'js' }), evaluateReference([narrow]));
  });

  test('indices of two axes from data', () => {
    const n = t.data(new Int32Array(5));
    expect(kernelsOf(t.gatherAll(matrix, [n, n], [0, 1])).join('\n')).toMatchInlineSnapshot(`
      "kernel (b0: input int32, b1: input float64, b2: output float64; 3 integers)
        parallel i0 < p2
          v0 = b0[i0]
          v1 = b1[0 + at(v0 < p1, axis 0)*p0 + at(v0 < p0, axis 1)*1]
          b2[i0] = v1
      "
    `);
  });
});
