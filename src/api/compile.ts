/**
 * `compile`: a function of arrays, traced once per structure (dtypes and shapes of its arguments). Later calls only bind
 * the arguments and run. They build no graph, look up no plan and memoize no result, so the overhead of a call is about a
 * microsecond.
 */
import { inSession } from '../runtime/perSession.ts';
import { LRUCache } from 'lru-cache';
import { checkCount, countOf, describe } from '../ir/arguments.ts';
import {
  copyOf,
  dtypeOfTypedArray,
  isComplexDType,
  type ArrayDType,
  type ComplexDType,
  type DType,
  type TypedArray,
} from '../ir/dtype.ts';
import { DataError, DTypeError, OptionError, ShapeError, TraceError } from '../ir/errors.ts';
import { data, parameter, topologicalOrder, type ArraySource, type Node } from '../ir/node.ts';
import { formatShape, sameShape, sizeOf, type Shape } from '../ir/shape.ts';
import { checkEvaluateOptions, type EvaluateOptions } from '../runtime/evaluate/options.ts';
import { checkMemory } from '../runtime/memory/userArray.ts';
import { compileNodes, runTraceAsync, type CompiledTrace } from '../runtime/evaluate/trace.ts';
import { hostMemory, sharesMemory } from '../runtime/memory/sources.ts';
import { isArray, nodeOf, pairOf, peekNode, settle, type AnyArray } from './anyArray.ts';
import { storedPair } from './complex/pair.ts';
import { valuesOf, valuesOfAsync } from './evaluate.ts';
import { LazyArray } from './lazyArray.ts';
import { isTypedArray } from './literal.ts';
import { fromOtherRealm } from './otherRealm.ts';
import type { DTypeOf, TypedArrayInput } from './types.ts';

/** An argument of a compiled function: an array, a typed array (one axis), or a number (float64, no axes). */
export type CompiledArgument = AnyArray | TypedArrayInput | number;

/** One array, or several in a list. */
export type CompiledResult = AnyArray | readonly AnyArray[];

type Output<R extends CompiledResult> = R extends AnyArray
  ? LazyArray<DTypeOf<R>>
  : { readonly [K in keyof R]: LazyArray<DTypeOf<R[K]>> };

type Into<R extends CompiledResult> = R extends AnyArray ? TypedArray : readonly TypedArray[];

export interface Compiled<R extends CompiledResult> {
  /** Computes the results for these arguments. The returned arrays hold their values. */
  (...args: readonly CompiledArgument[]): Output<R>;
  /**
   * The asynchronous call, needed for a GPU. With `target: 'webgpu'` the promise may resolve before the GPU has finished;
   * the results stay on the GPU, and `data()` reads them. Under `auto` a GPU is used where that is expected to be faster,
   * and the results are copied to memory, as with `evaluate`. `explain()` of the results shows what ran: for example,
   * arrays too large for a buffer of the GPU are computed on the CPU. Typed arrays are copied at the call.
   */
  async(...args: readonly CompiledArgument[]): Promise<Output<R>>;
  /**
   * Computes into your own memory and returns it. Each typed array needs the dtype and length of its result, and must
   * not overlap the memory of the arguments.
   */
  into<T extends Into<R>>(out: T, ...args: readonly CompiledArgument[]): T;
}

type Values = TypedArray | ArraySource;

/** The values of one argument. */
interface Argument {
  readonly values: Values;
  readonly dtype: DType;
  readonly shape: Shape;
  /** The dtype of the array, if that is complex: `shape` ends with the axis of the parts. */
  readonly complex?: ComplexDType | undefined;
}

/** The trace of a function for one structure of arguments. */
interface Program {
  readonly plan: CompiledTrace;
  /** They have the dtypes and shapes of the structure. */
  readonly parameters: readonly Node[];
  readonly complex: readonly (ComplexDType | undefined)[];
  readonly results: readonly Node[];
  /** The dtypes of the results. */
  readonly dtypes: readonly ArrayDType[];
  readonly single: boolean;
  /** Arrays that the function uses without receiving them as arguments. */
  readonly captured: readonly ArraySource[];
}

/** The number of structures remembered per function. */
const MAX_PROGRAMS = 64;

/**
 * Compiles a function of arrays. The first call with new dtypes or shapes traces `fn`; later calls only run.
 * `f.into(out, ...)` writes to your own typed arrays instead of new ones.
 *
 * `fn` must be synchronous and must not read values (`TraceError`): the arrays it gets have a dtype and a shape but no
 * values. Numbers that `fn` computes in JS become constants.
 *
 * ```ts
 * const hypot = lz.compile((x, y) => x.square().add(y.square()).sqrt());
 * console.log(hypot(Float64Array.of(3, 5), Float64Array.of(4, 12)).toString()); // [ 5. 13.]
 * const out = new Float64Array(2);
 * hypot.into(out, Float64Array.of(6, 8), Float64Array.of(8, 15));
 * console.log(out); // Float64Array(2) [ 10, 17 ]
 * ```
 */
export function compile<
  A extends readonly LazyArray<ArrayDType>[] = readonly LazyArray[],
  R extends CompiledResult = CompiledResult,
>(fn: (...args: A) => R, options: EvaluateOptions = {}): Compiled<R> {
  if (typeof fn !== 'function')
    throw new OptionError('compile', `takes a function of arrays, not ${describe(fn)}`);
  checkCount('compile', arguments.length, 2);
  checkEvaluateOptions('compile', options);
  const programs = new LRUCache<string, Program>({ max: MAX_PROGRAMS });
  let last: Program | undefined;

  const programFor = (args: readonly Argument[]): Program => {
    if (last !== undefined && fits(last, args)) return last;
    const key = args
      .map(({ dtype, shape, complex = '' }) => `${complex}${dtype}${shape.join(',')}`)
      .join(';');
    let program = programs.get(key);
    if (program === undefined) {
      program = trace(fn, args, options);
      programs.set(key, program);
    }
    return (last = program);
  };

  const call = (...given: readonly CompiledArgument[]): unknown => {
    const args = given.map(readArgument);
    const { plan, results, dtypes, single } = programFor(args);
    const outputs = plan.run(args.map(valuesOfArgument));
    const arrays = results.map((node, k) => wrapOutput(node, outputs[k], dtypes[k]));
    return single ? arrays[0] : arrays;
  };

  const callAsync = async (...given: readonly CompiledArgument[]): Promise<unknown> => {
    // The caller may change its memory after the call.
    const mine = given.map((anyone, position) => {
      const argument = (fromOtherRealm(anyone) as TypedArrayInput | undefined) ?? anyone;
      if (!isTypedArray(argument)) return argument;
      checkArgument(argument, position);
      return copyOf(argument as TypedArray, 'compile');
    });
    for (const array of mine) if (isArray(array)) await inSession(valuesOfAsync('compile', array, noOptions));
    const args = mine.map(readArgument);
    const { plan, results, dtypes, single } = programFor(args);
    const { sources, record } = await inSession(runTraceAsync(plan, options, args.map(valuesOfArgument)));
    const arrays = results.map((node, k) => {
      const array = wrapOutput(node, sources[k], dtypes[k]);
      if (record !== undefined) settle(array, peekNode(array), record);
      return array;
    });
    return single ? arrays[0] : arrays;
  };

  const into = (out: TypedArray | readonly TypedArray[], ...given: readonly CompiledArgument[]): unknown => {
    const args = given.map(readArgument);
    const program = programFor(args);
    const outs = (Array.isArray(out) ? (out as readonly TypedArray[]) : [out as TypedArray]).map(
      (array) => fromOtherRealm(array) ?? array,
    );
    const values = args.map(valuesOfArgument);
    checkOut(program, outs, values);
    program.plan.runInto(values, outs);
    return out;
  };

  return Object.assign(call, { async: callAsync, into }) as unknown as Compiled<R>;
}

const complexOnly = (dtype: ArrayDType): ComplexDType | undefined =>
  isComplexDType(dtype) ? dtype : undefined;

const valuesOfArgument = (argument: Argument): Values => argument.values;

/** The memory of these values, if a user may have it as well. */
const memoryOf = (values: Values): TypedArray | undefined =>
  ArrayBuffer.isView(values) ? values : hostMemory(values);
const noAxes: Shape = [];
const noOptions: EvaluateOptions = {};

const checkArgument = (given: TypedArrayInput, position: number): void => {
  checkMemory('compile', given, `argument ${position + 1}`);
};

function readArgument(given: CompiledArgument, position: number): Argument {
  if (isArray(given)) {
    const node = valuesOf('compile', given, noOptions);
    return { values: node.source, dtype: node.dtype, shape: node.shape, complex: complexOnly(given.dtype) };
  }
  if (typeof given === 'number') return { values: Float64Array.of(given), dtype: 'float64', shape: noAxes };
  if (isTypedArray(given)) {
    checkArgument(given, position);
    if (given instanceof Uint8ClampedArray)
      return readArgument(new Uint8Array(given.buffer, given.byteOffset, given.length), position);
    return { values: given, dtype: dtypeOfTypedArray(given) ?? 'uint8', shape: [given.length] };
  }
  const local = fromOtherRealm(given);
  if (local !== undefined) return readArgument(local, position);
  throw new DataError(
    'compile',
    `argument ${position + 1} is ${describe(given)}, which is neither an array, a typed array nor a number`,
  );
}

function fits(program: Program, args: readonly Argument[]): boolean {
  const { parameters, complex } = program;
  if (parameters.length !== args.length) return false;
  for (let k = 0; k < args.length; k++) {
    const [wanted, given] = [parameters[k], args[k]];
    if (wanted === undefined || given === undefined) return false;
    if (wanted.dtype !== given.dtype || complex[k] !== given.complex || !sameShape(wanted.shape, given.shape))
      return false;
  }
  return true;
}

/** Calls `fn` with parameters and compiles what it returns. */
function trace<A extends readonly LazyArray<ArrayDType>[], R extends CompiledResult>(
  fn: (...args: A) => R,
  args: readonly Argument[],
  options: EvaluateOptions,
): Program {
  if (args.length < fn.length)
    throw new OptionError(
      'compile',
      `the function takes ${countOf(fn.length, 'argument')}, got ${args.length}`,
    );
  const parameters = args.map(({ dtype, shape }, slot) => parameter<number>('array', slot, dtype, shape));
  const complex = args.map((argument) => argument.complex);
  const given = parameters.map((node, k) => {
    const dtype = complex[k];
    return new LazyArray(dtype === undefined ? node : storedPair(node, dtype));
  });
  const returned: unknown = fn(...(given as readonly LazyArray<ArrayDType>[] as A));
  const single = isArray(returned);
  const arrays: readonly unknown[] = single ? [returned] : Array.isArray(returned) ? returned : [];
  if (arrays.length === 0 || !arrays.every(isArray))
    throw new TraceError(
      'compile',
      returned instanceof Promise
        ? 'the function is asynchronous; only synchronous functions can be traced'
        : 'the function must return an array or a list of arrays',
    );
  const results = arrays.map((array) => (pairOf(array) === undefined ? nodeOf(array) : peekNode(array)));
  const nodes = topologicalOrder(results);
  const own = new Set<Node>(parameters);
  if (nodes.some((node) => node.kind === 'parameter' && !own.has(node)))
    throw new TraceError(
      'compile',
      'the result depends on an argument of another compiled function, which exists only while that function is traced; ' +
        'pass it to this function as an argument',
    );
  const plan = compileNodes(results, options);
  const captured = nodes.flatMap((node) => (node.kind === 'data' ? [node.source] : []));
  return {
    plan,
    parameters,
    complex,
    results,
    dtypes: arrays.map(({ dtype }) => dtype),
    single,
    captured,
  };
}

function wrapOutput(node: Node, values: ArraySource | undefined, dtype: ArrayDType | undefined): LazyArray {
  if (values === undefined) throw new TraceError('compile', 'a result is missing');
  const stored = data(values, node.dtype, node.shape);
  return new LazyArray(isComplexDType(dtype) ? storedPair(stored, dtype) : stored);
}

/** Output memory must have the right dtype and length, and overlap no other memory of the call. */
function checkOut(program: Program, outs: readonly TypedArray[], values: readonly Values[]): void {
  const { results, captured } = program;
  if (outs.length !== results.length)
    throw new OptionError(
      'into',
      `the function returns ${countOf(results.length, 'array')}, got ${outs.length} to write to`,
    );
  for (let k = 0; k < results.length; k++) {
    const [node, out] = [results[k], outs[k]];
    if (node === undefined) continue;
    const dtype = ArrayBuffer.isView(out) ? dtypeOfTypedArray(out) : undefined;
    if (out !== undefined && dtype !== undefined)
      checkMemory('into', out, `the array to write result ${k} to`);
    const stored = node.dtype === 'bool' ? 'uint8' : node.dtype;
    if (out === undefined || dtype !== stored)
      throw new DTypeError(
        'into',
        `result ${k} is ${node.dtype} and cannot be written to ${dtype === undefined ? 'a value that is not a typed array' : `a typed array of ${dtype}`}`,
      );
    if (out.length !== sizeOf(node.shape))
      throw new ShapeError(
        'into',
        `result ${k}, of shape ${formatShape(node.shape)}, has ${countOf(sizeOf(node.shape), 'element')}, but the array to write to has ${out.length}`,
      );
    if (anyOverlaps(out, values) || anyOverlaps(out, captured) || anyOverlaps(out, outs, k))
      throw new OptionError(
        'into',
        `the memory for result ${k} overlaps an argument, an array the function uses, or another result`,
      );
  }
}

/** Whether the memory overlaps that of the first `count` of these. */
function anyOverlaps(out: TypedArray, others: readonly Values[], count = others.length): boolean {
  for (let k = 0; k < count; k++) {
    const other = others[k];
    const memory = other === undefined ? undefined : memoryOf(other);
    if (memory !== undefined && sharesMemory(out, memory)) return true;
  }
  return false;
}
