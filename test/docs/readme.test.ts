/**
 * The examples of README.md and docs/*.md run: a block marked `ts` is a program by itself, and the block marked `text`
 * that follows it is what it prints. `LAZULI_UPDATE_DOCS=1` writes the output into the pages instead of comparing.
 *
 * All of them run in one process of plain Node, one after the other, with empty caches: the sources as a user's
 * program would load them, without vitest's module loader.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examplesOf, pages, readPage, root } from './markdown.ts';

interface Outcome {
  readonly output: string;
  readonly error?: string;
}

const documents = pages.map((page) => {
  const text = readPage(page);
  return { page, text, examples: examplesOf(text) };
});
const examples = documents.flatMap((document) => document.examples);
const outcomes: Outcome[] = [];

/** `lazuli` is the library's source, `lazuli/src/x.ts` a file of it. */
const withSources = (code: string): string =>
  code.replaceAll(
    /from 'lazuli(\/[^']*)?'/g,
    (_, path = '/src/index.ts') => `from '${new URL(`.${path}`, root).href}'`,
  );

const runner = `
import { format } from 'node:util';
import { clearCache, configure } from 'lazuli';
const outcomes = [];
const print = console.log;
for (const file of process.argv.slice(2)) {
  const lines = [];
  console.log = (...values) => lines.push(format(...values));
  clearCache();
  // Plans name the threads: as many on every machine.
  configure({ threads: 2 });
  const error = await import(file).then(() => undefined, (error) => String(error?.stack ?? error));
  outcomes.push({ output: lines.join('\\n'), error });
}
print(JSON.stringify(outcomes));
`;

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'lazuli-docs-'));
  try {
    const [start = '', ...programs] = [runner, ...examples.map(({ code }) => code)].map((code, k) => {
      const file = join(folder, `${k}.mts`);
      writeFileSync(file, withSources(code));
      return file;
    });
    const printed = execFileSync(process.execPath, ['--no-warnings', start, ...programs], {
      encoding: 'utf8',
    });
    outcomes.push(...(JSON.parse(printed) as Outcome[]));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const trimmed = (text: string): string => text.replaceAll(/[ \t]+$/gm, '').trimEnd();

const updates = process.env['LAZULI_UPDATE_DOCS'] === '1';

describe.each(documents.filter(({ examples }) => examples.length > 0))(
  '$page',
  ({ page, text, examples: own }) => {
    test.for(own)('the example on line $line', (example) => {
      const outcome = outcomes[examples.indexOf(example)];
      expect(outcome?.error).toBeUndefined();
      if (example.output !== undefined && !updates)
        expect(trimmed(outcome?.output ?? '')).toBe(trimmed(example.output));
    });

    afterAll(() => {
      if (!updates) return;
      const updated = own.toReversed().reduce((page, example) => {
        const output = outcomes[examples.indexOf(example)]?.output;
        if (example.output === undefined || output === undefined) return page;
        return `${page.slice(0, example.from)}${trimmed(output)}\n${page.slice(example.to)}`;
      }, text);
      writeFileSync(new URL(page, root), updated);
    });
  },
);

test('the README shows what its examples print', () => {
  expect(examplesOf(readPage('README.md')).some(({ output }) => output !== undefined)).toBe(true);
});
