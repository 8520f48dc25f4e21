/** What `explain` shows of a plan for a GPU: the shaders that run for these sizes. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';

const matrix = (rows: number, columns: number): LazyArray =>
  lz.asArray(new Float32Array(rows * columns)).reshape([rows, columns]);
const notesOf = (x: LazyArray): readonly string[] =>
  x.explain({ target: 'webgpu' }).toJSON().plan.kernels[0]?.code?.notes ?? [];
const codeOf = (x: LazyArray): string => x.explain({ target: 'webgpu' }).toString('code');

test('the shaders of these sizes, whatever was explained before', () => {
  const [long, wide] = [matrix(2, 70_000).sum(1), matrix(512, 64).sum(1)];
  const code = codeOf(long);
  expect(notesOf(wide)).toEqual(['rows, 4 elements at a time']);
  expect(codeOf(wide)).not.toContain('scratch');
  expect(notesOf(long)).toEqual(['parts of rows, 4 elements at a time', 'joins parts']);
  expect(codeOf(long)).toBe(code);
  expect(code.match(/@compute/g)).toHaveLength(2);
});

test('tiles, or rows where a product is thin', () => {
  expect(notesOf(matrix(4, 100).matmul(matrix(100, 100)))).toEqual(['rows']);
  expect(notesOf(matrix(100, 100).matmul(matrix(100, 100)))).toEqual(['tiles of 64 x 64']);
  expect(notesOf(matrix(0, 100).matmul(matrix(100, 100)))).toEqual(['nothing to do']);
});
