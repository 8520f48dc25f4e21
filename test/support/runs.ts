/**
 * How many cases a property is tried on. `LAZULI_FUZZ=20 npx vitest run` tries twenty times as many; the seed is fixed
 * (so a red build stays red) unless `LAZULI_SEED` gives another.
 */
import type { Parameters } from 'fast-check';

const fromEnvironment = (name: string, fallback: number): number => {
  const text = process.env[name];
  const value = text === undefined || text === '' ? fallback : Number(text);
  if (!Number.isFinite(value)) throw new Error(`${name} is ${text ?? ''}, not a number`);
  return value;
};

/** `base` cases, times the multiplier of the environment. */
export const runs = (base: number): number =>
  Math.max(1, Math.round(base * fromEnvironment('LAZULI_FUZZ', 1)));

/** The settings of one `fc.assert`. */
export const settings = <T>(base: number): Parameters<T> => ({
  numRuns: runs(base),
  seed: fromEnvironment('LAZULI_SEED', 20260101),
  endOnFailure: false,
});
