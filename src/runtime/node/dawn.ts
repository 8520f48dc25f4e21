/**
 * WebGPU in Node: Dawn, through the npm package `webgpu`. An optional peer dependency, loaded when a GPU is first asked
 * for, so that nobody else pays for it.
 */
import type { GpuHost } from '../gpu/host.ts';

/** The object must live as long as its devices do. */
let loaded: GPU | undefined;

export async function loadDawn(): Promise<GpuHost> {
  if (loaded === undefined) {
    const { create } = await import('webgpu');
    // Exact times for `analyze`: what Dawn blurs in browsers for the sake of privacy.
    loaded = create(['disable-dawn-features=timestamp_quantization']);
  }
  return {
    gpu: loaded,
    // Dawn wants its devices destroyed before the process ends.
    onExit: (close) => {
      process.once('exit', close);
      return () => {
        process.off('exit', close);
      };
    },
  };
}
