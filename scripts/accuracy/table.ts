/** Measurements as a table: for the terminal, and in Markdown for docs/numerics.md. */
import { conditions } from './bounds.ts';
import { holdsOnGpu, type GpuMeasurement } from './gpuSweep.ts';
import { boundOf, holds, type Measurement } from './measure.ts';

/** A table whose last column says whether bounds hold. */
export interface Table {
  readonly heads: readonly string[];
  /** Which columns are set to the right. */
  readonly numeric: ReadonlySet<string>;
  readonly rows: readonly (readonly string[])[];
}

const numeric = new Set(['points', 'max ulp', 'max', 'mean ulp', 'mean', 'flushed', 'bound']);

const count = (points: number): string => points.toLocaleString('en');

/** A bound of a math function, with the arguments it speaks about. */
const boundText = (bound: number, name: string): string => {
  const condition = Object.entries(conditions).find(([conditioned]) => conditioned === name)?.[1];
  return `${bound}${condition === undefined ? '' : ` (${condition})`}`;
};

export function cpuTable(measurements: readonly Measurement[]): Table {
  const heads = ['function', 'dtype', 'points', 'max ulp', 'at', 'mean ulp', 'bound', 'ok'];
  const rows = measurements.map((measurement) => {
    const { name, dtype, points, worst, at, mean } = measurement;
    return [
      name,
      dtype,
      count(points),
      worst.toFixed(3),
      at.map((x) => (Object.is(x, -0) ? '-0' : String(x))).join(', '),
      mean.toFixed(3),
      boundText(boundOf(measurement), name),
      holds(measurement) ? 'yes' : 'NO',
    ];
  });
  return { heads, numeric, rows };
}

/** Measurements of one unit, whose head says what is measured. */
export function gpuTable(head: string, measurements: readonly GpuMeasurement[]): Table {
  const inUlps = measurements.every(({ unit }) => unit === 'ulp');
  const heads = [head, 'points', inUlps ? 'max ulp' : 'max', 'at', inUlps ? 'mean ulp' : 'mean', 'flushed'];
  const rows = measurements.map((measurement) => {
    const { title, points, worst, at, mean, flushed, bound } = measurement;
    return [
      title,
      count(points),
      worst.toFixed(3),
      at,
      mean.toFixed(3),
      count(flushed),
      boundText(bound, title),
      holdsOnGpu(measurement) ? 'yes' : 'NO',
    ];
  });
  return { heads: [...heads, 'bound', 'ok'], numeric, rows };
}

export function tableText({ heads, rows, ...table }: Table): string {
  const lines = [heads, ...rows];
  const widths = heads.map((_, k) => Math.max(...lines.map((row) => row[k]?.length ?? 0)));
  return lines
    .map((row) =>
      row
        .map((cell, k) =>
          table.numeric.has(heads[k] ?? '') ? cell.padStart(widths[k] ?? 0) : cell.padEnd(widths[k] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Without the last column: what does not hold is not published. */
export function tableMarkdown({ heads, rows, ...table }: Table): string {
  const row = (list: readonly string[]): string => `| ${list.slice(0, -1).join(' | ')} |`;
  const rule = heads.map((head) => (table.numeric.has(head) ? '--:' : '---'));
  return [heads, rule, ...rows].map(row).join('\n');
}
