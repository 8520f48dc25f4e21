/**
 * What hosts threads: Node, as far as it is there. The library core does not import Node's modules; this asks the host
 * for its loader, which works without waiting for anything, for evaluation is synchronous.
 */

/** Code that tests put into worker threads: a module that exports `probe(data)`. */
export interface ProbeModule {
  readonly module: string;
  readonly data: unknown;
  /** A limit for each thread's own heap. */
  readonly heapMegabytes?: number;
}

export interface ThreadSettings {
  readonly control: SharedArrayBuffer;
  readonly memory: WebAssembly.Memory;
  readonly probe: ProbeModule | undefined;
}

/** Threads that were started. They do not keep the process alive. */
export interface HostedThreads {
  /** Asks for a sign of life, which is counted in the control block. */
  ping(): void;
  /** Called when the control block wants more threads than before. */
  startMore(): void;
  /** Ends a thread that does not come to an end; what has become of it will stand in its line. */
  terminate(thread: number): void;
  /** Resolves when all threads are gone. */
  stop(): Promise<void>;
}

export interface ThreadHost {
  /** How many threads the machine runs at the same time. */
  readonly parallelism: number;
  /** Starts as many threads as the control block wants. */
  start(settings: ThreadSettings): HostedThreads;
}

interface NodeModules {
  createRequire(from: string): (path: string) => unknown;
}

interface Host {
  readonly process?: { getBuiltinModule?(name: string): unknown };
}

let found: ThreadHost | string | undefined;

/** The host of threads, or why there are none. */
export function threadHost(): ThreadHost | string {
  return (found ??= findHost());
}

function findHost(): ThreadHost | string {
  if (typeof SharedArrayBuffer !== 'function') return 'this host has no memory that threads can share';
  if (!mayWait()) return 'this thread may not wait for others (the main thread of a browser)';
  const { process } = globalThis as Host;
  const modules = process?.getBuiltinModule?.('node:module') as NodeModules | undefined;
  if (modules === undefined) return 'there is no way to start threads on this host yet';
  try {
    const here = (import.meta as { readonly url: string }).url;
    // The sources run as they are, and as built.
    const path = `../node/threads${here.slice(here.lastIndexOf('.'))}`;
    return (modules.createRequire(here)(path) as { readonly nodeThreads: ThreadHost }).nodeThreads;
  } catch (error) {
    return `threads could not be loaded: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}
