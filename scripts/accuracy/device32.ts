/// <reference types="@webgpu/types" />
/**
 * Runs the WGSL of math functions on a device, element by element: what `sweep32.ts` measures on a real adapter.
 *
 *     const sweeps = await sweepAll(onDevice(device), 2 ** 22);
 */
import { mathFunctionText, type MathWidth } from '../../src/codegen/wgsl/math.ts';
import type { MathFunction } from '../../src/ir/math/functions.ts';
import type { RunColumns } from './sweep32.ts';

const workgroup = 64;

/** A module whose entry `main` applies the function to its first bindings and writes the last. */
export function elementwiseModule(name: MathFunction, width: MathWidth): string {
  const { name: title, text, arity, needs } = mathFunctionText(name, width);
  const type = width === 1 ? 'f32' : 'vec4f';
  const binding = (at: number, access: string): string =>
    `@group(0) @binding(${at}) var<storage, ${access}> b${at}: array<${type}>;`;
  const columns = arity === 1 ? [0] : [0, 1];
  return [
    ...needs.map((need) => need.text),
    text,
    ...columns.map((at) => binding(at, 'read')),
    binding(arity, 'read_write'),
    `@compute @workgroup_size(${workgroup}) fn main(@builtin(global_invocation_id) id: vec3u) {`,
    `  if (id.x < arrayLength(&b${arity})) { b${arity}[id.x] = ${title}(${columns.map((at) => `b${at}[id.x]`).join(', ')}); }`,
    '}',
  ].join('\n');
}

/** The device must outlive the runs. */
export function onDevice(device: GPUDevice, width: MathWidth = 4): RunColumns {
  const pipelines = new Map<MathFunction, GPUComputePipeline>();
  const pipelineOf = (name: MathFunction): GPUComputePipeline => {
    const known = pipelines.get(name);
    if (known !== undefined) return known;
    const module = device.createShaderModule({ code: elementwiseModule(name, width), label: name });
    const pipeline = device.createComputePipeline({
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
      label: name,
    });
    pipelines.set(name, pipeline);
    return pipeline;
  };
  return async (name, columns) => {
    const { length = 0 } = columns[0] ?? {};
    const groups = Math.ceil(length / (width * workgroup));
    const size = groups * width * workgroup * Float32Array.BYTES_PER_ELEMENT;
    const inputs = columns.map((column) => {
      const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST });
      device.queue.writeBuffer(buffer, 0, Float32Array.from(column));
      return buffer;
    });
    const output = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
    const read = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });

    const pipeline = pipelineOf(name);
    const entries = [...inputs, output].map((buffer, binding) => ({ binding, resource: { buffer } }));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(groups);
    pass.end();
    encoder.copyBufferToBuffer(output, 0, read, 0, size);
    device.queue.submit([encoder.finish()]);
    await read.mapAsync(GPUMapMode.READ);
    const results = new Float32Array(read.getMappedRange().slice(0, 4 * length));
    for (const buffer of [...inputs, output, read]) buffer.destroy();
    return results;
  };
}
