/**
 * What it costs to spread a kernel over the threads and to wait for all of them, for a kernel that does nothing: one
 * launch for each thread.
 */
import { availableParallelism } from 'node:os';
import { FunctionBuilder } from '../../src/codegen/wasm/assembler/function.ts';
import { encodeModule } from '../../src/codegen/wasm/assembler/module.ts';
import { isShared, wasmMemory } from '../../src/codegen/wasm/module/memory.ts';
import type { PartFunction, PartProgram } from '../../src/codegen/target.ts';
import type { Pool } from '../../src/runtime/parallel/pool.ts';
import { setThreads, threadPool } from '../../src/runtime/parallel/threads.ts';
import type { Prepared } from '../peers/peer.ts';

/** Milliseconds after which threads are asleep for sure. */
const untilAsleep = 0.3;

function emptyProgram(): PartProgram {
  const f = new FunctionBuilder('nothing', [
    ['args', 'i32'],
    ['from', 'i32'],
    ['to', 'i32'],
    ['scratch', 'i32'],
  ]);
  const bytes = encodeModule([f], [], [], isShared());
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: wasmMemory() } });
  const functions = [instance.exports['nothing'] as PartFunction];
  return { id: -1, bytes, functions, phases: [], scratchBytes: 0, sharedBytes: 0, perThread: new Set() };
}

/** Resolves when all threads are there. */
async function allPresent(pool: Pool): Promise<void> {
  const giveUp = performance.now() + 10_000;
  while (pool.present < pool.threads && performance.now() < giveUp)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

/** `asleep`: the threads sleep before each call, whose time alone counts. Undefined where there are no threads. */
export function forkJoin(asleep: boolean): Prepared | undefined {
  setThreads(availableParallelism());
  const pool = threadPool();
  if (pool === undefined) return undefined;
  const program = emptyProgram();
  return {
    target: `wasm, ${pool.threads} threads`,
    run: async (n) => {
      await allPresent(pool);
      let total = 0;
      for (let k = 0; k < n; k++) {
        const wake = performance.now() + (asleep ? untilAsleep : 0);
        while (performance.now() < wake);
        const start = performance.now();
        pool.begin();
        for (let thread = 0; thread < pool.threads; thread++) pool.add(program, 0, 0, 0, 0, 0);
        pool.finish({ kernel: 'nothing' });
        total += performance.now() - start;
      }
      return total * 1e6;
    },
    sample: () => [],
  };
}
