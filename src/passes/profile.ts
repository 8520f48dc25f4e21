/**
 * What a plan is made for: limits and habits of a family of targets that change which kernels there are, or how they
 * are lowered. Part of the plan's key.
 */
export interface PlanProfile {
  readonly name: string;
  /** Operations in one kernel, and nodes of the graph in one region, beyond which compilers slow down. */
  readonly ops: number;
  readonly regionNodes: number;
  /**
   * The weight of the operations in one kernel or region. Generated code holds the body of a math function once per
   * call, and compilers need time that grows faster than the code.
   */
  readonly weight: number;
  /** Arrays that one kernel reads and writes, and that one region reads. */
  readonly arrays: number;
  readonly regionArrays: number;
  /** Keep costly values in memory between the walks over a row, and in tables; else they are computed again. */
  readonly keeps: boolean;
  /** Store costly work that several kernels need; else each of them does it again. */
  readonly shares: boolean;
  /** A kernel may write a result over an operand. */
  readonly overwrites: boolean;
}

/**
 * One core: registers and caches set the limits, memory is cheaper than a function. Code for WebAssembly has at most
 * 240 bytes per unit of weight and copy of a loop body, of which V8 takes 7.6 million in a function; its compilers slow
 * down long before. Work of weight 800 takes a hundred times as long as a store and a load.
 */
export const cpuProfile: PlanProfile = {
  name: 'cpu',
  ops: 256,
  regionNodes: 200,
  weight: 800,
  arrays: 24,
  regionArrays: 20,
  keeps: true,
  shares: true,
  overwrites: true,
};

/**
 * A device with `storageBuffers` per shader, of which two are reserved for partial results and the status word. A buffer
 * may not be read and written by one dispatch under two names, so nothing is overwritten; arithmetic is cheaper than
 * memory, so nothing is kept. At a weight of 800 per kernel, a store and a load between two kernels cost little beside
 * the work of either.
 */
export const gpuProfile = (storageBuffers: number): PlanProfile => ({
  name: `gpu${storageBuffers}`,
  ops: 256,
  regionNodes: 200,
  weight: 800,
  arrays: storageBuffers - 2,
  regionArrays: storageBuffers - 3,
  keeps: false,
  shares: true,
  overwrites: false,
});

/**
 * Computes again what it need not store. For sizes at which tables, rows or shared parts would have more elements than an
 * array in memory can.
 */
export const frugal = (profile: PlanProfile): PlanProfile => ({
  ...profile,
  name: `frugal ${profile.name}`,
  keeps: false,
  shares: false,
});
