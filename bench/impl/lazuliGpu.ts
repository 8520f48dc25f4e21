/**
 * lazuli on the GPU: each call builds its expression anew and evaluates it with the result memo off; the result stays
 * on the device. Calls follow each other without waiting for the device, which is waited for once at the end, except
 * where the work says so. Inputs are there before anything is timed.
 */
import * as lz from '../../src/index.ts';
import type { LazyArray } from '../../src/index.ts';
import type { Inputs } from '../cases/inputs.ts';
import type { WorkName } from '../cases/works.ts';
import { sampleOf } from '../measure/agreement.ts';
import { packageVersion } from '../peers/packageVersion.ts';
import type { Peer, Prepared } from '../peers/peer.ts';
import { timeAsyncCalls, timeOf } from '../peers/timing.ts';
import * as expressions from './expressions.ts';

interface Work {
  readonly expression: (...operands: LazyArray[]) => LazyArray | readonly LazyArray[];
  readonly names: readonly string[];
  readonly awaited?: boolean;
}

const works: { readonly [W in WorkName]?: Work } = {
  multiplyOnGpu: { expression: expressions.multiply, names: ['a', 'b'] },
  multiplyAwaited: { expression: expressions.multiply, names: ['a', 'b'], awaited: true },
  productSumOnGpu: { expression: expressions.productSum, names: ['a', 'b'] },
  chain10OnGpu: { expression: expressions.chain10, names: ['a', 'b', 'c', 'd'] },
  blackScholesOnGpu: { expression: expressions.blackScholes, names: ['spot', 'strike', 'years'] },
  softmaxOnGpu: { expression: expressions.softmax, names: ['x'] },
  layernormOnGpu: { expression: expressions.layernorm, names: ['x'] },
  matmulOnGpu: { expression: expressions.matmul, names: ['a', 'b'] },
};

const options = { memo: false, target: 'webgpu' } as const;

function prepare({ expression, names, awaited = false }: Work, inputs: Inputs): Prepared {
  lz.clearCache();
  const operands = names.map((name) =>
    // Copied: results of memory that may change cannot be computed again, and pile up on the device.
    lz.asArray(inputs.values(name)).reshape([...inputs.shape(name)]),
  );
  const roots = (): readonly LazyArray[] => [expression(...operands)].flat();
  let latest: readonly LazyArray[] = [];
  const call = async (): Promise<void> => {
    latest = roots();
    await lz.evaluate(latest, options);
    if (awaited) await lz.synchronize();
  };
  return {
    target: 'webgpu',
    run: (n) =>
      timeOf(async () => {
        await timeAsyncCalls(n, call);
        await lz.synchronize();
      }),
    sample: async () => Promise.all(latest.map(async (result) => sampleOf(await result.data()))),
    kernelNs: async () => kernelTime(await lz.explain(roots(), options).analyze()),
  };
}

/** The times of all kernels of a call together, by the clock of the device, as `explain` prints them. */
function kernelTime(analysis: string): number | undefined {
  const times = [...analysis.matchAll(/then ([\d.]+) ms/g)].map(([, milliseconds]) => Number(milliseconds));
  return times.length === 0 ? undefined : 1e6 * times.reduce((sum, milliseconds) => sum + milliseconds, 0);
}

/** The GPU that evaluations run on; `undefined` where there is none. */
export async function gpuName(): Promise<string | undefined> {
  const [device] = await lz.devices();
  if (device === undefined) return undefined;
  const { vendor, architecture, description, isSoftware } = device;
  return `${vendor} ${architecture} ${description}${isSoftware ? ' (software)' : ''}`;
}

/** Throws, saying why, where there is no GPU. */
export async function gpuPeers(): Promise<readonly Peer[]> {
  await lz.gpuDevice();
  return [
    {
      name: 'lazuli webgpu',
      form: 'evaluate',
      version: packageVersion(new URL('../../package.json', import.meta.url)),
      threads: 1,
      prepare: ({ work }, inputs) => {
        const found = works[work];
        return found === undefined ? undefined : prepare(found, inputs);
      },
    },
  ];
}
