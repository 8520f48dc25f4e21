/**
 * The loops one would write by hand, in plain JavaScript: top-level functions of typed arrays, so that the engine
 * compiles each as well as it can. Types are in `loops.d.ts`.
 */

import { EARTH_RADIUS, LAYERNORM_EPSILON, LONG_CHAIN_OPS, RATE, VOLATILITY } from '../cases/works.ts';

export function add(out, a, b) {
  for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
}

export function multiply(out, c, d) {
  for (let i = 0; i < out.length; i++) out[i] = c[i] * d[i];
}

export function productSum(out, a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  out[0] = sum;
}

export function sinTimesSin(out, a) {
  for (let i = 0; i < out.length; i++) out[i] = Math.sin(a[i]) * Math.sin(a[i]);
}

export function sinSquared(out, a) {
  for (let i = 0; i < out.length; i++) {
    const sine = Math.sin(a[i]);
    out[i] = sine * sine;
  }
}

export function sin(out, a) {
  for (let i = 0; i < out.length; i++) out[i] = Math.sin(a[i]);
}

export function sum(out, a) {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i];
  out[0] = total;
}

export function chain3(out, a, b, c, d) {
  for (let i = 0; i < out.length; i++) out[i] = (a[i] * b[i] + c[i]) / d[i];
}

/** The normal distribution function by Abramowitz and Stegun 26.2.17. */
function phi(x) {
  const k = 1 / (Math.abs(x) * 0.2316419 + 1);
  const polynomial = (((1.330274429 * k - 1.821255978) * k + 1.781477937) * k - 0.356563782) * k + 0.31938153;
  const tail = (Math.exp(x * x * -0.5) * (polynomial * k)) / Math.sqrt(2 * Math.PI);
  return x < 0 ? tail : 1 - tail;
}

export function blackScholes(out, spot, strike, years) {
  for (let i = 0; i < spot.length; i++) {
    const deviation = Math.sqrt(years[i]) * VOLATILITY;
    const d1 = (Math.log(spot[i] / strike[i]) + years[i] * (RATE + VOLATILITY ** 2 / 2)) / deviation;
    const discounted = Math.exp(years[i] * -RATE) * strike[i];
    out.call[i] = spot[i] * phi(d1) - discounted * phi(d1 - deviation);
    out.put[i] = out.call[i] - spot[i] + discounted;
  }
}

export function chain5(out, a, b, c, d) {
  for (let i = 0; i < out.length; i++) out[i] = Math.sqrt((a[i] * b[i] + c[i]) / d[i]) - a[i];
}

export function chain10(out, a, b, c, d) {
  for (let i = 0; i < out.length; i++) {
    const root = Math.sqrt((a[i] * b[i] + c[i]) / d[i]);
    out[i] = Math.sqrt(Math.exp(root - a[i]) * c[i] + b[i]) / a[i];
  }
}

export function addRow(out, a, row) {
  const columns = row.length;
  for (let start = 0; start < out.length; start += columns) {
    for (let j = 0; j < columns; j++) out[start + j] = a[start + j] + row[j];
  }
}

export function addColumn(out, a, column) {
  const columns = out.length / column.length;
  for (let i = 0; i < column.length; i++) {
    const value = column[i];
    for (let k = i * columns; k < (i + 1) * columns; k++) out[k] = a[k] + value;
  }
}

export function addTransposed(out, a, b) {
  const side = Math.sqrt(out.length);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) out[i * side + j] = a[i * side + j] + b[j * side + i];
  }
}

export function softmax(out, x, columns) {
  for (let start = 0; start < x.length; start += columns) {
    const end = start + columns;
    let largest = -Infinity;
    for (let k = start; k < end; k++) largest = Math.max(largest, x[k]);
    let sum = 0;
    for (let k = start; k < end; k++) {
      out[k] = Math.exp(x[k] - largest);
      sum += out[k];
    }
    for (let k = start; k < end; k++) out[k] /= sum;
  }
}

export function layernorm(out, x, columns) {
  for (let start = 0; start < x.length; start += columns) {
    const end = start + columns;
    let sum = 0;
    for (let k = start; k < end; k++) sum += x[k];
    const mean = sum / columns;
    let squares = 0;
    for (let k = start; k < end; k++) squares += (x[k] - mean) * (x[k] - mean);
    const scale = Math.sqrt(squares / columns + LAYERNORM_EPSILON);
    for (let k = start; k < end; k++) out[k] = (x[k] - mean) / scale;
  }
}

export function argmin(out, a) {
  let best = 0;
  for (let i = 1; i < a.length; i++) if (a[i] < a[best]) best = i;
  out[0] = best;
}

export function argmax(out, a) {
  let best = 0;
  for (let i = 1; i < a.length; i++) if (a[i] > a[best]) best = i;
  out[0] = best;
}

export function min(out, a) {
  let least = Infinity;
  for (let i = 0; i < a.length; i++) least = Math.min(least, a[i]);
  out[0] = least;
}

export function max(out, a) {
  let most = -Infinity;
  for (let i = 0; i < a.length; i++) most = Math.max(most, a[i]);
  out[0] = most;
}

/** Square matrices, rows of the result as sums of rows: every inner loop reads and writes in order. */
export function matmul(out, a, b) {
  const side = Math.sqrt(out.length);
  out.fill(0);
  for (let i = 0; i < side; i++) {
    for (let k = 0; k < side; k++) {
      const factor = a[i * side + k];
      for (let j = 0; j < side; j++) out[i * side + j] += factor * b[k * side + j];
    }
  }
}

export function airports(out, latitude, longitude) {
  const n = latitude.length;
  const cosines = latitude.map(Math.cos);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let best = -1;
    let shortest = Infinity;
    for (let j = 0; j < n; j++) {
      const sinLatitude = Math.sin((latitude[i] - latitude[j]) / 2);
      const sinLongitude = Math.sin((longitude[i] - longitude[j]) / 2);
      const haversine = sinLatitude * sinLatitude + cosines[i] * cosines[j] * (sinLongitude * sinLongitude);
      const distance = 2 * EARTH_RADIUS * Math.asin(Math.sqrt(haversine));
      sum += distance;
      if (distance < shortest && i !== j) {
        shortest = distance;
        best = j;
      }
    }
    out.nearest[i] = best;
    out.distance[i] = shortest;
  }
  out.mean[0] = sum / (n * n);
}

export function longChain(out, a, b) {
  for (let i = 0; i < out.length; i++) {
    let value = a[i];
    for (let k = 0; k < LONG_CHAIN_OPS; k += 2) value = value + b[i] - b[i];
    out[i] = value;
  }
}

/** The positions of each row in the order of its elements. */
export function argsort(out, a, length) {
  for (let at = 0; at < a.length; at += length) {
    const row = a.subarray(at, at + length);
    const positions = out.subarray(at, at + length);
    for (let i = 0; i < length; i++) positions[i] = i;
    positions.sort((p, q) => row[p] - row[q] || p - q);
  }
}
