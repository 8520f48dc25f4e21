/** The compiled kernels, by their text and target. */
import type { CompileRefusal } from '../../codegen/refusal.ts';
import type { CompiledKernel } from '../../codegen/target.ts';
import { perSession } from '../perSession.ts';
import { CountedCache, turnOff } from './countedCache.ts';
import { defaults } from './cacheLimits.ts';

export const kernelCache = perSession(
  () => new CountedCache<CompiledKernel | CompileRefusal>(defaults.kernels),
  turnOff,
);
