/** What a browser does for `browser.test.ts`: a bit of everything, on the GPU that the page has, and on its CPU. */
import * as lz from '../../../src/index.ts';

/** Plain data, to be compared outside. */
export interface Report {
  readonly devices: readonly lz.DeviceInfo[];
  /** By name, on the GPU and on the CPU. */
  readonly values: Readonly<Record<string, readonly [gpu: readonly number[], cpu: readonly number[]]>>;
  /** Words of float64 results of the CPU. */
  readonly words: readonly string[];
  readonly plan: string;
  readonly error: string;
  readonly buffer: readonly number[];
  readonly afterLoss: readonly number[];
  readonly targets: readonly string[];
}

/** What the page computes, the same everywhere. */
export function expressions(): Readonly<Record<string, lz.LazyArray>> {
  const x = lz.asArray(Float32Array.from({ length: 1200 }, (_, i) => Math.fround(i / 600 - 1)));
  const matrix = x.reshape(30, 40);
  const weights = matrix.sub(matrix.max(1, { keepdims: true })).exp();
  return {
    map: x.sin().mul(x).add(1),
    sum: matrix.sum(0),
    softmax: weights.div(weights.sum(1, { keepdims: true })),
    argmax: matrix.argmax(1),
    product: matrix.matmul(matrix.transpose()),
    bytes: x.mul(100).astype('int8').add(3),
  };
}

export const float64Words = (): readonly string[] =>
  ['js', 'wasm'].flatMap((target) => {
    const x = lz.arange(1000).div(37);
    const values = lz.stack([x.sin().sum(), x.exp().mean(), lz.random.normal(lz.random.key(7), [100]).sum()]);
    return [...new BigUint64Array(values.on(target as 'js').dataSync().buffer)].map(String);
  });

const numbers = (values: ArrayLike<number | bigint>): readonly number[] => Array.from(values, Number);

export async function report(): Promise<Report> {
  const values: Record<string, readonly [readonly number[], readonly number[]]> = {};
  const cpu = expressions();
  for (const [name, expression] of Object.entries(expressions()))
    values[name] = [numbers(await expression.on('webgpu').data()), numbers(cpu[name]?.dataSync() ?? [])];
  const sum = await lz.ones([10], { dtype: 'float32' }).sum().evaluate({ target: 'webgpu' });
  const error: unknown = await lz
    .arange(3)
    .exp()
    .evaluate({ target: 'webgpu' })
    .catch((reason: unknown) => reason);
  const device = await lz.gpuDevice();
  const buffer = device.createBuffer({ size: 16, usage: 0x80 | 0x8 | 0x4 });
  device.queue.writeBuffer(buffer, 0, Float32Array.of(1, 2, 3, 4));
  const shared = await lz
    .fromGPUBuffer(buffer, { shape: [4] })
    .mul(2)
    .data({ target: 'webgpu' });
  const kept = await lz.ones([3], { dtype: 'float32' }).add(1).evaluate({ target: 'webgpu' });
  device.destroy();
  await device.lost;
  return {
    devices: await lz.devices(),
    values,
    words: float64Words(),
    plan: sum.explain().toString(),
    error: String(error),
    buffer: numbers(shared),
    afterLoss: numbers(await kept.add(1).on('webgpu').data()),
    targets: lz.targetInfo().flatMap(({ name, available }) => (available ? [name] : [])),
  };
}
