/** Under a content security policy without unsafe-eval nothing is generated: the reference evaluator runs, and explain says so. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

test('without code generation results are the same, and explain names the reason', () => {
  const program = `
    import * as lz from ${JSON.stringify(entry)};
    const x = lz.array([[1, 2], [3, 4]]);
    const y = x.sub(x.mean(0)).exp().sum(1);
    const plan = y.explain().toJSON().plan;
    console.log(JSON.stringify({ values: y.toArray(), target: plan.target, reasons: plan.reasons, code: x.add(1).explain().toString('code') }));
    const f = lz.compile((a) => a.add(1));
    console.log(JSON.stringify(f(x).toArray()));`;
  const output = execFileSync(
    node,
    ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  );
  const [first, second] = output.trim().split('\n');
  const result = JSON.parse(first ?? '') as {
    values: number[];
    target: string;
    reasons: string[];
    code: string;
  };
  expect(result.values).toEqual([Math.exp(-1) + Math.exp(-1), Math.exp(1) + Math.exp(1)]);
  expect(result.target).toBe('reference');
  expect(result.reasons.join()).toMatch(/content security policy/);
  expect(result.code).toMatch(/not allowed/);
  expect(JSON.parse(second ?? '')).toEqual([
    [2, 3],
    [4, 5],
  ]);
});
