/**
 * The limits of a GPU, through the device that lazuli uses: a copy, by a shader that moves vectors of four and by the
 * queue's own command, and multiply-adds in registers. What is measured here is what the other cases are shares of.
 */
import * as lz from '../../src/index.ts';
import { MULTIPLY_ADDS, MULTIPLY_ADD_CHAINS } from '../cases/works.ts';
import type { Inputs } from '../cases/inputs.ts';
import { sampleOf, type Sample } from '../measure/agreement.ts';
import type { Peer, Prepared } from '../peers/peer.ts';
import { timeOf } from '../peers/timing.ts';

const GROUP = 256;
/** Copies of this many vectors of four are in flight in each invocation. */
const VECTORS = 4;

const copyShader = `
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4<f32>>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let first = (group.x + group.y * groups.x) * ${GROUP * VECTORS}u + local;
  let length = arrayLength(&source);
  for (var k = 0u; k < ${VECTORS}u; k++) {
    let i = first + k * ${GROUP}u;
    if (i < length) { target_[i] = source[i]; }
  }
}
`;

const chains = Array.from({ length: MULTIPLY_ADD_CHAINS }, (_, k) => `x${k}`);

/** The chains are independent and end in one number each, so that nothing can be left out or waited for. */
const multiplyAddShader = `
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> target_: array<f32>;
@compute @workgroup_size(${GROUP})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * ${GROUP}u + local;
  if (i >= arrayLength(&source)) { return; }
  let start = source[i];
  let factor = 0.5 + 0.25 * start;
${chains.map((x, k) => `  var ${x} = start + ${k}.0;`).join('\n')}
  for (var k = 0u; k < ${MULTIPLY_ADDS}u; k++) {
${chains.map((x) => `    ${x} = fma(${x}, factor, start);`).join('\n')}
  }
  target_[i] = ${chains.join(' + ')};
}
`;

/** Dispatches beyond this many workgroups are laid out in two dimensions. */
const WIDTH = 32_768;

interface Buffers {
  readonly source: GPUBuffer;
  readonly target: GPUBuffer;
  readonly bytes: number;
}

function buffersFor(device: GPUDevice, inputs: Inputs): Buffers {
  const values = inputs.values('x');
  const bytes = values.byteLength;
  const usage = GPUBufferUsageOf.storage | GPUBufferUsageOf.copySource | GPUBufferUsageOf.copyTarget;
  const source = device.createBuffer({ size: bytes, usage });
  const target = device.createBuffer({ size: bytes, usage });
  device.queue.writeBuffer(source, 0, values.buffer, values.byteOffset, bytes);
  return { source, target, bytes };
}

/** Node has no global `GPUBufferUsage`. */
const GPUBufferUsageOf = { storage: 0x80, copySource: 0x04, copyTarget: 0x08 } as const;

/** `encode` records one call; a sample is one submit of n of them. */
function prepared(
  device: GPUDevice,
  { source, target, bytes }: Buffers,
  encode: (encoder: GPUCommandEncoder) => void,
  sample: () => Promise<readonly Sample[]>,
): Prepared {
  return {
    target: `webgpu, ${(bytes / 2 ** 20).toPrecision(3)} MiB`,
    run: (n) =>
      timeOf(async () => {
        const encoder = device.createCommandEncoder();
        for (let k = 0; k < n; k++) encode(encoder);
        device.queue.submit([encoder.finish()]);
        await device.queue.onSubmittedWorkDone();
      }),
    sample,
    release: () => {
      source.destroy();
      target.destroy();
    },
  };
}

async function dispatching(
  device: GPUDevice,
  code: string,
  { source, target }: Buffers,
  groups: number,
): Promise<(encoder: GPUCommandEncoder) => void> {
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const bindings = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [
      { binding: 0, resource: { buffer: source } },
      { binding: 1, resource: { buffer: target } },
    ],
  });
  const width = Math.min(groups, WIDTH);
  return (encoder) => {
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(width, Math.ceil(groups / width));
    pass.end();
  };
}

const copied = (target: GPUBuffer) => async (): Promise<readonly Sample[]> => {
  const array = lz.fromGPUBuffer(target);
  return [sampleOf(await array.data())];
};

/** Throws, saying why, where there is no GPU. */
export async function shaderPeer(): Promise<readonly Peer[]> {
  const device = await lz.gpuDevice();
  return [
    {
      name: 'wgsl by hand',
      version: 'Dawn',
      threads: 1,
      prepare: async ({ work }, inputs) => {
        if (work !== 'deviceCopy' && work !== 'multiplyAdds') return undefined;
        const buffers = buffersFor(device, inputs);
        const copies = work === 'deviceCopy';
        const perGroup = copies ? 16 * GROUP * VECTORS : 4 * GROUP;
        const encode = await dispatching(
          device,
          copies ? copyShader : multiplyAddShader,
          buffers,
          Math.ceil(buffers.bytes / perGroup),
        );
        return prepared(device, buffers, encode, copies ? copied(buffers.target) : async () => []);
      },
    },
  ];
}

export async function copyCommandPeer(): Promise<readonly Peer[]> {
  const device = await lz.gpuDevice();
  return [
    {
      name: 'copyBufferToBuffer',
      version: 'Dawn',
      threads: 1,
      prepare: ({ work }, inputs) => {
        if (work !== 'deviceCopy') return undefined;
        const buffers = buffersFor(device, inputs);
        return prepared(
          device,
          buffers,
          (encoder) => {
            encoder.copyBufferToBuffer(buffers.source, 0, buffers.target, 0, buffers.bytes);
          },
          copied(buffers.target),
        );
      },
    },
  ];
}
