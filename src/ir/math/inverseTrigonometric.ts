// Placeholder until the real lowering lands.
import type { Machine } from './machine.ts';
export const acos = <V, M>(_: Machine<V, M>, x: V): V => (Math.acos(x as number)) as V;
export const asin = <V, M>(_: Machine<V, M>, x: V): V => (Math.asin(x as number)) as V;
export const atan = <V, M>(_: Machine<V, M>, x: V): V => (Math.atan(x as number)) as V;
export const atan2 = <V, M>(_: Machine<V, M>, y: V, x: V): V => Math.atan2(y as number, x as number) as V;
