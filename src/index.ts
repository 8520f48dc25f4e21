/**
 * lazuli: lazy array expressions for TypeScript. `import * as lz from 'lazuli'`.
 */
import './api/array/install.ts';
export { LazyArray, type ReadOptions } from './api/lazyArray.ts';
export type { Selection } from './api/selection.ts';
export { allocate, arange, array, asArray, eye, full, linspace, ones, zeros } from './api/create.ts';
export * from './api/functions.ts';
export * from './api/array/bits.ts';
export * from './api/array/elementwise.ts';
export * from './api/array/grids.ts';
export * from './api/array/inspection.ts';
export * from './api/array/like.ts';
export * from './api/array/logic.ts';
export * from './api/array/matrices.ts';
export * from './api/array/nan.ts';
export * from './api/array/numbers.ts';
export * from './api/array/pieces.ts';
export * from './api/array/rearrange.ts';
export * from './api/array/scans.ts';
export * from './api/array/sorting.ts';
export * from './api/array/statistics.ts';
export * from './api/array/windows.ts';
export * from './api/windows.ts';
export * from './api/indexing.ts';
export * from './api/searching.ts';
export * from './api/sets.ts';
export type { SizeOptions } from './api/sizes.ts';
export { evaluate, evaluateSync, explain, type Roots } from './api/evaluate.ts';
export { parallelMap } from './api/parallelMap.ts';
export type { ManyOptions, Progress } from './api/turns.ts';
export { compile, type Compiled, type CompiledArgument, type CompiledResult } from './api/compile.ts';
export { isMasked, masked, maskedInvalid, type MaskedArray, type MaskedOperand } from './api/masked.ts';
export { memoize, type Memoized, type MemoizeInfo, type MemoizeOptions } from './api/memoize.ts';
export * as random from './api/random.ts';
export { targetInfo, type TargetInfo } from './api/targets.ts';
export {
  devices,
  fromGPUBuffer,
  gpuDevice,
  synchronize,
  type DeviceInfo,
  type GPUBufferOptions,
  type WebGPUBuffer,
  type WebGPUDevice,
} from './api/devices.ts';
export { getPrintOptions, setPrintOptions } from './api/printOptions.ts';
export type { PrintOptions } from './api/printing.ts';
export { shutdown } from './api/shutdown.ts';
export { e, inf, nan, pi } from './api/constants.ts';
export * from './api/dtypes.ts';
export type { QuantileMethod } from './api/nodes/quantile.ts';
export type { SliceRange, SliceSpec } from './api/nodes/slice.ts';
export type { IndexSpec, MaskList } from './api/nodes/indexEntries.ts';
export type {
  Axes,
  AxisOption,
  DTypeOf,
  ListOfArrays,
  Nested,
  NestedList,
  Operand,
  TypedArrayInput,
  WeakScalar,
} from './api/types.ts';
export type {
  ArrayDType,
  ComplexDType,
  ComplexNumber,
  DType,
  ElementOf,
  Promote,
  TypedArrayOf,
} from './ir/dtype.ts';
export {
  AxisError,
  DataError,
  DeviceError,
  DTypeError,
  IndexError,
  InternalError,
  LazuliError,
  MemoryError,
  OptionError,
  ShapeError,
  TraceError,
  WorkerError,
} from './ir/errors.ts';
export { cacheInfo, clearCache, type CacheInfo } from './runtime/caches/caches.ts';
export type { CacheLimits } from './runtime/caches/cacheLimits.ts';
export { configure, type Configuration } from './runtime/configure.ts';
export { session, type Session } from './api/session.ts';
export type { EvaluateOptions } from './runtime/evaluate/options.ts';
export type { TargetName } from './runtime/executors/registry.ts';
export type { Explanation, ExplainLevel } from './runtime/explain/explain.ts';
export type { PhaseFacts, ThreadFacts } from './runtime/parallel/facts.ts';
export type { ExplainFacts, KernelFacts, PassFacts, WhyFacts } from './runtime/explain/facts.ts';
export type { PassName } from './passes/pipeline.ts';
