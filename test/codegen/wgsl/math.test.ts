/** The WGSL text of math functions: readable, self-contained, and free of what WGSL does not allow. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { floatLiteral, mathFunctionText, writeMath } from '../../../src/codegen/wgsl/math.ts';
import { mathFunctions } from '../../../src/ir/math/functions.ts';
import type { Machine32 } from '../../../src/ir/math32/machine.ts';
import { opRow } from '../../../src/ir/ops.ts';

/** sqrt(1 + x^2), and x itself where that is the same. */
const program = <V, U, M>(m: Machine32<V, U, M>, x: V): V => {
  const size = m.abs(x);
  const root = m.sqrt(m.add(m.constant(1), m.multiply(x, x)));
  const [result = root] = m.rarely(m.less(m.constant(2 ** 13), size), [root], () => [size]);
  return m.ofBits(m.andWords(m.bitsOf(result), m.word(0x7fffffff)));
};

test('a program becomes a function of let and if', () => {
  expect(writeMath('length', program, 1).text).toBe(`fn length(x: f32) -> f32 {
  let v1 = abs(x);
  let v2 = 8192f < v1;
  var v3 = sqrt(1f + x * x);
  if (v2) {
    v3 = v1;
  }
  return bitcast<f32>(bitcast<u32>(v3) & 0x7fffffffu);
}
`);
  expect(writeMath('length', program, 4).text).toBe(`fn length(x: vec4f) -> vec4f {
  let v1 = abs(x);
  let v2 = vec4f(8192f) < v1;
  var v3 = sqrt(vec4f(1f) + x * x);
  if (any(v2)) {
    v3 = select(v3, v1, v2);
  }
  return bitcast<vec4f>(bitcast<vec4u>(v3) & vec4u(0x7fffffffu));
}
`);
});

describe.each([1, 4] as const)('width %d', (width) => {
  for (const name of mathFunctions)
    it(`${name}: every name is defined before it is used`, () => {
      const { name: title, text, arity, needs } = mathFunctionText(name, width);
      expect(arity).toBe(opRow(name).arity);
      const defined = new Set(['x', ...(arity === 2 ? ['y'] : [])]);
      for (const line of text.split('\n').slice(1)) {
        const definition = /^ *(?:let|var) (\w+) = /.exec(line);
        const used = line.slice(definition?.[0].length ?? 0).match(/\bv\d+\b|\b[xy]\b/g) ?? [];
        for (const value of used) expect([...defined], line).toContain(value);
        if (definition?.[1] !== undefined) defined.add(definition[1]);
      }
      const calls = new Set(text.match(/\blz_\w+/g));
      expect([...calls].sort()).toEqual([title, ...needs.map((need) => need.name)].sort());
      for (const need of needs) expect(need.text).toContain(`fn ${need.name}(`);
      // Numbers without a suffix would be abstract, and those of WGSL have no names.
      expect(text).not.toMatch(/Infinity|NaN|undefined/);
      expect(text.match(/(?<![\w.])\d[\d.]*(?:e[-+]\d+)?(?![\w.])/g) ?? []).toEqual([]);
    });
});

test('literals read back as the number', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => {
      const text = floatLiteral(x);
      expect(text.endsWith('f')).toBe(true);
      expect(Math.fround(Number(text.slice(0, -1)))).toBe(x);
    }),
  );
  expect(() => floatLiteral(Infinity)).toThrow(/no literal/);
});
