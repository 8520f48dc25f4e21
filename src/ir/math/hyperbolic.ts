// Placeholder until the real lowering lands.
import type { Machine } from './machine.ts';
export const cosh = <V, M>(_: Machine<V, M>, x: V): V => (Math.cosh(x as number)) as V;
export const sinh = <V, M>(_: Machine<V, M>, x: V): V => (Math.sinh(x as number)) as V;
export const tanh = <V, M>(_: Machine<V, M>, x: V): V => (Math.tanh(x as number)) as V;
export const asinh = <V, M>(_: Machine<V, M>, x: V): V => (Math.asinh(x as number)) as V;
export const acosh = <V, M>(_: Machine<V, M>, x: V): V => (Math.acosh(x as number)) as V;
export const atanh = <V, M>(_: Machine<V, M>, x: V): V => (Math.atanh(x as number)) as V;
