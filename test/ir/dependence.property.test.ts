/** What the analysis says of kernels from random graphs, against the places that their loops really touch. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { nodeOf } from '../../src/api/anyArray.ts';
import {
  divisibleAxes,
  elementsPerTurn,
  readsWhereItWrites,
  scratchPerTurn,
  usesOf,
} from '../../src/ir/dependence.ts';
import type { LoopKernel, Loops, Step } from '../../src/ir/kernel.ts';
import type { Node } from '../../src/ir/node.ts';
import { accessesOf, evaluateInt, extentOf, hoistedIn, insideOf, isLine } from '../../src/ir/nest.ts';
import { evaluateSize } from '../../src/ir/size.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import { compilePlan } from '../../src/passes/pipeline.ts';
import { graphs } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';

/** A load or store that happens, with the indices of the loops around it. */
interface Touch {
  readonly kind: 'load' | 'store';
  readonly buffer: number;
  readonly place: number;
  readonly gathered: boolean;
  readonly at: ReadonlyMap<number, number>;
}

/** All that the points of a kernel touch, by running their loops. */
function touches(kernel: LoopKernel, integers: readonly number[]): Touch[] {
  const found: Touch[] = [];
  const run = (steps: readonly Step[], at: ReadonlyMap<number, number>): void => {
    for (const step of steps)
      if (isLine(step))
        for (const { kind, buffer, index, gathered } of accessesOf([step], kernel)) {
          const place = index.terms.reduce(
            (sum, { axis, stride }) => sum + evaluateInt(stride, integers) * (at.get(axis) ?? NaN),
            evaluateInt(index.offset, integers),
          );
          found.push({ kind, buffer, place, gathered, at });
        }
      else nested(step, at);
  };
  const nested = (loops: Loops<Step>, at: ReadonlyMap<number, number>): void => {
    const [axis] = loops.axes;
    if (axis === undefined) {
      run(loops.body, at);
      return;
    }
    for (let i = 0; i < evaluateInt(extentOf(kernel, axis), integers); i++) {
      const inside = new Map([...at, [axis, i]]);
      run(hoistedIn(loops), inside);
      nested(insideOf(loops), inside);
    }
  };
  run(kernel.before, new Map());
  nested(kernel.points, new Map());
  return found;
}

interface Case {
  readonly kernel: LoopKernel;
  readonly integers: readonly number[];
}

function casesOf(roots: readonly Node[]): Case[] {
  const encoding = encode(roots, () => undefined, true);
  const { kernels } = compilePlan('test', bindGraph(encoding), { disabled: new Set(), verify: true });
  return kernels.flatMap(({ kernel, integers }) =>
    kernel.kind === 'loops'
      ? [{ kernel, integers: integers.map((size) => evaluateSize(size, encoding.numbers)) }]
      : [],
  );
}

const forKernels = (check: (given: Case) => void): void => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      casesOf(roots).forEach(check);
    }),
    settings(60),
  );
};

test('a turn that has elements of its own of a buffer touches no others there', () => {
  forKernels(({ kernel, integers }) => {
    const [axis] = kernel.points.axes;
    if (axis === undefined) return;
    const elements = elementsPerTurn(kernel, axis, integers);
    if (elements === undefined) return;
    for (const { buffer, place, at } of touches(kernel, integers)) {
      const own = elements[buffer] ?? 0;
      const turn = at.get(axis);
      if (own > 0) expect(Math.floor(place / own)).toBe(turn);
    }
  });
});

test('points that overwrite what they read touch the same element of both', () => {
  forKernels(({ kernel, integers }) => {
    const found = touches(kernel, integers);
    kernel.buffers.forEach((into, output) => {
      if (into.role !== 'output') return;
      kernel.buffers.forEach(({ role }, input) => {
        if (role !== 'input' || !readsWhereItWrites(kernel, input, output)) return;
        const pointOf = (at: ReadonlyMap<number, number>): string =>
          kernel.axes.map((_, axis) => at.get(axis)).join();
        const written = new Map(
          found.flatMap((touch) =>
            touch.kind === 'store' && touch.buffer === output ? [[touch.place, pointOf(touch.at)]] : [],
          ),
        );
        for (const touch of found)
          if (touch.kind === 'load' && touch.buffer === input)
            expect(written.get(touch.place)).toBe(pointOf(touch.at));
      });
    });
  });
});

test('the turns of a divisible axis write apart, but for scratch memory of their own', () => {
  forKernels(({ kernel, integers }) => {
    const own = scratchPerTurn(kernel);
    const found = touches(kernel, integers);
    for (const axis of divisibleAxes(kernel, kernel.points, own)) {
      const writer = new Map<string, number | undefined>();
      for (const { kind, buffer, place, at } of found) {
        if (kind !== 'store' || own.has(buffer) || !at.has(axis)) continue;
        const key = `${buffer} ${place}`;
        if (kernel.buffers[buffer]?.role === 'output' && writer.has(key))
          expect(writer.get(key)).toBe(at.get(axis));
        writer.set(key, at.get(axis));
      }
    }
  });
});

const kernelOf = (root: { readonly node?: unknown } & Parameters<typeof nodeOf>[0]): Case => {
  const [only, ...more] = casesOf([nodeOf(root)]);
  if (only === undefined || more.length > 0) throw new Error('not one kernel');
  return only;
};

const matrix = lz.asArray(new Float64Array(12)).reshape([3, 4]);

test('rows of a softmax: each is its own, and so is the scratch memory of each', () => {
  const e = matrix.sub(matrix.max(1, { keepdims: true })).exp();
  const { kernel, integers } = kernelOf(e.div(e.sum(1, { keepdims: true })));
  const [axis = -1] = kernel.points.axes;
  const elements = elementsPerTurn(kernel, axis, integers);
  expect(kernel.buffers.map(({ role }, k) => `${role} ${elements?.[k] ?? 'none'}`)).toEqual([
    'scratch 0',
    'input 4',
    'output 4',
  ]);
  expect([...scratchPerTurn(kernel)]).toEqual([0]);
  expect(divisibleAxes(kernel, kernel.points, scratchPerTurn(kernel))).toEqual([axis]);
});

test('a broadcast row is needed whole, a transpose leaves its row', () => {
  const vector = lz.asArray(new Float64Array(4));
  const row = kernelOf(matrix.mul(vector));
  const [axis = -1] = row.kernel.points.axes;
  expect(elementsPerTurn(row.kernel, axis, row.integers)).toEqual([4, 0, 4]);
  const transposed = kernelOf(matrix.add(lz.asArray(new Float64Array(12)).reshape([4, 3]).T));
  expect(
    elementsPerTurn(transposed.kernel, transposed.kernel.points.axes[0] ?? -1, transposed.integers),
  ).toBeUndefined();
});

test('an extent that is a stride as well is used twice', () => {
  const { kernel } = kernelOf(matrix.mul(lz.asArray(new Float64Array(4))));
  const uses = kernel.axes.map(({ extent }) =>
    'parameter' in extent ? usesOf(kernel, extent.parameter) : 0,
  );
  expect(uses.toSorted((a, b) => a - b)).toEqual([1, 3]);
});
