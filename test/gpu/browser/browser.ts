/**
 * A headless browser that runs a module of this repository: Chromium from `@sparticuz/chromium`, its WebGPU on
 * SwiftShader. Sources are served as they are, types stripped.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** Where a browser finds the packages that the library imports. */
const imports = {
  'lru-cache': '/node_modules/lru-cache/dist/esm/browser/index.js',
  'ts-pattern': '/node_modules/ts-pattern/dist/index.js',
};

const pageFor = (module: string, name: string): string => `<!doctype html>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
  const say = (words) => fetch('/said', { method: 'POST', body: JSON.stringify(words) });
  import('${module}')
    .then((module) => module.${name}())
    .then((result) => say({ result }), (error) => say({ error: error.stack ?? String(error) }));
</script>`;

const flags = [
  '--headless=shell',
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--no-first-run',
];

/** The program; `undefined` where there is none for this machine, or its package is not installed. */
export async function findBrowser(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  try {
    import.meta.resolve('@sparticuz/chromium');
  } catch {
    return undefined;
  }
  const { default: chromium } = await import('@sparticuz/chromium');
  return chromium.executablePath();
}

/** Calls the exported function `name` of a module, given by its path from the root, in a browser; what it resolves to. */
export async function runInBrowser(
  path: string,
  module: string,
  name: string,
  milliseconds: number,
): Promise<unknown> {
  const profile = mkdtempSync(join(tmpdir(), 'lazuli-browser-'));
  let server: Server | undefined;
  let browser: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<unknown>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`the browser said nothing for ${milliseconds} ms`));
      }, milliseconds);
      server = createServer((request, response) => {
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        if (pathname === '/said') {
          const parts: Buffer[] = [];
          request.on('data', (part: Buffer) => parts.push(part));
          request.on('end', () => {
            response.end();
            const said = JSON.parse(Buffer.concat(parts).toString()) as { result?: unknown; error?: string };
            if (said.error === undefined) resolve(said.result);
            else reject(new Error(said.error));
          });
        } else answer(response, pathname, pageFor(module, name));
      });
      server.listen(0, '127.0.0.1', () => {
        const { port } = server?.address() as AddressInfo;
        const where = [`--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`];
        browser = spawn(path, [...flags, ...where], { stdio: 'ignore' });
        browser.on('error', reject);
        browser.on('exit', (code) => {
          reject(new Error(`the browser ended with ${code ?? 'a signal'}`));
        });
      });
    });
  } finally {
    clearTimeout(timer);
    browser?.kill('SIGKILL');
    server?.closeAllConnections();
    server?.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function answer(response: ServerResponse, pathname: string, page: string): void {
  const send = (type: string, body: string): void => {
    response.writeHead(200, { 'Content-Type': type }).end(body);
  };
  if (pathname === '/') {
    send('text/html', page);
    return;
  }
  try {
    const text = readFileSync(join(root, normalize(pathname)), 'utf8');
    send('text/javascript', pathname.endsWith('.ts') ? stripTypeScriptTypes(text) : text);
  } catch {
    response.writeHead(404).end();
  }
}
