// Placeholder until the real lowering lands.
import type { Machine } from './machine.ts';
export const cbrt = <V, M>(_: Machine<V, M>, x: V): V => (Math.cbrt(x as number)) as V;
export const hypot = <V, M>(_: Machine<V, M>, x: V, y: V): V => Math.hypot(x as number, y as number) as V;
