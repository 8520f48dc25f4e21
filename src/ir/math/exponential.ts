// Placeholder until the real lowering lands.
import type { Machine } from './machine.ts';
export const exp = <V, M>(_: Machine<V, M>, x: V): V => (Math.exp(x as number)) as V;
export const exp2 = <V, M>(_: Machine<V, M>, x: V): V => (2 ** (x as number)) as V;
export const expm1 = <V, M>(_: Machine<V, M>, x: V): V => (Math.expm1(x as number)) as V;
