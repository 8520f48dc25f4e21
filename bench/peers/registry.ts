/**
 * Who takes part: lazuli, and the peers that are installed. A missing one is skipped with a line that says why.
 */
import { messageOf } from '../measure/errorMessage.ts';
import type { Peer } from './peer.ts';
import { startPythonPeer } from './python.ts';

export const LAZULI = 'lazuli';
export const REFERENCE = 'js-loop';

/** In the order of the tables. Modules are loaded on demand, since each may be absent. */
const LOADERS = {
  [LAZULI]: async () => (await import('../impl/lazuli.ts')).peer,
  [REFERENCE]: async () => (await import('./jsLoop.ts')).peer,
  numpy: () => startPythonPeer('numpy'),
  numba: () => startPythonPeer('numba'),
  numexpr: () => startPythonPeer('numexpr'),
  'numpy-ts': async () => (await import('./numpyTs.ts')).peer,
  'jax-js': async () => (await import('./jaxJs.ts')).peer,
} as const satisfies Record<string, () => Promise<Peer>>;

export type PeerName = keyof typeof LOADERS;

export function isPeerName(name: string): name is PeerName {
  return Object.hasOwn(LOADERS, name);
}

export const PEER_NAMES = Object.keys(LOADERS).filter(isPeerName);

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
      peers.push(await LOADERS[name]());
    } catch (error) {
      skipped.push({ name, reason: messageOf(error) });
    }
  }
  return { peers, skipped };
}
