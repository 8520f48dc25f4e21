/**
 * `lz.random`: random numbers that are a function of only a key and a position. A sampler is a formula like `arange`: it
 * takes up no memory, fuses into the kernels that use it, and gives the same bits on every CPU target.
 */
export { foldIn, key, split, type Keys, type RandomKey } from './random/key.ts';
export {
  bernoulli,
  exponential,
  integers,
  normal,
  uniform,
  type BernoulliOptions,
  type ExponentialOptions,
  type IntegersOptions,
  type NormalOptions,
  type UniformOptions,
} from './random/samplers.ts';
export { choice, permutation, shuffle, type ChoiceOptions, type ShuffleOptions } from './random/selection.ts';
