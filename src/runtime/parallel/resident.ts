/**
 * The life of a worker thread: it waits for jobs, takes part in each, and leaves when it is told to. Portable: what
 * hosts the thread hands in memory and control block, and sees to what becomes of it.
 */
import type { PartFunction } from '../../codegen/target.ts';
import { Control, head, line, lineAt, status, threadOf } from './control.ts';
import { Executor, type OutOfBounds, type Probe } from './executor.ts';
import { programId, programModule } from './program.ts';

export interface Residence {
  readonly control: SharedArrayBuffer;
  readonly memory: WebAssembly.Memory;
  readonly identity: number;
  /** What the host calls the thread. */
  readonly thread: number;
  readonly probe?: Probe | undefined;
}

/** A thread looks whether it should leave at least every so many milliseconds. */
const longestSleep = 10_000;
/** Instances that a thread keeps. */
const maxInstances = 512;

class IndexOutOfBounds extends Error implements OutOfBounds {
  readonly index: number;
  readonly size: number;
  readonly purpose: number;

  constructor(index: number, size: number, purpose: number) {
    super(`index ${index} of ${size}`);
    this.index = index;
    this.size = size;
    this.purpose = purpose;
  }
}

/** Takes part until the thread is told to leave. Throws if a launch threw: the thread should not go on. */
export function reside({ control: block, memory, identity, thread, probe }: Residence): void {
  const control = new Control(block);
  const { words } = control;
  const number = threadOf(identity);
  const own = lineAt(number);
  const executor = new Executor(control, identity, {
    functionAt: instances(memory),
    outOfBounds: (error) => (error instanceof IndexOutOfBounds ? error : undefined),
    probe,
  });
  Atomics.store(words, own + line.thread, thread);
  Atomics.store(words, own + line.status, status.resident);
  probe?.at('resident', number, undefined);
  for (;;) {
    const epoch = Atomics.load(words, head.epoch);
    if (control.mustLeave(number)) return;
    if (!executor.drain()) throw new Error(control.said(number));
    probe?.at('idle', number, undefined);
    // Spinning first would keep a processor from a caller that waits for one.
    Atomics.wait(words, head.epoch, epoch, longestSleep);
  }
}

/** The functions of programs, instantiated on first use. */
function instances(memory: WebAssembly.Memory): (program: number, entry: number) => PartFunction {
  const known = new Map<number, readonly PartFunction[]>();
  const env = {
    memory,
    indexError: (index: number, size: number, purpose: number): never => {
      throw new IndexOutOfBounds(index, size, purpose);
    },
  };
  let words = new Int32Array(memory.buffer);
  return (program, entry) => {
    // The memory grew since.
    if (program >>> 2 >= words.length) words = new Int32Array(memory.buffer);
    const id = programId(words, program);
    let functions = known.get(id);
    if (functions === undefined) {
      if (known.size >= maxInstances) known.clear();
      const instance = new WebAssembly.Instance(
        new WebAssembly.Module(programModule(memory.buffer, program)),
        { env },
      );
      functions = Object.values(instance.exports) as PartFunction[];
      known.set(id, functions);
    }
    const found = functions[entry];
    if (found === undefined) throw new RangeError(`program ${id} has no function ${entry}`);
    return found;
  };
}
