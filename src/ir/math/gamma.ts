// Placeholder until the real lowering lands.
import type { Machine } from './machine.ts';
export const lgamma = <V, M>(_: Machine<V, M>, x: V): V => (NaN) as V;
