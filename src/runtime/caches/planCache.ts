/** The plans, by structure. */
import type { PreparedPlan } from '../evaluate/bindPlan.ts';
import { perSession } from '../perSession.ts';
import { CountedCache, turnOff } from './countedCache.ts';
import { defaults } from './cacheLimits.ts';

/** A node of a plan takes about half a KiB: this bounds the plans of very long expressions. */
export const maxPlanNodes = 400_000;

export const planCache = perSession(
  () =>
    new CountedCache<PreparedPlan>(
      defaults.plans,
      maxPlanNodes,
      ({ plan: { initial, graph } }) => initial.nodes.length + graph.nodes.length + 1,
    ),
  turnOff,
);
