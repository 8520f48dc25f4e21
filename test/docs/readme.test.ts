/**
 * The examples of README.md and docs/*.md run: a block marked `ts` is a program by itself, and the block marked `text`
 * that follows it is what it prints. `LAZULI_UPDATE_DOCS=1` writes the output into the pages instead of comparing.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { examplesOf, pages, readPage, root, type Example } from './markdown.ts';

const folder = mkdtempSync(join(tmpdir(), 'lazuli-docs-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** `lazuli` is the library's source, `lazuli/src/x.ts` a file of it. */
const withSources = (code: string): string =>
  code.replaceAll(/from 'lazuli(\/[^']*)?'/g, (_, path = '/src/index.ts') => `from '${new URL(`.${path}`, root).href}'`);

const run = promisify(execFile);
const { FORCE_COLOR: _, ...environment } = process.env;

let programs = 0;
async function outputOf(code: string): Promise<string> {
  const file = join(folder, `${++programs}.ts`);
  writeFileSync(file, withSources(code));
  const { stdout } = await run(process.execPath, ['--no-warnings', file], { env: { ...environment, NO_COLOR: '1' } });
  return trimmed(stdout);
}

const trimmed = (text: string): string => text.replaceAll(/[ \t]+$/gm, '').trimEnd();

const updates = process.env['LAZULI_UPDATE_DOCS'] === '1';

describe.each(pages)('%s', (page) => {
  const text = readPage(page);
  const examples = examplesOf(text);
  const printed = new Map<Example, string>();

  test.for(examples)('the example on line $line', async (example) => {
    const output = await outputOf(example.code);
    if (example.output === undefined) return;
    printed.set(example, output);
    if (!updates) expect(output).toBe(trimmed(example.output));
  });

  afterAll(() => {
    if (!updates) return;
    const updated = [...printed].toReversed().reduce((page, [{ from, to }, output]) => `${page.slice(0, from)}${output}\n${page.slice(to)}`, text);
    writeFileSync(new URL(page, root), updated);
  });
});

test('the README has an example', () => {
  expect(examplesOf(readPage('README.md')).some(({ output }) => output !== undefined)).toBe(true);
});
