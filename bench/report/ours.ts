/** Lazuli's rows among those of a case: one for each target and form. */
import { type MeasuredRow, type Row, measuredRows } from '../measure/row.ts';

/** What to compare others with: the fastest target, of expressions evaluated where the case has them, with right results. */
export function bestOfOurs(rows: readonly Row[]): MeasuredRow | undefined {
  const ours = measuredRows(rows).filter(({ form, agrees }) => form !== null && agrees !== false);
  const evaluated = ours.filter(({ form }) => form === 'evaluate');
  return fastest(evaluated.length > 0 ? evaluated : ours);
}

const fastest = (rows: readonly MeasuredRow[]): MeasuredRow | undefined =>
  rows.reduce<MeasuredRow | undefined>(
    (best, row) => (best === undefined || row.medianNs < best.medianNs ? row : best),
    undefined,
  );
