/** Numbers as a person reads them: three significant digits and the unit that fits. */

const UNITS = [
  { ns: 1e9, name: 's' },
  { ns: 1e6, name: 'ms' },
  { ns: 1e3, name: 'µs' },
] as const;

export function duration(ns: number): string {
  const unit = UNITS.find((candidate) => ns >= candidate.ns * 0.9995) ?? { ns: 1, name: 'ns' };
  return `${significant(ns / unit.ns)} ${unit.name}`;
}

export function ratio(value: number): string {
  return `${significant(value)}x`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

export function gigabytesPerSecond(bytesPerSecond: number): string {
  return `${(bytesPerSecond / 1e9).toFixed(1)} GB/s`;
}

export function gigaPerSecond(perSecond: number): string {
  return `${(perSecond / 1e9).toFixed(1)} G/s`;
}

export function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

function significant(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
