/** What `show` prints is a program of public functions that builds the same values. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { AnyArray, nodeOf } from '../../src/api/anyArray.ts';
import { topologicalOrder, type Node } from '../../src/ir/node.ts';
import { opRow } from '../../src/ir/ops.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { expectSameBits } from './bits.ts';
import { graphs } from './graphs.ts';
import { settings } from './runs.ts';
import { body, show } from './show.ts';
import * as t from './typed.ts';

/** Runs a printed program. */
function run(text: string): readonly AnyArray[] {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  const result: unknown = new Function('lz', text)(lz);
  const list: readonly unknown[] = Array.isArray(result) ? result : [result];
  return list.map((array) => {
    if (!(array instanceof AnyArray)) throw new Error('the program gave something else than arrays');
    return array;
  });
}

test('a printed graph, run as a program, means the same to the bit', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      // Operations on random words are not public, nor are scans, scatters, pads that crop, windows of any step, and gathers
      // along several axes.
      const isPublic = (node: Node): boolean =>
        node.kind !== 'scan' &&
        node.kind !== 'scatter' &&
        node.kind !== 'pad' &&
        node.kind !== 'window' &&
        !(node.kind === 'gather' && node.axes.length > 1) &&
        (node.kind !== 'map' || opRow(node.op).rule !== 'word');
      fc.pre(topologicalOrder(roots).every(isPublic));
      const built = run(body(roots)).map(nodeOf);
      expect(built.map(({ dtype, shape }) => ({ dtype, shape }))).toEqual(
        roots.map(({ dtype, shape }) => ({ dtype, shape })),
      );
      expectSameBits(evaluateReference(built), evaluateReference(roots));
    }),
    settings(1000),
  );
});

test('what is not shared prints as one fluent expression', () => {
  const x = t.data(Float32Array.of(1, -0, NaN));
  const y = t.apply(
    'multiply',
    t.apply('add', x, t.constant(2, 'float32')),
    t.flip(t.data(Float32Array.of(3, 4, 5))),
  );
  expect(show([t.reduce('sum', y, [0])])).toBe(
    "lz.array(Float32Array.of(1, -0, NaN)).add(2).multiply(lz.array(Float32Array.of(3, 4, 5)).slice([2, null, -1])).sum([0], { dtype: 'float32' })",
  );
});

test('what is shared gets a name', () => {
  const x = t.data(Int32Array.of(1, 2));
  const square = t.apply('square', x);
  expect(show([t.apply('add', square, square), x])).toBe(
    ['const x0 = lz.array(Int32Array.of(1, 2));', 'const x1 = x0.square();', '[x1.add(x1), x0]'].join('\n'),
  );
});
