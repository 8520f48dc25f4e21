/** Where a content security policy forbids generated code, what is allowed runs, and explain names the reason. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url));
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

interface Outcome {
  readonly values: readonly number[];
  readonly compiled: readonly (readonly number[])[];
  readonly target: string;
  readonly reasons: readonly string[];
  readonly code: string;
  readonly info: readonly { readonly name: string; readonly available: boolean }[];
  readonly refused: string;
}

/** What a host without `unsafe-eval` shows, after `prepare`. Targets are probed when they are first asked for. */
function outcome(prepare: string): Outcome {
  const program = `
    import * as lz from ${JSON.stringify(entry)};
    ${prepare}
    const x = lz.array([[1, 2], [3, 4]]);
    const y = x.sub(x.mean(0)).square().sum(1);
    const { target, reasons } = y.explain().toJSON().plan;
    let refused = '';
    try {
      y.evaluateSync({ target: 'js' });
    } catch (error) {
      refused = error.name + ' ' + error.message;
    }
    const code = x.add(1).explain().toString('code');
    const compiled = lz.compile((a) => a.add(1))(x).toArray();
    console.log(JSON.stringify({ values: y.toArray(), target, reasons, code, compiled, refused, info: lz.targetInfo() }));`;
  const output = execFileSync(
    node,
    ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  );
  return JSON.parse(output) as Outcome;
}

test('without WebAssembly either, the reference evaluator gives the same results', () => {
  const { values, compiled, target, reasons, code, info, refused } = outcome(
    'delete globalThis.WebAssembly;',
  );
  expect(values).toEqual([2, 2]);
  expect(compiled).toEqual([
    [2, 3],
    [4, 5],
  ]);
  expect(target).toBe('reference');
  expect(reasons.join()).toMatch(/js is not available: the content security policy.*wasm is not available/);
  expect(code).toMatch(/not allowed/);
  expect(refused).toMatch(/^OptionError .*target 'js' does not run here: the content security policy/);
  expect(info.filter(({ available }) => available).map(({ name }) => name)).toEqual(['reference']);
});

test('with WebAssembly, that runs', () => {
  const { values, target, reasons } = outcome('');
  expect(values).toEqual([2, 2]);
  expect(target).toBe('wasm');
  expect(reasons.join()).toMatch(/js is not available: the content security policy/);
});
