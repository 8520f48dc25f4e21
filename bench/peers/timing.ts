/** Timed loops for implementations that run in this process. */

const NS_PER_MS = 1e6;

/** Nanoseconds of n calls. */
export function timeCalls(n: number, call: () => void): number {
  const start = performance.now();
  for (let i = 0; i < n; i++) call();
  return (performance.now() - start) * NS_PER_MS;
}

/** Nanoseconds of n calls, each awaited before the next. */
export async function timeAsyncCalls(n: number, call: () => Promise<void>): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < n; i++) await call();
  return (performance.now() - start) * NS_PER_MS;
}
