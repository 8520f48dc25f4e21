/** Scalar programs as functions of shaders, of one element and of four: loops, exceptions, several results. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { opExpression } from '../../src/codegen/wgsl/ops.ts';
import type { GpuProgram } from '../../src/codegen/wgsl/program.ts';
import { programCall } from '../../src/codegen/wgsl/programs.ts';
import { registerOf, typeOf } from '../../src/codegen/wgsl/registers.ts';
import { ShaderWriter, wordsOf } from '../../src/codegen/wgsl/shader.ts';
import { allocate, type Scalar, type TypedArray } from '../../src/ir/dtype.ts';
import type { LoopKernel } from '../../src/ir/kernel.ts';
import { castScalar } from '../../src/ir/scalar.ts';
import { generator, randomScalars } from '../codegen/wasm/harness.ts';
import { expected, programCalls } from '../support/programs.ts';
import { specialsOf } from '../support/specials.ts';
import { GpuHarness } from './harness.ts';

let gpu: GpuHarness;
beforeAll(async () => {
  gpu = await GpuHarness.open();
});
afterAll(() => {
  gpu.close();
});

type Call = (typeof programCalls)[number];

const nothing: LoopKernel = {
  kind: 'loops',
  axes: [],
  buffers: [],
  integers: 0,
  scalars: [],
  values: [],
  before: [],
  points: { kind: 'points', axes: [], hoisted: [], body: [] },
};

/** Buffers: the operands, the results four at a time, the results one by one. */
function shaderOf(call: Call, count: number): GpuProgram {
  const writer = new ShaderWriter();
  const type = typeOf(registerOf(call.operand), 1);
  const names = Array.from({ length: call.arity + 2 }, (_, k) => `b${k}`);
  names.forEach((name, buffer) => {
    writer.bind(name, `array<${type}>`, { kind: 'buffer', buffer, writes: buffer >= call.arity });
  });
  const operands = names.slice(0, call.arity);
  const [byFour = '', byOne = ''] = names.slice(call.arity);
  const lanes = [0, 1, 2, 3];
  const gathered = operands.map((name) => {
    const elements = lanes.map((lane) => `${name}[at + ${lane}u]`);
    return `${typeOf(registerOf(call.operand), 4)}(${elements.join(', ')})`;
  });
  const shader = writer.finish(
    64,
    { integers: 0, added: ['count'], scalars: [] },
    [
      'let at = 4u * (group * 64u + local);',
      'if (at >= numbers.count) { return; }',
      `let four = ${programCall(call, gathered, 4, writer, opExpression)};`,
      ...lanes.map((lane) => `${byFour}[at + ${lane}u] = four[${lane}];`),
      ...lanes.map((lane) => {
        const args = operands.map((name) => `${name}[at + ${lane}u]`);
        return `${byOne}[at + ${lane}u] = ${programCall(call, args, 1, writer, opExpression)};`;
      }),
    ],
    'a program',
  );
  const dispatch = { shader, groups: Math.ceil(count / 256), ...wordsOf([], { count }) };
  return { checksIndices: false, plan: () => ({ dispatches: [dispatch], scratchBytes: [] }) };
}

/** What a device may take for zero, itself or its products. */
const isTiny = ({ name }: Call, value: Scalar): boolean =>
  value !== 0 && Math.abs(Number(value)) < (name === 'mandelbrot' ? 2 ** -60 : 2 ** -126);

function arrayOf(call: Call, random: () => number): TypedArray {
  const specials = specialsOf(call.operand);
  const small = (): Scalar => castScalar((random() - 0.3) * 40, 'float64', call.operand);
  const near = (): Scalar => castScalar((random() - 0.5) * 3, 'float64', call.operand);
  const values = [
    ...Array.from({ length: 400 }, () => specials[Math.floor(random() * specials.length)] ?? 0),
    ...Array.from({ length: 200 }, small),
    ...Array.from({ length: 200 }, near),
    ...randomScalars(call.operand, 200, random),
  ];
  const array = allocate(call.operand, values.length);
  values.forEach((value, k) => (array[k] = value));
  return array;
}

/**
 * Shaders have code of their own for the division of floats: they have no float64, in which floored division of float32 is
 * a program, and comparisons may take a subnormal rest for zero.
 */
const hasOwnCode = ({ name, operand }: Call): boolean =>
  operand === 'float32' && ['floorDivide', 'remainder'].includes(name);

const calls = programCalls.filter(
  (call) => ['float32', 'int32', 'uint32'].includes(call.operand) && !hasOwnCode(call),
);

test.each(
  calls.map(
    (call) => [`${call.name} on ${call.operand}, result ${call.result} of ${call.results}`, call] as const,
  ),
)('%s', async (_, call) => {
  const random = generator(11);
  const operands = Array.from({ length: call.arity }, () => arrayOf(call, random));
  const count = operands[0]?.length ?? 0;
  const outcomes = [0, 1].map(() => allocate(call.operand, count));
  const { buffers } = await gpu.run(nothing, shaderOf(call, count), [...operands, ...outcomes], [], []);
  const float = call.operand === 'float32';
  for (let k = 0; k < count; k++) {
    const args = operands.map((array) => array[k] ?? 0);
    const value = expected(call, args);
    if (float && [...args, value].some((number) => isTiny(call, number))) continue;
    for (const result of buffers.slice(call.arity)) expect(result[k], args.join(', ')).toBe(value);
  }
});
