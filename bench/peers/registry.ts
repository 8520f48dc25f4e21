/**
 * Who takes part: lazuli, and the peers that are installed. A missing one is skipped with a line that says why.
 */
import { availableParallelism } from 'node:os';
import { messageOf } from '../measure/errorMessage.ts';
import type { Peer } from './peer.ts';
import { startPythonPeer } from './python.ts';

export const REFERENCE = 'js-loop';

/** What the machine has. */
export const processors = availableParallelism();

/** In the order of the tables. Modules are loaded on demand, since each may be absent. */
const LOADERS = {
  'lazuli js': () => lazuliOn('js', 1),
  'lazuli wasm': () => lazuliOn('wasm', 1),
  'lazuli wasm, all threads': () => lazuliOn('wasm', processors),
  [REFERENCE]: async () => [(await import('./jsLoop.ts')).peer],
  numpy: async () => [await startPythonPeer('numpy', 1)],
  numba: async () => [await startPythonPeer('numba', 1)],
  numexpr: async () => [await startPythonPeer('numexpr', 1)],
  'numba-parallel': async () => [await startPythonPeer('numba-parallel', processors)],
  'numexpr-parallel': async () => [await startPythonPeer('numexpr-parallel', processors)],
  'numpy-pool': async () => [await startPythonPeer('numpy-pool', processors)],
  'numpy-ts': async () => [(await import('./numpyTs.ts')).peer],
  'jax-js': async () => [(await import('./jaxJs.ts')).peer],
  tfjs: async () => [(await import('./tfjs.ts')).peer],
} as const satisfies Record<string, () => Promise<readonly Peer[]>>;

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

/** Whether a peer belongs into a suite that is measured on one thread, or on all. */
export const takesPartIn = (name: PeerName, threads: boolean): boolean =>
  threads ? IN_PARALLEL.includes(name) || BESIDE_THREADS.includes(name) : !IN_PARALLEL.includes(name);

export type PeerName = keyof typeof LOADERS;

export function isPeerName(name: string): name is PeerName {
  return Object.hasOwn(LOADERS, name);
}

export const PEER_NAMES = Object.keys(LOADERS).filter(isPeerName);

/** Takes part whoever else is asked for: lazuli, and the reference, without which there is nothing to agree with. */
export const isAlwaysThere = (name: PeerName): boolean => name === REFERENCE || name.startsWith('lazuli');

export interface Skipped {
  readonly name: PeerName;
  readonly reason: string;
}

export async function loadPeers(
  names: readonly PeerName[],
): Promise<{ peers: readonly Peer[]; skipped: readonly Skipped[] }> {
  const peers: Peer[] = [];
  const skipped: Skipped[] = [];
  for (const name of names) {
    try {
      peers.push(...(await LOADERS[name]()));
    } catch (error) {
      skipped.push({ name, reason: messageOf(error) });
    }
  }
  return { peers, skipped };
}
