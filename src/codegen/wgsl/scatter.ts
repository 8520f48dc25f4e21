/**
 * Stores at computed places: one invocation for each point of the axes along which updates have places of their own. It
 * walks the other axes in order, in which updates meet. (Without such axes, one invocation walks them all.)
 */
import { isOrdered } from '../../ir/dependence.ts';
import type { LoopKernel } from '../../ir/kernel.ts';
import { countOf, extentOf, isLine, stepsOf } from '../../ir/nest.ts';
import { block, type Code } from '../text/source.ts';
import { Body, integer } from './body.ts';
import { decodeIndices, planMap, type MapPlan } from './map.ts';
import type { Shader } from './program.ts';
import { ShaderWriter } from './shader.ts';

/** The axes whose turns run at once, and those whose turns run in order. */
function axesOf({ points }: LoopKernel): {
  readonly free: readonly number[];
  readonly walked: readonly number[];
} {
  const walked = points.axes.filter((axis) => isOrdered(points, axis));
  return { free: points.axes.filter((axis) => !walked.includes(axis)), walked };
}

export function planScatter(kernel: LoopKernel, integers: readonly number[], workgroupSize: number): MapPlan {
  const { free, walked } = axesOf(kernel);
  const extents = free.map((axis) => countOf(kernel, [axis], integers));
  const isEmpty = countOf(kernel, walked, integers) === 0;
  return planMap(isEmpty ? [0] : extents, 1, undefined, workgroupSize);
}

export function scatterShader(kernel: LoopKernel, workgroupSize: number): Shader {
  const { free, walked } = axesOf(kernel);
  const writer = new ShaderWriter();
  const body = new Body(writer, kernel, undefined);
  const lines = stepsOf(kernel).filter(isLine);
  body.bindBuffers(lines);
  const inside: Code = lines.flatMap((line) => body.line(line));
  const loops = walked.reduceRight<Code>(
    (code, axis) =>
      block(`for (var i${axis} = 0i; i${axis} < ${integer(extentOf(kernel, axis))}; i${axis}++)`, code),
    inside,
  );
  const axes = free.map((axis) => ({ axis, extent: extentOf(kernel, axis), width: 1 as const }));
  const code: Code = [
    `let n = group * ${workgroupSize}u + local;`,
    ...block('if (n >= numbers.count)', ['return;']),
    ...decodeIndices('n', axes),
    ...loops,
  ];
  const numbers = { integers: kernel.integers, added: ['count'], scalars: kernel.scalars };
  const note =
    free.length === 0
      ? 'scatter, one invocation takes all updates in order'
      : 'scatter, updates in order, side by side along the other axes';
  return writer.finish(workgroupSize, numbers, code, note);
}
