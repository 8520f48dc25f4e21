/**
 * WebGPU objects in the public interface. They have the types of the user's program: those of TypeScript's DOM library or
 * of `@webgpu/types`, which are incompatible. A program without such types gets minimal ones.
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
