// Placeholder until the real lowering lands.
import type { Machine } from './machine.ts';
export const erf = <V, M>(_: Machine<V, M>, x: V): V => (NaN) as V;
export const erfc = <V, M>(_: Machine<V, M>, x: V): V => (NaN) as V;
