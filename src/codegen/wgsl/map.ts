/** Maps: one invocation per element of the space, or per four elements along its last axis. */
import { block, type Code } from '../text/source.ts';
import type { KernelInt, LoopKernel } from '../../ir/kernel.ts';
import { extentOf, isLine, stepsOf } from '../../ir/nest.ts';
import { Body, integer, type Vectors } from './body.ts';
import type { Shader } from './program.ts';
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
        ? `${Math.max(1, extent.literal / width)}u`
        : `u32(${integer(extent)})${width === 4 ? ' / 4u' : ''}`;
    const size = width === 4 && !('literal' in extent) ? `(${count})` : count;
    code.push(`let i${axis} = i32(${rest} % ${size})${factor};`, `let ${from}${k} = ${rest} / ${size};`);
    rest = `${from}${k}`;
  }
  return code;
}

/**
 * Where an operand's memory runs along another axis than the last, invocations of a workgroup cover a square of both:
 * what they read of that operand are then whole lines of cache, too.
 */
export interface Square {
  /** The axis beside the last. */
  readonly axis: number;
}

/** Elements along the last axis in a square. */
const squareColumns = (width: 1 | 4): number => (width === 4 ? 32 : 16);

export interface MapPlan {
  readonly groups: number;
  readonly added: Readonly<Record<string, number>>;
}

/** Workgroups and words of a map over these extents, the last counted in elements. */
export function planMap(
  extents: readonly number[],
  width: 1 | 4,
  square: { readonly position: number } | undefined,
  workgroupSize: number,
): MapPlan {
  const elements = extents.reduce((product, extent) => product * extent, 1);
  if (square === undefined) {
    const count = Math.ceil(elements / width);
    return { groups: Math.ceil(count / workgroupSize), added: { count } };
  }
  const columns = squareColumns(width);
  const rows = (workgroupSize * width) / columns;
  const [height, length] = [extents[square.position] ?? 1, extents.at(-1) ?? 1];
  const [down, right] = [Math.ceil(height / rows), Math.ceil(length / columns)];
  const count = elements === 0 ? 0 : elements / (height * length);
  return { groups: count * down * right, added: { count, down, right } };
}

export function mapShader(
  kernel: LoopKernel,
  workgroupSize: number,
  vectors: Vectors | undefined,
  square: Square | undefined,
): Shader {
  const { axes } = kernel.points;
  const writer = new ShaderWriter();
  const body = new Body(writer, kernel, vectors);
  const lines = stepsOf(kernel).filter(isLine);
  body.bindBuffers(lines);
  const last = axes.at(-1);
  const width = vectors === undefined ? 1 : 4;
  const valid =
    vectors?.valid === undefined || last === undefined
      ? []
      : [`let ${vectors.valid} = ${integer(extentOf(kernel, last))} - i${last};`];
  const place =
    square === undefined || last === undefined
      ? inLine(kernel, workgroupSize, width)
      : inSquare(kernel, workgroupSize, width, square.axis, last);
  const code: Code = [...place, ...valid, ...lines.flatMap((line) => body.line(line))];
  const each = width === 1 ? 'map, 1 element each' : 'map, 4 elements each';
  return writer.finish(
    workgroupSize,
    {
      integers: kernel.integers,
      added: square === undefined ? ['count'] : ['count', 'down', 'right'],
      scalars: kernel.scalars,
    },
    code,
    square === undefined ? each : `${each}, by squares`,
  );
}

/** Invocations one after the other, in row-major order. */
function inLine(kernel: LoopKernel, workgroupSize: number, width: 1 | 4): Code {
  const last = kernel.points.axes.at(-1);
  const axes = kernel.points.axes.map((axis) => ({
    axis,
    extent: extentOf(kernel, axis),
    width: axis === last ? width : (1 as const),
  }));
  return [
    `let n = group * ${workgroupSize}u + local;`,
    ...block('if (n >= numbers.count)', ['return;']),
    ...decodeIndices('n', axes),
  ];
}

/** Workgroups as squares of two axes, one after the other. */
function inSquare(kernel: LoopKernel, workgroupSize: number, width: 1 | 4, axis: number, last: number): Code {
  const columns = squareColumns(width);
  const across = columns / width;
  const others = kernel.points.axes.filter((other) => other !== axis && other !== last);
  const beyond = [axis, last].map((k) => `i${k} >= ${integer(extentOf(kernel, k))}`);
  return [
    'let square = group / numbers.right;',
    `let i${last} = i32((group % numbers.right) * ${columns}u + (local % ${across}u) * ${width}u);`,
    `let i${axis} = i32((square % numbers.down) * ${workgroupSize / across}u + local / ${across}u);`,
    'let n = square / numbers.down;',
    ...block(`if (n >= numbers.count || ${beyond.join(' || ')})`, ['return;']),
    ...decodeIndices(
      'n',
      others.map((other) => ({ axis: other, extent: extentOf(kernel, other), width: 1 as const })),
    ),
  ];
}
