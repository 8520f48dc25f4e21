/** docs/api.md names the public API: all of it, and nothing that is not there. Links between the pages lead somewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { opRow, scalarOps, type ScalarOp } from '../../src/ir/ops.ts';
import { pages, readPage, root } from './markdown.ts';

/** Inline code and programs; outputs are not meant. */
const codeOf = (text: string): string =>
  [...text.matchAll(/```ts\n([\s\S]*?)```|`([^`\n]+)`/g)]
    .map(([, block, inline]) => block ?? inline ?? '')
    .join('\n');

const code = codeOf(readPage('docs/api.md').replaceAll(/```text\n[\s\S]*?```/g, ''));
const named = new Set(code.match(/\w+/g));
const withoutName = (names: readonly string[]): readonly string[] => names.filter((name) => !named.has(name));

function methodsOf(prototype: object | null): readonly string[] {
  if (prototype === null || prototype === Object.prototype) return [];
  const own = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  return [...own, ...methodsOf(Object.getPrototypeOf(prototype) as object | null)];
}

/** The names of types that src/index.ts exports. */
function exportedTypes(): readonly string[] {
  const source = readFileSync(new URL('src/index.ts', root), 'utf8');
  return [...source.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, all, names = '']) =>
    names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && (all !== undefined || name.startsWith('type ')))
      .map((name) => name.replace(/^type /, '')),
  );
}

describe('docs/api.md names', () => {
  test('every value that is exported', () => {
    expect(withoutName(Object.keys(lz))).toEqual([]);
  });

  test('every type that is exported', () => {
    expect(exportedTypes().length).toBeGreaterThan(10);
    expect(withoutName(exportedTypes())).toEqual([]);
  });

  test('every method and property of arrays and explanations', () => {
    expect(withoutName(methodsOf(lz.LazyArray.prototype))).toEqual([]);
    expect(withoutName(methodsOf(Object.getPrototypeOf(lz.explain(lz.zeros(1))) as object))).toEqual([]);
  });

  test('no function that is not there', () => {
    const functions = [...code.matchAll(/\blz\.(\w+)/g)].map(([, name = '']) => name);
    expect(functions.filter((name) => !(name in lz))).toEqual([]);
  });

  test('every name in lz.random, and none that is not there', () => {
    expect(Object.keys(lz.random).filter((name) => !code.includes(`lz.random.${name}(`))).toEqual([]);
    const functions = [...code.matchAll(/\blz\.random\.(\w+)/g)].map(([, name = '']) => name);
    expect(functions.filter((name) => !(name in lz.random))).toEqual([]);
  });

  test('no method that is not there', () => {
    const methods = [...code.matchAll(/(?<![\w.])x\.(\w+)/g)].map(([, name = '']) => name);
    expect(methods.filter((name) => !(name in lz.LazyArray.prototype))).toEqual([]);
  });
});

test('every scalar operation is a function, but for those that lz.random is made of', () => {
  const isPublic = (op: ScalarOp): boolean => opRow(op).rule !== 'word';
  expect(scalarOps.filter((op) => isPublic(op) && !(op in lz))).toEqual([]);
});

/** How GitHub makes an anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .trim()
    .replaceAll(' ', '-');
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

test.each(pages)('the links of %s lead somewhere', (page) => {
  const text = readPage(page).replaceAll(/^```[\s\S]*?^```/gm, '');
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^https?:/.test(link));
  const broken = links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? new URL(page, root) : new URL(path, new URL(page, root));
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
  });
  expect(broken).toEqual([]);
});
