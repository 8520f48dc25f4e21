// How the tour measures: every call by itself, the first one apart (it pays for compiling, ours and V8's),
// the rest by their median, which a garbage collection or a busy neighbour does not move.

/** One bar of the chart. */
export interface Timing {
  readonly task: string;
  readonly way: string;
  readonly by: 'plain' | 'first' | 'lazuli';
  readonly microseconds: number;
}

/** In microseconds. */
export interface Laps {
  readonly first: number;
  readonly then: number;
  readonly total: number;
}

/** A result and how long it took, in microseconds. */
export interface Lap<T> {
  readonly value: T;
  readonly microseconds: number;
}

export const once = <T>(run: () => T): Lap<T> => {
  const start = performance.now();
  const value = run();
  return { value, microseconds: 1e3 * (performance.now() - start) };
};

export const onceAwaited = async <T>(run: () => Promise<T>): Promise<Lap<T>> => {
  const start = performance.now();
  const value = await run();
  return { value, microseconds: 1e3 * (performance.now() - start) };
};

/**
 * Takes the arguments apart, so that a loop is called as it is: from a closure around it V8 would inline the loop, and
 * then leave it in the code of its middle tier, some five times slower.
 */
export const repeat = <Args extends readonly unknown[]>(
  repetitions: number,
  run: (...args: Args) => unknown,
  ...args: Args
): Laps => {
  const laps = new Float64Array(repetitions);
  for (let lap = 0; lap < repetitions; lap++) {
    const start = performance.now();
    run(...args);
    laps[lap] = 1e3 * (performance.now() - start);
  }
  const total = laps.reduce((sum, lap) => sum + lap, 0);
  const rest = laps.slice(1).sort();
  return { first: laps[0] ?? NaN, then: rest[rest.length >> 1] ?? NaN, total };
};
