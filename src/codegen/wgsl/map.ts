/** Maps: one invocation per element of the space, or per four elements along its last axis. */
import { block, type Code } from '../js/source.ts';
import type { KernelInt } from '../../ir/kernel.ts';
import { Body, integer, type Vectors } from './body.ts';
import type { Shader } from './program.ts';
import { extentOf, isWalk, type RowProgram } from './rowProgram.ts';
import { ShaderWriter } from './shader.ts';

/** Indices i<axis> from the position `from` in row-major order; `from` is the name of a u32. */
export function decodeIndices(
  from: string,
  axes: readonly { readonly axis: number; readonly extent: KernelInt; readonly width: 1 | 4 }[],
): Code {
  const code: string[] = [];
  let rest = from;
  for (let k = axes.length - 1; k >= 0; k--) {
    const { axis, extent, width } = axes[k] ?? { axis: 0, extent: { literal: 1 }, width: 1 };
    const factor = width === 4 ? ' * 4' : '';
    if (k === 0) {
      code.push(`let i${axis} = i32(${rest})${factor};`);
      continue;
    }
    const count =
      'literal' in extent
        ? `${extent.literal / width}u`
        : `u32(${integer(extent)})${width === 4 ? ' / 4u' : ''}`;
    const size = width === 4 && !('literal' in extent) ? `(${count})` : count;
    code.push(`let i${axis} = i32(${rest} % ${size})${factor};`, `let ${from}${k} = ${rest} / ${size};`);
    rest = `${from}${k}`;
  }
  return code;
}

export const mapWords = ['count'] as const;

export function mapShader(program: RowProgram, workgroupSize: number, vectors: Vectors | undefined): Shader {
  const { kernel, parallel, steps } = program;
  const writer = new ShaderWriter();
  const body = new Body(writer, kernel, vectors);
  const lines = steps.flatMap((step) => (isWalk(step) ? [] : [step]));
  body.bindBuffers(lines);
  const last = parallel.at(-1);
  const axes = parallel.map((axis) => ({
    axis,
    extent: extentOf(kernel, axis),
    width: vectors !== undefined && axis === last ? (4 as const) : (1 as const),
  }));
  const valid =
    vectors?.valid === undefined || last === undefined
      ? []
      : [`let ${vectors.valid} = ${integer(extentOf(kernel, last))} - i${last};`];
  const code: Code = [
    `let n = group * ${workgroupSize}u + local;`,
    ...block('if (n >= numbers.count)', ['return;']),
    ...decodeIndices('n', axes),
    ...valid,
    ...lines.flatMap((line) => body.line(line)),
  ];
  return writer.finish(
    workgroupSize,
    { integers: kernel.integers, added: mapWords, scalars: kernel.scalars },
    code,
    vectors === undefined ? 'map, 1 element each' : 'map, 4 elements each',
  );
}
