/** Kernels compiled for a GPU, by text and limits. The least recently used go first. */
import { LRUCache } from 'lru-cache';
import type { GpuLimits, GpuProgram } from '../../codegen/wgsl/program.ts';
import { compileForGpu } from '../../codegen/wgsl/target.ts';
import type { Kernel } from '../../ir/kernel.ts';
import { printKernel } from '../../ir/kernelText.ts';
import { perSession } from '../perSession.ts';

const programs = perSession(
  () => new LRUCache<string, GpuProgram>({ max: 2048 }),
  (ended) => {
    ended.clear();
  },
);

export function gpuProgram(kernel: Kernel, limits: GpuLimits): GpuProgram {
  const { workgroupSize, workgroupBytes, storageBuffers } = limits;
  const key = `${workgroupSize},${workgroupBytes},${storageBuffers}\n${printKernel(kernel)}`;
  let program = programs.current.get(key);
  if (program === undefined) {
    program = compileForGpu(kernel, limits);
    programs.current.set(key, program);
  }
  return program;
}

export const forgetPrograms = (): void => {
  programs.current.clear();
};
