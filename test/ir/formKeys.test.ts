/** Forms are found by short keys of their lists: no two lists may have one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attributeTypes } from '../../src/ir/schema.ts';
import { settings } from '../support/runs.ts';

const small = fc.nat({ max: 40 });

test('lists of axes and groups have one key exactly if they have one text', () => {
  const { axes, groups } = attributeTypes;
  const keys = new Map<unknown, string>();
  const texts = new Map<string, unknown>();
  const hold = (key: unknown, text: string): void => {
    expect(keys.get(key) ?? text).toBe(text);
    expect(texts.get(text) ?? key).toBe(key);
    keys.set(key, text);
    texts.set(text, key);
  };
  fc.assert(
    fc.property(fc.array(small, { maxLength: 9 }), (list) => {
      hold(axes.key(list), axes.text(list));
    }),
    settings(2000),
  );
  keys.clear();
  texts.clear();
  fc.assert(
    fc.property(fc.array(fc.tuple(small, small), { maxLength: 5 }), (list) => {
      hold(groups.key(list), groups.text(list));
    }),
    settings(2000),
  );
});
