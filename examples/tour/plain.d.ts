// The types of plain.js. The elementwise loops write into `out`, which a caller can use again.
export function add(a: Float64Array, b: Float64Array, out: Float64Array): void;
export function multiply(a: Float64Array, b: Float64Array, out: Float64Array): void;
export function productSum(a: Float64Array, b: Float64Array): number;
export function productsOfNormals(items: number): Float64Array;
export function sinTimesSin(x: Float64Array, out: Float64Array): void;
export function sinSquared(x: Float64Array, out: Float64Array): void;

/** One entry an airport: its nearest and farthest other airport, their distances, and its mean distance. */
export interface Neighbourhoods {
  readonly nearest: Int32Array;
  readonly nearestDistance: Float64Array;
  readonly farthest: Int32Array;
  readonly farthestDistance: Float64Array;
  readonly meanDistance: Float64Array;
}

/** Takes radians; the mean runs over all airports, the one itself included. */
export function neighbourhoods(
  latitude: Float64Array,
  longitude: Float64Array,
  diameter: number,
): Neighbourhoods;

export interface DelayFigures {
  readonly mean: number;
  readonly deviation: number;
  readonly late: number;
  readonly correlation: number;
}

export function delayFigures(delay: Int16Array, distance: Int16Array, late: number): DelayFigures;
