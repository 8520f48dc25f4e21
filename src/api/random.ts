/**
 * `lz.random`: random numbers that are a function of a key and a position, and of nothing else. A sampler is a formula
 * like `arange`: it takes no memory by itself, fuses into what uses it, and gives the same bits on every target.
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
