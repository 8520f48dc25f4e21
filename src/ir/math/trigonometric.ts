// Placeholder until the real lowering lands.
import type { Machine } from './machine.ts';
export const cos = <V, M>(_: Machine<V, M>, x: V): V => (Math.cos(x as number)) as V;
export const sin = <V, M>(_: Machine<V, M>, x: V): V => (Math.sin(x as number)) as V;
export const tan = <V, M>(_: Machine<V, M>, x: V): V => (Math.tan(x as number)) as V;
