// The tour trusts nothing that it prints: what does not agree stops it, with an exit code of 1.

export const ensure = (holds: boolean, claim: string): void => {
  if (!holds) throw new Error(`The tour claims what is not so: ${claim}`);
};

/** The largest difference between two lists of figures, relative to the larger of the two. */
export const difference = (found: ArrayLike<number>, expected: ArrayLike<number>): number => {
  ensure(found.length === expected.length, 'both lists have the same length');
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    const [x, y] = [Number(found[i]), Number(expected[i])];
    if (x !== y) largest = Math.max(largest, Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y)));
  }
  return largest;
};

export const agree = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): number => {
  const largest = difference(found, expected);
  ensure(largest <= tolerance, `lazuli and the plain loop agree to ${tolerance}, not ${largest}`);
  return largest;
};
