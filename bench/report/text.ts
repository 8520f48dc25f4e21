/**
 * The report for people: the header, a table per case as soon as it is measured, and a closing overview.
 *
 * `vs lazuli` is the time of that implementation over lazuli's: above 1, lazuli is faster.
 */
import type { Case } from '../cases/case.ts';
import { WORKS } from '../cases/works.ts';
import type { MeasuredRow, Row } from '../measure/row.ts';
import { geometricMean } from '../measure/spread.ts';
import { LAZULI, PEER_NAMES, type Skipped } from '../peers/registry.ts';
import { columns } from './columns.ts';
import { duration, gigabytesPerSecond, percent, ratio } from './format.ts';
import type { Header } from './header.ts';

const NONE = '-';

export function headerText(
  { machine, peers, copyBytesPerSecond }: Header,
  skipped: readonly Skipped[],
): string {
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}`,
    `Node ${machine.node}, V8 ${machine.v8}`,
    `copy bandwidth ${gigabytesPerSecond(copyBytesPerSecond)} (bytes read and written, one thread)`,
    `taking part: ${peers.map(({ name, version }) => `${name} ${version}`).join(', ')}`,
    ...skipped.map(({ name, reason }) => `skipped ${name}: ${reason}`),
  ].join('\n');
}

export function caseText(benchCase: Case, rows: readonly Row[], copyBytesPerSecond: number): string {
  const unit = benchCase.unit === undefined ? '' : `, times per ${benchCase.unit.name}`;
  const lazuli = measured(rows).find(({ impl }) => impl === LAZULI);
  const share = ({ medianNs }: MeasuredRow): string =>
    benchCase.bytes === undefined ? NONE : percent(benchCase.bytes / (medianNs / 1e9) / copyBytesPerSecond);
  return [
    `\n## ${benchCase.name}: ${WORKS[benchCase.work].formula}${unit}`,
    columns([
      ['impl', 'target', 'threads', 'median', 'IQR', 'cold', 'samples', 'of copy', 'vs lazuli', 'agrees'],
      ...measured(rows).map((row) => [
        row.impl,
        row.target,
        String(row.threads),
        duration(row.medianNs),
        duration(row.q3Ns - row.q1Ns),
        duration(row.coldNs),
        String(row.samples),
        share(row),
        versus(row, lazuli),
        agreement(row),
      ]),
    ]),
    ...rows.flatMap((row) => (row.status === 'failed' ? [`${row.impl} failed: ${row.reason}`] : [])),
  ].join('\n');
}

/** Medians of all cases side by side, and how much faster lazuli is on (geometric) average where results agree. */
export function overviewText(rows: readonly Row[]): string {
  const cases = [...new Set(rows.map((row) => row.case))];
  const impls = PEER_NAMES.filter((name) => rows.some(({ impl }) => impl === name));
  const find = (name: string, impl: string): Row | undefined =>
    rows.find((row) => row.case === name && row.impl === impl);
  const medians = cases.map((name) => [name, ...impls.map((impl) => medianCell(find(name, impl)))]);
  const means = impls.map((impl) => meanRatio(impl, cases, find));
  return `\n## Medians (! result does not agree)\n${columns([
    ['case', ...impls],
    ...medians,
    ...(impls.includes(LAZULI) ? [['lazuli is faster by', ...means]] : []),
  ])}`;
}

function meanRatio(
  impl: string,
  cases: readonly string[],
  find: (name: string, impl: string) => Row | undefined,
): string {
  const ratios = cases.flatMap((name) => {
    const [row, lazuli] = [find(name, impl), find(name, LAZULI)];
    const comparable = row?.status === 'measured' && lazuli?.status === 'measured' && row.agrees !== false;
    return comparable ? [row.medianNs / lazuli.medianNs] : [];
  });
  return ratios.length === 0 || impl === LAZULI ? NONE : ratio(geometricMean(ratios));
}

function medianCell(row: Row | undefined): string {
  if (row === undefined) return NONE;
  if (row.status === 'failed') return 'failed';
  return `${duration(row.medianNs)}${row.agrees === false ? '!' : ' '}`;
}

function measured(rows: readonly Row[]): readonly MeasuredRow[] {
  return rows.filter((row) => row.status === 'measured');
}

function versus(row: MeasuredRow, lazuli: MeasuredRow | undefined): string {
  return lazuli === undefined ? NONE : ratio(row.medianNs / lazuli.medianNs);
}

function agreement({ agrees, error }: MeasuredRow): string {
  if (agrees === null || error === null) return NONE;
  return agrees ? 'yes' : `no (${error.toExponential(0)})`;
}
