/**
 * Hosts without SharedArrayBuffer: the heap then grows by detaching every view, and results must not notice.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { wasmTarget } from '../../src/codegen/wasm/target.ts';
import type { TypedArray } from '../../src/ir/dtype.ts';
import type { Node } from '../../src/ir/node.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';

type Evaluate = typeof import('../../src/runtime/evaluate/evaluate.ts');
type Library = typeof import('../../src/index.ts');

let runtime: Evaluate;
let lz: Library;

beforeAll(async () => {
  vi.stubGlobal('SharedArrayBuffer', undefined);
  vi.resetModules();
  lz = await import('../../src/index.ts');
  runtime = await import('../../src/runtime/evaluate/evaluate.ts');
  const memory = await import('../../src/codegen/wasm/module/memory.ts');
  expect(memory.isShared()).toBe(false);
});

afterAll(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

const run = (roots: readonly Node[]): TypedArray[] =>
  runtime.evaluateNodes(roots, { memo: false, target: 'wasm' }).map(({ source }) => source.values);

describe('memory that is not shared', () => {
  test('gives the bits of the reference', () => {
    fc.assert(
      fc.property(graphs(), ({ roots }) => {
        expectSameBits(run(roots), evaluateReference(roots), show(roots));
      }),
      settings(150),
    );
  });

  test('may grow for the scratch memory of a kernel, and for results', () => {
    const n = 300;
    const a = lz.arange(n * n).reshape([n, n]);
    for (let round = 0; round < 3; round++) {
      const product = a.add(round).matmul(a.T);
      const expected = product.dataSync({ memo: false, target: 'js' });
      const actual = a.add(round).matmul(a.T).dataSync({ memo: false, target: 'wasm' });
      expectSameBits([actual], [expected]);
    }
  });

  test('keeps earlier results while later ones grow it', () => {
    const first = lz.arange(10_000).mul(2);
    first.evaluateSync({ target: 'wasm' });
    const many = Array.from({ length: 20 }, (_, k) => {
      const x = lz.arange(200_000).add(k);
      x.evaluateSync({ target: 'wasm' });
      return x;
    });
    expect(first.dataSync()[9_999]).toBe(19_998);
    many.forEach((x, k) => {
      expect(x.dataSync()[199_999]).toBe(199_999 + k);
    });
  });

  test('has no memory of the heap to give away', () => {
    const out = lz.allocate('float64', 8);
    lz.compile((x) => x.add(1), { target: 'wasm' }).into(out, new Float64Array(8));
    expect([...out]).toEqual(new Array(8).fill(1));
  });
});

const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url));

const program = `
  import * as lz from ${JSON.stringify(entry)};
  delete globalThis.SharedArrayBuffer;
  lz.configure({ target: 'wasm', heapBytes: 64 * 2 ** 20 });
  const kept = [];
  let wrong = 0;
  for (let k = 0; k < 200; k++) {
    const length = [1000, 20_000, 100_000, 300_000][k % 4];
    const memory = new Float64Array(length).fill(k);
    const a = k % 2 === 0 ? lz.array(memory) : lz.asArray(memory, { copy: false });
    const [b, c] = [1, 2].map((value) => lz.array(new Float64Array(length).fill(value)));
    kept.push([k, length, a.add(b).mul(c).evaluateSync()]);
    if (a.mul(b).add(c).sum().item() !== (k + 2) * length) wrong++;
  }
  for (const [k, length, y] of kept) {
    const values = y.dataSync();
    if (values.length !== length || values.some((value) => value !== 2 * (k + 1))) wrong++;
    if (y.max().item() !== 2 * (k + 1)) wrong++;
  }
  const out = lz.allocate('float64', 5000);
  lz.compile((x) => x.mul(2)).into(out, new Float64Array(5000).fill(3));
  if (out[4999] !== 6) wrong++;
  console.log(JSON.stringify({ wrong, shared: typeof SharedArrayBuffer, ...lz.cacheInfo().heap }));`;

test.runIf(wasmTarget.available)('results are right while the heap grows and evicts', () => {
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
  });
  const { wrong, shared, reservedBytes, evictions } = JSON.parse(output) as Record<string, unknown>;
  expect([wrong, shared]).toEqual([0, 'undefined']);
  expect(reservedBytes).toBeLessThanOrEqual(64 * 2 ** 20);
  expect(evictions).toBeGreaterThan(0);
});
