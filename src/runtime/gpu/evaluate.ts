/**
 * Evaluation on a GPU: a plan of its own profile, run on the open device, its results staying there.
 *
 * A device that is lost on the way is replaced and the run begins anew, a few times. Results carry a recipe, so that
 * those which were lost, or had to make room, are computed again when they are wanted.
 */
import { evaluateSize } from '../../ir/size.ts';
import { DeviceError, InternalError, LazuliError } from '../../ir/errors.ts';
import type { ArraySource } from '../../ir/node.ts';
import { isWide } from '../../ir/wide.ts';
import { kernelName, type Binding } from '../evaluate/bindPlan.ts';
import { checkInputs, readInputs, sourcesOf } from '../memory/sources.ts';
import { maxAttempts, Source } from '../memory/source.ts';
import { inSession } from '../perSession.ts';
import { openGpu, type GpuDevice } from './device.ts';
import { holding, sourcesIn } from './hold.ts';
import { launchOf, missingRoutineIn } from './launch.ts';
import { whenThereIsRoom } from './room.ts';
import { runLaunch } from './run.ts';
import { DeviceValues, type DeviceRecipe } from './values.ts';

/** Why the device cannot run a plan: a routine it has no shaders for, or an array that no buffer of it holds. */
export function unfitFor(gpu: GpuDevice | undefined, binding: Binding): string | undefined {
  const { arrays, numbers, prepared } = binding;
  const missing = missingRoutineIn(prepared.plan);
  if (missing !== undefined || gpu === undefined) return missing;
  const wide = prepared.plan.kernels.findIndex(({ kernel }, position) =>
    isWide(kernel, binding.integersOf(position)),
  );
  const kernel = prepared.plan.kernels[wide];
  if (kernel !== undefined)
    return `${kernelName(kernel, wide)} goes over more elements than the 32-bit integers of GPUs count`;
  const limit = gpu.largestArray;
  const sizes = [
    ...arrays.parameters.map((array, slot) => [`array ${slot}`, array?.bytes ?? 0] as const),
    ...arrays.roots.map(({ bytes }, root) => [`result ${root}`, bytes] as const),
    ...prepared.plan.memory.slots.map((size) => ['a temporary', evaluateSize(size, numbers)] as const),
  ];
  const large = sizes.find(([, bytes]) => bytes > limit);
  return large === undefined
    ? undefined
    : `${large[0]} would take ${large[1]} bytes in one buffer, of which ${gpu.name} binds ${limit}`;
}

/** Runs a bound plan; the results are on the device, in the order of the roots, and held, each once. */
export async function runOnGpu(binding: Binding, inputs: readonly ArraySource[]): Promise<DeviceValues[]> {
  const sources = sourcesIn(readInputs(binding.arrays.parameters, inputs));
  for (let attempt = 1; ; attempt++) {
    const gpu = await inSession(openGpu());
    checkInputs('evaluate', sources);
    const launch = launchOf(binding, gpu.codeLimits);
    const run = async (): Promise<DeviceValues[]> => {
      let frozen: FrozenInputs | undefined;
      const submitted = (): void => {
        frozen = freeze(sources);
      };
      const values = await inSession(runLaunch(gpu, launch, binding.arrays, sources, { submitted }));
      values.forEach((value, root) => {
        value.recipe ??= recipeOf(binding, frozen, root);
      });
      return values;
    };
    try {
      return await inSession(whenThereIsRoom(gpu, () => holding(gpu, sources, run)));
    } catch (error) {
      if (attempt < maxAttempts && (await inSession(gpu.isLost()))) continue;
      if (error instanceof LazuliError) throw error;
      const kernels = binding.prepared.plan.kernels.length;
      const before = gpu.complaint === undefined ? '' : `; it complained before: ${gpu.complaint}`;
      throw new DeviceError(
        'webgpu',
        `a plan of ${kernels} ${kernels === 1 ? 'kernel' : 'kernels'} failed on ${gpu.name}: ${gpu.lost ?? String(error)}${before}`,
      );
    }
  }
}

/** Sources of results, which may leave the device from now on. */
export function settled(values: readonly DeviceValues[]): readonly Source[] {
  const sources = sourcesOf(values);
  for (const value of new Set(values)) value.release();
  return sources;
}

/** Recipes keep at most so many times the bytes of what they are for, or so many bytes. */
const retainedFactor = 4;
const retainedBytes = 2 ** 20;
/** Following recipes of recipes has to end somewhere. */
const maxDepth = 32;

/** The inputs of a run as they were when it was submitted. */
interface FrozenInputs {
  readonly sources: readonly Source[];
  /** Bytes of the inputs, and of the inputs of their recipes. */
  readonly bytes: number;
  /** How many recipes must be followed at the most to have them. */
  readonly depth: number;
}

/** `undefined` where somebody may write to one of them. */
function freeze(sources: readonly Source[]): FrozenInputs | undefined {
  const frozen: Source[] = [];
  let [bytes, depth] = [0, 0];
  for (const source of sources) {
    const kept = source.frozen();
    if (kept === undefined) return undefined;
    frozen.push(kept);
    const { remote, truth } = kept;
    const recipe = truth instanceof DeviceValues ? truth.recipe : undefined;
    // What can be computed again keeps only what that takes.
    bytes +=
      (recipe?.isSure === true && remote !== undefined ? 0 : kept.byteLength) + (recipe?.retainedBytes ?? 0);
    depth = Math.max(depth, recipe?.depth ?? 0);
  }
  return { sources: frozen, bytes, depth };
}

/**
 * How to compute a result again. Inputs that are small beside it are kept for that; others are used if somebody else
 * has kept them.
 */
function recipeOf(binding: Binding, given: FrozenInputs | undefined, root: number): DeviceRecipe | undefined {
  if (given === undefined) return undefined;
  const bytes = binding.arrays.roots[root]?.bytes ?? 0;
  const { sources: frozen, bytes: retained } = given;
  const depth = given.depth + 1;
  if (depth > maxDepth) return undefined;
  const isKept = retained <= Math.max(retainedFactor * bytes, retainedBytes);
  const inputs = isKept ? frozen : frozen.map((source) => new WeakRef(source));
  return {
    isSure: isKept,
    retainedBytes: isKept ? retained : 0,
    depth,
    compute: async () => {
      const alive = inputs.map((input) => (input instanceof Source ? input : input.deref()));
      if (!alive.every((input) => input !== undefined))
        throw new DeviceError(
          'webgpu',
          'the values were on a GPU that was lost, and the arrays they came of are gone; read what you want to keep with data()',
        );
      const values = await inSession(runOnGpu(binding, alive));
      const wanted = values[root];
      if (wanted === undefined) throw new InternalError('webgpu', 'a recipe gave nothing');
      for (const value of new Set(values))
        if (value !== wanted) {
          value.free();
          value.release();
        }
      return wanted;
    },
  };
}
