/**
 * Where WebGPU comes from: the browser's `navigator.gpu`, or Dawn in Node (`runtime/node/dawn.ts`), loaded on demand.
 */
import { inSession } from '../perSession.ts';

/** WebGPU, and how to be told that the process ends. */
export interface GpuHost {
  readonly gpu: GPU;
  /** Calls back when the process ends; returns what takes that back. */
  onExit?(close: () => void): () => void;
}

interface DawnModule {
  loadDawn(): Promise<GpuHost | string>;
}

interface Globals {
  readonly navigator?: { readonly gpu?: GPU };
  readonly process?: { readonly versions?: { readonly node?: string } };
}

/** WebGPU on this host, or why there is none and what to do. */
export async function findGpu(): Promise<GpuHost | string> {
  const { navigator, process } = globalThis as Globals;
  if (navigator?.gpu !== undefined) return { gpu: navigator.gpu };
  if (process?.versions?.node === undefined)
    return 'this browser has no WebGPU (navigator.gpu): use a newer one, over https';
  // In a variable, so that neither Node's types nor a bundler follow it.
  const specifier = `../node/dawn.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`;
  try {
    const dawn = (await inSession(import(/* @vite-ignore */ specifier))) as DawnModule;
    return await inSession(dawn.loadDawn());
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    return missing || !(error instanceof Error)
      ? 'the package `webgpu` is not installed: npm install webgpu'
      : `the package \`webgpu\` does not load: ${error.message}`;
  }
}
