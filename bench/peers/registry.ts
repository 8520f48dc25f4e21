/**
 * Who takes part: lazuli, and the peers that are installed. A missing one is skipped with a line that says why.
 */
import { availableParallelism } from 'node:os';
import { messageOf } from '../measure/errorMessage.ts';
import type { Peer } from './peer.ts';
import type { Suite } from '../cases/suites.ts';
import { startPythonPeer } from './python.ts';

export const REFERENCE = 'js-loop';

/** What the machine has. */
export const processors = availableParallelism();

/** In the order of the tables. Modules are loaded on demand, since each may be absent. */
const ON_CPU = {
  'lazuli js': () => lazuliOn('js', 1),
  'lazuli wasm': () => lazuliOn('wasm', 1),
  'lazuli wasm, all threads': () => lazuliOn('wasm', processors),
  [REFERENCE]: async () => [(await import('./jsLoop.ts')).peer],
  numpy: async () => [await startPythonPeer('numpy')],
  numba: async () => [await startPythonPeer('numba')],
  numexpr: async () => [await startPythonPeer('numexpr')],
  'numba-parallel': async () => [await startPythonPeer('numba-parallel', 'numba_parallel', processors)],
  'numexpr-parallel': async () => [await startPythonPeer('numexpr-parallel', 'numexpr_parallel', processors)],
  'numpy-pool': async () => [await startPythonPeer('numpy-pool', 'numpy_pool', processors)],
  'numpy-ts': async () => [(await import('./numpyTs.ts')).peer],
  'jax-js': async () => [(await import('./jaxJs.ts')).peer],
  tfjs: async () => [(await import('./tfjs.ts')).peer],
} as const satisfies Record<string, Loader>;

const ON_GPU = {
  'wgsl by hand': async () => (await import('../impl/deviceItself.ts')).shaderPeer(),
  copyBufferToBuffer: async () => (await import('../impl/deviceItself.ts')).copyCommandPeer(),
  'lazuli webgpu': async () => (await import('../impl/lazuliGpu.ts')).gpuPeers(),
  torch: async () => [await startPythonPeer('torch')],
  'torch tf32': async () => [await startPythonPeer('torch tf32', 'torch_tf32')],
  'torch.compile': async () => [await startPythonPeer('torch.compile', 'torch_compile')],
  cupy: async () => [await startPythonPeer('cupy')],
  jax: async () => [await startPythonPeer('jax')],
} as const satisfies Record<string, Loader>;

const LOADERS = { ...ON_CPU, ...ON_GPU } as const;

type Loader = () => Promise<readonly Peer[]>;

const lazuliOn = async (target: string, threads: number): Promise<readonly Peer[]> =>
  (await import('../impl/lazuli.ts')).peersOf(target, threads);

const IN_PARALLEL: readonly string[] = [
  'lazuli wasm, all threads',
  'numba-parallel',
  'numexpr-parallel',
  'numpy-pool',
];
/** Who is on one thread and takes part where others use all. */
const BESIDE_THREADS: readonly string[] = ['lazuli wasm', REFERENCE, 'numpy'];

/** Whether a peer belongs into a suite that is measured on one thread, on all, or on one beside lazuli on all. */
function takesPartIn(name: PeerName, threads: Suite['threads']): boolean {
  const isParallel = IN_PARALLEL.includes(name);
  if (threads === undefined) return !isParallel;
  if (threads === 'both') return !isParallel || name.startsWith('lazuli');
  return isParallel || BESIDE_THREADS.includes(name);
}

export type PeerName = keyof typeof LOADERS;

export function isPeerName(name: string): name is PeerName {
  return Object.hasOwn(LOADERS, name);
}

export const PEER_NAMES = Object.keys(LOADERS).filter(isPeerName);

/** Who can take part in suites of this kind. */
export const peersFor = ({ device, threads }: Suite): readonly PeerName[] =>
  PEER_NAMES.filter((name) =>
    device === 'gpu'
      ? Object.hasOwn(ON_GPU, name)
      : Object.hasOwn(ON_CPU, name) && takesPartIn(name, threads),
  );

const ALWAYS: readonly PeerName[] = [REFERENCE, 'wgsl by hand', 'copyBufferToBuffer'];

/**
 * Takes part whoever else is asked for: lazuli, the reference, without which there is nothing to agree with, and what
 * measures the device itself.
 */
export const isAlwaysThere = (name: PeerName): boolean => ALWAYS.includes(name) || name.startsWith('lazuli');

export interface Skipped {
  readonly name: PeerName;
  readonly reason: string;
}

export async function loadPeers(
  names: readonly PeerName[],
): Promise<{ peers: readonly Peer[]; skipped: readonly Skipped[] }> {
  // At once: most are children that take their time to start.
  const loaded = await Promise.allSettled(names.map((name) => LOADERS[name]()));
  const peers: Peer[] = [];
  const skipped: Skipped[] = [];
  names.forEach((name, k) => {
    const result = loaded[k];
    if (result?.status === 'fulfilled') peers.push(...result.value);
    else skipped.push({ name, reason: messageOf(result?.reason) });
  });
  return { peers, skipped };
}
