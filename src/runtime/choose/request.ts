/** Which target an evaluation asks for: by its options, or by default; and which targets may then run. */
import { describe } from '../../ir/arguments.ts';
import { OptionError } from '../../ir/errors.ts';
import type { Target } from '../../codegen/target.ts';
import { type TargetName, targets, targetNamed } from './targets.ts';

/** Puts a target in the place of the one of its name, or adds it. Returns what takes that back. For tests. */
export function registerTarget(target: Target): () => void {
  const before = [...targets];
  const at = targets.findIndex(({ name }) => name === target.name);
  if (at < 0) targets.push(target);
  else targets[at] = target;
  requests.clear();
  return () => {
    targets.splice(0, targets.length, ...before);
    requests.clear();
  };
}

/** The target of evaluations that ask for none. */
let defaultTarget: TargetName = 'auto';

export function setDefaultTarget(name: TargetName): void {
  requestFor(name);
  defaultTarget = name;
}

/** Which targets may run, before the plan is known. None: the reference evaluator. */
export interface TargetRequest {
  readonly name: TargetName;
  readonly candidates: readonly Target[];
  readonly reasons: readonly string[];
}

const requests = new Map<TargetName, TargetRequest>();

/** Throws an `OptionError` for a target that is unknown, or that was asked for and cannot run here. */
export function requestFor(asked: TargetName | undefined, operation = 'evaluate'): TargetRequest {
  const name = asked ?? defaultTarget;
  let request = requests.get(name);
  if (request === undefined) {
    request = makeRequest(name, operation);
    requests.set(name, request);
  }
  return request;
}

function makeRequest(name: TargetName, operation: string): TargetRequest {
  if (name === 'reference') return { name, candidates: [], reasons: ["asked for with target: 'reference'"] };
  if (name === 'webgpu') return { name, candidates: [], reasons: ["asked for with target: 'webgpu'"] };
  if (name === 'auto') {
    const candidates = targets.filter(({ available }) => available);
    const missing = targets
      .filter(({ available }) => !available)
      .map((target) => `${target.name} is not available: ${target.unavailable ?? 'this host cannot run it'}`);
    if (candidates.length === 0)
      return { name, candidates, reasons: [...missing, 'the reference evaluator runs (slow)'] };
    const reasons = candidates.length === 1 ? ['auto: the only target that runs here', ...missing] : missing;
    return { name, candidates, reasons };
  }
  const target = targetNamed(name);
  if (target === undefined)
    throw new OptionError(
      operation,
      `unknown target ${describe(name)}; the targets are auto, ${targets.map((one) => one.name).join(', ')}, webgpu, reference`,
    );
  if (!target.available)
    throw new OptionError(
      operation,
      `target '${name}' does not run here: ${target.unavailable ?? 'the host cannot run it'}; leave target at 'auto'`,
    );
  return { name, candidates: [target], reasons: [`asked for with target: '${name}'`] };
}
