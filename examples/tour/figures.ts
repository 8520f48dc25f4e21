// Numbers as a reader likes them: counts with separators, times and sizes in the unit that fits, which a no-break
// space holds on the line of its number.
const plain = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 });

export const count = (value: number): string => plain.format(value);

/** The largest unit of which there is at least one, or else the smallest. */
const inUnits = (value: number, units: readonly (readonly [name: string, size: number])[]): string => {
  const [name, size] = units.find(([, size]) => value >= size) ?? units.at(-1) ?? ['', 1];
  const amount = value / size;
  return `${amount >= 1000 ? plain.format(amount) : short.format(amount)}\u00a0${name}`;
};

export const duration = (microseconds: number): string =>
  inUnits(microseconds, [
    ['s', 1e6],
    ['ms', 1e3],
    ['µs', 1],
    ['ns', 1e-3],
  ]);

export const bytes = (amount: number): string =>
  inUnits(amount, [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
    ['bytes', 1],
  ]);

export const kilometres = (distance: number): string =>
  `${distance < 10 ? distance.toFixed(1) : plain.format(distance)}\u00a0km`;

export const percent = (share: number): string => `${(100 * share).toFixed(2)}\u00a0%`;
