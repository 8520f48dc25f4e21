/**
 * Index maps against brute force: random chains of views over 0, 1, 2, ..., walked down from the loops of the result,
 * must name at every index the element that the reference evaluator finds there.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isView, topologicalOrder, type Node, type ViewNode } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { sizeOf, type Shape } from '../../src/ir/shape.ts';
import { evaluateSize, isOne, type Size } from '../../src/ir/size.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import {
  affineKey,
  flatten,
  identityMap,
  isBlocked,
  loopsOf,
  mapKey,
  throughView,
  type Affine,
  type IndexMap,
} from '../../src/passes/indexMap.ts';
import { rangeIn } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { show } from '../support/show.ts';
import * as t from '../support/typed.ts';

type ViewKind = 'reshape' | 'permute' | 'broadcast' | 'slice' | 'flip' | 'insert' | 'squeeze';

/** Decisions of one view, read one by one; 0 once they are used up. */
const reader = (bytes: readonly number[]) => {
  let position = 0;
  const byte = (): number => bytes[position++] ?? 0;
  return {
    below: (limit: number): number => (limit <= 1 ? 0 : byte() % limit),
    chance: (share: number): boolean => byte() >= 256 - share,
  };
};

function addView(node: Node, kind: ViewKind, bytes: readonly number[]): Node {
  const tape = reader(bytes);
  const { shape } = node;
  switch (kind) {
    case 'permute': {
      const axes = shape.map((_, axis) => axis);
      const order: number[] = [];
      while (axes.length > 0) order.push(...axes.splice(tape.below(axes.length), 1));
      return t.permute(node, order);
    }
    case 'broadcast': {
      const wide = shape.map((size) => (size === 1 ? tape.below(4) : size));
      if (tape.chance(96)) wide.unshift(1 + tape.below(3));
      return sizeOf(wide) <= 400 ? t.broadcast(node, wide) : node;
    }
    case 'slice':
      return t.slice(
        node,
        shape.map((size) => rangeIn(size, tape)),
      );
    case 'flip':
      return t.flip(node);
    case 'insert':
      return t.reshape(node, shape.toSpliced(tape.below(shape.length + 1), 0, 1));
    case 'squeeze':
      return t.reshape(
        node,
        shape.filter((size) => size !== 1),
      );
    case 'reshape': {
      let left = sizeOf(shape);
      if (left === 0) return t.reshape(node, [...shape].reverse());
      const sizes: number[] = [];
      while (left > 1 && sizes.length < 3) {
        const factors = Array.from({ length: left }, (_, k) => k + 1).filter((factor) => left % factor === 0);
        const factor = factors[tape.below(factors.length)] ?? 1;
        sizes.push(factor);
        left /= factor;
      }
      if (left > 1) sizes.push(left);
      return t.reshape(node, sizes);
    }
  }
}

const kinds: readonly ViewKind[] = ['reshape', 'permute', 'broadcast', 'slice', 'flip', 'insert', 'squeeze'];

/** A base of 0, 1, 2, ... in a random shape, and views of it. */
const chains = (maxViews = 5): fc.Arbitrary<Node> =>
  fc
    .tuple(
      fc.array(fc.constantFrom(2, 3, 1, 4, 6, 5, 0, 12), { maxLength: 4 }),
      fc.array(fc.tuple(fc.constantFrom(...kinds), fc.array(fc.nat(255), { minLength: 8, maxLength: 8 })), {
        minLength: 1,
        maxLength: maxViews,
      }),
    )
    .map(([sizes, views]) => {
      const shape = sizeOf(sizes) <= 400 ? sizes : sizes.slice(0, 2);
      const values = Int32Array.from({ length: sizeOf(shape) }, (_, k) => k);
      return views.reduce((node, [kind, bytes]) => addView(node, kind, bytes), t.data(values, shape));
    });

interface Walk {
  readonly flat: Affine | undefined;
  readonly extents: readonly Size[];
  readonly numbers: readonly number[];
  /** The view at which the walk ended, if it did not reach the base. */
  readonly stoppedAt: ViewNode<Size> | undefined;
  readonly map: IndexMap;
}

/** The map of the result's loops, taken down to the base. */
function walk(node: Node): Walk {
  const encoding = encode([node], () => undefined, true);
  const [root] = bindGraph(encoding);
  if (root === undefined) throw new Error('no root');
  const extents = root.shape.filter((size) => !isOne(size));
  let map: IndexMap = identityMap(root.shape, loopsOf(root.shape), extents);
  let current = root;
  while (isView(current)) {
    const next = throughView(current, map, extents);
    if (isBlocked(next))
      return { flat: undefined, extents, numbers: encoding.numbers, stoppedAt: current, map };
    expect(next.reduce((rank, group) => rank + group.rank, 0)).toBe(current.inputs[0].shape.length);
    map = next;
    current = current.inputs[0];
  }
  return { flat: flatten(map, current.shape), extents, numbers: encoding.numbers, stoppedAt: undefined, map };
}

/** Every element of the loops, in row-major order. */
function evaluateAffine(index: Affine, extents: readonly number[], numbers: readonly number[]): number[] {
  const offset = evaluateSize(index.offset, numbers);
  const strides = index.strides.map((stride) => evaluateSize(stride, numbers));
  return Array.from({ length: sizeOf(extents) }, (_, flat) => {
    let position = offset;
    let rest = flat;
    for (let k = extents.length - 1; k >= 0; k--) {
      const extent = extents[k] ?? 1;
      position += (rest % extent) * (strides[k] ?? 0);
      rest = Math.floor(rest / extent);
    }
    return position;
  });
}

/** Whether some affine function of the loops gives these values. */
function isAffine(values: readonly number[], extents: readonly number[]): boolean {
  const steps: number[] = [];
  let stride = sizeOf(extents);
  for (const extent of extents) {
    stride /= extent;
    steps.push(extent > 1 ? (values[stride] ?? 0) - (values[0] ?? 0) : 0);
  }
  return values.every((value, flat) => {
    let rest = flat;
    let position = values[0] ?? 0;
    for (let k = extents.length - 1; k >= 0; k--) {
      const extent = extents[k] ?? 1;
      position += (rest % extent) * (steps[k] ?? 0);
      rest = Math.floor(rest / extent);
    }
    return position === value;
  });
}

const elements = (node: Node): number[] =>
  evaluateReference([node]).flatMap((values) => Array.from(values, Number));

test('the index of an element through any chain of views is where the reference finds it', () => {
  fc.assert(
    fc.property(chains(), (node) => {
      const { flat, extents, numbers } = walk(node);
      if (flat === undefined) return;
      const sizes = extents.map((size) => evaluateSize(size, numbers));
      expect(evaluateAffine(flat, sizes, numbers), show([node])).toEqual(elements(node));
    }),
    settings(3000),
  );
});

test('a walk ends only at a reshape, or where a reshape below has merged axes', () => {
  fc.assert(
    fc.property(chains(), (node) => {
      const { stoppedAt, map } = walk(node);
      if (stoppedAt === undefined) return;
      // Per-axis maps go through everything but what they cannot split; a merged group is the only obstacle.
      expect(
        map.some((group) => group.rank > 1),
        show([node]),
      ).toBe(true);
      expect(topologicalOrder([node]).some((inner) => inner.kind === 'reshape')).toBe(true);
    }),
    settings(2000),
  );
});

test('most chains are affine, and most that are affine are recognized', () => {
  const sample = fc.sample(chains(), { numRuns: 2000, seed: 7 });
  let reached = 0;
  let missed = 0;
  for (const node of sample) {
    const { flat, extents, numbers } = walk(node);
    if (flat !== undefined) reached++;
    else if (
      elements(node).length > 0 &&
      isAffine(
        elements(node),
        extents.map((size) => evaluateSize(size, numbers)),
      )
    )
      missed++;
  }
  expect(reached).toBeGreaterThan(0.8 * sample.length);
  // Turned round or transposed axes of size 1 that a reshape merges: they are copied where they need not be.
  expect(missed).toBeLessThan(0.03 * sample.length);
});

test('without reshapes every chain is affine', () => {
  const plain = chains(6).filter((node) =>
    topologicalOrder([node]).every((inner) => inner.kind !== 'reshape'),
  );
  fc.assert(
    fc.property(plain, (node) => {
      expect(walk(node).flat).toBeDefined();
    }),
    settings(500),
  );
});

describe('texts of index maps', () => {
  const mapOf = (node: Node): string => mapKey(walk(node).map);
  const base = (shape: Shape): Node => t.data(new Int32Array(sizeOf(shape)), shape);

  test('a transpose swaps the loops', () => {
    expect(mapOf(t.permute(base([3, 4]), [1, 0]))).toBe('1@0|0|1;1@0|1|0');
  });
  test('a broadcast axis does not move', () => {
    expect(mapOf(t.broadcast(base([3]), [4, 3]))).toBe('1@0|0|1');
    expect(mapOf(t.broadcast(base([1, 3]), [4, 3]))).toBe('1@0|0|0;1@0|0|1');
  });
  test('a slice scales and shifts', () => {
    expect(mapOf(t.slice(base([9]), [{ start: 2, step: 3, count: 2 }]))).toBe('1@s2|s3');
    expect(mapOf(t.flip(base([9])))).toBe('1@s1|-1');
  });
  test('merged axes have one flat index, and axes that a loop matches are split again', () => {
    expect(mapOf(t.reshape(base([3, 4]), [12]))).toBe('2@0|1');
    expect(mapOf(t.reshape(t.reshape(base([3, 4]), [12]), [3, 4]))).toBe('1@0|1|0;1@0|0|1');
    expect(mapOf(t.reshape(base([12]), [3, 4]))).toBe('1@0|s2|1');
  });
  test('a reshape of a transpose is not affine', () => {
    expect(walk(t.reshape(t.permute(base([3, 4]), [1, 0]), [12])).flat).toBeUndefined();
  });
  test('axes of size 1 need no loop', () => {
    const { flat, extents } = walk(t.reshape(base([3, 1, 4]), [1, 3, 4]));
    expect(extents.length).toBe(2);
    expect(flat === undefined ? '' : affineKey(flat)).toMatch(/^0\|s\d\|1$/);
  });
});
