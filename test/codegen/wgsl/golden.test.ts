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

const limits = { workgroupSize: 256, workgroupBytes: 32768, storageBuffers: 8 };

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
        let valid = numbers.p0 - i0;
        let v0 = b0[i0 >> 2u];
        let v1 = b1[i0 >> 2u];
        let v2 = bitcast<vec4f>(bitcast<vec4u>((v0 * v1)) ^ vec4u(numbers.zero));
        let v4 = (v2 + vec4f(f0));
        if (valid >= 4) {
          b2[i0 >> 2u] = v4;
        }
        else {
          if (valid > 0) { b2[i0 >> 2u][0] = v4[0]; }
          if (valid > 1) { b2[i0 >> 2u][1] = v4[1]; }
          if (valid > 2) { b2[i0 >> 2u][2] = v4[2]; }
        }
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
            let valid = numbers.p0 - i1;
            let inside = vec4i(0, 1, 2, 3) < vec4i(valid);
            let a0 = i0 * numbers.p0 + i1;
            let v0 = b0[a0 >> 2u];
            let x0 = select(vec4f(f0), v0, inside);
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
      @group(0) @binding(0) var<storage, read> b0: array<vec4f>;
      @group(0) @binding(1) var<storage, read_write> b1: array<i32>;
      @group(0) @binding(2) var<uniform> numbers: Numbers;
      var<workgroup> shared_k0: array<i32, 256>;
      var<workgroup> shared_r0: array<i32, 256>;
      fn isNanx4(x: vec4f) -> vec4<bool> { return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }
      fn highKeyx4(x: vec4f) -> vec4i {
        let bits = bitcast<vec4i>(x);
        let key = select(bits, vec4i(0) - (bits & vec4i(0x7fffffff)), bits < vec4i(0));
        return select(key, vec4i(0x7fffffff), isNanx4(x));
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
        var wide_k0 = vec4i((-2147483647i - 1i));
        var wide_r0 = vec4i(0x7fffffffi);
        for (var q = start + lane; q < end; q += lanes) {
          let i0 = i32(q) * 4;
          let valid = numbers.p0 - i0;
          let inside = vec4i(0, 1, 2, 3) < vec4i(valid);
          let position = vec4i(i32(q) * 4) + vec4i(0, 1, 2, 3);
          let v0 = b0[i0 >> 2u];
          let x0 = select(vec4i((-2147483647i - 1i)), highKeyx4(v0), inside);
          let x0_1 = select(vec4i(0x7fffffffi), position, inside);
          {
            let better = (x0 > wide_k0) | ((x0 == wide_k0) & (x0_1 < wide_r0));
            wide_k0 = select(wide_k0, x0, better);
            wide_r0 = select(wide_r0, x0_1, better);
          }
        }
        var k0 = wide_k0.x;
        var r0 = wide_r0.x;
        {
          let better = (wide_k0.y > k0) | ((wide_k0.y == k0) & (wide_r0.y < r0));
          k0 = select(k0, wide_k0.y, better);
          r0 = select(r0, wide_r0.y, better);
        }
        {
          let better = (wide_k0.z > k0) | ((wide_k0.z == k0) & (wide_r0.z < r0));
          k0 = select(k0, wide_k0.z, better);
          r0 = select(r0, wide_r0.z, better);
        }
        {
          let better = (wide_k0.w > k0) | ((wide_k0.w == k0) & (wide_r0.w < r0));
          k0 = select(k0, wide_k0.w, better);
          r0 = select(r0, wide_r0.w, better);
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

describe('rows kept on chip', () => {
  test('layer norm: elements after the first walk, deviations after the second', () => {
    const x = matrix(512, 512);
    const deviations = x.sub(x.mean(1, { keepdims: true }));
    const variance = deviations.mul(deviations).mean(1, { keepdims: true });
    expect(textOf(deviations.div(variance.add(1e-5).sqrt()))).toMatchInlineSnapshot(`
      "struct Numbers { p0: i32, items: u32, rows: u32, lanes: u32, apart: u32, length: u32, span: u32, parts: u32, finals: u32, zero: u32, probe: f32, c0: f32 }
      @group(0) @binding(0) var<storage, read> b0: array<vec4f>;
      @group(0) @binding(1) var<storage, read_write> b1: array<vec4f>;
      @group(0) @binding(2) var<uniform> numbers: Numbers;
      var<workgroup> kept0: array<vec4f, 512>;
      var<workgroup> shared_r0: array<f32, 256>;
      var<workgroup> shared_r1: array<f32, 256>;
      fn isFinite(x: f32) -> bool { return (bitcast<u32>(x) & u32(0x7fffffffu)) < u32(0x7f800000u); }
      fn fused() -> bool { return fma(numbers.probe, numbers.probe, -1.00048828125f) != 0f; }
      fn isMiddling(x: f32) -> bool { return (bitcast<u32>(x) & u32(0x7fffffffu)) - u32(0x21800000u) < u32(0x3c000000u); }
      fn middlingRoot(x: f32) -> f32 {
        let rough = sqrt(x);
        let root = fma(fma(-rough, rough, x), f32(0.5f) / rough, rough);
        let below = bitcast<f32>(bitcast<u32>(root) - u32(1u));
        let above = bitcast<f32>(bitcast<u32>(root) + u32(1u));
        let high = fma(-below, root, x) <= f32(0f);
        let low = fma(-above, root, x) > f32(0f);
        return select(select(root, below, high), above, low);
      }
      fn squareRoot(x: f32) -> f32 {
        let root = sqrt(x);
        if (!fused()) { return root; }
        if (all(isMiddling(x) & (x > f32(0f)))) { return middlingRoot(x); }
        let large = x >= f32(1f);
        let normal = (x >= f32(1.1754943508222875e-38f)) & isFinite(x);
        let scaled = x * select(f32(18446744073709551616f), f32(5.421010862427522e-20f), large);
        let scaledRoot = middlingRoot(select(f32(1f), scaled, normal));
        return select(root, scaledRoot * select(f32(2.3283064365386963e-10f), f32(4294967296f), large), normal);
      }
      fn fusedx4() -> bool { return fma(numbers.probe, numbers.probe, -1.00048828125f) != 0f; }
      fn isMiddlingx4(x: vec4f) -> vec4<bool> { return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) - vec4u(0x21800000u) < vec4u(0x3c000000u); }
      fn quotientx4(x: vec4f, y: vec4f) -> vec4f {
        let rough = vec4f(1f) / y;
        let near = fma(fma(-y, rough, vec4f(1f)), rough, rough);
        let allOnes = ((bitcast<vec4u>(y) & vec4u(0x7fffffu)) + vec4u(1u)) >> vec4u(23u);
        let reciprocal = bitcast<vec4f>(bitcast<vec4u>(near) | allOnes);
        let first = x * reciprocal;
        let second = fma(fma(-y, first, x), reciprocal, first);
        return fma(fma(-y, second, x), reciprocal, second);
      }
      fn divideFarx4(x: vec4f, y: vec4f) -> vec4f {
        let one = vec4u(0x3f800000u);
        let sign = (bitcast<vec4u>(x) ^ bitcast<vec4u>(y)) & vec4u(0x80000000u);
        let above = bitcast<vec4u>(x) & vec4u(0x7fffffffu);
        let below = bitcast<vec4u>(y) & vec4u(0x7fffffffu);
        let significand = quotientx4(
          bitcast<vec4f>((above & vec4u(0x7fffffu)) | one),
          bitcast<vec4f>((below & vec4u(0x7fffffu)) | one),
        );
        let exponent = bitcast<vec4i>(above >> vec4u(23u)) - bitcast<vec4i>(below >> vec4u(23u));
        let half = exponent >> vec4u(1u);
        let scale = bitcast<vec4f>((half + vec4i(127)) << vec4u(23u));
        let rest = bitcast<vec4f>((exponent - half + vec4i(127)) << vec4u(23u));
        var bits = bitcast<vec4u>(significand * scale * rest) | sign;
        let subnormal = (above < vec4u(0x800000u)) | (below < vec4u(0x800000u));
        bits = select(bits, bitcast<vec4u>(x / y), subnormal);
        let infinite = (above == vec4u(0x7f800000u)) | (below == vec4u(0u));
        let nothing = (above == vec4u(0u)) | (below == vec4u(0x7f800000u));
        bits = select(bits, sign, nothing);
        bits = select(bits, sign | vec4u(0x7f800000u), infinite);
        let undefined = (infinite & nothing) | (max(above, below) > vec4u(0x7f800000u));
        return bitcast<vec4f>(select(bits, vec4u(0x7fc00000u), undefined));
      }
      fn dividex4(x: vec4f, y: vec4f) -> vec4f {
        if (!fusedx4()) { return x / y; }
        if (all(isMiddlingx4(x) & isMiddlingx4(y))) { return quotientx4(x, y); }
        return divideFarx4(x, y);
      }

      @compute @workgroup_size(256)
      fn main(...) {
        let group = id.x + id.y * count.x;
        let f0 = bitcast<f32>(numbers.zero ^ 0x80000000u); // -0
        let f1 = bitcast<f32>(numbers.zero ^ 0x00000000u); // 0
        let f2 = bitcast<f32>(numbers.zero ^ 0x3b000000u); // 0.001953125
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
        var at0 = local;
        for (var begin = start + lane; begin < end; begin += 32u * lanes) {
          var chain_r0 = vec4f(f0);
          let stop = min(begin + 32u * lanes, end);
          for (var q = begin; q < stop; q += lanes) {
            let i1 = i32(q) * 4;
            let valid = numbers.p0 - i1;
            let inside = vec4i(0, 1, 2, 3) < vec4i(valid);
            let a0 = i0 * numbers.p0 + i1;
            let v0 = b0[a0 >> 2u];
            kept0[at0] = v0;
            at0 += 256u;
            let x0 = select(vec4f(f0), v0, inside);
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
        let v4 = bitcast<f32>(bitcast<u32>((r0 * f2)) ^ numbers.zero);
        var wide_r1 = vec4f(f0);
        var at1 = local;
        for (var begin = start + lane; begin < end; begin += 32u * lanes) {
          var chain_r1 = vec4f(f0);
          let stop = min(begin + 32u * lanes, end);
          for (var q = begin; q < stop; q += lanes) {
            let i1 = i32(q) * 4;
            let valid = numbers.p0 - i1;
            let inside = vec4i(0, 1, 2, 3) < vec4i(valid);
            let v1 = kept0[at1];
            let v5 = (v1 - vec4f(v4));
            let v6 = (v5 * v5);
            kept0[at1] = v5;
            at1 += 256u;
            let x1 = select(vec4f(f0), v6, inside);
            chain_r1 = (chain_r1 + x1);
          }
          wide_r1 = (wide_r1 + chain_r1);
        }
        var r1 = wide_r1.x;
        r1 = (r1 + wide_r1.y);
        r1 = (r1 + wide_r1.z);
        r1 = (r1 + wide_r1.w);
        if (lanes > 1u) {
          shared_r1[local] = r1;
          for (var half = lanes / 2u; half > 0u; half /= 2u) {
            workgroupBarrier();
            if (lane < half) {
              let other_r1 = shared_r1[local + half * numbers.apart];
              r1 = (r1 + other_r1);
              shared_r1[local] = r1;
            }
          }
          workgroupBarrier();
          r1 = shared_r1[local - lane * numbers.apart];
        }
        r1 = select(r1, f1, numbers.length == 0u);
        let v10 = bitcast<f32>(bitcast<u32>((r1 * f2)) ^ numbers.zero);
        let v12 = (v10 + numbers.c0);
        let v13 = squareRoot(v12);
        var at2 = local;
        for (var q = start + lane; q < end; q += lanes) {
          let i1 = i32(q) * 4;
          let valid = numbers.p0 - i1;
          let v8 = kept0[at2];
          let v14 = dividex4(v8, vec4f(v13));
          let a1 = i0 * numbers.p0 + i1;
          if (valid >= 4) {
            b1[a1 >> 2u] = v14;
          }
          else {
            if (valid > 0) { b1[a1 >> 2u][0] = v14[0]; }
            if (valid > 1) { b1[a1 >> 2u][1] = v14[1]; }
            if (valid > 2) { b1[a1 >> 2u][2] = v14[2]; }
          }
          at2 += 256u;
        }
      }
      "
    `);
  });
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
        "4096 groups: rows, 4 elements at a time, kept on chip",
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
