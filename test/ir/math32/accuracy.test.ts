/** The float32 programs keep their bounds on every processor that `Machine32` allows, exact ones and sloppy ones. */
import { describe, expect, it } from 'vitest';
import { measure, Tally } from '../../../scripts/accuracy/measure.ts';
import { readFixture } from '../../../scripts/accuracy/fixtures.ts';
import { sweepInto } from '../../../scripts/accuracy/sweep32.ts';
import { mathFunctions } from '../../../src/ir/math/functions.ts';
import { bounds32 } from '../../../src/ir/math32/bounds.ts';
import { onFloats } from '../../../src/ir/math32/functions.ts';
import type { Liberties } from '../../../src/ir/math32/numberMachine.ts';

const processors: Readonly<Record<string, Liberties>> = {
  'rounding every operation': {},
  'fusing the first product, quotients above': {
    fuse: 'first',
    quotientError: 2.5,
    rootError: -4,
    flush: true,
  },
  'fusing the second product, quotients below': {
    fuse: 'second',
    quotientError: -2.5,
    rootError: 4,
    flush: true,
  },
};

for (const [title, liberties] of Object.entries(processors))
  describe(`a processor ${title}`, () => {
    for (const name of mathFunctions)
      it(name, async () => {
        const f = onFloats(name, liberties);
        const tally = new Tally();
        await sweepInto(
          tally,
          name,
          (_, [xs = new Float32Array(), ys]) => xs.map((x, k) => f(x, ys?.[k] ?? 0)),
          2000,
        );
        const { worst, at, points } = tally;
        expect(points).toBeGreaterThan(1000);
        expect(worst, `${name}(${at.join(', ')})`).toBeLessThanOrEqual(bounds32[name]);
      });
  });

describe('exact results, computed with many digits', () => {
  for (const name of mathFunctions)
    it(name, () => {
      const fixture = readFixture(name, 'float32');
      const [xs, ys] = fixture.arguments;
      const f = onFloats(name);
      const results = fixture.exact.map((_, k) => f(xs?.[k] ?? NaN, ys?.[k] ?? 0));
      const { worst, at } = measure(fixture, results);
      expect(worst, `${name}(${at.join(', ')})`).toBeLessThanOrEqual(bounds32[name]);
    });
});
