/**
 * A Python process that answers JSON lines, one request at a time (protocol: `python_peer.py`).
 *
 * A child that dies or does not answer in time fails the request that waits for it, and every later one.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** The one that was asked for, or the first that has the library. */
const INTERPRETERS =
  process.env['BENCH_PYTHON'] === undefined ? ['/usr/bin/python3', 'python3'] : [process.env['BENCH_PYTHON']];
const SCRIPT = fileURLToPath(new URL('python_peer.py', import.meta.url));
const TIMEOUT_MS = 120_000;

/** Of each library one process, on so many threads, that takes no more of the GPU's memory than it needs. */
const environment = (threads: string): Readonly<Record<string, string>> => ({
  OMP_NUM_THREADS: threads,
  MKL_NUM_THREADS: threads,
  OPENBLAS_NUM_THREADS: threads,
  NUMBA_NUM_THREADS: threads,
  NUMEXPR_NUM_THREADS: threads,
  XLA_PYTHON_CLIENT_PREALLOCATE: 'false',
});

export type Answer = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: Error) => void;
}

export class PythonChild {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  #waiting: Waiting | undefined;
  #lastWords = '';
  #ended: Error | undefined;

  private constructor(library: string, interpreter: string, threads: number) {
    this.#process = spawn(interpreter, ['-B', SCRIPT, library], {
      env: { ...process.env, ...environment(String(threads)) },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#receive(line));
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = text.trim().split('\n').at(-1) ?? '';
    });
    this.#process.on('error', (error) => this.#end(error));
    this.#process.stdin.on('error', (error) => this.#end(error));
    this.#process.on('close', (code, signal) => {
      const how = `Python ended (${signal ?? `exit code ${String(code)}`})`;
      this.#end(new Error(this.#lastWords === '' ? how : `${how}: ${this.#lastWords}`));
    });
  }

  /** Starts a child and waits for its greeting, which names the library's version. */
  static async start(library: string, threads: number): Promise<{ child: PythonChild; greeting: Answer }> {
    const child = new PythonChild(library, await interpreterFor(library), threads);
    return { child, greeting: await child.#answer() };
  }

  get alive(): boolean {
    return this.#ended === undefined;
  }

  async request(message: object): Promise<Answer> {
    if (this.#ended !== undefined) throw this.#ended;
    this.#process.stdin.write(`${JSON.stringify(message)}\n`);
    const answer = await this.#answer();
    if ('error' in answer) throw new Error(String(answer['error']));
    return answer;
  }

  close(): void {
    this.#process.stdin.end();
  }

  #answer(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#end(new Error(`Python gave no answer in ${TIMEOUT_MS / 1000} s`));
        this.#process.kill('SIGKILL');
      }, TIMEOUT_MS);
      this.#waiting = {
        resolve: (answer) => {
          clearTimeout(timer);
          resolve(answer);
        },
        reject: (reason) => {
          clearTimeout(timer);
          reject(reason);
        },
      };
    });
  }

  #receive(line: string): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    try {
      const message: unknown = JSON.parse(line);
      if (!isAnswer(message)) throw new SyntaxError(`not a JSON object: ${line}`);
      waiting?.resolve(message);
    } catch (error) {
      waiting?.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    this.#waiting?.reject(this.#ended);
    this.#waiting = undefined;
  }
}

/** Whether an interpreter has a package is asked without importing it. */
async function interpreterFor(library: string): Promise<string> {
  const [name = library] = library.split('_');
  const probe = 'import importlib.util as u, sys; sys.exit(0 if u.find_spec(sys.argv[1]) else 1)';
  for (const interpreter of INTERPRETERS) {
    const has = await new Promise<boolean>((resolve) => {
      const child = spawn(interpreter, ['-c', probe, name], { stdio: 'ignore' });
      child.on('error', () => {
        resolve(false);
      });
      child.on('close', (code) => {
        resolve(code === 0);
      });
    });
    if (has) return interpreter;
  }
  throw new Error(`no Python here has ${name} (looked at ${INTERPRETERS.join(', ')})`);
}

function isAnswer(message: unknown): message is Answer {
  return typeof message === 'object' && message !== null && !Array.isArray(message);
}
