// The GPU: a * b and the sum of a * b on each target of this machine, the data where it is computed with. By itself
// (`node examples/tour/gpu.ts`) it is a small program too.
import * as lz from '../../src/index.ts';
import { agree } from './check.ts';
import { count, duration } from './figures.ts';
import { chapter, say, table } from './narrate.ts';
import { onceAwaited } from './stopwatch.ts';

type Floats = lz.LazyArray<'float32'>;

const tasks = [
  { name: 'a * b', of: (a: Floats, b: Floats): Floats => a.mul(b) },
  { name: '(a * b).sum()', of: (a: Floats, b: Floats): Floats => a.mul(b).sum() },
] as const;

const small = 200_000;
const large = 2 ** 24;

/** As often as this, or as long as this is, in microseconds. */
const repetitions = 1000;
const patience = 250_000;

/** Steps between 0.5 and 1.5, of two strides. */
const steps = (length: number, stride: number): Floats => {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = 0.5 + ((stride * i) % 1000) / 1000;
  return lz.asArray(values, { copy: false });
};

interface Run {
  readonly times: number;
  readonly first: number;
  readonly each: number;
  readonly last: Floats;
}

/** The first call by itself, then calls one after another without waiting for any but the last. */
async function race(target: lz.TargetName, expression: () => Floats): Promise<Run> {
  let last = expression();
  const call = async (): Promise<void> => {
    last = expression();
    await last.evaluate({ target, memo: false });
  };
  const called = (times: number) =>
    onceAwaited(async () => {
      for (let k = 0; k < times; k++) await call();
      await lz.synchronize();
    });
  const { microseconds: first } = await called(1);
  const { microseconds: second } = await called(1);
  const times = Math.max(1, Math.min(repetitions, Math.floor(patience / second)));
  const { microseconds } = await called(times);
  return { times, first, each: microseconds / times, last };
}

/** The targets that run here, and which of them are too slow for the large arrays. */
const racers = (device: lz.DeviceInfo | undefined): { target: lz.TargetName; largest: number }[] => [
  ...(['js', 'wasm'] as const)
    .filter((name) => lz.targetInfo().some((info) => info.name === name && info.available))
    .map((target) => ({ target, largest: large })),
  ...(device === undefined
    ? []
    : [{ target: 'webgpu' as const, largest: device.isSoftware ? small : large }]),
];

/** One task: a row for each target; all must agree. */
const compare = async (
  { name, of }: (typeof tasks)[number],
  a: Floats,
  b: Floats,
  targets: readonly lz.TargetName[],
): Promise<string[][]> => {
  const length = count(a.size);
  const rows: string[][] = [];
  let expected: Float32Array | undefined;
  for (const target of targets) {
    const { times, first, each, last } = await race(target, () => of(a, b));
    const values = await last.data();
    expected ??= values;
    agree(values, expected, 1e-5);
    rows.push([name, length, target, count(times), duration(first), duration(each)]);
  }
  return rows;
};

const introduce = (device: lz.DeviceInfo | undefined): void => {
  if (device === undefined)
    say(`No GPU is in reach here: that takes the package webgpu beside lazuli, and a driver for Vulkan, Metal or D3D12.
      With them { target: 'webgpu' } runs the same expressions on it, float32 at the widest. So here are the other
      targets only, on float32.`);
  else
    say(`Here WebGPU offers ${device.vendor} ${device.architecture}${device.isSoftware ? ', a GPU made of software: it shows that results are right, never how fast a GPU is, and is spared the larger arrays' : ''}. The first call copies the
      operands to the device, where they stay; results stay there too until they are read. Calls follow each other
      without waiting, and the clock stops when the device has done them all.`);
};

export const gpu = async (): Promise<void> => {
  chapter('The GPU');
  const [device] = await lz.devices();
  introduce(device);
  const rows: string[][] = [];
  for (const length of [small, large]) {
    const [a, b] = [steps(length, 7), steps(length, 11)];
    const able = racers(device).filter(({ largest }) => length <= largest);
    const targets = able.map(({ target }) => target);
    for (const task of tasks) rows.push(...(await compare(task, a, b, targets)));
  }
  table(['task', 'numbers', 'target', 'calls', 'first call', 'each then'], rows);
  say(`Each has as many calls as fit in ${duration(patience)}, ${count(repetitions)} at the most; sums on a GPU may
    differ in the last places.`);
  if (device === undefined) return;
  const { submits, pipelines, readBacks } = lz.cacheInfo().gpu;
  say(`The device was handed ${count(submits)} lists of work, one for each evaluation, and compiled ${count(pipelines)}
    shaders for all of them; data came back ${count(readBacks)} times, when the results were compared.`);
};

if (import.meta.main) await gpu();
