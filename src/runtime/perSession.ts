/**
 * What each session has of its own: settings, caches, budgets. A module that keeps such state declares it once,
 * `const results = perSession(() => new Cache())`, and reads that of the current session as `results.current`, which is
 * one property read: the property is replaced when another session becomes current, not looked up at each use.
 *
 * The first session is current unless `inState` says otherwise, and is so again whenever a job (a microtask or a task)
 * of the event loop begins. So an asynchronous function that goes on after an `await` would go on in the first session.
 * `await inSession(promise)` makes it go on in the session in which it began to wait: right before the promise that is
 * awaited settles, a job is queued that enters the session, and right after it one that leaves it. Jobs run in the order
 * in which they were queued (ECMA-262, HostEnqueuePromiseJob), and settling queues the continuation: it runs between the
 * two, and nothing else does. In the first session, the promise is awaited as it is.
 *
 * A lint rule holds that every `await` in this folder and in `api` is one of `inSession`.
 */

/** What the slots of one session hold, by the number of the slot; made when the session is first entered. */
export class SessionState {
  readonly values: (object | undefined)[] = [];
  isOpen = true;
}

/** What a slot holds is what it made: methods, so that slots of all types fit one list. */
interface Slot<T extends object> {
  current: T;
  make(): T;
  release?(value: T): void;
}

const slots: Slot<object>[] = [];
const first = new SessionState();
let now = first;

/** State that each session has of its own. `release` is told when a session ends; what was declared last ends first. */
export function perSession<T extends object>(
  make: () => T,
  release?: (value: T) => void,
): { readonly current: T } {
  const value = make();
  first.values[slots.length] = value;
  const slot: Slot<T> = { current: value, make, ...(release === undefined ? {} : { release }) };
  slots.push(slot);
  if (now !== first) switchTo(now);
  return slot;
}

function switchTo(state: SessionState): void {
  now = state;
  const { values } = state;
  for (let k = 0; k < slots.length; k++) {
    const slot = slots[k];
    if (slot !== undefined) slot.current = values[k] ??= slot.make();
  }
}

export const isFirstSession = (): boolean => now === first;

/** Runs work in a session, and comes back to the one that was current before, whatever happens. */
export function inState<T>(state: SessionState, work: () => T): T {
  const before = now;
  if (state === before) return work();
  switchTo(state);
  try {
    return work();
  } finally {
    switchTo(before);
  }
}

/** Ends a session: what its slots hold is released. */
export function releaseState(state: SessionState): void {
  if (!state.isOpen) return;
  state.isOpen = false;
  for (let k = slots.length - 1; k >= 0; k--) {
    const value = state.values[k];
    if (value !== undefined) slots[k]?.release?.(value);
  }
}

/** To be awaited at once: what comes after the `await` runs in the session that is current here. */
export function inSession<T>(awaited: Promise<T>): Promise<T>;
export function inSession<T>(awaited: PromiseLike<T> | T): PromiseLike<T> | T;
export function inSession<T>(awaited: PromiseLike<T> | T): PromiseLike<T> | T {
  return now === first ? awaited : comingBackTo(now, awaited);
}

function comingBackTo<T>(state: SessionState, awaited: PromiseLike<T> | T): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const between = (settle: () => void): void => {
    queueJob(() => {
      switchTo(state);
    });
    settle();
    queueJob(() => {
      switchTo(first);
    });
  };
  Promise.resolve(awaited).then(
    (value) => {
      between(() => {
        resolve(value);
      });
    },
    (error: unknown) => {
      between(() => {
        reject(error);
      });
    },
  );
  return promise;
}

const settled = Promise.resolve();

function queueJob(job: () => void): void {
  void settled.then(job);
}

/** The same for the values of an asynchronous generator: `for await (const value of eachInSession(values))`. */
export const eachInSession = <T>(values: AsyncGenerator<T, void, undefined>): AsyncIterable<T> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => inSession(values.next()),
    return: () => inSession(values.return()),
  }),
});
