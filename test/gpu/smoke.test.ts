import { test } from 'vitest';
import * as lz from '../../src/index.ts';
import { nodeOf } from '../../src/api/anyArray.ts';
import { compileForGpu } from '../../src/codegen/wgsl/target.ts';
import { bindGraph, encode } from '../../src/passes/bind.ts';
import { compilePlan } from '../../src/passes/pipeline.ts';
import { gpuProfile } from '../../src/passes/profile.ts';
import { printKernel } from '../../src/ir/kernelText.ts';
import { GpuHarness, limits } from './harness.ts';
import { jsTarget } from '../../src/codegen/js/target.ts';
import { allocate } from '../../src/ir/dtype.ts';
import { evaluateSize, productOfSizes } from '../../src/ir/size.ts';

test('smoke', async () => {
  const gpu = await GpuHarness.open();
  const f = (n: number) => lz.asArray(Float32Array.from({ length: n }, (_, i) => Math.sin(i) * 3));
  const u = (n: number) => lz.asArray(Uint8Array.from({ length: n }, (_, i) => i * 7));
  const x = f(1000).reshape([25, 40]);
  const cases: Record<string, any> = {
    chain: f(1003).mul(f(1003)).add(1),
    row: f(4096).reshape([64, 64]).add(f(64)),
    transposed: x.add(f(1000).reshape([40, 25]).transpose()),
    sum: x.sum(),
    sum0: x.sum(0),
    sum1: x.sum(1),
    softmax: x
      .sub(x.max(1, { keepdims: true }))
      .exp()
      .div(
        x
          .sub(x.max(1, { keepdims: true }))
          .exp()
          .sum(1, { keepdims: true }),
      ),
    argmax: x.argmax(1),
    uint8: u(1001).add(u(1001)),
    u8slice: u(1001)
      .slice([1])
      .add(u(1001).slice([0, -1])),
    matmul: f(20 * 36)
      .reshape([20, 36])
      .matmul(f(36 * 28).reshape([36, 28])),
    thin: f(20 * 36)
      .reshape([20, 36])
      .matmul(f(36)),
    big: f(300000).sum(),
    bigcol: f(300000).reshape([100000, 3]).sum(0),
    div: f(100).div(f(100).add(1)).sqrt(),
  };
  for (const [name, expression] of Object.entries(cases)) {
    const encoding = encode([nodeOf(expression)], () => undefined, true);
    const plan = compilePlan('t', bindGraph(encoding), {
      disabled: new Set(),
      verify: true,
      profile: gpuProfile(8),
    });
    const made = new Map<unknown, any>();
    for (const lowered of plan.kernels) {
      const size = (s: any) => evaluateSize(s, encoding.numbers);
      const arrays = lowered.buffers.map((b: any) => {
        if (b.kind === 'parameter') return (encoding.arrays[b.slot] as any).source.values;
        if (!made.has(b)) made.set(b, allocate(b.dtype, size(productOfSizes(b.shape))));
        return made.get(b);
      });
      const ints = lowered.integers.map(size);
      const scalars = lowered.scalars.map((s: number) => encoding.scalars[s] ?? 0);
      const p = compileForGpu(lowered.kernel, limits);
      if (process.env.SHOW?.split(',').includes(name)) console.log(printKernel(lowered.kernel), p.code);
      const before = arrays.map((a: any) => a.slice());
      jsTarget.compile(lowered.kernel).run(arrays, ints, scalars);
      try {
        const out = await gpu.run(lowered.kernel, p, before, ints, scalars);
        lowered.kernel.buffers.forEach((b, k) => {
          if (b.role === 'input') return;
          let worst = 0,
            at = 0;
          arrays[k].forEach((v: number, i: number) => {
            const d = Math.abs(Number(v) - Number(out.buffers[k]![i]));
            if (!(d <= worst)) {
              worst = d;
              at = i;
            }
          });
          console.log(
            name,
            'max diff',
            worst,
            at,
            arrays[k][at],
            out.buffers[k]![at],
            p
              .plan(ints)
              .dispatches.map((d) => `${d.shader.note} x${d.groups}`)
              .join('; '),
          );
        });
      } catch (e) {
        console.log(name, String(e));
      }
    }
  }
  gpu.close();
});
