/** Threads and the life of the process: it ends by itself; the library works inside of threads, and twice in one process. */
import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';

const library = new URL('../../src/index.ts', import.meta.url).href;
const threads = new URL('../../src/runtime/parallel/threads.ts', import.meta.url).href;

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a program, with `lz` imported, to its end. */
const program = (source: string): Promise<Ended> =>
  new Promise((resolve) => {
    const code = `import * as lz from ${JSON.stringify(library)};
      import { runningPool } from ${JSON.stringify(threads)};
      lz.configure({ threads: 2, target: 'wasm' });
      const x = lz.linspace(0, 1, 300_000).evaluateSync();
      const work = () => x.sin().mul(x.cos()).add(x.exp()).sum().item({ memo: false });
      const crew = async () => {
        const end = performance.now() + 20_000;
        while ((runningPool()?.present ?? 1) < 2 && performance.now() < end) { work(); await new Promise((done) => setTimeout(done, 5)); }
      };
      ${source}`;
    const args = ['--input-type=module', '-e', code];
    execFile(process.execPath, args, { timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({
        code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1,
        output: stdout + stderr,
      });
    });
  });

test('a program with idle threads ends by itself', async () => {
  const { code, output } = await program(`work(); await crew(); work(); console.log(runningPool().present);`);
  expect(output).toBe('2\n');
  expect(code).toBe(0);
});

test('a synchronous program gets threads without ever turning its event loop', async () => {
  const { code, output } = await program(`
    const end = performance.now() + 20_000;
    while ((runningPool()?.present ?? 1) < 2 && performance.now() < end) work();
    console.log(runningPool().present);`);
  expect(output).toBe('2\n');
  expect(code).toBe(0);
});

test('an uncaught error ends it with threads at work', async () => {
  const { code, output } = await program(`await crew(); work(); throw new Error('on purpose');`);
  expect(output).toContain('on purpose');
  expect(code).toBe(1);
});

test('process.exit ends it at once', async () => {
  const { code } = await program(`work(); process.exit(7);`);
  expect(code).toBe(7);
});

test('shutdown ends the threads; later work starts others', async () => {
  const { code, output } = await program(`
    await crew();
    const before = work();
    await lz.shutdown();
    console.log(runningPool(), process.getActiveResourcesInfo().filter((name) => name === 'Worker').length);
    console.log(work() === before);
    await crew();
    console.log(work() === before, runningPool().present);
    await lz.shutdown();`);
  expect(output).toBe('undefined 0\ntrue\ntrue 2\n');
  expect(code).toBe(0);
});

test('inside a thread of the user, and in two copies in one process', async () => {
  const { code, output } = await program(`
    const { Worker } = await import('node:worker_threads');
    const other = await import(${JSON.stringify(`${library}?copy`)});
    other.configure({ threads: 2, target: 'wasm' });
    const y = other.linspace(0, 1, 300_000).evaluateSync();
    const value = work();
    await crew();
    console.log(y.sin().mul(y.cos()).add(y.exp()).sum().item() === value, work() === value);
    const inside = new Worker(\`
      import(${JSON.stringify(library)}).then(async (lz) => {
        lz.configure({ threads: 2, target: 'wasm' });
        const z = lz.linspace(0, 1, 300_000).evaluateSync();
        const { runningPool } = await import(${JSON.stringify(threads)});
        let value;
        do {
          value = z.sin().mul(z.cos()).add(z.exp()).sum().evaluateSync({ memo: false }).item();
        } while (runningPool().present < 2);
        (await import('node:worker_threads')).parentPort.postMessage(value);
      });\`, { eval: true });
    inside.on('message', (found) => { console.log(found === value); });
    inside.on('error', (error) => { console.log(error); });`);
  expect(output).toBe('true true\ntrue\n');
  expect(code).toBe(0);
});
