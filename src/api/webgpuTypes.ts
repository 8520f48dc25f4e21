/**
 * Objects of WebGPU in the public interface: with the types that a program has for them, be they those of TypeScript's
 * DOM library or of `@webgpu/types`, which do not go together; with the least where it has none.
 */
type Global<Name extends string, Least> =
  typeof globalThis extends Readonly<Record<Name, { readonly prototype: infer T }>> ? T : Least;

/** A GPUBuffer. */
export type WebGPUBuffer = Global<
  'GPUBuffer',
  { readonly size: number; readonly usage: number; destroy(): undefined }
>;

/** A GPUDevice. */
export type WebGPUDevice = Global<'GPUDevice', { readonly limits: object; destroy(): undefined }>;
