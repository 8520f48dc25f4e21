/** The table of launches: a thread that looks too early finds nothing to take. */
import { expect, test } from 'vitest';
import {
  Control,
  controlBytes,
  head,
  identityOf,
  launchAt,
  state,
  tableLaunches,
} from '../../src/runtime/parallel/control.ts';
import { Executor } from '../../src/runtime/parallel/executor.ts';
import { Pool } from '../../src/runtime/parallel/pool.ts';
import type { ThreadHost } from '../../src/runtime/parallel/host.ts';

/** A pool whose one other thread is run by the test. */
function poolAlone(): { readonly control: Control; readonly early: Executor; readonly ran: () => number } {
  let block: SharedArrayBuffer | undefined;
  const host = {
    start: ({ control }: { readonly control: SharedArrayBuffer }) => {
      block = control;
      return { ping: () => undefined, terminate: () => undefined, stop: () => Promise.resolve() };
    },
  } as unknown as ThreadHost;
  new Pool({ host, threads: 2 });
  const control = new Control(block ?? new SharedArrayBuffer(controlBytes));
  let count = 0;
  const early = new Executor(control, identityOf(1, 1), {
    functionAt: () => () => {
      count++;
    },
    outOfBounds: () => undefined,
  });
  return { control, early, ran: () => count };
}

test('a thread that comes between the announcement of the first job and its launches takes none', () => {
  const { control, early, ran } = poolAlone();
  // What `finish` does first.
  Atomics.store(control.words, head.count, tableLaunches);
  expect(early.drain()).toBe(true);
  expect(ran()).toBe(0);
  expect(control.load(head.done)).toBe(0);
});

test('a launch is taken once, from the moment its state says so', () => {
  const { control, early, ran } = poolAlone();
  Atomics.store(control.words, head.count, 3);
  for (const position of [0, 1, 2]) Atomics.store(control.words, launchAt(position), state.todo);
  expect(early.drain()).toBe(true);
  Atomics.store(control.words, head.next, 0);
  expect(early.drain()).toBe(true);
  expect(ran()).toBe(3);
  expect(control.load(head.done)).toBe(3);
});
