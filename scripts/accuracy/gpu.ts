/**
 * `npm run accuracy -- --target webgpu`: measures on the GPU there is and prints the tables under its name.
 *
 * Where Dawn finds no GPU, the whole command starts again where it finds one made of software (`scripts/softwareGpu`).
 */
import { spawnSync } from 'node:child_process';
import * as lz from '../../src/index.ts';
import { mathFunctions, type MathFunction } from '../../src/ir/math/functions.ts';
import { softwareGpuEnvironment } from '../softwareGpu/environment.ts';
import { writeGpuTables } from './document.ts';
import {
  holdsOnGpu,
  measureFunction,
  measureOperations,
  measureProducts,
  measureSums,
  type GpuMeasurement,
} from './gpuSweep.ts';
import { gpuTable, tableMarkdown, tableText, type Table } from './table.ts';

export interface GpuSettings {
  readonly names: readonly MathFunction[];
  /** About how many arguments each function gets. */
  readonly points: number;
  readonly write: boolean;
}

/** Few long rows, many short ones; whole vectors of four and not. */
const sumShapes = [
  [1, 1000],
  [1, 2 ** 20 + 7],
  [100, 1000],
  [3, 100_003],
  [1000, 37],
] as const;

/** Narrow, and in tiles. */
const productSizes = [
  [5, 64, 300],
  [200, 300, 130],
  [64, 1000, 64],
] as const;

/** Whether all bounds hold. With all functions, operations, sums and products are measured as well. */
export async function measureOnGpu(settings: GpuSettings): Promise<boolean> {
  const [device] = await lz.devices();
  if (device === undefined) return startedOnSoftware();
  const { vendor, architecture, description, isSoftware } = device;
  const adapter = [vendor, architecture, description].filter((part) => part !== '').join(' ');
  const title = `${adapter}${isSoftware ? ' (software)' : ''}, ${new Date().toISOString().slice(0, 10)}`;
  console.log(title);

  const functions: GpuMeasurement[] = [];
  for (const name of settings.names) functions.push(await measureFunction(name, settings.points));
  const all = settings.names.length === mathFunctions.length;
  const operations = all ? await measureOperations(settings.points) : [];
  const accumulated = all ? [await measureSums(sumShapes), ...(await measureProducts(productSizes))] : [];

  const tables = [
    gpuTable('function', functions),
    ...(all ? [gpuTable('operation', operations), gpuTable('sums', accumulated)] : []),
  ];
  for (const table of tables) console.log(`\n${tableText(table)}`);
  const broken = [...functions, ...operations, ...accumulated].filter(
    (measurement) => !holdsOnGpu(measurement),
  );
  if (broken.length > 0) console.error(`${broken.length} bounds do not hold`);
  else if (settings.write) writeGpuTables(markdown(title, settings.points, tables));
  return broken.length === 0;
}

const markdown = (title: string, points: number, tables: readonly Table[]): string =>
  [
    `Measured on: ${title}; about ${points.toLocaleString('en')} arguments of each function and operation, in addition to the fixtures.`,
    ...tables.map(tableMarkdown),
    '',
  ]
    .join('\n\n')
    .trimEnd() + '\n';

/** Runs the same command with a GPU made of software; whether it succeeded. */
async function startedOnSoftware(): Promise<boolean> {
  const variables = await softwareGpuEnvironment();
  const [first] = Object.entries(variables).filter(([name]) => name.startsWith('VK_'));
  if (first === undefined || process.env[first[0]] === first[1]) {
    console.error('there is no GPU here, and none made of software');
    return false;
  }
  const [node, ...args] = process.argv;
  if (node === undefined) return false;
  const { status } = spawnSync(node, args, { stdio: 'inherit', env: { ...process.env, ...variables } });
  return status === 0;
}
