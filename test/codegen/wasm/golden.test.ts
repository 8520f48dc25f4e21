/** What the WebAssembly target makes of a few kernels: short ones word for word, long ones in outline. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../../src/index.ts';
import type { LazyArray } from '../../../src/index.ts';
import { nodeOf } from '../../../src/api/anyArray.ts';
import { wasmTarget } from '../../../src/codegen/wasm/target.ts';
import { bindGraph, encode } from '../../../src/passes/bind.ts';
import { compilePlan } from '../../../src/passes/pipeline.ts';
import { instructionsIn, kernelOf, notesOf, skeletonOf } from './skeleton.ts';

/** The text of each kernel of an expression. */
function codesOf(expression: LazyArray): readonly string[] {
  const encoding = encode([nodeOf(expression)], () => undefined, true);
  const { kernels } = compilePlan('golden', bindGraph(encoding), { disabled: new Set(), verify: false });
  return kernels.map(({ kernel }) => wasmTarget.compile(kernel).code);
}

/** The text of the one kernel that an expression becomes. */
function codeOf(expression: LazyArray): string {
  const [code, ...more] = codesOf(expression);
  if (code === undefined || more.length > 0) throw new Error(`${more.length + 1} kernels instead of one`);
  return code;
}

const vector = (length = 100): LazyArray<'float64'> => lz.asArray(new Float64Array(length));
const matrix = (rows: number, columns: number): LazyArray<'float64'> =>
  vector(rows * columns).reshape([rows, columns]);

describe('word for word', () => {
  test('a + b: four vectors at a time, and the elements that are left one by one', () => {
    expect(codeOf(vector().add(vector()))).toMatchInlineSnapshot(`
      ";; 430 bytes
      ;; i0 runs in packs of 8 elements
      func kernel(args: i32, from: i32, to: i32)
        i3 = i32.load(args + 4)
        i4 = i32.load(args + 8)
        i5 = i32.load(args + 12)
        i6 = i32.load(args + 16)
        i7 = i32.load(args)
        i8 = from
        if i32.lt_s(i8, to)
          loop l0
            i9 = i8
            i10 = i32.sub(to, i9)
            i11 = i32.ge_s(i10, 8)
            i12 = i32.shl(i9, 3)
            i13 = i32.add(i3, i12)
            v14 = v128.load(i13)
            v15 = v128.load(i13 + 16)
            v16 = v128.load(i13 + 32)
            v17 = v128.load(i13 + 48)
            i18 = i32.add(i4, i12)
            v19 = v128.load(i18)
            v20 = v128.load(i18 + 16)
            v21 = v128.load(i18 + 32)
            v22 = v128.load(i18 + 48)
            v23 = f64x2.add(v14, v19)
            v24 = f64x2.add(v15, v20)
            v25 = f64x2.add(v16, v21)
            v26 = f64x2.add(v17, v22)
            i27 = i32.add(i5, i12)
            if i11
              v128.store(i27, v23)
              v128.store(i27 + 16, v24)
              v128.store(i27 + 32, v25)
              v128.store(i27 + 48, v26)
            else
              if i32.gt_s(i10, 0)
                v128.store64_lane[0](i27, v23)
              if i32.gt_s(i10, 1)
                v128.store64_lane[1](i27 + 8, v23)
              if i32.gt_s(i10, 2)
                v128.store64_lane[0](i27 + 16, v24)
              if i32.gt_s(i10, 3)
                v128.store64_lane[1](i27 + 24, v24)
              if i32.gt_s(i10, 4)
                v128.store64_lane[0](i27 + 32, v25)
              if i32.gt_s(i10, 5)
                v128.store64_lane[1](i27 + 40, v25)
              if i32.gt_s(i10, 6)
                v128.store64_lane[0](i27 + 48, v26)
            i8 = i32.add(i8, 8)
            if i32.lt_s(i8, to): branch 0
      "
    `);
  });

  test('float64, float32 and uint8 beside a mask: the widest decides how many elements make a pack', () => {
    const [x, single, byte] = [vector(), lz.asArray(new Float32Array(100)), lz.asArray(new Uint8Array(100))];
    expect(codeOf(lz.where(x.less(single), byte, 3).add(x))).toMatchInlineSnapshot(`
      ";; 687 bytes
      ;; i0 runs in packs of 8 elements
      func kernel(args: i32, from: i32, to: i32)
        i3 = i32.load(args + 4)
        i4 = i32.load(args + 8)
        i5 = i32.load(args + 12)
        i6 = i32.load(args + 16)
        i7 = i32.load(args + 20)
        i8 = i32.load(args)
        v9 = v128.load8_splat(args + 24)
        i10 = from
        if i32.lt_s(i10, to)
          loop l0
            i11 = i10
            i12 = i32.sub(to, i11)
            i13 = i32.ge_s(i12, 8)
            i14 = i32.shl(i11, 3)
            i15 = i32.add(i3, i14)
            v16 = v128.load(i15)
            v17 = v128.load(i15 + 16)
            v18 = v128.load(i15 + 32)
            v19 = v128.load(i15 + 48)
            i20 = i32.add(i4, i32.shl(i11, 2))
            v21 = v128.load(i20)
            v22 = v128.load(i20 + 16)
            v23 = f64x2.promote_low_f32x4(v21)
            v24 = f64x2.promote_low_f32x4(i8x16.shuffle[8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15](v21, v21))
            v25 = f64x2.promote_low_f32x4(v22)
            v26 = f64x2.promote_low_f32x4(i8x16.shuffle[8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15](v22, v22))
            v27 = f64x2.lt(v16, v23)
            v28 = f64x2.lt(v17, v24)
            v29 = f64x2.lt(v18, v25)
            v30 = f64x2.lt(v19, v26)
            v31 = v128.load64_zero(i32.add(i5, i11))
            v32 = i16x8.narrow_i32x4_s(i8x16.shuffle[0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27](v27, v28), i8x16.shuffle[0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27](v29, v30))
            v33 = i16x8.extend_low_i8x16_u(v128.bitselect(v31, v9, i8x16.narrow_i16x8_s(v32, v32)))
            v34 = i32x4.extend_low_i16x8_u(v33)
            v35 = i32x4.extend_high_i16x8_u(v33)
            v36 = f64x2.convert_low_i32x4_s(v34)
            v37 = f64x2.convert_low_i32x4_s(i8x16.shuffle[8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15](v34, v34))
            v38 = f64x2.convert_low_i32x4_s(v35)
            v39 = f64x2.convert_low_i32x4_s(i8x16.shuffle[8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15](v35, v35))
            v40 = f64x2.add(v36, v16)
            v41 = f64x2.add(v37, v17)
            v42 = f64x2.add(v38, v18)
            v43 = f64x2.add(v39, v19)
            i44 = i32.add(i6, i14)
            if i13
              v128.store(i44, v40)
              v128.store(i44 + 16, v41)
              v128.store(i44 + 32, v42)
              v128.store(i44 + 48, v43)
            else
              if i32.gt_s(i12, 0)
                v128.store64_lane[0](i44, v40)
              if i32.gt_s(i12, 1)
                v128.store64_lane[1](i44 + 8, v40)
              if i32.gt_s(i12, 2)
                v128.store64_lane[0](i44 + 16, v41)
              if i32.gt_s(i12, 3)
                v128.store64_lane[1](i44 + 24, v41)
              if i32.gt_s(i12, 4)
                v128.store64_lane[0](i44 + 32, v42)
              if i32.gt_s(i12, 5)
                v128.store64_lane[1](i44 + 40, v42)
              if i32.gt_s(i12, 6)
                v128.store64_lane[0](i44 + 48, v43)
            i10 = i32.add(i10, 8)
            if i32.lt_s(i10, to): branch 0
      "
    `);
  });
});

describe('in outline', () => {
  test('(a * b).sum(): the pairwise tree around leaves of two times four accumulators', () => {
    expect(skeletonOf(kernelOf(codeOf(vector().mul(vector()).sum())))).toMatchInlineSnapshot(`
      "if
        block
          loop
            block
              loop
            loop
              8 v128.load, 4 f64x2.mul
              if
                4 f64x2.add
              else
                4 v128.store
            7 f64x2.add, 4 i8x16.shuffle
            if
              block
                loop
                  v128.load64_splat, f64x2.add
            block
              loop
                v128.load64_splat, f64x2.add
            v128.store64_lane
      v128.store64_lane
      "
    `);
  });

  test('softmax over rows: maximum, exponentials with their sum, quotient', () => {
    const x = matrix(3, 4);
    const e = x.sub(x.max(1, { keepdims: true })).exp();
    expect(skeletonOf(kernelOf(codeOf(e.div(e.sum(1, { keepdims: true })))))).toMatchInlineSnapshot(`
      "if
        loop
          if
            loop
              4 v128.load
              if
                i64x2.splat, i64.extend_i32_s, 4 i64x2.lt_s, 4 v128.bitselect
              4 f64x2.pmax, 4 v128.and, 4 f64x2.ne, 4 v128.or
          4 f64x2.pmax, 2 i8x16.shuffle, v128.or, v128.bitselect, 2 v128.and, f64x2.eq, i32x4.splat, v128.any_true
          if
            block
              loop
                block
                  loop
                loop
                  4 v128.load, 24 f64x2.sub, 60 f64x2.mul, 4 f64x2.nearest, 52 f64x2.add, 4 f64x2.abs, 4 f64x2.lt, 4 v128.not, 4 i64x2.shl, v128.any_true, 3 v128.or
                  if
                    8 f64x2.lt, 12 f64x2.mul, 4 f64x2.floor, 8 f64x2.add, 8 i64x2.shl, 4 f64x2.sub, 12 v128.bitselect
                  if
                    4 v128.store
                  else
                    7 x if
                      v128.store64_lane
                  if
                    4 f64x2.add
                  else
                    4 v128.store
                7 f64x2.add, 4 i8x16.shuffle
                if
                  block
                    loop
                      v128.load64_splat, f64x2.add
                block
                  loop
                    v128.load64_splat, f64x2.add
                v128.store64_lane
          if
            loop
              4 v128.load, 4 f64x2.div
              if
                4 v128.store
              else
                7 x if
                  v128.store64_lane
      "
    `);
  });

  test('sum over axis 0: rows outside, a tile of columns inside', () => {
    expect(skeletonOf(kernelOf(codeOf(matrix(3, 4).sum(0))))).toMatchInlineSnapshot(`
      "if
        loop
          if
            loop
              if
                4 v128.store
              else
                7 x if
                  v128.store64_lane
          if
            block
              loop
                block
                  loop
                8 x if
                  loop
                    if
                      4 v128.store
                    else
                      7 x if
                        v128.store64_lane
                loop
                  if
                    if
                      loop
                        32 v128.load, 28 f64x2.add
                        if
                          4 v128.store
                        else
                          7 x if
                            v128.store64_lane
                  if
                    loop
                      4 v128.load
                      block
                        loop
                          4 v128.load, 4 f64x2.add
                      if
                        4 v128.store
                      else
                        7 x if
                          v128.store64_lane
                block
                  loop
                    if
                      loop
                        8 v128.load, 4 f64x2.add
                        if
                          4 v128.store
                        else
                          7 x if
                            v128.store64_lane
                if
                  loop
                    4 v128.load
                    if
                      4 v128.store
                    else
                      7 x if
                        v128.store64_lane
          if
            loop
              4 v128.load
              if
                4 v128.store
              else
                7 x if
                  v128.store64_lane
      "
    `);
  });

  test('a + b.T: tiles of b are transposed in registers', () => {
    const code = codeOf(matrix(4, 4).add(matrix(4, 4).T));
    expect(notesOf(code)).toMatchInlineSnapshot(`
      [
        "i0 and i1 run in tiles of 64 x 64: operands are transposed",
        "i1 runs in packs of 8 elements",
      ]
    `);
    expect(skeletonOf(kernelOf(code))).toMatchInlineSnapshot(`
      "if
        loop
          if
            loop
              if
                loop
                  loop
                    4 v128.load, 4 i8x16.shuffle, 4 v128.store
              if
                loop
                  if
                    loop
                      8 v128.load, 4 f64x2.add
                      if
                        4 v128.store
                      else
                        7 x if
                          v128.store64_lane
      "
    `);
  });

  test('sin(x): the loop of the usual case, and the exact reduction of huge arguments in a branch', () => {
    const x = vector();
    expect(skeletonOf(kernelOf(codeOf(x.sin())))).toMatchInlineSnapshot(`
      "if
        loop
          4 v128.load, 20 f64x2.mul, 12 f64x2.add, 20 f64x2.sub, 4 f64x2.abs, 4 f64x2.lt, v128.any_true, 3 v128.or
          if
            13 v128.and, 4 i64x2.shr_u, 8 v128.or, 205 f64x2.sub, 176 f64x2.mul, 4 f64x2.floor, 244 f64x2.add, 4 i64x2.shl, 16 v128.bitselect, 72 i32x4.extract_lane, 36 v128.load64_lane, 36 v128.load64_zero, 20 f64x2.nearest, 4 f64x2.neg
          76 f64x2.mul, 8 f64x2.floor, 8 f64x2.eq, 56 f64x2.add, 16 f64x2.sub, 8 v128.bitselect, 4 f64x2.neg
          if
            4 v128.store
          else
            7 x if
              v128.store64_lane
      "
    `);
  });
});

test('sin(x) * sin(x) has one sine: beyond it a multiplication for each of the four vectors', () => {
  const x = vector();
  const one = instructionsIn(codeOf(x.sin()));
  const product = instructionsIn(codeOf(x.sin().mul(x.sin())));
  const more = [...product].map(([name, count]) => [name, count - (one.get(name) ?? 0)] as const);
  expect(more.filter(([, count]) => count !== 0)).toEqual([['f64x2.mul', 4]]);
  expect(product.size).toBe(one.size);
});

describe('the text says', () => {
  const x = vector();
  const bytes = lz.asArray(new Uint8Array(100));
  test.each<[string, LazyArray, number]>([
    ['float64', x.add(x.mul(2)), 8],
    ['float32', lz.asArray(new Float32Array(100)).add(1), 16],
    ['uint8', bytes.add(1), 16],
    ['uint8 and float64', bytes.add(x), 8],
    ['a math function', x.exp(), 8],
    ['three math functions', x.exp().add(x.sin()).add(x.cos()), 4],
    ['more than eight operations', Array.from({ length: 9 }).reduce<LazyArray>((y) => y.mul(y).add(x), x), 4],
    ['a maximum', x.max(), 8],
    ['columns', matrix(3, 4).sum(0), 8],
  ])('how many elements a pack of %s has', (_, expression, width) => {
    const widths = notesOf(codeOf(expression)).flatMap(
      (note) => /in packs of (\d+) elements/.exec(note)?.[1] ?? [],
    );
    expect(widths.map(Number)).toEqual([width]);
  });

  test('how large the module is', () => {
    expect(codeOf(x.add(1))).toMatch(/^;; \d+ bytes\n/);
  });

  test.each<[string, LazyArray, string]>([
    [
      'take',
      x.take(lz.asArray(new Int32Array(100))),
      'b1 is gathered lane by lane: WebAssembly has no gather instruction',
    ],
    [
      'every other element',
      x.slice([0, null, 2]).add(1),
      'b0 is read lane by lane along i0: its elements are not adjacent',
    ],
    ['a flipped array', x.flip(0).add(1), 'b0 is read lane by lane along i0: its elements are not adjacent'],
    [
      'results that are not adjacent',
      lz.stack([x, x.mul(2)], 1),
      'b1 is written lane by lane along i0: its elements are not adjacent',
    ],
  ])('why %s does not take whole vectors', (_, expression, reason) => {
    expect(notesOf(codesOf(expression)[0] ?? '')).toContain(reason);
  });
});
