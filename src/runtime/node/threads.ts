/**
 * Threads on Node. A supervisor thread hosts the workers (`supervisor.ts`): its event loop turns while the caller's is
 * blocked in a synchronous evaluation, so it can start workers and learn of their end at any time.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Control, head, line, lineAt, maxThreads, status } from '../parallel/control.ts';
import type { HostedThreads, ThreadHost, ThreadSettings } from '../parallel/host.ts';

/** What the supervisor is told. */
export type Command =
  | { readonly kind: 'ping' }
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'terminate'; readonly thread: number };

/** What threads need of the flags that Node was started with; others (`--input-type`, `--eval`) keep a file from running. */
const keptFlags =
  /^--(experimental-strip-types|experimental-transform-types|no-warnings|disable-warning=.*)$/;

const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

function start(settings: ThreadSettings): HostedThreads {
  const supervisor = new Worker(new URL(`./supervisor${extension}`, import.meta.url), {
    workerData: settings,
    name: 'lazuli supervisor',
    execArgv: process.execArgv.filter((flag) => keptFlags.test(flag)),
  });
  const ended = new Promise<void>((resolve) => {
    supervisor.once('exit', () => {
      // Node ends the threads of a thread before that one.
      everyoneIsGone(new Control(settings.control));
      resolve();
    });
  });
  // Its end is what counts; without a listener an error would end the process.
  supervisor.on('error', (error) => {
    new Control(settings.control).say(1, String(error));
  });
  supervisor.unref();
  const send = (command: Command): void => {
    supervisor.postMessage(command);
  };
  return {
    ping: () => {
      send({ kind: 'ping' });
    },
    startMore: () => {
      send({ kind: 'start' });
    },
    terminate: (thread) => {
      send({ kind: 'terminate', thread });
    },
    stop: () => {
      // The caller awaits the end: the process should live until then.
      supervisor.ref();
      send({ kind: 'stop' });
      return ended;
    },
  };
}

function everyoneIsGone(control: Control): void {
  for (let thread = 1; thread < maxThreads; thread++) {
    const at = lineAt(thread) + line.status;
    if (control.load(at) !== status.empty) Atomics.store(control.words, at, status.gone);
  }
  Atomics.store(control.words, head.broken, 1);
  Atomics.store(control.words, head.ended, 1);
  Atomics.add(control.words, head.deaths, 1);
  Atomics.notify(control.words, head.done);
}

export const nodeThreads: ThreadHost = { parallelism: availableParallelism(), start };
