/** Measurements as a table: for the terminal, and in Markdown for docs/numerics.md. */
import { conditions } from './bounds.ts';
import { boundOf, holds, type Measurement } from './measure.ts';

const heads = ['function', 'dtype', 'points', 'max ulp', 'at', 'mean ulp', 'bound', 'ok'] as const;
const isNumeric = [false, false, true, true, false, true, true, false] as const;

function cells(measurement: Measurement): readonly string[] {
  const { name, dtype, points, worst, at, mean } = measurement;
  const condition = conditions[name];
  return [
    name,
    dtype,
    points.toLocaleString('en'),
    worst.toFixed(3),
    at.map((x) => (Object.is(x, -0) ? '-0' : String(x))).join(', '),
    mean.toFixed(3),
    `${boundOf(measurement)}${condition === undefined ? '' : ` (${condition})`}`,
    holds(measurement) ? 'yes' : 'NO',
  ];
}

export function tableText(measurements: readonly Measurement[]): string {
  const rows = [heads, ...measurements.map(cells)];
  const widths = heads.map((_, k) => Math.max(...rows.map((row) => row[k]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, k) =>
          isNumeric[k] === true ? cell.padStart(widths[k] ?? 0) : cell.padEnd(widths[k] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Without the last column: what does not hold is not published. */
export function tableMarkdown(measurements: readonly Measurement[]): string {
  const row = (list: readonly string[]): string => `| ${list.slice(0, -1).join(' | ')} |`;
  const rule = isNumeric.map((numeric) => (numeric ? '--:' : '---'));
  return [heads, rule, ...measurements.map(cells)].map(row).join('\n');
}
