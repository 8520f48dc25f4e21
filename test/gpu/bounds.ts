/**
 * What a kernel may give on a GPU: exact values where the contract asks for exact ones, intervals where float32 sums,
 * products and functions are bounded, and *unknown* where a discontinuity lies inside an interval, or a subnormal
 * number may have been taken for zero.
 *
 * Interval arithmetic over the kernel IR, one element at a time (R. Moore, Interval Analysis, 1966): ends are computed
 * in float64 and rounded outwards.
 */
import { chain, sumDepth } from '../../src/codegen/wgsl/rows.ts';
import {
  computeDType,
  isFloat,
  type ComputeDType,
  type DType,
  type Scalar,
  type TypedArray,
} from '../../src/ir/dtype.ts';
import {
  dtypeOfBuffer,
  guardOf,
  isPairwise,
  monoidOf,
  type Accumulator,
  type GatherTerm,
  type KernelIndex,
  type KernelInt,
  type KernelRange,
  type KernelValue,
  type LoopKernel,
  type Loops,
  type RoutineCall,
  type Scatter,
  type Step,
  type Store,
} from '../../src/ir/kernel.ts';
import { turnOf } from '../../src/ir/nest.ts';
import { isMathFunction } from '../../src/ir/math/functions.ts';
import type { Reduction } from '../../src/ir/monoids.ts';
import { opRow, type ScalarOp } from '../../src/ir/ops.ts';
import { applyOp } from '../../src/ir/scalarNumbers.ts';
import { reduceElements } from '../../src/ir/reference.ts';
import { castScalar } from '../../src/ir/scalar.ts';
import type { ScalarMachine } from '../../src/ir/programs/machine.ts';
import { combined } from '../../src/ir/scatter.ts';

/** `undefined`: anything. Equal ends: exactly that, to the bit. */
export type Bounds = { readonly low: number; readonly high: number } | undefined;

const exactly = (value: number): Bounds => ({ low: value, high: value });
const isExact = (bounds: Bounds): bounds is { low: number; high: number } =>
  bounds !== undefined && Object.is(bounds.low, bounds.high);

const unit = 2 ** -24;
const largestFloat = (2 - 2 ** -23) * 2 ** 127;
const leastNormal = 2 ** -126;
/** Beyond, float32 may overflow on the way. */
const huge = 1e38;

const isSubnormal = (value: number): boolean => value !== 0 && Math.abs(value) < leastNormal;

/** An interval widened by rounding to float32 and by `slack`; unknown where it may overflow. */
function interval(low: number, high: number, slack = 0): Bounds {
  if (!(Math.abs(low) < huge && Math.abs(high) < huge)) return undefined;
  const wide = (value: number): number => Math.abs(value) * 2 ** -23 + slack + 2 * leastNormal;
  return { low: low - wide(low), high: high + wide(high) };
}

/** An exact result, which a device may flush to zero where it is subnormal. */
const flushed = (value: number): Bounds =>
  isSubnormal(value) ? { low: Math.min(value, 0), high: Math.max(value, 0) } : exactly(value);

/** Errors of functions in units in the last place, where arguments are exact. */
export type UlpsOf = (op: ScalarOp) => number;

const rising: ReadonlySet<ScalarOp> = new Set<ScalarOp>([
  ...(['exp', 'exp2', 'expm1', 'log', 'log1p', 'log2', 'log10', 'sqrt', 'cbrt'] as const),
  ...(['asin', 'atan', 'sinh', 'tanh', 'asinh', 'acosh', 'atanh', 'erf'] as const),
]);
const falling: ReadonlySet<ScalarOp> = new Set<ScalarOp>(['acos', 'erfc', 'erfcinv']);
/** Subnormal operands and results are not taken for zero. */
const byBits: ReadonlySet<ScalarOp> = new Set<ScalarOp>([
  'negative',
  'abs',
  'sign',
  'minimum',
  'maximum',
  'clip',
]);
const stepping: ReadonlySet<ScalarOp> = new Set<ScalarOp>(['floor', 'ceil', 'trunc', 'round']);

function opBounds(op: ScalarOp, operand: DType, args: readonly Bounds[], ulps: UlpsOf): Bounds {
  if (op === 'where') {
    const [condition, yes, no] = args;
    if (isExact(condition)) return condition.low !== 0 ? yes : no;
    return yes === undefined || no === undefined ? undefined : hull(yes, no);
  }
  if (args.every(isExact))
    return exactArguments(
      op,
      operand,
      args.map(({ low }) => low),
      ulps,
    );
  const [x, y, z] = args;
  if (operand !== 'float32' || x === undefined || [x, y, z].some(isNonFinite)) return undefined;
  const at = (value: number): number => Number(applyOp(op, 'float64', [value]));
  if (args.length === 1) {
    if (op === 'negative') return { low: -x.high, high: -x.low };
    if (op === 'abs') {
      const [a, b] = [Math.abs(x.low), Math.abs(x.high)];
      return { low: x.low <= 0 && x.high >= 0 ? 0 : Math.min(a, b), high: Math.max(a, b) };
    }
    if (op === 'square') {
      const [a, b] = [x.low ** 2, x.high ** 2];
      return interval(x.low <= 0 && x.high >= 0 ? 0 : Math.min(a, b), Math.max(a, b));
    }
    if (stepping.has(op)) return hull(exactly(at(x.low)), exactly(at(x.high)));
    const [a, b] = rising.has(op)
      ? [at(x.low), at(x.high)]
      : falling.has(op)
        ? [at(x.high), at(x.low)]
        : [NaN, NaN];
    if (!Number.isFinite(a) || !Number.isFinite(b)) return undefined;
    return interval(a, b, Math.max(Math.abs(a), Math.abs(b)) * ulps(op) * 2 ** -23);
  }
  if (y === undefined) return undefined;
  switch (op) {
    case 'add':
      return interval(x.low + y.low, x.high + y.high);
    case 'subtract':
      return interval(x.low - y.high, x.high - y.low);
    case 'multiply':
      return corners(x, y, (a, b) => a * b);
    case 'divide':
      return y.low <= leastNormal && y.high >= -leastNormal ? undefined : corners(x, y, (a, b) => a / b);
    case 'minimum':
      return { low: Math.min(x.low, y.low), high: Math.min(x.high, y.high) };
    case 'maximum':
      return { low: Math.max(x.low, y.low), high: Math.max(x.high, y.high) };
    case 'clip':
      if (z === undefined) return undefined;
      return {
        low: Math.min(Math.max(x.low, y.low), z.low),
        high: Math.min(Math.max(x.high, y.high), z.high),
      };
    case 'less':
    case 'lessEqual':
    case 'greater':
    case 'greaterEqual':
    case 'equal':
    case 'notEqual':
      if (x.high < y.low || x.low > y.high) return exactly(Number(applyOp(op, 'float64', [x.low, y.low])));
      return undefined;
    default:
      return undefined;
  }
}

const isNonFinite = (bounds: Bounds): boolean =>
  bounds !== undefined && !(Number.isFinite(bounds.low) && Number.isFinite(bounds.high));

const hull = (a: Bounds, b: Bounds): Bounds => {
  if (a === undefined || b === undefined) return undefined;
  if (isExact(a) && isExact(b) && Object.is(a.low, b.low)) return a;
  const ends = { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
  return Number.isNaN(ends.low) ? undefined : ends;
};

function corners(
  x: { low: number; high: number },
  y: { low: number; high: number },
  f: (a: number, b: number) => number,
): Bounds {
  const values = [f(x.low, y.low), f(x.low, y.high), f(x.high, y.low), f(x.high, y.high)];
  return interval(Math.min(...values), Math.max(...values));
}

function exactArguments(op: ScalarOp, operand: DType, args: readonly number[], ulps: UlpsOf): Bounds {
  const value = Number(applyOp(op, operand, args));
  if (operand !== 'float32') return exactly(value);
  if (opRow(op).rule === 'predicate' || byBits.has(op)) return exactly(value);
  if (args.some(isSubnormal)) return undefined;
  if (op === 'floorDivide' && Math.abs(value) >= 2 ** 23 && Number.isFinite(value))
    return interval(value, value, Math.abs(value) * 2 ** -22);
  if (!isMathFunction(op)) return flushed(value);
  // Where a function ends in an infinity or NaN is decided by the ends of its range, to within its error.
  if (!Number.isFinite(value)) return Number.isNaN(value) ? exactly(value) : undefined;
  return ulps(op) === 0 ? flushed(value) : interval(value, value, Math.abs(value) * ulps(op) * 2 ** -23);
}

function castBounds(from: DType, to: DType, x: Bounds): Bounds {
  if (isExact(x)) {
    return exactly(Number(castScalar(x.low, from, to)));
  }
  if (x === undefined) return undefined;
  if (to === 'bool') return x.low > 0 || x.high < 0 ? exactly(1) : undefined;
  if (to === 'float32') return interval(x.low, x.high);
  if (!isFloat(from)) return undefined;
  return hull(exactly(Number(castScalar(x.low, from, to))), exactly(Number(castScalar(x.high, from, to))));
}

/** The outcome of a reduction whose elements came in sequence. */
function reduced(accumulator: Accumulator, elements: readonly Bounds[]): Bounds {
  const { op, dtype } = accumulator;
  const exact = elements.every(isExact);
  const values = elements.map((bounds) => bounds?.low ?? NaN);
  if (op === 'argmin' || op === 'argmax') {
    if (!exact || (dtype === 'float32' && values.some(isSubnormal))) return undefined;
    // An exclusive scan begins with the position of the neutral state.
    if (values.length === 0) return exactly(Number(monoidOf(accumulator).neutral[1]));
    let best = 0;
    for (let i = 1; i < values.length; i++) {
      const [value, champion] = [values[i] ?? 0, values[best] ?? 0];
      if (champion !== champion) break;
      if (value !== value || (op === 'argmin' ? value < champion : value > champion)) best = i;
    }
    return exactly(best);
  }
  const rounds = isPairwise(accumulator);
  if (exact && (!rounds || elements.length <= 1 || !values.every(Number.isFinite)))
    return specialOutcome(op, dtype, values);
  if (!isFloat(dtype) || elements.some((bounds) => bounds === undefined || isNonFinite(bounds)))
    return undefined;
  const known = elements.flatMap((bounds) => (bounds === undefined ? [] : [bounds]));
  const [lows, highs] = [known.map(({ low }) => low), known.map(({ high }) => high)];
  if (op === 'min') return { low: Math.min(...lows), high: Math.min(...highs) };
  if (op === 'max') return { low: Math.max(...lows), high: Math.max(...highs) };
  const largest = known.map(({ low, high }) => Math.max(Math.abs(low), Math.abs(high)));
  if (op === 'sum') {
    const size = largest.reduce((a, b) => a + b, 0);
    const depth = Math.min(elements.length, sumDepth + chain) + 1;
    const slack = depth * unit * size + elements.length * leastNormal;
    return interval(
      lows.reduce((a, b) => a + b, 0),
      highs.reduce((a, b) => a + b, 0),
      slack,
    );
  }
  // A product of any part must neither overflow nor underflow.
  const [above, below] = [
    largest.reduce((product, x) => product * Math.max(1, x), 1),
    known.reduce((product, { low, high }) => product * Math.min(1, Math.abs(low), Math.abs(high)), 1),
  ];
  if (!(above < huge) || !(below > 1e-37)) return undefined;
  const product = known.reduce<Bounds>(
    (total, next) => (total === undefined ? undefined : rawCorners(total, next)),
    exactly(1),
  );
  return product && interval(product.low, product.high, elements.length * unit * 2 * above);
}

function rawCorners(x: { low: number; high: number }, y: { low: number; high: number }): Bounds {
  const values = [x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high];
  return { low: Math.min(...values), high: Math.max(...values) };
}

/** Exact elements of a reduction that does not round, or one decided by infinities and NaN. */
function specialOutcome(op: Reduction, dtype: ComputeDType, values: readonly number[]): Bounds {
  if (dtype === 'float32') {
    if (values.some(isSubnormal)) return undefined;
    if (op === 'sum' && values.some((value) => Math.abs(value) > 1e36 && Number.isFinite(value)))
      return undefined;
    if (op === 'prod' && values.some((value) => Math.abs(value) > 1e4 || Math.abs(value) < 1e-4)) {
      if (values.length > 1 && !values.some(Number.isNaN)) return undefined;
    }
  }
  return exactly(
    Number(
      reduceElements(
        op,
        dtype,
        values.map((value): Scalar => (value + 0 === 0 ? value : value)),
      ),
    ),
  );
}

type Env = Map<number, Bounds>;

/** The bounds of all outputs; entries that the kernel does not write stay \`null\`. */
export function kernelBounds(
  kernel: LoopKernel,
  arrays: readonly TypedArray[],
  integers: readonly number[],
  scalars: readonly Scalar[],
  ulps: UlpsOf,
): readonly (readonly (Bounds | null)[])[] {
  const outputs = arrays.map((array) => new Array<Bounds | null>(array.length).fill(null));
  const int = (value: KernelInt): number =>
    'literal' in value ? value.literal : (integers[value.parameter] ?? 0);
  const extent = (axis: number): number => int(kernel.axes[axis]?.extent ?? { literal: 1 });
  const at = new Map<number, number>();
  const place = ({ offset, terms }: KernelIndex): number =>
    terms.reduce((sum, { axis, stride }) => sum + (at.get(axis) ?? 0) * int(stride), int(offset));
  const isWithin = (guard: readonly KernelRange[]): boolean =>
    guard.every(({ index, size }) => place(index) >= 0 && place(index) < int(size));
  const values: Env = new Map();
  const results: Env = new Map();
  const get = (id: number): Bounds => {
    const value = kernel.values[id];
    if (value === undefined) throw new Error(`no value ${id}`);
    if (value.kind === 'constant') return exactly(Number(castScalar(value.value, value.dtype, value.dtype)));
    if (value.kind === 'scalar') return exactly(Number(scalars[value.slot]));
    if (value.kind === 'result') return results.get(value.accumulator);
    return values.get(id);
  };
  /** Where indices from the data lead; `undefined` where one is not known exactly. */
  const placeAt = (index: KernelIndex, gathers: readonly GatherTerm[]): number | undefined => {
    let position = place(index);
    for (const { value: id, stride, size } of gathers) {
      const along = get(id);
      if (!isExact(along)) return undefined;
      position += (along.low < 0 ? along.low + int(size) : along.low) * int(stride);
    }
    return position;
  };
  const update = ({ buffer, index, value }: Store, { gathers, op }: Scatter): void => {
    const output = outputs[buffer];
    const dtype = computeDType(kernel.buffers[buffer]?.dtype ?? 'float32');
    const position = placeAt(index, gathers);
    if (position === undefined) output?.fill(undefined);
    else if (output !== undefined) {
      const before = output[position];
      const there = before === null ? exactly(Number(arrays[buffer]?.[position])) : before;
      output[position] = combined<Bounds>(machine, op, dtype, there, get(value));
    }
  };
  const machine: ScalarMachine<Bounds, ScalarOp> = {
    constant: (_, value) => exactly(Number(value)),
    bitsOf: () => undefined,
    ofBits: () => undefined,
    rarely: (_, usual) => usual.map(() => undefined),
    loop: (state) => state.map(() => undefined),
    op: (op, operand, ...args) => opBounds(op, operand, args, ulps),
    cast: (value, from, to) => castBounds(from, to, value),
  };
  const define = (value: KernelValue): Bounds => {
    switch (value.kind) {
      case 'constant':
      case 'scalar':
      case 'result':
        throw new Error('an immediate value is not defined');
      case 'index':
        return exactly(Number(castScalar(place(value.index), 'uint32', value.dtype)));
      case 'load': {
        // Of an element that need not exist, nothing is known.
        if (!isWithin(guardOf(value))) return undefined;
        const position = placeAt(value.index, value.gathers);
        return position === undefined ? undefined : exactly(Number(arrays[value.buffer]?.[position]));
      }
      case 'pad':
        return get(isWithin(value.guard) ? value.value : value.fill);
      case 'op':
        return opBounds(value.op, value.operand, value.args.map(get), ulps);
      case 'cast':
        return castBounds(value.from, value.dtype, get(value.arg));
    }
  };
  const over = (axes: readonly number[], body: () => void): void => {
    const [axis, ...rest] = axes;
    if (axis === undefined) {
      body();
      return;
    }
    for (let i = 0; i < extent(axis); i++) {
      at.set(axis, i);
      over(rest, body);
    }
  };
  const elementBounds = ({ value, element, dtype, op }: Accumulator): Bounds => {
    const same = op === 'argmin' || op === 'argmax' || element === dtype;
    return same ? get(value) : castBounds(element, dtype, get(value));
  };
  const nested = (loops: Loops<Step>): void => {
    over(loops.axes, () => {
      run(loops.hoisted.flat());
      run(loops.body);
    });
  };
  const run = (steps: readonly Step[]): void => {
    for (const step of steps)
      switch (step.kind) {
        case 'let': {
          const value = kernel.values[step.value];
          if (value !== undefined) values.set(step.value, define(value));
          break;
        }
        case 'store': {
          const output = outputs[step.buffer];
          if (step.scatter !== undefined) update(step, step.scatter);
          else if (output !== undefined) output[place(step.index)] = get(step.value);
          break;
        }
        case 'walk':
          nested(step);
          break;
        case 'reduce': {
          const elements = step.accumulators.map((): Bounds[] => []);
          over(step.axes, () => {
            run(step.body);
            step.accumulators.forEach((accumulator, k) => {
              elements[k]?.push(elementBounds(accumulator));
            });
          });
          step.accumulators.forEach((accumulator, k) => {
            results.set(accumulator.id, reduced(accumulator, elements[k] ?? []));
          });
          break;
        }
        case 'scan': {
          const elements = new Map(step.accumulators.map(({ id }) => [id, new Array<Bounds>()]));
          over(step.axes, () => {
            for (const { lines, takes } of turnOf(step, kernel)) {
              run(lines);
              for (const accumulator of takes) {
                const { id, exclusive } = accumulator;
                const before = elements.get(id) ?? [];
                const next = elementBounds(accumulator);
                results.set(id, reduced(accumulator, exclusive ? before : [...before, next]));
                before.push(next);
              }
            }
          });
          break;
        }
      }
  };
  run(kernel.before);
  nested(kernel.points);
  return outputs;
}

/** The bounds of a matrix product: of its one output. */
export function productBounds(
  call: RoutineCall,
  [a, b, out]: readonly TypedArray[],
  integers: readonly number[],
): readonly Bounds[] {
  const { batchAxes } = call;
  const dtype = dtypeOfBuffer(call, 2);
  const p = (slot: number): number => integers[slot] ?? 0;
  const [m, n, depth] = [p(0), p(1), p(2)];
  const base = 3 + 3 * batchAxes;
  return Array.from({ length: out?.length ?? 0 }, (_, position) => {
    let batch = Math.floor(position / (m * n));
    const [row, column] = [Math.floor(position / n) % m, position % n];
    let [fromA, fromB] = [p(base) + row * p(base + 1), p(base + 3) + column * p(base + 5)];
    for (let axis = batchAxes - 1; axis >= 0; axis--) {
      const extent = p(3 + 3 * axis);
      fromA += (batch % extent) * p(4 + 3 * axis);
      fromB += (batch % extent) * p(5 + 3 * axis);
      batch = Math.floor(batch / extent);
    }
    let [sum, size, whole] = [0, 0, 0];
    /** Of products with a subnormal operand, which a device may take for zero. */
    let lost = 0;
    for (let k = 0; k < depth; k++) {
      const x = Number(a?.[fromA + k * p(base + 2)]);
      const y = Number(b?.[fromB + k * p(base + 4)]);
      if (dtype === 'float32') {
        sum += x * y;
        size += Math.abs(x * y);
        if (isSubnormal(x) || isSubnormal(y)) lost += Math.abs(x * y);
      } else whole = Number(applyOp('add', dtype, [whole, applyOp('multiply', dtype, [x, y])]));
    }
    if (dtype !== 'float32') return exactly(whole);
    // Terms whose magnitudes add up to more than the largest float may overflow on the way, or not.
    if (Number.isFinite(size) && size > largestFloat) return undefined;
    return interval(sum, sum, (depth + 1) * unit * size + depth * leastNormal + lost);
  });
}

/** Where `actual` leaves the bounds, in words; `undefined` where it does not. */
export function firstOutside(actual: TypedArray, bounds: readonly (Bounds | null)[]): string | undefined {
  for (let i = 0; i < actual.length; i++) {
    const allowed = bounds[i];
    if (allowed === null || allowed === undefined) continue;
    const value = Number(actual[i]);
    const inside = isExact(allowed)
      ? Object.is(value, allowed.low)
      : value >= allowed.low && value <= allowed.high;
    if (!inside)
      return `element ${i} is ${show(value)}, not in [${show(allowed.low)}, ${show(allowed.high)}]`;
  }
  return undefined;
}

const show = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
