/** Threads that do not answer, nor whoever hosts them: the caller gives up in time, and their memory is left alone. */
import { expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/codegen/wasm/assembler/function.ts';
import { encodeModule } from '../../src/codegen/wasm/assembler/module.ts';
import { wasmMemory } from '../../src/codegen/wasm/module/memory.ts';
import type { PartFunction, PartProgram } from '../../src/codegen/target.ts';
import { WorkerError } from '../../src/ir/errors.ts';
import { heap } from '../../src/runtime/memory/heap.ts';
import {
  Control,
  head,
  identityOf,
  launchAt,
  line,
  lineAt,
  state,
  status,
} from '../../src/runtime/parallel/control.ts';
import type { ThreadHost } from '../../src/runtime/parallel/host.ts';
import { Interrupted, Pool } from '../../src/runtime/parallel/pool.ts';

function emptyProgram(id: number): PartProgram {
  const f = new FunctionBuilder('nothing', [
    ['args', 'i32'],
    ['from', 'i32'],
    ['to', 'i32'],
    ['scratch', 'i32'],
  ]);
  const bytes = encodeModule([f], [], [], true);
  const { nothing } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory: wasmMemory() },
  }).exports;
  return {
    id,
    bytes,
    functions: [nothing as PartFunction],
    phases: [],
    scratchBytes: 0,
    sharedBytes: 0,
    perThread: new Set(),
  };
}

const stranger = identityOf(1, 1);

/** A pool with one thread, which takes the last of four launches and is never heard of again. */
function poolWithStranger(onPing: (control: Control) => void): { pool: Pool; control: Control } {
  let control: Control | undefined;
  const host: ThreadHost = {
    parallelism: 2,
    start(settings) {
      const made = (control = new Control(settings.control));
      made.words[lineAt(1) + line.identity] = stranger;
      made.words[lineAt(1) + line.status] = status.resident;
      return {
        startMore: () => undefined,
        ping: () => {
          onPing(made);
        },
        terminate: () => undefined,
        stop: () => Promise.resolve(),
      };
    },
  };
  const pool = new Pool({
    host,
    threads: 2,
    times: { slice: 2, patience: 10, silence: 100 },
    ownProbe: {
      at(stage) {
        if (stage === 'claimed' && control !== undefined)
          Atomics.compareExchange(control.words, launchAt(3), state.todo, stranger);
      },
    },
  });
  if (control === undefined) throw new Error('the host was not asked');
  return { pool, control };
}

function run(pool: Pool, overwrites: boolean): void {
  const program = emptyProgram(-1 - Math.floor(Math.random() * 1e9));
  pool.begin();
  for (let k = 0; k < 4; k++) pool.add(program, 0, 0, 0, 0, 0);
  pool.finish({ kernel: 'map7', overwrites });
}

test('nobody answers: a WorkerError names the kernel, and blocks of the run stay taken', () => {
  const { pool } = poolWithStranger(() => undefined);
  heap.current.startRun();
  const block = heap.current.allocate(1024);
  const used = heap.current.usedBytes;
  const start = performance.now();
  try {
    expect(() => {
      run(pool, false);
    }).toThrow(WorkerError);
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(pool.isLost).toBe(true);
    expect(heap.current.isRunAbandoned).toBe(true);
    if (block !== undefined) block.heap.free(block);
    expect(heap.current.usedBytes).toBe(used);
  } finally {
    heap.current.endRun();
  }
  heap.current.startRun();
  expect(heap.current.isRunAbandoned).toBe(false);
  heap.current.endRun();
});

const buried = (control: Control): void => {
  Atomics.store(control.words, lineAt(1) + line.status, status.gone);
  Atomics.add(control.words, head.deaths, 1);
};

test('the thread turns out to have ended: what it had is run', () => {
  const { pool, control } = poolWithStranger(buried);
  run(pool, false);
  expect(control.load(launchAt(3))).toBe(state.done);
  expect(pool.isLost).toBe(false);
});

test('a kernel that overwrites its input is not begun in the middle', () => {
  const { pool } = poolWithStranger(buried);
  expect(() => {
    run(pool, true);
  }).toThrow(Interrupted);
  expect(pool.isLost).toBe(false);
});
