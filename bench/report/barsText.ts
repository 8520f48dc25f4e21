/**
 * The bars (`cases/bars.ts`) against what was measured: a line each, a column for each target and form of lazuli.
 *
 * `limit` is what a program at the physical limit would get (`measure/limit.ts`), of one thread, or of all where the
 * suite uses all.
 */
import { BARS, type AnyBar } from '../cases/bars.ts';
import { type Limit, shortestNs } from '../measure/limit.ts';
import { type MeasuredRow, type Row, measuredRows } from '../measure/row.ts';
import { columns } from './columns.ts';
import { duration, percent, ratio } from './format.ts';

const NONE = '-';

export type Limits = ReadonlyMap<string, Limit>;

/** Where a row of lazuli stands on a bar. */
interface Standing {
  readonly got: number;
  readonly reached: boolean;
}

export function barsText(rows: readonly Row[], limits: Limits): string | undefined {
  const measured = measuredRows(rows);
  const impls = [...new Set(measured.filter(({ form }) => form !== null).map(({ impl }) => impl))];
  const bars = BARS.filter((bar) => measured.some((row) => row.case === bar.case));
  if (bars.length === 0 || impls.length === 0) return undefined;
  const lines = bars.map((bar) => {
    const rowOf = (impl: string): MeasuredRow | undefined =>
      measured.find((row) => row.case === bar.case && row.impl === impl);
    const cells = impls.map((impl) => {
      const standing = standingOf(bar, rowOf(impl), measured, limits);
      return standing === undefined ? NONE : shown(bar, standing.got);
    });
    return [
      bar.case,
      against(bar, measured),
      wanted(bar),
      ...cells,
      atLimit(bar, measured, limits),
      verdict(bar, measured, limits),
    ];
  });
  return [
    '\n## Bars (ok: reached by an evaluated expression, or only by a compiled function `into` given outputs)',
    columns([['case', 'against', 'wanted', ...impls, 'limit', 'ok'], ...lines]),
  ].join('\n');
}

function standingOf(
  bar: AnyBar,
  row: MeasuredRow | undefined,
  measured: readonly MeasuredRow[],
  limits: Limits,
): Standing | undefined {
  if (row === undefined) return undefined;
  const got = gotIn(bar, row.medianNs, row.impl, measured, limits);
  return got === undefined ? undefined : { got, reached: row.agrees !== false && reaches(bar, got) };
}

/** What a time of `ns` in the bar's case comes to. */
function gotIn(
  bar: AnyBar,
  ns: number,
  impl: string,
  measured: readonly MeasuredRow[],
  limits: Limits,
): number | undefined {
  const timeOf = (name: string, of: string): number | undefined =>
    measured.find((row) => row.case === name && row.impl === of)?.medianNs;
  switch (bar.kind) {
    case 'peer': {
      const peer = timeOf(bar.case, bar.peer);
      return peer === undefined ? undefined : peer / ns;
    }
    case 'case': {
      const other = timeOf(bar.other, impl);
      return other === undefined ? undefined : ns / other;
    }
    case 'time':
      return ns;
    case 'threads': {
      // Rows on one thread have no part in it.
      const row = measured.find(({ case: name, impl: of }) => name === bar.case && of === impl);
      const alone = measured.find(
        ({ case: name, threads, form, target }) =>
          name === bar.case && threads === 1 && form === row?.form && target === row.target,
      );
      return row === undefined || row.threads === 1 || alone === undefined ? undefined : alone.medianNs / ns;
    }
    case 'copy': {
      const memoryNs = limits.get(bar.case)?.memoryNs;
      return memoryNs === undefined ? undefined : memoryNs / ns;
    }
  }
}

function reaches(bar: AnyBar, got: number): boolean {
  switch (bar.kind) {
    case 'peer':
    case 'copy':
    case 'threads':
      return got >= bar.atLeast;
    case 'case':
      return got <= bar.atMost;
    case 'time':
      return got < bar.below;
  }
}

function verdict(bar: AnyBar, measured: readonly MeasuredRow[], limits: Limits): string {
  const standings = measured
    .filter((row) => row.case === bar.case && row.form !== null)
    .map((row) => ({ form: row.form, standing: standingOf(bar, row, measured, limits) }));
  if (standings.every(({ standing }) => standing === undefined)) return NONE;
  const reached = standings.filter(({ standing }) => standing?.reached === true);
  if (reached.length === 0) return 'no';
  const hasEvaluated = standings.some(({ form }) => form === 'evaluate');
  return hasEvaluated && reached.every(({ form }) => form === 'into') ? 'into' : 'yes';
}

function atLimit(bar: AnyBar, measured: readonly MeasuredRow[], limits: Limits): string {
  const limit = limits.get(bar.case);
  const ns = limit === undefined ? undefined : shortestNs(limit);
  if (ns === undefined || bar.kind !== 'peer') return NONE;
  const got = gotIn(bar, ns, '', measured, limits);
  return got === undefined ? NONE : shown(bar, got);
}

function shown(bar: AnyBar, got: number): string {
  switch (bar.kind) {
    case 'peer':
    case 'case':
    case 'threads':
      return ratio(got);
    case 'time':
      return duration(got);
    case 'copy':
      return percent(got);
  }
}

function against(bar: AnyBar, measured: readonly MeasuredRow[]): string {
  switch (bar.kind) {
    case 'peer': {
      const row = measured.find(({ case: name, impl }) => name === bar.case && impl === bar.peer);
      return row?.agrees === false ? `${bar.peer}!` : bar.peer;
    }
    case 'case':
      return bar.other;
    case 'time':
      return NONE;
    case 'copy':
      return 'copying';
    case 'threads':
      return 'one thread';
  }
}

function wanted(bar: AnyBar): string {
  switch (bar.kind) {
    case 'peer':
    case 'threads':
      return `>= ${ratio(bar.atLeast)}`;
    case 'case':
      return `<= ${ratio(bar.atMost)}`;
    case 'time':
      return `< ${duration(bar.below)}`;
    case 'copy':
      return `>= ${percent(bar.atLeast)}`;
  }
}
