/**
 * Every example in the documentation of `src/api` runs and shows what it says. Two forms: "`expression` is `result`"
 * in a sentence, and blocks of code whose comments are what `console.log` prints.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { format, inspect } from 'node:util';
import { runInThisContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';

const folder = new URL('../../src/api/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

/** The doc comments of a file, without their stars. */
function commentsOf(file: string): readonly string[] {
  const comments = readFileSync(new URL(file, folder), 'utf8').matchAll(/\/\*\*([\s\S]*?)\*\//g);
  return [...comments].map(([, text = '']) => text.replaceAll(/^[ \t]*\* ?/gm, ''));
}

interface Sentence {
  readonly expression: string;
  readonly result: string;
}

const sentencesOf = (comment: string): readonly Sentence[] =>
  [...comment.replaceAll(/\s*\n/g, '\n').matchAll(/`([^`]*\blz\.[^`]+)`\s+is\s+`([^`]*)`/g)].map(
    ([, expression = '', result = '']) => ({
      expression,
      result,
    }),
  );

const blocksOf = (comment: string): readonly string[] =>
  [...comment.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

type Program = (library: typeof lz, console: { log: (...values: unknown[]) => void }) => Promise<unknown>;
const programOf = (body: string): Program =>
  runInThisContext(`(async (lz, console) => {${body}\n})`) as Program;

function shown(value: unknown): string {
  if (value instanceof lz.LazyArray) return value.toString();
  if (Array.isArray(value)) return inspect(value).replaceAll('[ ', '[').replaceAll(' ]', ']');
  return typeof value === 'string' ? value : inspect(value);
}

describe.each(files)('%s', (file) => {
  const comments = commentsOf(file);
  test.for(comments.flatMap(sentencesOf))('$expression is $result', async ({ expression, result }) => {
    const value = await programOf(`return [${expression}]`)(lz, console);
    expect(shown((value as readonly unknown[])[0]).replaceAll(/\s*\n\s*/g, ' ')).toBe(result);
  });
  test.for(comments.flatMap(blocksOf))('%s', async (code) => {
    const printed: string[] = [];
    await programOf(stripTypeScriptTypes(code))(lz, { log: (...values) => printed.push(format(...values)) });
    const expected = [...code.matchAll(/\/\/ (.*)$/gm)].map(([, text = '']) => text);
    expect(printed.join('\n')).toBe(expected.join('\n'));
  });
  test('comments are found', () => {
    expect(comments.length).toBeGreaterThan(0);
  });
});

test('every public function has an example', () => {
  const examples = files
    .flatMap(commentsOf)
    .filter((text) => text.includes('lz.'))
    .join('\n');
  const without = Object.entries(lz)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name))
    .map(([name]) => name)
    .filter((name) => !examples.includes(`lz.${name}(`));
  expect(without).toEqual(['clearCache', 'configure']);
});
