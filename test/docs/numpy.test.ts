/** docs/numpy.md: its small tasks give NumPy's answers, and the names in its tables are there. */
import { readFileSync } from 'node:fs';
import { runInThisContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { readPage } from './markdown.ts';

interface Values {
  readonly dtype: lz.DType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}
interface Task {
  readonly task: string;
  readonly code: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}

// Written by scripts/fixtures/numpyTasks.py.
const { inputs, tasks } = JSON.parse(
  readFileSync(new URL('../fixtures/numpyTasks.json', import.meta.url), 'utf8'),
) as { readonly inputs: Readonly<Record<'x' | 'y' | 'm' | 'k', Values>>; readonly tasks: readonly Task[] };

const page = readPage('docs/numpy.md');
const arrayOf = ({ dtype, shape, values }: Values): lz.LazyArray => lz.array(values, { dtype, shape });

describe('small tasks', () => {
  test('there are at least sixty, all on the page', () => {
    expect(tasks.length).toBeGreaterThanOrEqual(60);
    const cells = (text: string): string => text.replaceAll(/\s+/g, ' ');
    const flat = cells(page);
    expect(
      tasks.filter(({ task, code }) => !flat.includes(cells(task)) || !flat.includes(cells(code))),
    ).toEqual([]);
  });
  test.each(tasks)('$task', ({ code, shape, values }) => {
    const program = runInThisContext(`(lz, x, y, m, k) => ${code}`) as (
      ...args: readonly unknown[]
    ) => lz.LazyArray;
    const { x, y, m, k } = inputs;
    const result = program(lz, arrayOf(x), arrayOf(y), arrayOf(m), arrayOf(k));
    expect(result.shape).toEqual(shape);
    const found = Array.from(result.dataSync() as Float64Array, Number);
    found.forEach((value, position) => {
      expect(value, `${code} at ${position}`).toBeCloseTo(Number(values[position]), 12);
    });
  });
});

describe('names in the tables', () => {
  const code = page
    .split('\n')
    .filter((line) => !line.includes('planned:'))
    .join('\n');
  test('functions are there', () => {
    const functions = [...code.matchAll(/\blz\.(?:random\.)?(\w+)/g)].map(([, name = '']) => name);
    expect(functions.length).toBeGreaterThan(300);
    expect(functions.filter((name) => !(name in lz) && !(name in lz.random))).toEqual([]);
  });
  test('methods are there', () => {
    const methods = [...code.matchAll(/`x\.(\w+)/g)].map(([, name = '']) => name);
    expect(methods.filter((name) => !(name in lz.LazyArray.prototype))).toEqual([]);
  });
  test('five hundred of NumPy', () => {
    // A name of NumPy in one cell, ours in the other.
    expect(page.match(/^\| `[^|]+` +\| [^|]+ +\|$/gm)?.length).toBeGreaterThan(500);
  });
});
