/**
 * WebGPU in Node: Dawn, through the npm package `webgpu`. An optional peer dependency, loaded when a GPU is first asked
 * for, so that programs without a GPU do not pay for it.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { GpuHost } from '../gpu/host.ts';

/** The object must live as long as its devices do. */
let loaded: GPU | undefined;

/** WebGPU, or why there is none. */
export async function loadDawn(): Promise<GpuHost | string> {
  if (loaded === undefined) {
    const { create } = await import('webgpu');
    if (process.platform === 'linux' && !hasVulkan())
      return `${vulkanLoader} is missing, by which GPUs are reached on Linux: install Vulkan (libvulkan1, vulkan-loader) and the driver of the GPU, or leave target at 'auto' to compute on the CPU`;
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

const vulkanLoader = 'libvulkan.so.1';

/**
 * Whether Dawn will find Vulkan, in the places where it looks. Without Vulkan it gives no adapter, but its native code
 * prints a warning to the terminal each time it is asked for one, in the middle of what the program prints.
 */
function hasVulkan(): boolean {
  const beside = join(
    dirname(createRequire(import.meta.url).resolve('webgpu')),
    'dist',
    `linux-${process.arch}`,
  );
  const folders = [beside, dirname(process.execPath)];
  return [vulkanLoader, ...folders.map((folder) => join(folder, vulkanLoader))].some(canBeLoaded);
}

/** False only for a library that is not there: of any other trouble Dawn should tell. */
function canBeLoaded(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library);
  } catch (error) {
    // What is there is loaded, found not to be an addon, and closed again.
    const message = error instanceof Error ? error.message : '';
    return !(
      message.includes(`${library}: cannot open`) || message.includes(`library ${library}: No such file`)
    );
  }
  return true;
}
