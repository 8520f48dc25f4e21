/** Matrix products in WebAssembly: the bits of the JS target, for every dtype, extent and stride. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsTarget } from '../../../src/codegen/js/target.ts';
import type { FunctionBuilder } from '../../../src/codegen/wasm/assembler/function.ts';
import { encodeModule } from '../../../src/codegen/wasm/assembler/module.ts';
import { printFunction } from '../../../src/codegen/wasm/assembler/text.ts';
import { ModuleContext } from '../../../src/codegen/wasm/module/context.ts';
import { emitMatmul } from '../../../src/codegen/wasm/matmul/matmul.ts';
import { readableBeyond } from '../../../src/codegen/wasm/module/memory.ts';
import type { KernelFunction } from '../../../src/codegen/target.ts';
import {
  allocate,
  dtypeTable,
  isBigint,
  isFloat,
  type ComputeDType,
  type TypedArray,
} from '../../../src/ir/dtype.ts';
import type { RoutineCall } from '../../../src/ir/kernel.ts';
import { printKernel } from '../../../src/ir/kernelText.ts';
import { noSettings } from '../../../src/ir/routines/row.ts';
import { firstDifference } from '../../support/bits.ts';
import { computeDTypes } from '../../support/specials.ts';

const matmulCall = (dtype: ComputeDType, batchAxes: number): RoutineCall => ({
  kind: 'call',
  routine: 'matmul',
  settings: noSettings,
  results: [0],
  batchAxes,
  buffers: [
    { dtype, role: 'input' },
    { dtype, role: 'input' },
    { dtype, role: 'output' },
  ],
  integers: 9 + 3 * batchAxes,
  scalars: [],
});

const memory = new WebAssembly.Memory({ initial: 320 });
const argsAt = 1024;
const scratchAt = 4096;

interface Compiled {
  readonly run: (args: number, from: number, to: number, scratch: number) => void;
  readonly scratchBytes: number;
  readonly functions: readonly FunctionBuilder[];
}

const compiled = new Map<string, Compiled>();

function compile(dtype: ComputeDType, batchAxes: number): Compiled {
  const key = `${dtype} ${batchAxes}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const context = new ModuleContext(() => {
    throw new Error('a matrix product has no tables');
  });
  const { main, scratchBytes } = emitMatmul(matmulCall(dtype, batchAxes), context);
  const helpers = [...context.helpers.values()];
  const bytes = encodeModule([main], helpers, [...context.imports], false);
  const { kernel } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
  const made = { run: kernel as Compiled['run'], scratchBytes, functions: [main, ...helpers] };
  compiled.set(key, made);
  return made;
}

interface Operand {
  readonly values: TypedArray;
  readonly offset: number;
  /** Batch axes, then rows, then columns. */
  readonly strides: readonly number[];
}

interface Product {
  readonly dtype: ComputeDType;
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Operand;
  readonly b: Operand;
}

function integersOf({ batch, m, n, k, a, b }: Product): readonly number[] {
  const axes = batch.flatMap((extent, axis) => [extent, a.strides[axis] ?? 0, b.strides[axis] ?? 0]);
  return [m, n, k, ...axes, ...[a, b].flatMap(({ offset, strides }) => [offset, ...strides.slice(-2)])];
}

/** Filled with ones, so that an element nobody stores shows. */
function outputOf({ dtype, batch, m, n }: Product): TypedArray {
  const out = allocate(
    dtype,
    batch.reduce((x, y) => x * y, m * n),
  );
  for (let i = 0; i < out.length; i++) out[i] = isBigint(dtype) ? 1n : 1;
  return out;
}

const byTargetJs = new Map<string, KernelFunction>();

function byJs(product: Product): TypedArray {
  const out = outputOf(product);
  const kernel = matmulCall(product.dtype, product.batch.length);
  const key = printKernel(kernel);
  const run = byTargetJs.get(key) ?? jsTarget.compile(kernel).run;
  byTargetJs.set(key, run);
  run([product.a.values, product.b.values, out], integersOf(product), []);
  return out;
}

/**
 * One operand lies at the very end of memory, with only what may be read behind it, so that reading further traps.
 * What lies behind the scratch memory and behind the output has to stay.
 */
function byWasm(product: Product, atTheEnd: 'a' | 'b'): TypedArray {
  const { dtype, batch, a, b } = product;
  const { run, scratchBytes } = compile(dtype, batch.length);
  const out = outputOf(product);
  const scratchEnd = scratchAt + scratchBytes;
  const aligned = (address: number): number => Math.ceil(address / 64) * 64;
  const outAt = aligned(scratchEnd + readableBeyond);
  const outEnd = outAt + out.byteLength;
  const first = aligned(outEnd + readableBeyond);
  const [inFront, behind] = atTheEnd === 'a' ? [b.values, a.values] : [a.values, b.values];
  const last = memory.buffer.byteLength - readableBeyond - behind.byteLength;
  expect(first + inFront.byteLength).toBeLessThanOrEqual(last);

  const raw = new Uint8Array(memory.buffer);
  const put = (values: TypedArray, address: number): void => {
    raw.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), address);
  };
  put(inFront, first);
  put(behind, last);
  put(out, outAt);
  const guards = [scratchEnd, outEnd];
  for (const guard of guards) raw.fill(0xa5, guard, guard + readableBeyond);
  const addresses = atTheEnd === 'a' ? [last, first, outAt] : [first, last, outAt];
  new Int32Array(memory.buffer, argsAt).set([...addresses, ...integersOf(product)]);
  const rows = product.batch.reduce((x, y) => x * y, product.m);
  run(argsAt, 0, rows, scratchAt);
  for (const guard of guards)
    expect(raw.subarray(guard, guard + readableBeyond).every((byte) => byte === 0xa5)).toBe(true);
  return new dtypeTable[dtype].array(raw.slice(outAt, outEnd).buffer);
}

const expectSameBits = (product: Product): void => {
  const expected = byJs(product);
  for (const atTheEnd of ['a', 'b'] as const) {
    const difference = firstDifference(byWasm(product, atTheEnd), expected);
    if (difference !== undefined) expect.fail(difference);
  }
};

/** Values that rounding, overflow and signs show in; the same for the same seed. */
function valuesOf(dtype: ComputeDType, length: number, seed: number): TypedArray {
  const values = new dtypeTable[dtype].array(length);
  let state = seed * 2 + 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state;
  };
  const specials = [NaN, Infinity, -Infinity, -0, 5e-324, 1e-40, 1e308, 3e38];
  const special = seed % 3 === 0;
  for (let i = 0; i < length; i++) {
    const [x, y] = [next(), next() >>> 8];
    if (isBigint(dtype)) values[i] = (BigInt(x) << 32n) ^ BigInt(next());
    else if (dtype === 'bool') values[i] = y & 1;
    else if (isFloat(dtype))
      values[i] =
        special && y % 500 === 0 ? (specials[(y >>> 10) & 7] ?? 0) : (x / 2 ** 31) * 2 ** ((y & 15) - 8);
    else values[i] = x;
  }
  return values;
}

/** Strides of an operand in some order of its axes, some of them broadcast or backwards. */
interface Layout {
  readonly order: readonly number[];
  readonly broadcast: readonly boolean[];
  readonly backward: readonly boolean[];
  readonly gap: number;
  readonly offset: number;
  readonly seed: number;
}

function operandOf(dtype: ComputeDType, extents: readonly number[], layout: Layout): Operand {
  const strides = extents.map(() => 0);
  let size = 1;
  let offset = layout.offset;
  for (const axis of layout.order.filter((axis) => axis < extents.length)) {
    if (layout.broadcast[axis] === true) continue;
    const extent = extents[axis] ?? 1;
    const back = layout.backward[axis] === true;
    strides[axis] = back ? -size : size;
    if (back) offset += size * Math.max(extent - 1, 0);
    size *= Math.max(extent, 1);
    if (size > 1) size += layout.gap;
  }
  return { values: valuesOf(dtype, layout.offset + size, layout.seed), offset, strides };
}

/** Axes are numbered rows, columns, then batches, so that the layout does not depend on how many batches there are. */
const layouts = (): fc.Arbitrary<Layout> =>
  fc.record({
    order: fc.oneof(
      { weight: 2, arbitrary: fc.constant([1, 0, 2, 3]) },
      { weight: 2, arbitrary: fc.constant([0, 1, 2, 3]) },
      { weight: 1, arbitrary: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }) },
    ),
    broadcast: fc.array(
      fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      { minLength: 4, maxLength: 4 },
    ),
    backward: fc.array(
      fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      { minLength: 4, maxLength: 4 },
    ),
    gap: fc.constantFrom(0, 0, 0, 1, 3),
    offset: fc.constantFrom(0, 0, 1, 5),
    seed: fc.nat(1000),
  });

interface Shape {
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

function productOf(
  dtype: ComputeDType,
  { batch, m, n, k }: Shape,
  layoutA: Layout,
  layoutB: Layout,
): Product {
  const operand = (rows: number, columns: number, layout: Layout): Operand => {
    const { values, offset, strides } = operandOf(dtype, [rows, columns, ...batch], layout);
    return { values, offset, strides: [...strides.slice(2), ...strides.slice(0, 2)] };
  };
  return { dtype, batch, m, n, k, a: operand(m, k, layoutA), b: operand(k, n, layoutB) };
}

const plain: Layout = {
  order: [1, 0, 2, 3],
  broadcast: [],
  backward: [],
  gap: 0,
  offset: 0,
  seed: 1,
};
const transposed: Layout = { ...plain, order: [0, 1, 2, 3], seed: 2 };

const extents = fc.oneof(
  { weight: 2, arbitrary: fc.nat(9) },
  { weight: 3, arbitrary: fc.nat(70) },
  { weight: 1, arbitrary: fc.constantFrom(128, 131, 200) },
);
const depths = fc.oneof(
  { weight: 3, arbitrary: fc.nat(20) },
  { weight: 3, arbitrary: fc.nat(70) },
  { weight: 2, arbitrary: fc.constantFrom(254, 255, 256, 257, 259, 300, 511, 512, 513, 777) },
);
const shapes: fc.Arbitrary<Shape> = fc.record({
  batch: fc.oneof(
    { weight: 4, arbitrary: fc.constant<number[]>([]) },
    { weight: 2, arbitrary: fc.array(fc.nat(3), { minLength: 1, maxLength: 2 }) },
  ),
  m: extents,
  n: extents,
  k: depths,
});

describe('matrix products have the bits of the JS target', () => {
  for (const dtype of computeDTypes)
    test(`${dtype}, any extents and strides`, () => {
      const runs = isBigint(dtype) ? 40 : 100;
      fc.assert(
        fc.property(shapes, layouts(), layouts(), (shape, layoutA, layoutB) => {
          expectSameBits(productOf(dtype, shape, layoutA, layoutB));
        }),
        { numRuns: runs, seed: 20240601 },
      );
    });

  const large: readonly Shape[] = [
    { batch: [], m: 70, n: 1030, k: 520 },
    { batch: [], m: 130, n: 515, k: 257 },
    { batch: [], m: 1, n: 2100, k: 300 },
    { batch: [], m: 2100, n: 1, k: 300 },
    { batch: [], m: 3, n: 1027, k: 258 },
    { batch: [], m: 1027, n: 3, k: 258 },
    { batch: [], m: 1, n: 1, k: 100_000 },
    { batch: [500], m: 3, n: 3, k: 3 },
  ];
  for (const dtype of ['float64', 'float32', 'int32', 'int8'] as const)
    for (const shape of large)
      test(`${dtype}, ${shape.batch.join(' ')} ${shape.m} x ${shape.k} x ${shape.n}`, () => {
        for (const a of [plain, transposed])
          for (const b of [plain, transposed]) expectSameBits(productOf(dtype, shape, a, b));
      });
});

test('nothing to sum gives zeros, nothing to store stores nothing', () => {
  for (const dtype of computeDTypes)
    for (const [m, n, k] of [
      [5, 7, 0],
      [0, 7, 3],
      [5, 0, 3],
      [0, 0, 0],
    ] as const)
      expectSameBits(productOf(dtype, { batch: [2], m, n, k }, plain, plain));
});

test('the program can be read', () => {
  const text = compile('float64', 1).functions.map(printFunction).join('\n');
  expect(text).toContain('func kernel(args: i32, from: i32, to: i32, scratch: i32)');
  expect(text).toContain('f64x2.mul(');
});
