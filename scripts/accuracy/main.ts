/**
 * `npm run accuracy -- [--function NAME]... [--target js|wasm|reference|webgpu] [--exhaustive] [--fixtures DIR] [--worst N] [--points N] [--write]`
 *
 * Measures the math functions against exact results, prints a table and fails where a promised bound does not hold.
 * docs/numerics.md says what is measured.
 */
import { parseArgs } from 'node:util';
import { isMathFunction, mathFunctions, type MathFunction } from '../../src/ir/math/functions.ts';
import { opRow } from '../../src/ir/ops.ts';
import { dtypes } from './bounds.ts';
import { writeDocument } from './document.ts';
import { evaluateFunction, isTarget, targets, type TargetOption } from './engine.ts';
import { measureAll } from './exhaustive.ts';
import { fixturesFolder, readFixture } from './fixtures.ts';
import { measureOnGpu } from './gpu.ts';
import { holds, measure, worstPoints, type Measurement } from './measure.ts';
import { cpuTable, tableText } from './table.ts';

const usage = `usage: npm run accuracy -- [options]
  --function NAME   only this function; may be repeated
  --target NAME     ${targets.join(', ')} (default js) or webgpu, a GPU
  --exhaustive      functions of one argument: all float32 arguments (minutes each)
  --worst N         print the N worst points of each function and dtype, as lines of worst.txt
  --fixtures DIR    exact results from another folder (fixtures.py --out DIR)
  --points N        on a GPU: about how many arguments each function gets, beside its fixture (default 65536)
  --write           write docs/numerics.md, on a GPU with its tables`;

interface Settings {
  readonly names: readonly MathFunction[];
  readonly target: TargetOption;
  readonly points: number;
  readonly exhaustive: boolean;
  readonly folder: string;
  readonly worst: number;
  readonly write: boolean;
}

function readSettings(): Settings {
  const { values } = parseArgs({
    options: {
      function: { type: 'string', multiple: true },
      target: { type: 'string', default: 'js' },
      exhaustive: { type: 'boolean', default: false },
      fixtures: { type: 'string', default: fixturesFolder },
      points: { type: 'string', default: '65536' },
      worst: { type: 'string', default: '0' },
      write: { type: 'boolean', default: false },
    },
  });
  const names = values.function ?? mathFunctions;
  const unknown = names.find((name) => !isMathFunction(name));
  if (unknown !== undefined)
    throw new Error(`no math function is called ${unknown}; there are ${mathFunctions.join(', ')}`);
  const { target, exhaustive, write } = values;
  if (target !== 'webgpu' && !isTarget(target)) throw new Error(`no target is called ${target}`);
  if (write && (values.function !== undefined || exhaustive))
    throw new Error('--write wants the measurements of all functions on their fixtures');
  const points = Number(values.points);
  if (!(Number.isInteger(points) && points > 0 && points <= 2 ** 32))
    throw new Error(`--points takes a whole number, not ${values.points}`);
  return {
    points,
    names: names.filter(isMathFunction),
    target,
    exhaustive,
    folder: values.fixtures,
    worst: Number(values.worst),
    write,
  };
}

function measureFixtures({ names, target, folder, worst }: Settings): readonly Measurement[] {
  return names.flatMap((name) =>
    dtypes.map((dtype) => {
      const fixture = readFixture(name, dtype, folder);
      const results = evaluateFunction(name, fixture.arguments, target);
      for (const line of worstPoints(fixture, results, worst)) console.log(line);
      return measure(fixture, results);
    }),
  );
}

function measureExhaustively({ names, target }: Settings): readonly Measurement[] {
  const say = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K`);
  };
  return names
    .filter((name) => opRow(name).arity === 1)
    .map((name) => {
      const measurement = measureAll(name, target, (share) => {
        say(`${name} ${(100 * share).toFixed(1)} %`);
      });
      say('');
      if (names.length > 1) console.log(tableText(cpuTable([measurement])));
      return measurement;
    });
}

async function main(): Promise<void> {
  let settings: Settings;
  try {
    settings = readSettings();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (settings.target === 'webgpu') {
    if (!(await measureOnGpu(settings))) process.exitCode = 1;
    // The page has both: that of the CPU is measured anew.
    else if (settings.write) writeDocument(measureFixtures({ ...settings, target: 'js' }));
    return;
  }
  const measurements = settings.exhaustive ? measureExhaustively(settings) : measureFixtures(settings);
  if (settings.worst === 0) console.log(tableText(cpuTable(measurements)));
  const broken = measurements.filter((measurement) => !holds(measurement));
  if (broken.length > 0) {
    console.error(`${broken.length} bounds do not hold`);
    process.exitCode = 1;
  } else if (settings.write) writeDocument(measurements);
}

await main();
