/**
 * The part of the npm peers' interfaces that the benchmarks use.
 *
 * The peers are optional, so the repository must type-check without them: these declarations take the place of
 * their own, installed or not. Drift shows when the bench runs, as a failed row.
 */

declare module 'numpy-ts' {
  export class NDArray {
    readonly size: number;
    readonly data: Float64Array | Float32Array | Int32Array | BigInt64Array;
    add(other: NDArray | number): NDArray;
    subtract(other: NDArray | number): NDArray;
    multiply(other: NDArray | number): NDArray;
    divide(other: NDArray | number): NDArray;
    power(exponent: number): NDArray;
    sqrt(): NDArray;
    exp(): NDArray;
    reshape(...shape: number[]): NDArray;
    transpose(): NDArray;
    sum(axis?: number, keepdims?: boolean): NDArray | number;
    mean(axis?: number, keepdims?: boolean): NDArray | number;
    max(axis?: number, keepdims?: boolean): NDArray | number;
    min(axis?: number, keepdims?: boolean): NDArray | number;
    var(axis?: number, ddof?: number, keepdims?: boolean): NDArray | number;
    argmin(axis?: number): NDArray | number;
    argmax(axis?: number): NDArray | number;
    matmul(other: NDArray): NDArray;
    dispose(): void;
  }
  export function configureWasm(options: { maxMemory: number }): void;
  export function array(data: Float64Array | Float32Array, dtype: 'float64' | 'float32'): NDArray;
  export function sin(x: NDArray): NDArray;
  export function cos(x: NDArray): NDArray;
  export function arcsin(x: NDArray): NDArray;
  export function square(x: NDArray): NDArray;
  export function fill_diagonal(a: NDArray, value: number): void;
}

declare module '@jax-js/jax' {
  export class Array {
    /** The same array with one more owner: every operation consumes one ownership of each operand. */
    readonly ref: this;
    readonly size: number;
    add(other: Array | number): Array;
    sub(other: Array | number): Array;
    mul(other: Array | number): Array;
    div(other: Array | number): Array;
    reshape(shape: number[]): Array;
    transpose(): Array;
    sum(axis?: number, options?: { keepdims: boolean }): Array;
    mean(axis?: number, options?: { keepdims: boolean }): Array;
    max(axis?: number, options?: { keepdims: boolean }): Array;
    min(axis?: number, options?: { keepdims: boolean }): Array;
    equal(other: Array): Array;
    data(): Promise<Float64Array | Float32Array | Int32Array>;
    dispose(): void;
  }
  export function defaultDevice(device: 'wasm'): string;
  export function blockUntilReady(arrays: readonly Array[]): Promise<unknown>;
  export function jit<Operands extends readonly Array[], Result extends Array | readonly Array[]>(
    compute: (...operands: Operands) => Result,
  ): (...operands: Operands) => Result;
  export namespace numpy {
    const float64: unique symbol;
    const float32: unique symbol;
    function array(
      values: Float64Array | Float32Array,
      options: { shape: number[]; dtype: typeof float64 | typeof float32 },
    ): Array;
    function sin(x: Array): Array;
    function cos(x: Array): Array;
    function asin(x: Array): Array;
    function exp(x: Array): Array;
    function sqrt(x: Array): Array;
    function square(x: Array): Array;
    function argmin(x: Array, axis?: number): Array;
    function argmax(x: Array, axis?: number): Array;
    function matmul(x: Array, y: Array): Array;
    function eye(n: number): Array;
    function where(condition: Array, x: Array | number, y: Array | number): Array;
    function arange(n: number): Array;
  }
}

declare module '@tensorflow/tfjs-core' {
  export class Tensor {
    dataSync(): Float32Array | Int32Array;
    dispose(): void;
  }
  export const version_core: string;
  export function env(): { set(flag: string, value: boolean): void };
  export function setBackend(name: 'wasm'): Promise<boolean>;
  export function tensor(values: Float32Array, shape: readonly number[]): Tensor;
  export function tidy(compute: () => Tensor): Tensor;
  export function add(x: Tensor, y: Tensor | number): Tensor;
  export function sub(x: Tensor, y: Tensor): Tensor;
  export function mul(x: Tensor, y: Tensor): Tensor;
  export function div(x: Tensor, y: Tensor): Tensor;
  export function sqrt(x: Tensor): Tensor;
  export function sin(x: Tensor): Tensor;
  export function exp(x: Tensor): Tensor;
  export function square(x: Tensor): Tensor;
  export function transpose(x: Tensor): Tensor;
  export function matMul(x: Tensor, y: Tensor): Tensor;
  export function sum(x: Tensor, axis?: number, keepDims?: boolean): Tensor;
  export function mean(x: Tensor, axis?: number, keepDims?: boolean): Tensor;
  export function max(x: Tensor, axis?: number, keepDims?: boolean): Tensor;
  export function min(x: Tensor, axis?: number, keepDims?: boolean): Tensor;
  export function argMin(x: Tensor): Tensor;
  export function argMax(x: Tensor): Tensor;
}

declare module '@tensorflow/tfjs-backend-wasm' {
  export function setWasmPaths(folder: string): void;
}
