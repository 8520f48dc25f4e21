/**
 * The law of the whole compiler: whatever the passes do, every target gives the bits of the reference evaluator.
 *
 * Random typed graphs of all node kinds; the failing one is shrunk and printed as an expression that can be run.
 */
import fc from 'fast-check';
import { beforeEach, describe, test } from 'vitest';
import { IndexError } from '../../src/ir/errors.ts';
import type { TypedArray } from '../../src/ir/dtype.ts';
import { constant, type Node } from '../../src/ir/node.ts';
import { rewriteGraph } from '../support/rewriteGraph.ts';
import { evaluateReference } from '../../src/ir/reference.ts';
import { normalize } from '../../src/ir/scalar.ts';
import { passNames } from '../../src/passes/pipeline.ts';
import { clearCache } from '../../src/runtime/caches/caches.ts';
import { evaluateNodes } from '../../src/runtime/evaluate/evaluate.ts';
import type { EvaluateOptions } from '../../src/runtime/evaluate/options.ts';
import { expectSameBits } from '../support/bits.ts';
import { graphs, show } from '../support/graphs.ts';
import { settings } from '../support/runs.ts';

beforeEach(() => {
  clearCache();
});

/** Compiling a module takes a hundred times as long as compiling a function: fewer graphs on that target. */
const targets = [
  { target: 'js', share: 1 },
  { target: 'wasm', share: 0.25 },
] as const;

const run = (roots: readonly Node[], options: EvaluateOptions): TypedArray[] =>
  evaluateNodes(roots, { memo: false, ...options }).map(({ source }) => source.values);

const agrees = (
  roots: readonly Node[],
  expected: readonly TypedArray[],
  options: EvaluateOptions,
  what: string,
): void => {
  let actual: TypedArray[];
  try {
    actual = run(roots, options);
  } catch (error) {
    throw error instanceof IndexError
      ? error
      : new Error(`${what} failed on\n${show(roots)}`, { cause: error });
  }
  expectSameBits(actual, expected, `${what}\n${show(roots)}`);
};

/** The same graph with every number in it another one. */
const otherScalars = (roots: readonly Node[]): Node[] =>
  rewriteGraph(roots, (node) => {
    if (node.kind !== 'constant' || node.dtype === 'bool') return node;
    const value = typeof node.value === 'bigint' ? node.value * 3n + 5n : node.value * 3 + 5;
    return constant(normalize(node.dtype, value), node.dtype);
  });

/** Scalars may have been indices: then the new ones may be out of range. */
function unlessOutOfRange(evaluate: () => TypedArray[]): TypedArray[] | undefined {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof IndexError) return undefined;
    throw error;
  }
}

describe.each(targets)('on the $target target', ({ target, share }) => {
  const some = <T>(base: number): fc.Parameters<T> => settings<T>(share * base);

  test('a graph has the bits of the reference, with the guarantees of every pass checked', () => {
    fc.assert(
      fc.property(graphs(), ({ roots }) => {
        agrees(roots, evaluateReference(roots), { target, verify: true }, 'evaluation');
      }),
      some(6000),
    );
  });

  test('switching a pass off never changes a bit', () => {
    fc.assert(
      fc.property(graphs(), fc.constantFrom(...passNames), ({ roots }, pass) => {
        agrees(roots, evaluateReference(roots), { target, disable: [pass], verify: true }, `without ${pass}`);
      }),
      some(3000),
    );
  });

  test('neither does switching several off', () => {
    fc.assert(
      fc.property(graphs(), fc.subarray([...passNames]), ({ roots }, disable) => {
        agrees(
          roots,
          evaluateReference(roots),
          { target, disable, verify: true },
          `without ${disable.join(', ')}`,
        );
      }),
      some(1500),
    );
  });

  test('a plan from the cache gives the bits of a fresh one', () => {
    fc.assert(
      fc.property(graphs(), ({ roots }) => {
        const expected = evaluateReference(roots);
        for (const round of ['cold', 'warm', 'warm again']) agrees(roots, expected, { target }, round);
      }),
      some(1500),
    );
  });

  test('a cached plan takes other scalars', () => {
    fc.assert(
      fc.property(graphs(), ({ roots }) => {
        agrees(roots, evaluateReference(roots), { target }, 'first scalars');
        const others = otherScalars(roots);
        const expected = unlessOutOfRange(() => evaluateReference(others));
        if (expected !== undefined) agrees(others, expected, { target }, 'other scalars');
        agrees(roots, evaluateReference(roots), { target }, 'first scalars again');
      }),
      some(1500),
    );
  });

  test('roots evaluated together have the bits they have alone', () => {
    fc.assert(
      fc.property(graphs(), ({ roots }) => {
        const together = run(roots, { target });
        const alone = roots.flatMap((root) => run([root], { target }));
        expectSameBits(together, alone, show(roots));
      }),
      some(1000),
    );
  });

  test('a remembered result is the result', () => {
    fc.assert(
      fc.property(graphs(), ({ roots }) => {
        const expected = evaluateReference(roots);
        for (const round of ['computed', 'remembered'])
          agrees(roots, expected, { target, memo: true }, round);
      }),
      some(500),
    );
  });
});
