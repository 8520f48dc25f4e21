// Flights: the columns of an Arrow file, wrapped where they lie, and a few statistics in one evaluation.
import { tableFromIPC, type Table } from 'apache-arrow';
import * as lz from '../../src/index.ts';
import { agree, ensure } from './check.ts';
import { dataset } from './data.ts';
import { bytes, count, duration, percent } from './figures.ts';
import { chapter, say, table } from './narrate.ts';
import * as plain from './plain.js';
import { once } from './stopwatch.ts';

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
  chapter('200,000 flights');
  const file = await dataset('flights-200k.arrow');
  const arrow = tableFromIPC(file);
  const columns = {
    delay: column(arrow, 'delay', Int16Array),
    distance: column(arrow, 'distance', Int16Array),
    time: column(arrow, 'time', Float32Array),
  };
  const inPlace = Object.values(columns).filter(({ buffer }) => buffer === file.buffer).length;
  ensure(inPlace === 3, 'the columns lie in the file as it was read');

  const delay = lz.asArray(columns.delay, { copy: false });
  const distance = lz.asArray(columns.distance, { copy: false });
  const time = lz.asArray(columns.time, { copy: false });
  say(`An Arrow file holds its columns as typed arrays already: of ${count(arrow.numRows)} flights the delay
    (${delay.dtype}, minutes), the distance (${distance.dtype}, miles) and the hour of departure (${time.dtype}).
    lazuli reads all ${count(inPlace)} where they lie, in the ${bytes(file.byteLength)} of the file.`);

  // The statistics, as a textbook has them. Nothing is computed before the evaluation.
  const product = delay.sub(delay.mean()).mul(distance.sub(distance.mean())).mean();
  const morning = time.less(12);
  const evening = time.greaterEqual(18);
  const figures = {
    mean: delay.mean(),
    deviation: delay.std(),
    late: delay.greater(late).mean(),
    correlation: product.div(delay.std().mul(distance.std())),
    morning: lz.where(morning, delay, 0).mean().div(morning.mean()),
    evening: lz.where(evening, delay, 0).mean().div(evening.mean()),
  };
  const roots = Object.values(figures);
  const { plan } = lz.explain(roots).toJSON();
  const start = performance.now();
  await lz.evaluate(roots);
  const microseconds = 1e3 * (performance.now() - start);
  const [mean, deviation, share, correlation, beforeNoon, afterSix] = roots.map((root) => Number(root.item()));
};
