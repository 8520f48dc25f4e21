/** A worker thread on Node: the task that tinypool gives it is to take part in all jobs until the threads stop. */
import { threadId } from 'node:worker_threads';
import type { Probe } from '../parallel/executor.ts';
import type { ProbeModule } from '../parallel/host.ts';
import { reside } from '../parallel/resident.ts';

export interface ResidentTask {
  readonly control: SharedArrayBuffer;
  readonly memory: WebAssembly.Memory;
  readonly identity: number;
  readonly probe: ProbeModule | undefined;
}

export default async function resident({ control, memory, identity, probe }: ResidentTask): Promise<void> {
  reside({ control, memory, identity, thread: threadId, probe: probe && (await load(probe)) });
}

async function load({ module, data }: ProbeModule): Promise<Probe> {
  const { probe } = (await import(module)) as { readonly probe: (data: unknown) => Probe };
  return probe(data);
}
