/** What the WebAssembly target makes of a few kernels: short ones word for word, long ones in outline. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../../src/index.ts';
import type { LazyArray } from '../../../src/index.ts';
import { nodeOf } from '../../../src/api/anyArray.ts';
import type { CompiledKernel } from '../../../src/codegen/target.ts';
import { wasmTarget } from '../../../src/codegen/wasm/target.ts';
import { bindGraph, encode } from '../../../src/passes/bind.ts';
import { compilePlan } from '../../../src/passes/pipeline.ts';
import { instructionsIn, kernelOf, notesOf, skeletonOf } from './skeleton.ts';

/** Each kernel of an expression. */
function kernelsOf(expression: LazyArray): readonly CompiledKernel[] {
  const encoding = encode([nodeOf(expression)], () => undefined, true);
  const { kernels } = compilePlan('golden', bindGraph(encoding), { disabled: new Set(), verify: false });
  return kernels.map(({ kernel }) => wasmTarget.compile(kernel));
}

/** Their texts. */
const codesOf = (expression: LazyArray): readonly string[] => kernelsOf(expression).map(({ code }) => code);

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
      ";; 425 bytes
      ;; i0 in packs of 8
      func kernel(args: i32, from: i32, to: i32, scratch: i32)
        n4 = i32.load(args)
        n5 = i32.load(args + 4)
        n6 = i32.load(args + 8)
        n7 = i32.load(args + 12)
        n8 = from
        if i32.lt_u(n8, to)
          loop l0
            n9 = n8
            n10 = i32.sub(to, n9)
            n11 = i32.ge_s(n10, 8)
            n12 = i32.shl(n9, 3)
            n13 = i32.add(n4, n12)
            x14 = v128.load(n13)
            x15 = v128.load(n13 + 16)
            x16 = v128.load(n13 + 32)
            x17 = v128.load(n13 + 48)
            n18 = i32.add(n5, n12)
            x19 = v128.load(n18)
            x20 = v128.load(n18 + 16)
            x21 = v128.load(n18 + 32)
            x22 = v128.load(n18 + 48)
            x23 = f64x2.add(x14, x19)
            x24 = f64x2.add(x15, x20)
            x25 = f64x2.add(x16, x21)
            x26 = f64x2.add(x17, x22)
            n27 = i32.add(n6, n12)
            if n11
              v128.store(n27, x23)
              v128.store(n27 + 16, x24)
              v128.store(n27 + 32, x25)
              v128.store(n27 + 48, x26)
            else
              if i32.gt_s(n10, 0)
                v128.store64_lane[0](n27, x23)
              if i32.gt_s(n10, 1)
                v128.store64_lane[1](n27 + 8, x23)
              if i32.gt_s(n10, 2)
                v128.store64_lane[0](n27 + 16, x24)
              if i32.gt_s(n10, 3)
                v128.store64_lane[1](n27 + 24, x24)
              if i32.gt_s(n10, 4)
                v128.store64_lane[0](n27 + 32, x25)
              if i32.gt_s(n10, 5)
                v128.store64_lane[1](n27 + 40, x25)
              if i32.gt_s(n10, 6)
                v128.store64_lane[0](n27 + 48, x26)
            n8 = i32.add(n8, 8)
            if i32.lt_u(n8, to): branch l0
      "
    `);
  });

  test('float64, float32 and uint8 beside a mask: the widest decides how many elements make a pack', () => {
    const [x, single, byte] = [vector(), lz.asArray(new Float32Array(100)), lz.asArray(new Uint8Array(100))];
    expect(codeOf(lz.where(x.less(single), byte, 3).add(x))).toMatchInlineSnapshot(`
      ";; 682 bytes
      ;; i0 in packs of 8
      func kernel(args: i32, from: i32, to: i32, scratch: i32)
        n4 = i32.load(args)
        n5 = i32.load(args + 4)
        n6 = i32.load(args + 8)
        n7 = i32.load(args + 12)
        n8 = i32.load(args + 16)
        x9 = v128.load8_splat(args + 24)
        n10 = from
        if i32.lt_u(n10, to)
          loop l0
            n11 = n10
            n12 = i32.sub(to, n11)
            n13 = i32.ge_s(n12, 8)
            n14 = i32.shl(n11, 3)
            n15 = i32.add(n4, n14)
            x16 = v128.load(n15)
            x17 = v128.load(n15 + 16)
            x18 = v128.load(n15 + 32)
            x19 = v128.load(n15 + 48)
            n20 = i32.add(n5, i32.shl(n11, 2))
            x21 = v128.load(n20)
            x22 = v128.load(n20 + 16)
            x23 = f64x2.promote_low_f32x4(x21)
            x24 = f64x2.promote_low_f32x4(i8x16.shuffle[8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15](x21, x21))
            x25 = f64x2.promote_low_f32x4(x22)
            x26 = f64x2.promote_low_f32x4(i8x16.shuffle[8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15](x22, x22))
            x27 = f64x2.lt(x16, x23)
            x28 = f64x2.lt(x17, x24)
            x29 = f64x2.lt(x18, x25)
            x30 = f64x2.lt(x19, x26)
            x31 = v128.load64_zero(i32.add(n6, n11))
            x32 = i16x8.narrow_i32x4_s(i8x16.shuffle[0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27](x27, x28), i8x16.shuffle[0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27](x29, x30))
            x33 = i16x8.extend_low_i8x16_u(v128.bitselect(x31, x9, i8x16.narrow_i16x8_s(x32, x32)))
            x34 = i32x4.extend_low_i16x8_u(x33)
            x35 = i32x4.extend_high_i16x8_u(x33)
            x36 = f64x2.convert_low_i32x4_s(x34)
            x37 = f64x2.convert_low_i32x4_s(i8x16.shuffle[8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15](x34, x34))
            x38 = f64x2.convert_low_i32x4_s(x35)
            x39 = f64x2.convert_low_i32x4_s(i8x16.shuffle[8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15](x35, x35))
            x40 = f64x2.add(x36, x16)
            x41 = f64x2.add(x37, x17)
            x42 = f64x2.add(x38, x18)
            x43 = f64x2.add(x39, x19)
            n44 = i32.add(n7, n14)
            if n13
              v128.store(n44, x40)
              v128.store(n44 + 16, x41)
              v128.store(n44 + 32, x42)
              v128.store(n44 + 48, x43)
            else
              if i32.gt_s(n12, 0)
                v128.store64_lane[0](n44, x40)
              if i32.gt_s(n12, 1)
                v128.store64_lane[1](n44 + 8, x40)
              if i32.gt_s(n12, 2)
                v128.store64_lane[0](n44 + 16, x41)
              if i32.gt_s(n12, 3)
                v128.store64_lane[1](n44 + 24, x41)
              if i32.gt_s(n12, 4)
                v128.store64_lane[0](n44 + 32, x42)
              if i32.gt_s(n12, 5)
                v128.store64_lane[1](n44 + 40, x42)
              if i32.gt_s(n12, 6)
                v128.store64_lane[0](n44 + 48, x43)
            n10 = i32.add(n10, 8)
            if i32.lt_u(n10, to): branch l0
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
                if
                  if
                    loop
                      if
                        4 v128.store
                      else
                        7 x if
                          v128.store64_lane
                else
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
        "i0 and i1 in tiles of 64 x 64: operands are transposed",
        "i1 in packs of 8",
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
            13 v128.and, 4 i64x2.shr_u, 8 v128.or, 209 f64x2.sub, 176 f64x2.mul, 4 f64x2.floor, 252 f64x2.add, 4 i64x2.shl, 16 v128.bitselect, 72 i32x4.extract_lane, 36 v128.load64_lane, 36 v128.load64_zero, 20 f64x2.nearest, 4 f64x2.neg
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
  const ints = lz.asArray(new Int32Array(100));
  const longs = lz.asArray(new BigInt64Array(100));
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
    ['a light sum', x.sum(), 8],
    ['a heavy product', x.exp().add(x.sin()).add(x.cos()).prod(), 4],
    ['a sum over two axes', matrix(3, 4).T.sum(), 8],
  ])('how many elements a pack of %s has', (_, expression, width) => {
    const widths = notesOf(codeOf(expression)).flatMap((note) => /in packs of (\d+)/.exec(note)?.[1] ?? []);
    expect(widths.map(Number)).toEqual([width]);
  });

  test('how a matrix product is cut up', () => {
    expect(notesOf(codeOf(matrix(3, 4).matmul(matrix(4, 3))))).toEqual([
      'tiles of 4 x 4 in registers',
      'packed by 64 rows, 256 columns and 256 steps',
      'fewer than 4 rows or columns: not packed, in packs of 8',
    ]);
    const bytes = lz.asArray(new Int8Array(16)).reshape([4, 4]);
    expect(notesOf(codeOf(bytes.matmul(bytes)))).toContain('int8 widened to int32');
  });

  test('the same as the facts of the kernel', () => {
    const kernel = kernelsOf(x.add(1))[0];
    if (kernel === undefined) throw new Error('no kernel');
    expect(kernel.about).toEqual({ bytes: expect.any(Number) as number, notes: notesOf(kernel.code) });
    expect(kernel.code).toContain(`;; ${kernel.about?.bytes ?? 0} bytes\n`);
  });

  test('how large the module is', () => {
    expect(codeOf(x.add(1))).toMatch(/^;; \d+ bytes\n/);
  });

  test.each<[string, LazyArray, string]>([
    [
      'take',
      x.take(lz.asArray(new Int32Array(100))),
      'b1 gathered lane by lane: there is no instruction for it',
    ],
    ['every other element', x.slice([0, null, 2]).add(1), 'b0 read lane by lane along i0: not adjacent'],
    ['a flipped array', x.flip(0).add(1), 'b0 read lane by lane along i0: not adjacent'],
    [
      'results that are not adjacent',
      lz.stack([x, x.mul(2)], 1),
      'b1 written lane by lane along i0: not adjacent',
    ],
    [
      'a quotient of int64',
      longs.floorDivide(longs),
      'int64 division lane by lane: there is no instruction for it',
    ],
    [
      'a remainder of int64',
      longs.remainder(longs),
      'int64 remainder lane by lane: there is no instruction for it',
    ],
    ['a power of int64', longs.pow(longs), 'int64 pow lane by lane: there is no instruction for it'],
    [
      'a shift by counts',
      ints.shiftLeft(ints),
      'int32 shifts by different counts lane by lane: there is no instruction for it',
    ],
    ['a cast to int64', x.astype('int64'), 'float64 to int64 lane by lane: there is no instruction for it'],
    ['a look-up', x.sin(), 'table of a math function read lane by lane: there is no instruction for it'],
    ['a loop around another', matrix(3, 4).sum(1), 'i0 one by one: it holds other loops'],
    ['a sum over rows of a tile', matrix(3, 4).sum(0), 'i0 row by row over each tile'],
  ])('why %s does not take whole vectors', (_, expression, reason) => {
    expect(notesOf(codesOf(expression)[0] ?? '')).toContain(reason);
  });
});
