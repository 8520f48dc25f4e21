/**
 * The report for people: the header, a table per case as soon as it is measured, and a closing overview.
 *
 * `vs lazuli` is the time of that implementation over the best of lazuli's: above 1, lazuli is faster.
 */
import type { Case } from '../cases/case.ts';
import { WORKS } from '../cases/works.ts';
import type { DeviceLimits } from '../measure/gpuLimit.ts';
import type { Limit } from '../measure/limit.ts';
import { type MeasuredRow, type Row, measuredRows } from '../measure/row.ts';
import { geometricMean } from '../measure/spread.ts';
import type { Skipped } from '../peers/registry.ts';
import { columns } from './columns.ts';
import { duration, gigabytesPerSecond, gigaPerSecond, kibibytes, percent, ratio } from './format.ts';
import type { Header } from './header.ts';
import { bestOfOurs } from './ours.ts';

const NONE = '-';

export function headerText(
  { machine, peers, copyBytesPerSecond, peakPerSecond, together, gpu }: Header,
  skipped: readonly Skipped[],
): string {
  const versions = [...new Set(peers.map(({ name, version }) => `${name} ${version}`))];
  return [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}`,
    `Node ${machine.node}, V8 ${machine.v8}${copyBytesPerSecond === undefined || together !== undefined ? '' : '; every implementation runs on one thread'}`,
    ...(gpu === undefined ? [] : [`GPU: ${gpu}`]),
    ...(copyBytesPerSecond === undefined
      ? []
      : [`copy bandwidth of main memory ${gigabytesPerSecond(copyBytesPerSecond)} (bytes read and written)`]),
    ...peakText('', peakPerSecond),
    ...(together === undefined
      ? []
      : [
          `all processors at once: copy bandwidth ${gigabytesPerSecond(together.copyBytesPerSecond)}`,
          ...peakText('all processors at once: ', together.peakPerSecond),
        ]),
    `taking part: ${versions.join(', ')}`,
    ...skipped.map(({ name, reason }) => `skipped ${name}: ${reason}`),
  ].join('\n');
}

const peakText = (whose: string, peak: number | undefined): readonly string[] =>
  peak === undefined ? [] : [`${whose}peak of 128-bit vectors ${gigaPerSecond(peak)} float64 operations`];

/** The device by its own limits; nothing where they were not measured. */
export function deviceText({ copyBytesPerSecond, operationsPerSecond }: DeviceLimits): string | undefined {
  const facts = [
    ...(copyBytesPerSecond === undefined
      ? []
      : [
          `the fastest copy within the device moves ${gigabytesPerSecond(copyBytesPerSecond)} (bytes read and written)`,
        ]),
    ...(operationsPerSecond === undefined
      ? []
      : [
          `multiply-adds of float32 reach ${gigaPerSecond(operationsPerSecond)} operations (two for each multiply-add)`,
        ]),
  ];
  return facts.length === 0 ? undefined : `\n${facts.join('\n')}`;
}

/** `together`: the limit of those that run on all threads. */
export function caseText(
  benchCase: Case,
  rows: readonly Row[],
  limit: Limit,
  together: Limit | undefined,
): string {
  const unit = benchCase.unit === undefined ? '' : `, times per ${benchCase.unit.name}`;
  const best = bestOfOurs(rows);
  const byDevice = rows.some((row) => row.status === 'measured' && row.kernelNs !== null);
  return [
    `\n## ${benchCase.name}: ${WORKS[benchCase.work].formula}${unit}`,
    columns([
      [
        'impl',
        'target',
        ...(together === undefined ? [] : ['threads']),
        'median',
        'IQR',
        'cold',
        'samples',
        ...(byDevice ? ['kernels'] : []),
        'of memory',
        'of copy',
        'of peak',
        'vs lazuli',
        'agrees',
      ],
      ...measuredRows(rows).map((row) => [
        row.impl,
        row.target,
        ...(together === undefined ? [] : [String(row.threads)]),
        duration(row.medianNs),
        duration(row.q3Ns - row.q1Ns),
        duration(row.coldNs),
        String(row.samples),
        ...(byDevice ? [row.kernelNs === null ? NONE : duration(row.kernelNs)] : []),
        ...sharesOf(row, together !== undefined && row.threads > 1 ? together : limit),
        versus(row, best),
        agreement(row),
      ]),
    ]),
    ...measuredRows(rows).flatMap(({ impl, moduleBytes }) =>
      moduleBytes === null || moduleBytes === 0
        ? []
        : [`${impl}: a WebAssembly module of ${kibibytes(moduleBytes)}`],
    ),
    ...rows.flatMap((row) => (row.status === 'failed' ? [`${row.impl} failed: ${row.reason}`] : [])),
  ].join('\n');
}

/** How near a row comes to the limits. */
const sharesOf = ({ medianNs }: MeasuredRow, { memoryNs, copyNs, arithmeticNs }: Limit): readonly string[] =>
  [memoryNs, copyNs, arithmeticNs].map((ns) => (ns === undefined ? NONE : percent(ns / medianNs)));

/** Medians of all cases side by side, and how much faster lazuli is on (geometric) average where results agree. */
export function overviewText(rows: readonly Row[], peers: Header['peers']): string {
  const cases = [...new Set(rows.map((row) => row.case))];
  const impls = peers.map(({ name }) => name).filter((name) => rows.some(({ impl }) => impl === name));
  const find = (name: string, impl: string): Row | undefined =>
    rows.find((row) => row.case === name && row.impl === impl);
  const medians = cases.map((name) => [name, ...impls.map((impl) => medianCell(find(name, impl)))]);
  const means = impls.map((impl) => meanRatio(rows, impl, cases));
  return `\n## Medians (! result does not agree)\n${columns([
    ['case', ...impls],
    ...medians,
    ['the best lazuli is faster by', ...means],
  ])}`;
}

function meanRatio(rows: readonly Row[], impl: string, cases: readonly string[]): string {
  const ratios = cases.flatMap((name) => {
    const ofCase = rows.filter((row) => row.case === name);
    const row = measuredRows(ofCase).find((candidate) => candidate.impl === impl);
    const best = bestOfOurs(ofCase);
    return row === undefined || best === undefined || row.agrees === false
      ? []
      : [row.medianNs / best.medianNs];
  });
  return ratios.length === 0 ? NONE : ratio(geometricMean(ratios));
}

function medianCell(row: Row | undefined): string {
  if (row === undefined) return NONE;
  if (row.status === 'failed') return 'failed';
  return `${duration(row.medianNs)}${row.agrees === false ? '!' : ' '}`;
}

function versus(row: MeasuredRow, best: MeasuredRow | undefined): string {
  return best === undefined ? NONE : ratio(row.medianNs / best.medianNs);
}

function agreement({ agrees, error }: MeasuredRow): string {
  if (agrees === null || error === null) return NONE;
  return agrees ? 'yes' : `no (${error.toExponential(0)})`;
}
