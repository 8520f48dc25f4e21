/**
 * What the WebGPU target makes of a kernel.
 *
 * A kernel becomes a few *shaders* (one compute pass each: a map, the parts of a reduction, joining the parts), in
 * *variants* that suit different shapes. Which of them run, on how many workgroups, with how much memory between them,
 * follows from the run-time integers alone (`plan`): so results depend on sizes, never on the device or on time, and
 * the texts, hence the pipelines, do not depend on sizes.
 */
import type { CodeFacts } from '../target.ts';

/** What of a device the code generator has to know. */
export interface GpuLimits {
  /** Invocations of one workgroup, along its one axis. */
  readonly workgroupSize: number;
  /** Bytes of workgroup memory. */
  readonly workgroupBytes: number;
  /** Storage buffers that one shader may bind. */
  readonly storageBuffers: number;
}

/** What a binding of a shader is bound to. All are storage buffers of `@group(0)`, at their position in the list. */
export type GpuBinding =
  | { readonly kind: 'buffer'; readonly buffer: number; readonly writes: boolean }
  /** Memory between the dispatches of one run: entry `scratch` of `GpuLaunch.scratchBytes`. */
  | { readonly kind: 'scratch'; readonly scratch: number; readonly writes: boolean }
  /**
   * Three words, 0 before the run: whether an index was out of bounds (1: a signed one, 2: an unsigned one; 3 and 4: the
   * same of the place of an update), the index, the size of its axis.
   */
  | { readonly kind: 'status' };

export interface Shader {
  /** The whole text. Equal texts are equal shaders. The entry point is `main`. */
  readonly wgsl: string;
  readonly bindings: readonly GpuBinding[];
  /** How it runs, in a few words for explain: `map, 4 elements each`. */
  readonly note: string;
}

/**
 * One dispatch: `groups` workgroups in all, which the runtime lays out in two dimensions where one is too short.
 * A shader gets its number from `workgroup_id.x + workgroup_id.y * num_workgroups.x` and checks it against the words.
 */
export interface Dispatch {
  readonly shader: Shader;
  readonly groups: number;
  /**
   * The uniform buffer, the binding after the last storage buffer: run-time integers, what the plan adds to them, then
   * at `scalarWord` the scalars of the kernel, one word each, written by the runtime.
   */
  readonly words: readonly number[];
  readonly scalarWord: number;
}

export interface GpuLaunch {
  readonly dispatches: readonly Dispatch[];
  readonly scratchBytes: readonly number[];
}

/** A kernel, compiled. */
export interface GpuProgram {
  /** The dispatches for these run-time integers of the kernel. Nothing to do: no dispatches. */
  plan(integers: readonly number[]): GpuLaunch;
  /** Whether the kernel picks elements by index and so has a `status` to be looked at after the run. */
  readonly checksIndices: boolean;
}

/** The code for one set of sizes as readable text: each shader once, in the order of first use. */
export function codeOfLaunch({ dispatches }: GpuLaunch): {
  readonly code: string;
  readonly about: CodeFacts;
} {
  const shaders = [...new Map(dispatches.map(({ shader }) => [shader.wgsl, shader])).values()];
  return {
    code: shaders.map(({ note, wgsl }) => `// ${note}\n${wgsl}`).join('\n'),
    about: {
      bytes: shaders.reduce((sum, { wgsl }) => sum + wgsl.length, 0),
      notes: shaders.length === 0 ? ['nothing to do'] : shaders.map(({ note }) => note),
    },
  };
}
