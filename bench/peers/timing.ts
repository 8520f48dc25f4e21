/**
 * Timed loops for implementations that run in this process.
 *
 * A call from here must cost the same whoever is called. Shown one function only, V8 would inline it into the timing
 * loop and keep that copy in its middle tier for long: so the loops meet a few other functions first, after which
 * a call stays a call.
 */

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

/** Nanoseconds until the work is done. */
export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) * NS_PER_MS;
}

let touched = 0;

/** Distinct functions, as many as make a call site megamorphic (more than four). */
const strangers: readonly (() => void)[] = [
  () => void (touched += 1),
  () => void (touched += 2),
  () => void (touched += 3),
  () => void (touched += 4),
  () => void (touched += 5),
  () => void (touched += 6),
];

for (const stranger of strangers) {
  timeCalls(100, stranger);
  await timeAsyncCalls(100, async () => stranger());
}
