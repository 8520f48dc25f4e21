/** Forms, and what derives from the schema of node kinds: nothing of a node may be missing in what identifies it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attributesOf } from '../../src/ir/form.ts';
import { numbersOf, rebuild, topologicalOrder, valueText, withInputs, type Node } from '../../src/ir/node.ts';
import { attributeTypes, kindNames, kindRow } from '../../src/ir/schema.ts';
import { graphs } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';
import { attributes } from '../support/sameGraph.ts';

/** All a node has, read off the object itself; inputs and memory by identity. */
function everything(node: Node): string {
  const { form: _, ...own } = node;
  return JSON.stringify(own, (key, value: unknown) => {
    if (key === 'inputs') return (value as readonly Node[]).length;
    if (key === 'source') return (value as { readonly id: number }).id;
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    return value;
  });
}

test('nodes that differ in anything differ in form, shape, numbers or value, and only those do', () => {
  const byIdentity = new Map<string, string>();
  const byContent = new Map<string, string>();
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      for (const node of topologicalOrder(roots)) {
        const identity = `${node.shape.join()}|${node.inputs.length}|${attributes(node, String)}`;
        const content = everything(node);
        expect(byIdentity.get(identity) ?? content).toBe(content);
        expect(byContent.get(content) ?? identity).toBe(identity);
        byIdentity.set(identity, content);
        byContent.set(content, identity);
      }
    }),
    settings(500),
  );
});

test('equal forms are one object, and no two forms have one text', () => {
  const byText = new Map<string, unknown>();
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      for (const { form, kind, dtype } of topologicalOrder(roots)) {
        expect([form.kind, form.dtype]).toEqual([kind, dtype]);
        expect(byText.get(form.text) ?? form).toBe(form);
        byText.set(form.text, form);
      }
    }),
    settings(500),
  );
});

test('random graphs have nodes of every kind', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      for (const { kind } of topologicalOrder(roots)) seen.add(kind);
    }),
    { numRuns: 400, seed: 1 },
  );
  // Parameters stand in bound graphs and traced functions alone.
  expect(kindNames.filter((kind) => !seen.has(kind))).toEqual(['parameter']);
});

test('a node over other inputs, or rebuilt with its own numbers, keeps everything else', () => {
  fc.assert(
    fc.property(graphs(), ({ roots }) => {
      for (const node of topologicalOrder(roots)) {
        expect(withInputs(node, node.inputs)).toEqual(node);
        expect(rebuild(node, node.shape, node.inputs, numbersOf(node))).toEqual(node);
      }
    }),
    settings(200),
  );
});

test('every attribute has a role, and only leaves stand for values', () => {
  for (const kind of kindNames) {
    const { attributes: all, fusion } = kindRow(kind);
    const roles = Object.values(all).map((type) => attributeTypes[type].role);
    const listed = (['structure', 'number', 'value'] as const).flatMap((role) => attributesOf(kind, role));
    expect(listed.length).toBe(roles.length);
    expect(roles.includes('value') && fusion !== 'leaf').toBe(false);
  }
});

test('the value of a leaf tells zeros, bigints and arrays apart', () => {
  fc.assert(
    fc.property(graphs({ kinds: ['data', 'constant', 'binary'] }), ({ roots }) => {
      for (const node of topologicalOrder(roots)) {
        if (node.kind === 'constant')
          expect(valueText(node)).toBe(Object.is(node.value, -0) ? '-0' : String(node.value));
        else if (node.kind === 'data') expect(valueText(node)).toBe(String(node.source.id));
        else expect(valueText(node)).toBe('');
      }
    }),
    settings(100),
  );
});
