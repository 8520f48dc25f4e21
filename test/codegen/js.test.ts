/**
 * The JS target against the reference functions, bit for bit: kernels are built by hand, so nothing but the code
 * generator is under test.
 */
import { describe, expect, it } from 'vitest';
import { jsTarget } from '../../src/codegen/js/target.ts';
import {
  allocate,
  computeDType,
  dtypeNames,
  dtypeTable,
  isBigint,
  isFloat,
  type ComputeDType,
  type DType,
  type Scalar,
  type TypedArray,
} from '../../src/ir/dtype.ts';
import { IndexError } from '../../src/ir/errors.ts';
import type {
  Accumulator,
  KernelBuffer,
  KernelIndex,
  KernelInt,
  KernelValue,
  LoopKernel,
  Let,
  ReduceSchedule,
  Step,
} from '../../src/ir/kernel.ts';
import { isArg, type ArgReduction } from '../../src/ir/monoids.ts';
import { opRow, opTypes, scalarOps } from '../../src/ir/ops.ts';
import { applyOp } from '../../src/ir/scalarNumbers.ts';
import { reduceElements } from '../../src/ir/reference.ts';
import { contractBlock } from '../../src/ir/routines/matmul.ts';
import { noSettings } from '../../src/ir/routines/row.ts';
import { castScalar } from '../../src/ir/scalar.ts';
import { computeDTypes } from '../support/specials.ts';

// ---------------------------------------------------------------------------------------------------------
// A tiny kernel builder

const literal = (value: number): KernelInt => ({ literal: value });
const parameter = (slot: number): KernelInt => ({ parameter: slot });
const index = (
  offset: KernelInt,
  ...terms: readonly (readonly [axis: number, stride: KernelInt])[]
): KernelIndex => ({
  offset,
  terms: terms.map(([axis, stride]) => ({ axis, stride })),
});
const along = (axis: number): KernelIndex => index(literal(0), [axis, literal(1)]);
const load = (buffer: number, dtype: DType, at: KernelIndex): KernelValue => ({
  kind: 'load',
  dtype,
  buffer,
  index: at,
  gathers: [],
});
const lets = (...values: readonly number[]): Let[] => values.map((value) => ({ kind: 'let', value }));
const buffer = (dtype: DType, role: KernelBuffer['role'] = 'input'): KernelBuffer => ({ dtype, role });

interface Parts {
  readonly extents: readonly KernelInt[];
  readonly buffers: readonly KernelBuffer[];
  readonly integers?: number;
  readonly scalars?: readonly DType[];
  readonly values: readonly KernelValue[];
  /** The axes of the points; by default the first one. */
  readonly points?: readonly number[];
  readonly body: readonly Step[];
}

const kernelOf = ({
  extents,
  integers = 0,
  scalars = [],
  points = [0],
  body,
  ...rest
}: Parts): LoopKernel => ({
  kind: 'loops',
  axes: extents.map((extent) => ({ extent })),
  integers,
  scalars,
  ...rest,
  before: [],
  points: { kind: 'points', axes: points, hoisted: points.slice(1).map(() => []), body },
});

// ---------------------------------------------------------------------------------------------------------
// Values

let seed = 12345;
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

const floats = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  0.1,
  3,
  5e-324,
  1e-40,
  -1e-45,
  1e308,
  -1e308,
  3.4e38,
  2 ** 52 + 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  255.5,
  -128.5,
  65536,
  1e-3,
];
const integers = [0, 1, -1, 2, -2, 3, 7, 31, 32, 33, 63, 64, 100, -100];

function specials(dtype: DType): Scalar[] {
  const { min, max } = dtypeTable[dtype];
  if (isFloat(dtype))
    return read(dtype, [
      ...floats,
      ...Array.from({ length: 6 }, () => (random() - 0.5) * 10 ** (random() * 12 - 4)),
    ]);
  if (dtype === 'bool') return [0, 1];
  const extremes = isBigint(dtype)
    ? [BigInt(min), BigInt(max), BigInt(max) - 1n, 2n ** 53n + 1n]
    : [Number(min), Number(max), Number(max) - 1];
  return read(dtype, [...integers.map((x) => castScalar(x, 'int32', dtype)), ...extremes]);
}

/** Values as an array of the dtype gives them back. */
function read(dtype: DType, values: readonly Scalar[]): Scalar[] {
  return [...fill(dtype, values)];
}

function fill(dtype: DType, values: readonly Scalar[]): TypedArray {
  const array = allocate(dtype, values.length);
  values.forEach((value, k) => (array[k] = value));
  return array;
}

/** An output that keeps what it is given: a typed array would wrap or round a value that is not of its dtype. */
const bareOutput = (): TypedArray => [] as unknown as TypedArray;

const randomElements = (dtype: DType, count: number): Scalar[] =>
  read(
    dtype,
    Array.from({ length: count }, () => {
      if (isFloat(dtype)) return (random() - 0.5) * 10 ** (random() * 6);
      if (isBigint(dtype))
        return BigInt.asIntN(64, BigInt(Math.floor(random() * 2 ** 32)) << BigInt(Math.floor(random() * 32)));
      return dtype === 'bool' ? Number(random() < 0.5) : Math.floor(random() * 2 ** 32);
    }),
  );

const same = (actual: ArrayLike<Scalar>, expected: readonly Scalar[], what: string): void => {
  expect(actual.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++)
    if (!Object.is(actual[k], expected[k]))
      expect.fail(`${what}: element ${k} is ${String(actual[k])}, not ${String(expected[k])}`);
};

const product = (lists: readonly (readonly Scalar[])[]): Scalar[][] =>
  lists.reduce<Scalar[][]>((rows, list) => rows.flatMap((row) => list.map((x) => [...row, x])), [[]]);

// ---------------------------------------------------------------------------------------------------------

describe('scalar operations give the bits of the reference functions', () => {
  for (const op of scalarOps) {
    it(op, () => {
      const { arity, rule } = opRow(op);
      for (const dtype of computeDTypes) {
        const argDTypes = Array.from({ length: arity }, (_, k): ComputeDType =>
          rule === 'select' && k === 0 ? 'bool' : dtype,
        );
        const types = (() => {
          try {
            return opTypes(op, argDTypes);
          } catch {
            return undefined;
          }
        })();
        if (types === undefined || types.operand !== dtype) continue;
        const rows = product(
          argDTypes.map((d, k) => (arity === 3 && k > 0 ? specials(d).slice(0, 16) : specials(d))),
        );
        const expected = rows.map((row) => applyOp(op, types.operand, row));
        const { run } = jsTarget.compile(
          kernelOf({
            extents: [parameter(0)],
            integers: 1,
            buffers: [...argDTypes.map((d) => buffer(d)), buffer(types.result, 'output')],
            values: [
              ...argDTypes.map((d, k) => load(k, d, along(0))),
              {
                kind: 'op',
                dtype: computeDType(types.result),
                op,
                operand: computeDType(types.operand),
                args: argDTypes.map((_, k) => k),
              },
            ],
            body: [
              ...lets(...argDTypes.map((_, k) => k), arity),
              { kind: 'store', buffer: arity, index: along(0), value: arity },
            ],
          }),
        );
        const out = bareOutput();
        const inputs = argDTypes.map((d, k) =>
          fill(
            d,
            rows.map((row) => row[k] ?? 0),
          ),
        );
        run([...inputs, out], [rows.length], []);
        same(out, expected, `${op} ${dtype}`);
      }
    });
  }
});

describe('casts give the bits of castScalar', () => {
  for (const from of dtypeNames) {
    it(`from ${from}`, () => {
      for (const to of dtypeNames) {
        const values = specials(from);
        const { run } = jsTarget.compile(
          kernelOf({
            extents: [literal(values.length)],
            buffers: [buffer(from), buffer(to, 'output')],
            values: [load(0, from, along(0)), { kind: 'cast', dtype: to, from, arg: 0 }],
            body: [...lets(0, 1), { kind: 'store', buffer: 1, index: along(0), value: 1 }],
          }),
        );
        const out = bareOutput();
        run([fill(from, values), out], [], []);
        same(
          out,
          values.map((value) => castScalar(value, from, to)),
          `${from} to ${to}`,
        );
      }
    });
  }
});

describe('constants, scalars and indices', () => {
  it('are written out where they are used, in every dtype', () => {
    for (const dtype of dtypeNames) {
      for (const value of specials(dtype)) {
        const { run } = jsTarget.compile(
          kernelOf({
            extents: [literal(1)],
            buffers: [buffer(dtype, 'output')],
            scalars: [dtype],
            values: [
              { kind: 'constant', dtype, value },
              { kind: 'scalar', dtype, slot: 0 },
            ],
            points: [],
            body: [
              { kind: 'store', buffer: 0, index: index(literal(0)), value: 0 },
              { kind: 'store', buffer: 0, index: index(literal(1)), value: 1 },
            ],
          }),
        );
        const out = allocate(dtype, 2);
        run([out], [], [value]);
        same(out, [value, value], dtype);
      }
    }
  });

  it('an index runs through offset and strides, also backwards', () => {
    for (const dtype of dtypeNames) {
      const { run } = jsTarget.compile(
        kernelOf({
          extents: [parameter(0), literal(3)],
          integers: 2,
          buffers: [buffer(dtype, 'output')],
          values: [{ kind: 'index', dtype, index: index(parameter(1), [0, literal(-3)], [1, literal(1)]) }],
          points: [0, 1],
          body: [
            ...lets(0),
            {
              kind: 'store',
              buffer: 0,
              index: index(literal(0), [0, literal(3)], [1, literal(1)]),
              value: 0,
            },
          ],
        }),
      );
      const out = allocate(dtype, 300);
      run([out], [100, 297], []);
      const expected = Array.from({ length: 300 }, (_, k) =>
        castScalar(297 - 3 * Math.floor(k / 3) + (k % 3), 'uint32', dtype),
      );
      same(out, expected, dtype);
    }
  });

  it('zero times a negative stride is +0', () => {
    const { run } = jsTarget.compile(
      kernelOf({
        extents: [literal(1)],
        buffers: [buffer('float64', 'output')],
        values: [{ kind: 'index', dtype: 'float64', index: index(literal(0), [0, literal(-1)]) }],
        body: [...lets(0), { kind: 'store', buffer: 0, index: along(0), value: 0 }],
      }),
    );
    const out = new Float64Array([7]);
    run([out], [], []);
    same(out, [0], 'index');
  });
});

describe('gathers', () => {
  const gather = (dtype: DType) =>
    jsTarget.compile(
      kernelOf({
        extents: [parameter(0)],
        integers: 3,
        buffers: [buffer('float64'), buffer(dtype), buffer('float64', 'output')],
        values: [
          load(1, dtype, along(0)),
          {
            kind: 'load',
            dtype: 'float64',
            buffer: 0,
            index: index(literal(1)),
            gathers: [{ value: 0, stride: parameter(1), size: parameter(2), axis: 0 }],
          },
        ],
        body: [...lets(0, 1), { kind: 'store', buffer: 2, index: along(0), value: 1 }],
      }),
    );
  const table = Float64Array.from({ length: 9 }, (_, k) => k);

  it('negative indices count from the end', () => {
    for (const dtype of ['int8', 'int32', 'int64'] as const) {
      const out = new Float64Array(4);
      gather(dtype).run(
        [table, fill(dtype, isBigint(dtype) ? [0n, 3n, -1n, -4n] : [0, 3, -1, -4]), out],
        [4, 2, 4],
        [],
      );
      same(out, [1, 7, 7, 1], dtype);
    }
  });

  it('an index out of bounds is an IndexError', () => {
    for (const bad of [4, -5]) {
      expect(() =>
        gather('int32').run([table, Int32Array.of(bad), new Float64Array(1)], [1, 2, 4], []),
      ).toThrow(IndexError);
    }
  });
});

// ---------------------------------------------------------------------------------------------------------

const lengths = [0, 1, 7, 8, 9, 127, 128, 129, 255, 256, 257, 1000, 5000];
const schedules: readonly ReduceSchedule[] = ['unrolled', 'blocked', 'sequential'];

const expectedArg = (op: ArgReduction, elements: readonly Scalar[]): number => {
  let best = 0;
  elements.forEach((value, k) => {
    const champion = elements[best] ?? 0;
    if (champion === champion && (value !== value || (op === 'argmin' ? value < champion : value > champion)))
      best = k;
  });
  return best;
};

/** Reduces a sequence over axes of the given extents (row-major in memory), for each of `rows` rows. */
function reduceKernel(
  extents: readonly number[],
  element: ComputeDType,
  accumulators: readonly Pick<Accumulator, 'op' | 'dtype'>[],
  schedule: ReduceSchedule,
) {
  const size = extents.reduce((a, b) => a * b, 1);
  const terms = extents.map((_, k) => [k + 1, parameter(extents.length + k)] as const);
  return {
    integers: [...extents, ...extents.map((_, k) => extents.slice(k + 1).reduce((a, b) => a * b, 1)), size],
    kernel: kernelOf({
      extents: [literal(2), ...extents.map((_, k) => parameter(k))],
      integers: 2 * extents.length + 1,
      buffers: [
        buffer(element),
        ...accumulators.map(({ dtype }) => buffer(dtype, 'output')),
        buffer(element, 'output'),
      ],
      values: [
        load(0, element, index(literal(0), [0, parameter(2 * extents.length)], ...terms)),
        ...accumulators.map(({ dtype }, k): KernelValue => ({ kind: 'result', dtype, accumulator: k })),
      ],
      body: [
        {
          kind: 'reduce',
          axes: extents.map((_, k) => k + 1),
          hoisted: [],
          schedule,
          accumulators: accumulators.map((accumulator, id) => ({
            ...accumulator,
            id,
            value: 0,
            element,
          })),
          body: [
            ...lets(0),
            {
              kind: 'store',
              buffer: accumulators.length + 1,
              index: index(literal(0), [0, parameter(2 * extents.length)], ...terms),
              value: 0,
            },
          ],
        },
        ...accumulators.map((_, k): Step => ({
          kind: 'store',
          buffer: k + 1,
          index: along(0),
          value: k + 1,
        })),
      ],
    }),
  };
}

const sumDType = (dtype: ComputeDType): ComputeDType =>
  isFloat(dtype) ? dtype : dtype.startsWith('u') ? 'uint64' : 'int64';

function reductionsOf(dtype: ComputeDType): Pick<Accumulator, 'op' | 'dtype'>[] {
  if (dtype === 'bool')
    return [
      { op: 'any', dtype },
      { op: 'all', dtype },
      { op: 'sum', dtype: 'int64' },
      { op: 'prod', dtype: 'int64' },
      { op: 'argmax', dtype: 'int32' },
      { op: 'argmin', dtype: 'int32' },
      { op: 'min', dtype },
      { op: 'max', dtype },
    ];
  return [
    { op: 'sum', dtype: sumDType(dtype) },
    { op: 'sum', dtype },
    { op: 'prod', dtype: sumDType(dtype) },
    { op: 'min', dtype },
    { op: 'max', dtype },
    { op: 'argmin', dtype: 'int32' },
    { op: 'argmax', dtype: 'int32' },
  ];
}

function check(
  extents: readonly number[],
  element: ComputeDType,
  schedule: ReduceSchedule,
  rows: readonly (readonly Scalar[])[],
  only?: number,
): void {
  const accumulators = reductionsOf(element).filter((_, k) => only === undefined || k === only);
  const { kernel, integers: given } = reduceKernel(extents, element, accumulators, schedule);
  const outs = accumulators.map(({ dtype }) => allocate(dtype, 2));
  const copy = allocate(element, rows.flat().length);
  jsTarget.compile(kernel).run([fill(element, rows.flat()), ...outs, copy], given, []);
  same(copy, rows.flat(), 'the body');
  accumulators.forEach(({ op, dtype }, k) => {
    const expected = rows.map((row) =>
      isArg(op)
        ? expectedArg(op, row)
        : reduceElements(
            op,
            dtype,
            row.map((x) => castScalar(x, element, dtype)),
          ),
    );
    same(outs[k] ?? [], expected, `${op} ${element} -> ${dtype} [${extents.join(', ')}] ${schedule}`);
  });
}

describe('reductions give the bits of the reference', () => {
  for (const dtype of computeDTypes) {
    it(dtype, () => {
      for (const schedule of schedules) {
        for (const n of lengths) {
          const rows = [randomElements(dtype, n), randomElements(dtype, n)];
          check([n], dtype, schedule, rows);
          check([n, 1], dtype, schedule, rows);
          for (const inner of [3, 8, 100]) {
            const size = Math.floor(n / inner) * inner;
            const cut = rows.map((row) => row.slice(0, size));
            check([size / inner, inner], dtype, schedule, cut);
            check([inner, size / inner], dtype, schedule, cut);
          }
          check(
            [2, Math.floor(n / 6), 3],
            dtype,
            schedule,
            rows.map((row) => row.slice(0, Math.floor(n / 6) * 6)),
          );
        }
      }
    });

    it(`${dtype}, one accumulator at a time, over special values`, () => {
      for (const schedule of schedules) {
        for (const n of [1, 5, 9, 200]) {
          const values = specials(dtype);
          const rows = [0, 1].map(() =>
            Array.from({ length: n }, () => values[Math.floor(random() * values.length)] ?? 0),
          );
          reductionsOf(dtype).forEach((_, only) => check([n], dtype, schedule, rows, only));
        }
      }
    });
  }

  it('sums of extreme integers of 32 bits are exact beyond 2^53', () => {
    for (const dtype of ['int32', 'uint32', 'int8', 'int16', 'uint16'] as const) {
      const n = 3_000_000;
      const { min, max } = dtypeTable[dtype];
      const input = allocate(dtype, 2 * n);
      input.fill(min, 0, n).fill(max, n);
      for (const schedule of schedules) {
        const { kernel, integers: given } = reduceKernel(
          [n],
          dtype,
          [{ op: 'sum', dtype: 'int64' }],
          schedule,
        );
        const out = new BigInt64Array(2);
        jsTarget.compile(kernel).run([input, out, allocate(dtype, 2 * n)], given, []);
        same(out, [BigInt(min) * BigInt(n), BigInt(max) * BigInt(n)], `${dtype} ${schedule}`);
      }
    }
  });

  it('the sum of nothing is +0, of negative zeros -0', () => {
    for (const schedule of schedules) {
      check([0], 'float64', schedule, [[], []]);
      for (const n of [1, 8, 13, 300])
        check([n], 'float64', schedule, [new Array<number>(n).fill(-0), new Array<number>(n).fill(-0)], 0);
    }
  });

  it('arg-reductions prefer NaN, then the lowest index', () => {
    const rows = [
      [3, 1, NaN, 0, NaN, 5, 1],
      [2, 1, 4, 1, 4, -0, 0],
    ];
    for (const schedule of schedules) check([7], 'float64', schedule, rows);
  });
});

// ---------------------------------------------------------------------------------------------------------

describe('matrix products give the bits of the reference', () => {
  const sumInBlocks = (products: readonly Scalar[], dtype: DType): Scalar => {
    const zero: Scalar = isBigint(dtype) ? 0n : 0;
    const add = (x: Scalar, y: Scalar): Scalar => applyOp('add', dtype, [x, y]);
    const blocks: Scalar[] = [];
    for (let from = 0; from < products.length; from += contractBlock)
      blocks.push(products.slice(from, from + contractBlock).reduce(add, zero));
    const [first = zero, ...rest] = blocks;
    return rest.reduce(add, first);
  };

  const sizes = [
    [1, 1, 1],
    [3, 5, 7],
    [4, 4, 4],
    [5, 1, 300],
    [1, 6, 256],
    [1, 1, 600],
    [19, 2, 300],
    [3, 17, 300],
    [67, 9, 257],
    [2, 3, 0],
    [0, 3, 2],
    [70, 66, 20],
    [8, 8, 513],
  ] as const;

  for (const dtype of ['float64', 'float32', 'int32', 'uint8', 'uint32', 'int64', 'uint64'] as const) {
    it(dtype, () => {
      for (const [m, n, k] of sizes) {
        for (const batch of [undefined, [2], [2, 3]]) {
          for (const transposed of [false, true]) {
            if (batch?.length === 2 && m * n * k > 10000) continue;
            const extents = batch ?? [];
            const count = extents.reduce((x, y) => x * y, 1);
            const a = fill(dtype, randomElements(dtype, count * m * k));
            // b is shared by all steps of the last batch axis
            const bCount = extents.length === 0 ? 1 : count / (extents.at(-1) ?? 1);
            const b = fill(dtype, randomElements(dtype, bCount * k * n));
            const [rowA, columnA] = transposed ? [1, m] : [k, 1];
            const [rowB, columnB] = transposed ? [1, k] : [n, 1];
            const batches = extents.flatMap((extent, axis) => [
              extent,
              extents.slice(axis + 1).reduce((x, y) => x * y, 1) * m * k,
              axis === extents.length - 1 ? 0 : k * n,
            ]);
            const out = allocate(dtype, count * m * n);
            const given = [m, n, k, ...batches, 0, rowA, columnA, 0, rowB, columnB];
            jsTarget
              .compile({
                kind: 'call',
                routine: 'matmul',
                settings: noSettings,
                results: [0],
                batchAxes: extents.length,
                buffers: (['input', 'input', 'output'] as const).map((role) => ({ dtype, role })),
                integers: given.length,
                scalars: [],
              })
              .run([a, b, out], given, []);
            const expected = Array.from({ length: count * m * n }, (_, flat) => {
              const [which, i, j] = [Math.floor(flat / (m * n)), Math.floor(flat / n) % m, flat % n];
              const whichB = extents.length === 0 ? 0 : Math.floor(which / (extents.at(-1) ?? 1));
              const products = Array.from({ length: k }, (_unused, r) =>
                applyOp('multiply', dtype, [
                  a[which * m * k + i * rowA + r * columnA] ?? 0,
                  b[whichB * k * n + r * rowB + j * columnB] ?? 0,
                ]),
              );
              return sumInBlocks(products, dtype);
            });
            same(out, expected, `${dtype} ${m}x${k}x${n}`);
          }
        }
      }
    });
  }
});

describe('the target', () => {
  it('is available in Node and shows its code', () => {
    expect(jsTarget.available).toBe(true);
    const { code } = jsTarget.compile(
      kernelOf({
        extents: [parameter(0), parameter(1)],
        integers: 3,
        buffers: [buffer('float64'), buffer('float64', 'output')],
        values: [
          load(0, 'float64', index(parameter(2), [0, parameter(1)], [1, literal(1)])),
          { kind: 'op', dtype: 'float64', op: 'add', operand: 'float64', args: [0, 2] },
          { kind: 'constant', dtype: 'float64', value: 1 },
        ],
        points: [0, 1],
        body: [
          ...lets(0, 1),
          {
            kind: 'store',
            buffer: 1,
            index: index(literal(0), [0, parameter(1)], [1, literal(1)]),
            value: 1,
          },
        ],
      }),
    );
    expect(code).toBe(`return function kernel(buffers, integers, scalars) {
  const b0 = buffers[0];
  const b1 = buffers[1];
  const p0 = integers[0] | 0;
  const p1 = integers[1] | 0;
  const p2 = integers[2] | 0;
  for (let i0 = 0; i0 < p0; i0++) {
    const o0 = p2 + Math.imul(i0, p1);
    const o1 = Math.imul(i0, p1);
    for (let i1 = 0; i1 < p1; i1++) {
      const v0 = b0[o0 + i1];
      const v1 = v0 + 1;
      b1[o1 + i1] = v1;
    }
  }
}
`);
  });
});
