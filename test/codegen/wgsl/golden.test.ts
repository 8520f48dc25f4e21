/** What the WebGPU target makes of a few kernels, word for word. */
import { describe, expect, test } from 'vitest';
import * as lz from '../../../src/index.ts';
import type { LazyArray } from '../../../src/index.ts';
import { nodeOf } from '../../../src/api/anyArray.ts';
import type { Dispatch } from '../../../src/codegen/wgsl/program.ts';
import { compileForGpu } from '../../../src/codegen/wgsl/target.ts';
import { evaluateSize } from '../../../src/ir/size.ts';
import { bindGraph, encode } from '../../../src/passes/bind.ts';
import { compilePlan } from '../../../src/passes/pipeline.ts';
import { gpuProfile } from '../../../src/passes/profile.ts';

const limits = { workgroupSize: 256, workgroupBytes: 16384, storageBuffers: 8 };

/** The dispatches that an expression takes. */
function dispatchesOf(expression: LazyArray): readonly Dispatch[] {
  const encoding = encode([nodeOf(expression)], () => undefined, true);
  const profile = gpuProfile(limits.storageBuffers);
  const plan = compilePlan('golden', bindGraph(encoding), { disabled: new Set(), verify: false, profile });
  return plan.kernels.flatMap(({ kernel, integers }) => {
    const values = integers.map((size) => evaluateSize(size, encoding.numbers));
    return compileForGpu(kernel, limits).plan(values).dispatches;
  });
}

const outline = (expression: LazyArray): readonly string[] =>
  dispatchesOf(expression).map(({ shader, groups }) => `${groups} groups: ${shader.note}`);

/** The texts of the shaders, without what all have in common. */
function textOf(expression: LazyArray): string {
  return dispatchesOf(expression)
    .map(({ shader: { wgsl } }) => wgsl.replace(/^fn main\(.*$/m, 'fn main(...) {'))
    .join('\n');
}

const vector = (length = 100): LazyArray<'float32'> => lz.asArray(new Float32Array(length));
const matrix = (rows: number, columns: number): LazyArray<'float32'> =>
  vector(rows * columns).reshape([rows, columns]);

describe('word for word', () => {
  test('a * b + 1: four elements at a time; the product is rounded before it is added to', () => {
    expect(textOf(vector().mul(vector()).add(1))).toMatchInlineSnapshot(`
      "struct Numbers { p0: i32, count: u32, zero: u32, probe: f32 }
      @group(0) @binding(0) var<storage, read> b0: array<vec4f>;
      @group(0) @binding(1) var<storage, read> b1: array<vec4f>;
      @group(0) @binding(2) var<storage, read_write> b2: array<vec4f>;
      @group(0) @binding(3) var<uniform> numbers: Numbers;

      @compute @workgroup_size(256)
      fn main(...) {
        let group = id.x + id.y * count.x;
        let f0 = bitcast<f32>(numbers.zero ^ 0x3f800000u); // 1
        let n = group * 256u + local;
        if (n >= numbers.count) {
          return;
        }
        let i0 = i32(n) * 4;
        let v0 = b0[i0 >> 2u];
        let v1 = b1[i0 >> 2u];
        let v2 = bitcast<vec4f>(bitcast<vec4u>((v0 * v1)) ^ vec4u(numbers.zero));
        let v4 = (v2 + vec4f(f0));
        b2[i0 >> 2u] = v4;
      }
      "
    `);
  });

  test('a matrix and a row: indices from the number of the invocation', () => {
    expect(textOf(matrix(8, 12).add(vector(12)))).toMatchInlineSnapshot(`
      "struct Numbers { p0: i32, p1: i32, count: u32, zero: u32, probe: f32 }
      @group(0) @binding(0) var<storage, read> b0: array<vec4f>;
      @group(0) @binding(1) var<storage, read> b1: array<vec4f>;
      @group(0) @binding(2) var<storage, read_write> b2: array<vec4f>;
      @group(0) @binding(3) var<uniform> numbers: Numbers;

      @compute @workgroup_size(256)
      fn main(...) {
        let group = id.x + id.y * count.x;
        let n = group * 256u + local;
        if (n >= numbers.count) {
          return;
        }
        let i1 = i32(n % (u32(numbers.p0) / 4u)) * 4;
        let n1 = n / (u32(numbers.p0) / 4u);
        let i0 = i32(n1);
        let a0 = i0 * numbers.p0 + i1;
        let v0 = b0[a0 >> 2u];
        let v1 = b1[i1 >> 2u];
        let v2 = (v0 + v1);
        let a1 = i0 * numbers.p0 + i1;
        b2[a1 >> 2u] = v2;
      }
      "
    `);
  });

  test('a transposed operand', () => {
    expect(textOf(matrix(8, 12).add(matrix(12, 8).transpose()))).toMatchInlineSnapshot(`
      "struct Numbers { p0: i32, p1: i32, count: u32, zero: u32, probe: f32 }
      @group(0) @binding(0) var<storage, read> b0: array<vec4f>;
      @group(0) @binding(1) var<storage, read> b1: array<f32>;
      @group(0) @binding(2) var<storage, read_write> b2: array<vec4f>;
      @group(0) @binding(3) var<uniform> numbers: Numbers;

      @compute @workgroup_size(256)
      fn main(...) {
        let group = id.x + id.y * count.x;
        let n = group * 256u + local;
        if (n >= numbers.count) {
          return;
        }
        let i1 = i32(n % (u32(numbers.p0) / 4u)) * 4;
        let n1 = n / (u32(numbers.p0) / 4u);
        let i0 = i32(n1);
        let a0 = i0 * numbers.p0 + i1;
        let v0 = b0[a0 >> 2u];
        let a1 = i0 + i1 * numbers.p1;
        let v1 = vec4f(b1[a1], b1[(a1 + numbers.p1)], b1[(a1 + 2 * numbers.p1)], b1[(a1 + 3 * numbers.p1)]);
        let v2 = (v0 + v1);
        let a2 = i0 * numbers.p0 + i1;
        b2[a2 >> 2u] = v2;
      }
      "
    `);
  });

  test('uint8: four elements are a word, and an odd length ends within one', () => {
    const bytes = lz.asArray(new Uint8Array(101));
    expect(textOf(bytes.add(bytes))).toMatchInlineSnapshot(`
      "struct Numbers { p0: i32, count: u32, zero: u32, probe: f32 }
      @group(0) @binding(0) var<storage, read> b0: array<u32>;
      @group(0) @binding(1) var<storage, read_write> b1: array<u32>;
      @group(0) @binding(2) var<uniform> numbers: Numbers;
      fn uint8Unpack(words: u32) -> vec4u { return ((vec4u(words) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u)); }
      fn uint8Pack(x: vec4u) -> u32 {
        let y = (x & vec4u(0xffu));
        return y.x | (y.y << 8u) | (y.z << 16u) | (y.w << 24u);
      }

      @compute @workgroup_size(256)
      fn main(...) {
        let group = id.x + id.y * count.x;
        let n = group * 256u + local;
        if (n >= numbers.count) {
          return;
        }
        let i0 = i32(n) * 4;
        let valid = numbers.p0 - i0;
        let v0 = uint8Unpack(b0[i0 >> 2u]);
        let v1 = ((v0 + v0) & vec4u(0xffu));
        if (valid >= 4) {
          b1[i0 >> 2u] = uint8Pack(v1);
        }
        else {
          let keep = 0xffffffffu << (8u * u32(valid));
          b1[i0 >> 2u] = (b1[i0 >> 2u] & keep) | (uint8Pack(v1) & ~keep);
        }
      }
      "
    `);
  });

  test('sums of rows: lanes, chains and a tree', () => {
    expect(textOf(matrix(8, 12).sum(1))).toMatchInlineSnapshot(`
      "struct Numbers { p0: i32, p1: i32, items: u32, rows: u32, lanes: u32, apart: u32, length: u32, span: u32, parts: u32, finals: u32, zero: u32, probe: f32 }
      @group(0) @binding(0) var<storage, read> b0: array<vec4f>;
      @group(0) @binding(1) var<storage, read_write> b1: array<f32>;
      @group(0) @binding(2) var<uniform> numbers: Numbers;
      var<workgroup> shared_r0: array<f32, 256>;

      @compute @workgroup_size(256)
      fn main(...) {
        let group = id.x + id.y * count.x;
        let f0 = bitcast<f32>(numbers.zero ^ 0x80000000u); // -0
        let f1 = bitcast<f32>(numbers.zero ^ 0x00000000u); // 0
        let lanes = numbers.lanes;
        let perGroup = 256u / lanes;
        let lane = (local / numbers.apart) % lanes;
        let item = group * perGroup + select(local % perGroup, local / lanes, numbers.apart == 1u);
        let live = item < numbers.items;
        let row = select(0u, item, live);
        let start = 0u;
        let end = select(0u, numbers.length, live);
        let i0 = i32(row);
        var wide_r0 = vec4f(f0);
        for (var begin = start + lane; begin < end; begin += 32u * lanes) {
          var chain_r0 = vec4f(f0);
          let stop = min(begin + 32u * lanes, end);
          for (var q = begin; q < stop; q += lanes) {
            let i1 = i32(q) * 4;
            let a0 = i0 * numbers.p0 + i1;
            let v0 = b0[a0 >> 2u];
            let x0 = v0;
            chain_r0 = (chain_r0 + x0);
          }
          wide_r0 = (wide_r0 + chain_r0);
        }
        var r0 = wide_r0.x;
        r0 = (r0 + wide_r0.y);
        r0 = (r0 + wide_r0.z);
        r0 = (r0 + wide_r0.w);
        if (lanes > 1u) {
          shared_r0[local] = r0;
          for (var half = lanes / 2u; half > 0u; half /= 2u) {
            workgroupBarrier();
            if (lane < half) {
              let other_r0 = shared_r0[local + half * numbers.apart];
              r0 = (r0 + other_r0);
              shared_r0[local] = r0;
            }
          }
          workgroupBarrier();
          r0 = shared_r0[local - lane * numbers.apart];
        }
        r0 = select(r0, f1, numbers.length == 0u);
        if (live && lane == 0u) {
          b1[i0] = r0;
        }
      }
      "
    `);
  });

  test('argmax: keys and positions', () => {
    expect(textOf(vector(101).argmax())).toMatchInlineSnapshot(`
      "struct Numbers { p0: i32, items: u32, rows: u32, lanes: u32, apart: u32, length: u32, span: u32, parts: u32, finals: u32, zero: u32, probe: f32 }
      @group(0) @binding(0) var<storage, read> b0: array<f32>;
      @group(0) @binding(1) var<storage, read_write> b1: array<i32>;
      @group(0) @binding(2) var<uniform> numbers: Numbers;
      var<workgroup> shared_k0: array<i32, 256>;
      var<workgroup> shared_r0: array<i32, 256>;
      fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & u32(0x7fffffffu)) > u32(0x7f800000u); }
      fn highKey(x: f32) -> i32 {
        let bits = bitcast<i32>(x);
        let key = select(bits, i32(0) - (bits & i32(0x7fffffff)), bits < i32(0));
        return select(key, i32(0x7fffffff), isNan(x));
      }

      @compute @workgroup_size(256)
      fn main(...) {
        let group = id.x + id.y * count.x;
        let lanes = numbers.lanes;
        let perGroup = 256u / lanes;
        let lane = (local / numbers.apart) % lanes;
        let item = group * perGroup + select(local % perGroup, local / lanes, numbers.apart == 1u);
        let live = item < numbers.items;
        let row = select(0u, item, live);
        let start = 0u;
        let end = select(0u, numbers.length, live);
        var k0 = (-2147483647i - 1i);
        var r0 = 0x7fffffffi;
        for (var q = start + lane; q < end; q += lanes) {
          let i0 = i32(q);
          let position = i32(q);
          let v0 = b0[i0];
          let x0 = highKey(v0);
          let x0_ = position;
          {
            let better = (x0 > k0) | ((x0 == k0) & (x0_ < r0));
            k0 = select(k0, x0, better);
            r0 = select(r0, x0_, better);
          }
        }
        if (lanes > 1u) {
          shared_k0[local] = k0;
          shared_r0[local] = r0;
          for (var half = lanes / 2u; half > 0u; half /= 2u) {
            workgroupBarrier();
            if (lane < half) {
              let other_k0 = shared_k0[local + half * numbers.apart];
              let other_r0 = shared_r0[local + half * numbers.apart];
              {
                let better = (other_k0 > k0) | ((other_k0 == k0) & (other_r0 < r0));
                k0 = select(k0, other_k0, better);
                r0 = select(r0, other_r0, better);
              }
              shared_k0[local] = k0;
              shared_r0[local] = r0;
            }
          }
          workgroupBarrier();
          k0 = shared_k0[local - lane * numbers.apart];
          r0 = shared_r0[local - lane * numbers.apart];
        }
        if (live && lane == 0u) {
          let a0 = 0i;
          b1[a0] = r0;
        }
      }
      "
    `);
  });
});

test('what meets itself is hidden once, so that no compiler takes it for constant: NaN is not', () => {
  const x = vector();
  const lines = (expression: LazyArray): readonly string[] =>
    textOf(expression)
      .split('\n')
      .filter((line) => line.includes('numbers.zero)'))
      .map((line) => line.trim());
  const hidden = 'bitcast<vec4f>(bitcast<vec4u>(v0) ^ vec4u(numbers.zero))';
  expect(lines(x.sub(x))).toEqual([`let v1 = (${hidden} - v0);`]);
  expect(lines(x.equal(x))).toEqual([`let v1 = (${hidden} == v0);`]);
  expect(lines(x.div(x))).toEqual([`let v1 = dividex4(${hidden}, v0);`]);
  expect(lines(x.lessEqual(x.negative()))).toEqual([`let v2 = (${hidden} <= v1);`]);
  expect(lines(x.add(vector()))).toEqual([]);
});

describe('in outline', () => {
  test('sums: lanes and parts follow from the sizes', () => {
    expect(outline(matrix(4096, 4096).sum(1))).toMatchInlineSnapshot(`
      [
        "2048 groups: rows, 4 elements at a time",
      ]
    `);
    expect(outline(matrix(4096, 4096).sum(0))).toMatchInlineSnapshot(`
      [
        "1024 groups: parts of rows",
        "64 groups: joins parts",
      ]
    `);
    expect(
      outline(
        vector(1 << 24)
          .mul(vector(1 << 24))
          .sum(),
      ),
    ).toMatchInlineSnapshot(`
      [
        "1024 groups: parts of rows, 4 elements at a time",
        "1 groups: joins parts",
      ]
    `);
    expect(outline(matrix(1 << 20, 4).sum(1))).toMatchInlineSnapshot(`
      [
        "4096 groups: rows, 4 elements at a time",
      ]
    `);
  });

  test('softmax is one shader where there are many rows, and five where there is one', () => {
    const softmax = (x: LazyArray): LazyArray => {
      const weights = x.sub(x.max(-1, { keepdims: true })).exp();
      return weights.div(weights.sum(-1, { keepdims: true }));
    };
    expect(outline(softmax(matrix(4096, 4096)))).toMatchInlineSnapshot(`
      [
        "2048 groups: rows, 4 elements at a time",
      ]
    `);
    expect(outline(softmax(matrix(1, 1 << 22)))).toMatchInlineSnapshot(`
      [
        "256 groups: parts of rows, 4 elements at a time",
        "1 groups: joins parts",
        "256 groups: parts of rows, 4 elements at a time",
        "1 groups: joins parts",
        "256 groups: parts of rows, 4 elements at a time",
      ]
    `);
  });

  test('matrix products', () => {
    expect(outline(matrix(4096, 512).matmul(matrix(512, 4096)))).toMatchInlineSnapshot(`
      [
        "1024 groups: tiles of 128 x 128",
      ]
    `);
    expect(outline(matrix(100, 100).matmul(matrix(100, 100)))).toMatchInlineSnapshot(`
      [
        "4 groups: tiles of 64 x 64",
      ]
    `);
    expect(outline(matrix(4096, 4096).matmul(vector(4096)))).toMatchInlineSnapshot(`
      [
        "2048 groups: rows, 4 elements at a time",
      ]
    `);
    expect(outline(vector(4096).matmul(matrix(4096, 4096)))).toMatchInlineSnapshot(`
      [
        "1024 groups: parts of rows",
        "64 groups: joins parts",
      ]
    `);
  });
});
