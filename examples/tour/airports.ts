// Airports: the great-circle distance of every pair, without ever holding the distances of every pair.
import { read } from 'vega';
import * as lz from '../../src/index.ts';
import { agree, ensure } from './check.ts';
import { dataset } from './data.ts';
import { bytes, count, duration, kilometres } from './figures.ts';
import { chapter, say, table } from './narrate.ts';
import * as plain from './plain.js';
import { onceAwaited, repeat, type Timing } from './stopwatch.ts';

interface Airport {
  readonly iata: string;
  readonly name: string;
  readonly city: string;
  readonly state: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** In kilometres: twice the mean radius. */
const earthDiameter = 2 * 6371.0088;
const repetitions = 4;

const loadAirports = async (): Promise<readonly Airport[]> => {
  const csv = (await dataset('airports.csv')).toString('utf8');
  const airports = read(csv, {
    type: 'csv',
    parse: { latitude: 'number', longitude: 'number' },
  }) as Airport[];
  ensure(
    airports.every(({ latitude, longitude }) => Number.isFinite(latitude) && Number.isFinite(longitude)),
    'every airport has its coordinates',
  );
  return airports;
};

const radians = (degrees: readonly number[]): Float64Array =>
  Float64Array.from(degrees, (angle) => (angle * Math.PI) / 180);

type Floats = lz.LazyArray<'float64'>;

/** The haversine formula, from each point to each: one axis for where from, one for where to. */
const distances = (latitude: Floats, longitude: Floats): Floats => {
  const [fromLatitude, toLatitude] = [latitude.expandDims(1), latitude.expandDims(0)];
  const [fromLongitude, toLongitude] = [longitude.expandDims(1), longitude.expandDims(0)];
  const north = fromLatitude.sub(toLatitude).div(2).sin().square();
  const east = fromLongitude.sub(toLongitude).div(2).sin().square();
  const chord = fromLatitude.cos().mul(toLatitude.cos()).mul(east).add(north);
  return chord.sqrt().asin().mul(earthDiameter);
};

/** `JFK, John F Kennedy Intl (New York)`. Some airports of the file have no city. */
const label = ({ iata, name, city, country }: Airport): string =>
  `${iata}, ${name} (${city === 'NA' ? country : city})`;

/** What is known of each airport: one array a question, one element an airport. */
const neighbourhoods = (latitude: Floats, longitude: Floats) => {
  const matrix = distances(latitude, longitude);
  // An airport is not its own neighbour.
  const toOthers = lz.where(lz.eye(latitude.size, latitude.size, 0, { dtype: 'bool' }), Infinity, matrix);
  return {
    nearest: toOthers.argmin(1),
    nearestDistance: toOthers.min(1),
    farthest: matrix.argmax(1),
    farthestDistance: matrix.max(1),
    meanDistance: matrix.mean(1),
  };
};

export const airports = async (): Promise<Timing[]> => {
  const list = await loadAirports();
  const n = list.length;
  const latitude = radians(list.map((airport) => airport.latitude));
  const longitude = radians(list.map((airport) => airport.longitude));
  const named = (index: number): string => {
    const airport = list[index];
    if (airport === undefined) throw new RangeError(`There is no airport ${index}.`);
    return label(airport);
  };

  chapter(`${count(n)} airports, ${count(n * n)} distances`);
  say(`Latitude as a column against latitude as a row, and longitude likewise: broadcasting writes the distance of every
    pair of airports in a few lines. Of each airport we ask for the nearest other one, the farthest one, and the mean
    distance to all; explain() tells beforehand what that will take.`);

  const rows = neighbourhoods(lz.asArray(latitude), lz.asArray(longitude));
  const roots = Object.values(rows);
  const { plan } = lz.explain(roots).toJSON();
  const pairBytes = n * n * Float64Array.BYTES_PER_ELEMENT;
  ensure(plan.peakTemporaryBytes < n * n, 'no array of all pairs exists');
  table(
    ['explain()', ''],
    [
      ['kernels', count(plan.kernels.length)],
      ['temporaries, at most', bytes(plan.peakTemporaryBytes)],
      ['all pairs, had they been stored', bytes(pairBytes)],
    ],
  );

  const lazuli = await onceAwaited(() => lz.evaluate(roots));
  const again = repeat(repetitions, () =>
    lz.evaluateSync(Object.values(neighbourhoods(lz.asArray(latitude), lz.asArray(longitude))), {
      memo: false,
    }),
  );
  const loopLaps = repeat(repetitions, () => plain.neighbourhoods(latitude, longitude, earthDiameter));
  const loop = plain.neighbourhoods(latitude, longitude, earthDiameter);
  const nearest = rows.nearest.dataSync();
  const nearestDistance = rows.nearestDistance.dataSync();
  const farthest = rows.farthest.dataSync();
  const farthestDistance = rows.farthestDistance.dataSync();
  agree(nearest, loop.nearest, 0);
  agree(farthest, loop.farthest, 0);
  const difference = Math.max(
    agree(nearestDistance, loop.nearestDistance),
    agree(farthestDistance, loop.farthestDistance),
    agree(rows.meanDistance.dataSync(), loop.meanDistance),
  );

  // Rows of n numbers are all that the rest needs.
  const remotest = rows.nearestDistance.argmax().item();
  const central = rows.meanDistance.argmin().item();
  const outermost = rows.farthestDistance.argmax().item();
  const meanOfPairs = rows.meanDistance.mean().item() * (n / (n - 1));
  const far = farthest[outermost] ?? NaN;
  table(
    ['', 'distance'],
    [
      ['mean over all pairs', kilometres(meanOfPairs)],
      ['farthest pair', kilometres(farthestDistance[outermost] ?? NaN)],
      [`  ${named(outermost)}`, ''],
      [`  ${named(far)}`, ''],
      ['loneliest airport, to its nearest neighbour', kilometres(nearestDistance[remotest] ?? NaN)],
      [`  ${named(remotest)}`, ''],
      [`  ${named(nearest[remotest] ?? NaN)}`, ''],
      [
        'most central airport, to all others on average',
        kilometres((rows.meanDistance.min().item() * n) / (n - 1)),
      ],
      [`  ${named(central)}`, ''],
    ],
  );
  say(`lazuli took ${duration(lazuli.microseconds)} the first time and ${duration(again.then)} then, a double loop in
    plain JavaScript ${duration(loopLaps.first)} and ${duration(loopLaps.then)}. All ${count(n)} nearest and farthest airports are the same, and no distance differs
    by more than ${difference.toExponential(0)} of its value.`);

  const task = `airports, ${count(n * n)} pairs`;
  return [
    { task, way: 'plain double loop', by: 'plain', microseconds: loopLaps.then },
    { task, way: 'lazuli, first call', by: 'first', microseconds: lazuli.microseconds },
    { task, way: 'lazuli, then', by: 'lazuli', microseconds: again.then },
  ];
};
