// The competition: the loops one would write by hand, in plain JavaScript. Their types are in plain.d.ts.

export function add(a, b, out) {
  for (let i = 0; i < out.length; i++) out[i] = a[i] + b[i];
}

export function multiply(a, b, out) {
  for (let i = 0; i < out.length; i++) out[i] = a[i] * b[i];
}

export function productSum(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Box and Muller's way: two uniform numbers for two normal ones, which are a pair of factors here. */
export function productsOfNormals(items) {
  const sums = new Float64Array(items);
  for (let i = 0; i < items; i++) {
    let sum = 0;
    for (let k = 0; k <= i; k++) {
      const angle = 2 * Math.PI * Math.random();
      sum += -2 * Math.log(1 - Math.random()) * Math.cos(angle) * Math.sin(angle);
    }
    sums[i] = sum;
  }
  return sums;
}

export function sinTimesSin(x, out) {
  for (let i = 0; i < out.length; i++) out[i] = Math.sin(x[i]) * Math.sin(x[i]);
}

export function sinSquared(x, out) {
  for (let i = 0; i < out.length; i++) out[i] = Math.sin(x[i]) ** 2;
}

export function neighbourhoods(latitude, longitude, diameter) {
  const n = latitude.length;
  const nearest = new Int32Array(n);
  const nearestDistance = new Float64Array(n).fill(Infinity);
  const farthest = new Int32Array(n);
  const farthestDistance = new Float64Array(n);
  const meanDistance = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) {
      const north = Math.sin((latitude[i] - latitude[j]) / 2);
      const east = Math.sin((longitude[i] - longitude[j]) / 2);
      const chord = north * north + Math.cos(latitude[i]) * Math.cos(latitude[j]) * east * east;
      const distance = diameter * Math.asin(Math.sqrt(chord));
      sum += distance;
      if (distance > farthestDistance[i]) {
        farthestDistance[i] = distance;
        farthest[i] = j;
      }
      if (i !== j && distance < nearestDistance[i]) {
        nearestDistance[i] = distance;
        nearest[i] = j;
      }
    }
    meanDistance[i] = sum / n;
  }
  return { nearest, nearestDistance, farthest, farthestDistance, meanDistance };
}

export function delayFigures(delay, distance, late) {
  const n = delay.length;
  let delaySum = 0;
  let distanceSum = 0;
  let lateCount = 0;
  for (let i = 0; i < n; i++) {
    delaySum += delay[i];
    distanceSum += distance[i];
    if (delay[i] > late) lateCount++;
  }
  const mean = delaySum / n;
  const meanDistance = distanceSum / n;
  let delaySquares = 0;
  let distanceSquares = 0;
  let products = 0;
  for (let i = 0; i < n; i++) {
    const x = delay[i] - mean;
    const y = distance[i] - meanDistance;
    delaySquares += x * x;
    distanceSquares += y * y;
    products += x * y;
  }
  return {
    mean,
    deviation: Math.sqrt(delaySquares / n),
    late: lateCount / n,
    correlation: products / Math.sqrt(delaySquares * distanceSquares),
  };
}
