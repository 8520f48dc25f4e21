/**
 * The thread that hosts the workers in a tinypool: tinypool starts them, learns of their errors and starts others in
 * their place. Each worker is given one task, to reside; it ends only when the threads are stopped, or with the worker.
 *
 * A worker's line in the control block says `gone` only after its thread has ended: until then it might write to memory.
 */
import { parentPort, workerData, type Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { Tinypool } from 'tinypool';
import { Control, head, identityOf, line, lineAt, status } from '../parallel/control.ts';
import type { ThreadSettings } from '../parallel/host.ts';
import type { Command } from './threads.ts';
import type { ResidentTask } from './worker.ts';

/** What tinypool's threads are: a worker of Node with a name for it. */
type PooledWorker = Worker & { readonly thread?: Worker };

/** A thread that ends so often without having done anything is given up. */
const maxFalseStarts = 3;

const settings = workerData as ThreadSettings;
const control = new Control(settings.control);
const { words } = control;
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

const pool = new Tinypool({
  filename: fileURLToPath(new URL(`./worker${extension}`, import.meta.url)),
  minThreads: settings.threads,
  maxThreads: settings.threads,
  concurrentTasksPerWorker: 1,
  ...(settings.probe?.heapMegabytes === undefined
    ? {}
    : { resourceLimits: { maxOldGenerationSizeMb: settings.probe.heapMegabytes } }),
});
// Without a listener an error of a worker between tasks would end this thread.
pool.on('error', () => undefined);

/** Whether the threads are to end. */
const isStopping = (): boolean => Atomics.load(words, head.stop) === 1;

/** Whether tinypool ends its threads: until then an end that it does not hear of leaves their task open, stop or not. */
let isDestroying = false;

let givenUp = 0;

/** By the host's number of the thread: resolves when it has ended. */
const endings = new Map<number, Promise<void>>();

/** Tells tinypool of workers that end without an error, which it does not notice, and remembers how they ended. */
function watch(): void {
  for (const worker of pool.threads as unknown as readonly PooledWorker[]) {
    const thread = worker.thread ?? worker;
    const { threadId } = thread;
    if (threadId < 0 || endings.has(threadId)) continue;
    endings.set(
      threadId,
      new Promise((resolve) => {
        thread.once('exit', (code) => {
          resolve();
          if (!isDestroying) thread.emit('error', new Error(`the thread ended with code ${code}`));
          setTimeout(() => endings.delete(threadId), 60_000).unref();
        });
      }),
    );
  }
}

async function host(thread: number): Promise<void> {
  const at = lineAt(thread);
  let falseStarts = 0;
  for (let incarnation = 1; !isStopping() && falseStarts < maxFalseStarts; incarnation++) {
    const identity = identityOf(thread, incarnation);
    Atomics.store(words, at + line.thread, 0);
    Atomics.store(words, at + line.identity, identity);
    Atomics.store(words, at + line.status, status.starting);
    const { control: block, memory, probe } = settings;
    const task: ResidentTask = { control: block, memory, identity, probe };
    try {
      const life = pool.run(task) as Promise<void>;
      watch();
      await life;
    } catch (error) {
      control.say(thread, String(error));
      watch();
    }
    if (isStopping()) return;
    const threadId = Atomics.load(words, at + line.thread);
    falseStarts = threadId === 0 ? falseStarts + 1 : 0;
    if (threadId !== 0) await end(threadId);
    Atomics.store(words, at + line.status, status.gone);
    Atomics.add(words, head.deaths, 1);
    Atomics.notify(words, head.done);
  }
  if (!isStopping() && ++givenUp === settings.threads) Atomics.store(words, head.broken, 1);
}

/** Resolves when the thread has ended; one that goes on after its task failed is told to. */
async function end(threadId: number): Promise<void> {
  for (const worker of pool.threads as unknown as readonly PooledWorker[]) {
    const thread = worker.thread ?? worker;
    if (thread.threadId === threadId) thread.emit('error', new Error('the task of the thread failed'));
  }
  await endings.get(threadId);
}

async function stop(): Promise<void> {
  Atomics.store(words, head.stop, 1);
  Atomics.add(words, head.epoch, 1);
  Atomics.notify(words, head.epoch);
  await hosted;
  isDestroying = true;
  await pool.destroy();
  parentPort?.close();
}

parentPort?.on('message', (command: Command) => {
  switch (command.kind) {
    case 'ping':
      Atomics.add(words, head.pong, 1);
      Atomics.notify(words, head.done);
      break;
    case 'terminate': {
      const threadId = Atomics.load(words, lineAt(command.thread) + line.thread);
      for (const worker of pool.threads as unknown as readonly PooledWorker[]) {
        const thread = worker.thread ?? worker;
        if (thread.threadId === threadId) void thread.terminate();
      }
      break;
    }
    case 'stop':
      void stop();
  }
});

const hosted = Promise.all(Array.from({ length: settings.threads }, (_, k) => host(k + 1)));
