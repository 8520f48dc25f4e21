/**
 * Who takes part: lazuli, and the peers that are installed. A missing one is skipped with a line that says why.
 */
import { messageOf } from '../measure/errorMessage.ts';
import type { Peer } from './peer.ts';
import { startPythonPeer } from './python.ts';

export const REFERENCE = 'js-loop';

/** In the order of the tables. Modules are loaded on demand, since each may be absent. */
const LOADERS = {
  'lazuli js': () => lazuliOn('js'),
  'lazuli wasm': () => lazuliOn('wasm'),
  [REFERENCE]: async () => [(await import('./jsLoop.ts')).peer],
  numpy: async () => [await startPythonPeer('numpy')],
  numba: async () => [await startPythonPeer('numba')],
  numexpr: async () => [await startPythonPeer('numexpr')],
  'numpy-ts': async () => [(await import('./numpyTs.ts')).peer],
  'jax-js': async () => [(await import('./jaxJs.ts')).peer],
  tfjs: async () => [(await import('./tfjs.ts')).peer],
} as const satisfies Record<string, () => Promise<readonly Peer[]>>;

const lazuliOn = async (target: string): Promise<readonly Peer[]> =>
  (await import('../impl/lazuli.ts')).peersOf(target);

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
