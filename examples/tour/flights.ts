// Flights: the columns of an Arrow file, wrapped where they lie, and a few statistics in one evaluation.
import { tableFromIPC, type Table } from 'apache-arrow';
import * as lz from '../../src/index.ts';
import { agree, ensure } from './check.ts';
import { dataset } from './data.ts';
import { bytes, count, duration, percent } from './figures.ts';
import { chapter, say, table } from './narrate.ts';
import * as plain from './plain.js';
import { onceAwaited } from './stopwatch.ts';

const late = 60;

/** The numbers of a column, where they lie: a file of one record batch holds each column in one piece. */
const column = <Values extends Int16Array | Float32Array>(
  flights: Table,
  name: string,
  type: new (length: number) => Values,
): Values => {
  const values: unknown = flights.getChild(name)?.toArray();
  if (!(values instanceof type)) throw new TypeError(`The column ${name} is missing or of another type.`);
  return values;
};

export const flights = async (): Promise<void> => {
  const file = await dataset('flights-200k.arrow');
  const arrow = tableFromIPC(file);
  chapter(`${count(arrow.numRows)} flights`);
  const columns = {
    delay: column(arrow, 'delay', Int16Array),
    distance: column(arrow, 'distance', Int16Array),
    time: column(arrow, 'time', Float32Array),
  };
  const inPlace = Object.values(columns).filter(({ buffer }) => buffer === file.buffer).length;
  ensure(inPlace === Object.keys(columns).length, 'the columns lie in the file as it was read');

  const delay = lz.asArray(columns.delay, { copy: false });
  const distance = lz.asArray(columns.distance, { copy: false });
  const time = lz.asArray(columns.time, { copy: false });
  say(`An Arrow file holds its columns as typed arrays already: of ${count(arrow.numRows)} flights the delay
    (${delay.dtype}, minutes), the distance (${distance.dtype}, miles) and the hour of departure (${time.dtype}).
    lazuli reads all ${count(inPlace)} where they lie, in the ${bytes(file.byteLength)} of the file.`);

  // As a textbook has it; nothing is computed before the evaluation.
  const covariance = delay.sub(delay.mean()).mul(distance.sub(distance.mean())).mean();
  const [morning, evening] = [time.less(12), time.greaterEqual(18)];
  const figures = {
    mean: delay.mean(),
    deviation: delay.std(),
    late: delay.greater(late).mean(),
    correlation: covariance.div(delay.std().mul(distance.std())),
    morning: lz.where(morning, delay, 0).mean().div(morning.mean()),
    evening: lz.where(evening, delay, 0).mean().div(evening.mean()),
  };
  const roots = Object.values(figures);
  const { kernels } = lz.explain(roots).toJSON().plan;
  const { microseconds } = await onceAwaited(() => lz.evaluate(roots));

  const [mean, deviation] = [figures.mean.item(), figures.deviation.item()];
  const [share, correlation] = [figures.late.item(), figures.correlation.item()];
  const expected = plain.delayFigures(columns.delay, columns.distance, late);
  agree(
    [mean, deviation, share, correlation],
    [expected.mean, expected.deviation, expected.late, expected.correlation],
    1e-9,
  );
  table(
    ['', ''],
    [
      ['mean delay', `${mean.toFixed(3)} min`],
      ['standard deviation', `${deviation.toFixed(3)} min`],
      [`later than ${late} minutes`, percent(share)],
      ['correlation of delay and distance', correlation.toFixed(5)],
      ['mean delay of departures before noon', `${figures.morning.item().toFixed(3)} min`],
      ['mean delay of departures from 18:00 on', `${figures.evening.item().toFixed(3)} min`],
    ],
  );
  say(`One evaluation gave all ${count(roots.length)} figures: ${count(kernels.length)} ${kernels.length === 1 ? 'kernel' : 'kernels'},
    ${duration(microseconds)} with compiling. A plain loop gives the same ones.`);
};
