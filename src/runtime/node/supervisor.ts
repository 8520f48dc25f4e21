/**
 * The thread that hosts the workers in a tinypool: tinypool starts them, learns of their errors and starts others in
 * their place. Each worker is given one task, to reside; it ends when the thread has to leave, or with the worker. A
 * worker without a task waits a little for being wanted again.
 *
 * A worker's line in the control block says `gone` only after its thread has ended: until then it might write to memory.
 */
import { parentPort, workerData, type Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { Tinypool } from 'tinypool';
import { Control, head, identityOf, line, lineAt, maxThreads, status } from '../parallel/control.ts';
import type { ThreadSettings } from '../parallel/host.ts';
import type { Command } from './threads.ts';
import type { ResidentTask } from './worker.ts';

/** What tinypool's threads are: a worker of Node with a name for it. */
type PooledWorker = Worker & { readonly thread?: Worker };

/** Milliseconds that a worker waits for another task: a program may go back and forth between numbers of threads. */
const idleTimeout = 1000;

/** A thread that ends so often without having done anything is given up. */
const maxFalseStarts = 3;

const settings = workerData as ThreadSettings;
const control = new Control(settings.control);
const { words } = control;
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

const pool = new Tinypool({
  filename: fileURLToPath(new URL(`./worker${extension}`, import.meta.url)),
  minThreads: 0,
  maxThreads: maxThreads - 1,
  idleTimeout,
  concurrentTasksPerWorker: 1,
  ...(settings.probe?.heapMegabytes === undefined
    ? {}
    : { resourceLimits: { maxOldGenerationSizeMb: settings.probe.heapMegabytes } }),
});
// Without a listener an error of a worker between tasks would end this thread.
pool.on('error', () => undefined);

/** Whether the threads are to end. */
const isStopping = (): boolean => Atomics.load(words, head.stop) === 1;

/** Threads that are hosted, by number, until they have left. */
const hosted = new Map<number, Promise<void>>();
/** Those of them that ended as soon as they were started, and are not tried again. */
let givenUp = 0;

/** By the host's number of the thread: resolves when it has ended. */
const endings = new Map<number, Promise<void>>();

/** Whether tinypool counts on the worker: those that it ended itself it does not know any more. */
const isPooled = (thread: Worker): boolean =>
  (pool.threads as unknown as readonly PooledWorker[]).some((worker) => (worker.thread ?? worker) === thread);

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
          if (isPooled(thread)) thread.emit('error', new Error(`the thread ended with code ${code}`));
          setTimeout(() => endings.delete(threadId), 60_000).unref();
        });
      }),
    );
  }
}

/** Hosts the threads that are wanted and are not there yet. */
function startWanted(): void {
  const wanted = control.load(head.wanted);
  for (let thread = 1; thread < wanted; thread++) {
    if (hosted.has(thread) || isStopping()) continue;
    // Later: it may leave at once.
    hosted.set(
      thread,
      Promise.resolve(thread).then((number) => host(number)),
    );
  }
  // No more workers than that: a task waits for one that is starting rather than for another.
  pool.options.maxThreads = Math.max(1, hosted.size);
}

async function host(thread: number): Promise<void> {
  const at = lineAt(thread);
  let falseStarts = 0;
  while (!control.mustLeave(thread) && falseStarts < maxFalseStarts) {
    // No two threads are ever at work under one identity.
    const identity = identityOf(thread, 1 + Math.floor(control.load(at + line.identity) / maxThreads));
    Atomics.store(words, at + line.thread, 0);
    Atomics.store(words, at + line.identity, identity);
    Atomics.store(words, at + line.status, status.starting);
    const { control: block, memory, probe } = settings;
    const task: ResidentTask = { control: block, memory, identity, probe };
    try {
      const life = pool.run(task) as Promise<void>;
      watch();
      await life;
      // It has left, and may have been wanted again since.
      Atomics.store(words, at + line.status, status.empty);
      continue;
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
  if (falseStarts < maxFalseStarts) hosted.delete(thread);
  else givenUp++;
  if (givenUp > 0 && givenUp === hosted.size) Atomics.store(words, head.broken, 1);
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
  await Promise.all(hosted.values());
  await pool.destroy();
  Atomics.store(words, head.ended, 1);
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
    case 'start':
      startWanted();
      break;
    case 'stop':
      void stop();
  }
});

startWanted();
