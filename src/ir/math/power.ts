// Placeholder until the real lowering lands.
import type { Machine } from './machine.ts';
export const pow = <V, M>(_: Machine<V, M>, x: V, y: V): V => ((x as number) ** (y as number)) as V;
