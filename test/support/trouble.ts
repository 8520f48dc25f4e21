/**
 * What befalls threads in tests. Threads load this module by its name; they and the test share a block of numbers.
 */
import type { LaunchCall, Probe, Stage } from '../../src/runtime/parallel/executor.ts';

const stages: readonly Stage[] = ['resident', 'ticket', 'claimed', 'ran', 'done', 'idle'];

/** `half`: the launch is done in part, then the thread ends. */
export const troubleKinds = ['none', 'exit', 'throw', 'half', 'stick', 'memory', 'delay'] as const;
export type TroubleKind = (typeof troubleKinds)[number];

export interface Trouble {
  /** Of `troubleBytes`. */
  readonly block: SharedArrayBuffer;
}

export const troubleBytes = 64;
const word = { stage: 0, kind: 1, left: 2, happened: 3, caller: 4 } as const;

export const newTrouble = (): Trouble => ({ block: new SharedArrayBuffer(troubleBytes) });

/** From now on, `times` times a thread that comes to this stage is in trouble. The caller's own thread only if told so. */
export function order(
  { block }: Trouble,
  stage: Stage,
  kind: TroubleKind,
  times: number,
  caller = false,
): void {
  const words = new Int32Array(block);
  Atomics.store(words, word.stage, stages.indexOf(stage));
  Atomics.store(words, word.kind, troubleKinds.indexOf(kind));
  Atomics.store(words, word.caller, caller ? 1 : 0);
  Atomics.store(words, word.left, times);
}

/** How often it has happened since the beginning. */
export const happened = ({ block }: Trouble): number => Atomics.load(new Int32Array(block), word.happened);

export const troubleWith = ({ block }: Trouble): Probe => {
  const words = new Int32Array(block);
  let turn = 0;
  return {
    at(stage, thread, call) {
      if (Atomics.load(words, word.left) <= 0 || stages[Atomics.load(words, word.stage)] !== stage) return;
      if (thread === 0 && Atomics.load(words, word.caller) === 0) return;
      if (Atomics.sub(words, word.left, 1) <= 0) return;
      Atomics.add(words, word.happened, 1);
      turn = (turn * 7 + 3) % 11;
      befall(troubleKinds[Atomics.load(words, word.kind)] ?? 'none', call, turn);
    },
  };
};

export const probe = (data: unknown): Probe => troubleWith(data as Trouble);

function befall(kind: TroubleKind, call: LaunchCall | undefined, turn: number): void {
  switch (kind) {
    case 'none':
      return;
    case 'delay': {
      const end = performance.now() + turn / 20;
      while (performance.now() < end);
      return;
    }
    case 'throw':
      throw new Error('thrown by a test');
    case 'half':
      if (call !== undefined) {
        const { run, args, from, to, scratch, out } = call;
        run(args, from, from + ((to - from) >> 1), scratch, out);
      }
      process.exit(3);
      return;
    case 'stick':
      for (;;);
    case 'exit':
      process.exit(3);
      return;
    case 'memory': {
      const kept: unknown[] = [];
      for (;;) kept.push(new Array(1e6).fill(kept));
    }
  }
}
