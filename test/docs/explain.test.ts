/** docs/explain.md documents the schema, the codes and the passes: all of them, and nothing that is not there. */
import { expect, test } from 'vitest';
import * as lz from '../../src/index.ts';
import { passes } from '../../src/passes/pipeline.ts';
import { explainLevels } from '../../src/runtime/explain/explain.ts';
import { explainVersion, fusionReasons, storeReasons } from '../../src/runtime/explain/facts.ts';
import { readPage, rowsOf, sectionOf } from './markdown.ts';

const page = readPage('docs/explain.md');
const documented = (heading: string): Record<string, string> =>
  Object.fromEntries(rowsOf(sectionOf(page, heading)).map(([name = '', text = '']) => [name, text]));

test('every fusion code, in its words', () => {
  expect(documented('## Fusion codes')).toEqual(fusionReasons);
});

test('every store reason, in its words', () => {
  expect(documented('## Store reasons')).toEqual(storeReasons);
});

test('every pass, in order', () => {
  expect(Object.entries(documented('## Passes'))).toEqual(passes.map(({ name, doc }) => [name, doc]));
});

test('every level, in order', () => {
  expect(Object.keys(documented('## Levels'))).toEqual([...explainLevels]);
});

/** The paths of all fields, lists as `[]`; the counters of the caches are described together. */
function fieldsOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [];
    const inner = value.flatMap((item: unknown) =>
      typeof item === 'object' ? fieldsOf(item, `${path}[]`) : [],
    );
    return inner.length === 0 ? [path] : inner;
  }
  if (typeof value !== 'object' || value === null || /^caches\.\w/.test(path)) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    fieldsOf(inner, path === '' ? key : `${path}.${key}`),
  );
}

test('every field of the JSON, and the version', () => {
  const x = lz.asArray(new Float64Array(12), { shape: [4, 3] });
  const facts = lz.explain([x.sub(x.mean(0)).div(x.std(0)), x.T.mul(2).reshape(-1).add(1)]).toJSON();
  const y = lz.asArray(new Float64Array(10_000)).sin().exp();
  y.sum().item();
  const { kept } = lz.explain(y.max()).toJSON().plan;
  expect([...new Set([...fieldsOf(facts), ...fieldsOf({ plan: { kept } })])].toSorted()).toEqual(
    Object.keys(documented('### Fields')).toSorted(),
  );
  expect(facts.version).toBe(explainVersion);
  expect(page).toContain(`Version ${explainVersion}.`);
});
