// Placeholder until the real lowering lands.
import type { Machine } from './machine.ts';
export const log = <V, M>(_: Machine<V, M>, x: V): V => (Math.log(x as number)) as V;
export const log10 = <V, M>(_: Machine<V, M>, x: V): V => (Math.log10(x as number)) as V;
export const log1p = <V, M>(_: Machine<V, M>, x: V): V => (Math.log1p(x as number)) as V;
export const log2 = <V, M>(_: Machine<V, M>, x: V): V => (Math.log2(x as number)) as V;
