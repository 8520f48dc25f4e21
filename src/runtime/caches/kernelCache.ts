/** The compiled kernels, by their text and target. */
import type { CompileRefusal } from '../../codegen/refusal.ts';
import type { CompiledKernel } from '../../codegen/target.ts';
import { CountedCache } from './countedCache.ts';
import { defaults } from './cacheLimits.ts';

export const kernelCache = new CountedCache<CompiledKernel | CompileRefusal>(defaults.kernels);
