/**
 * What lazuli wants to reach, as data: for a case, how it must compare with a peer, with another case of its own, with
 * a time or with the speed of copying. Checked at the end of each run, for every target and form.
 */

interface Bar {
  readonly case: string;
}

/** The peer's time over lazuli's. */
export interface PeerBar extends Bar {
  readonly kind: 'peer';
  readonly peer: string;
  readonly atLeast: number;
}

/** Lazuli's time over its time of another case. */
export interface CaseBar extends Bar {
  readonly kind: 'case';
  readonly other: string;
  readonly atMost: number;
}

export interface TimeBar extends Bar {
  readonly kind: 'time';
  readonly below: number;
}

/** The share of the copy bandwidth (of main memory). */
export interface CopyBar extends Bar {
  readonly kind: 'copy';
  readonly atLeast: number;
}

export type AnyBar = PeerBar | CaseBar | TimeBar | CopyBar;

const faster = (name: string, peers: Readonly<Record<string, number>>): readonly PeerBar[] =>
  Object.entries(peers).map(([peer, atLeast]) => ({ kind: 'peer', case: name, peer, atLeast }));

const SAME_SHAPE = 'a+b, 512x512';
const broadcast = (name: string, atMost: number): readonly AnyBar[] => [
  { kind: 'case', case: name, other: SAME_SHAPE, atMost },
  ...faster(name, { 'numpy-ts': 8 }),
];
const atCopySpeed = (name: string): CopyBar => ({ kind: 'copy', case: name, atLeast: 0.8 });

const NS_PER_MS = 1e6;

export const BARS: readonly AnyBar[] = [
  ...faster('(a*b).sum(), 10 000', { numpy: 3 }),
  ...faster('sin(a)*sin(a), 10 000', { numba: 2, numpy: 3.5 }),
  ...faster('(a*b).sum(), 200 000', { numpy: 1.8 }),
  ...faster('a+b, 10 000, into', { numpy: 1 }),
  ...broadcast('a+row, 512x512', 1.2),
  ...broadcast('a+column, 512x512', 1.2),
  ...broadcast('a+b.T, 512x512', 1.5),
  ...faster('chain of 5, 1e6', { 'numpy-ts': 3, 'jax-js': 4, numexpr: 1.5 }),
  ...faster('chain of 10, 1e6', { 'numpy-ts': 3, 'jax-js': 4, numexpr: 1.5 }),
  ...faster('softmax, 1024x1024', { numpy: 2 }),
  ...faster('layernorm, 1024x1024', { numpy: 2 }),
  ...faster('matmul, 512x512', { numpy: 0.5 }),
  ...faster('matmul float32, 512x512', { 'jax-js': 1 }),
  ...['argmin', 'argmax', 'min', 'max'].flatMap((name) => faster(`${name}, 1e6`, { numpy: 1 })),
  ...['a+b, 1e6, into', 'a+b, 2e7, into', '(a*b).sum(), 1e6'].map(atCopySpeed),
  ...[
    'a*b, 2^24',
    '(a*b).sum(), 2^24',
    'chain of 10, 2^24',
    'Black-Scholes, 2^24',
    'softmax, 4096x4096',
    'layernorm, 4096x4096',
  ].flatMap((name) => [atCopySpeed(name), ...faster(name, { 'torch.compile': 1 })]),
  ...faster('matmul, 4096x4096', { torch: 0.5 }),
  { kind: 'time', case: 'cold compile of 20 ops', below: 2 * NS_PER_MS },
];
