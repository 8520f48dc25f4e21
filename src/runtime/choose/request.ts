/** Which executor an evaluation asks for: by its options, or by default; and which may then run. */
import { describe } from '../../ir/arguments.ts';
import { DeviceError, OptionError } from '../../ir/errors.ts';
import type { PlanProfile } from '../../passes/profile.ts';
import type { AsyncExecutor, Executor, SyncExecutor } from '../executors/executor.ts';
import { executorNamed, listExecutors, registryVersion, type TargetName } from '../executors/registry.ts';
import { perSession } from '../perSession.ts';

/** The target of evaluations that ask for none. */
const defaults = perSession((): { target: TargetName } => ({ target: 'auto' }));

export function setDefaultTarget(name: TargetName): void {
  requestFor(name);
  defaults.current.target = name;
}

/** Which executors may run, before the plan is known. */
export interface TargetRequest {
  readonly name: TargetName;
  /** Those that answer at once, in order of preference. */
  readonly sync: readonly SyncExecutor[];
  /** Those that answer later. */
  readonly async: readonly AsyncExecutor[];
  /** Whether estimates decide between them: nothing was asked for by name. */
  readonly isWeighed: boolean;
  /** Those that step in where none of these can run it. */
  readonly substitutes: readonly SyncExecutor[];
  readonly reasons: readonly string[];
}

const requests = new Map<TargetName, TargetRequest>();
let version = registryVersion();

/** Throws an `OptionError` for a target that is unknown, or that was asked for and cannot run here. */
export function requestFor(asked: TargetName | undefined, operation = 'evaluate'): TargetRequest {
  if (version !== registryVersion()) {
    requests.clear();
    version = registryVersion();
  }
  const name = asked ?? defaults.current.target;
  let request = requests.get(name);
  if (request === undefined) {
    request = makeRequest(name, operation);
    requests.set(name, request);
  }
  return request;
}

function makeRequest(name: TargetName, operation: string): TargetRequest {
  if (name === 'auto') {
    const available = listExecutors().filter(isAvailable);
    const sync = available.filter((executor) => executor.answersAtOnce);
    const async = available.filter((executor) => !executor.answersAtOnce);
    const weighed = sync.filter(({ isLastResort }) => !isLastResort);
    const substitutes = sync.filter(({ isLastResort }) => isLastResort);
    return {
      name,
      ...(weighed.length > 0 ? { sync: weighed, substitutes } : { sync, substitutes: [] }),
      async,
      isWeighed: true,
      reasons: reasonsOfAuto(),
    };
  }
  const executor = executorNamed(name);
  if (executor === undefined)
    throw new OptionError(
      operation,
      `unknown target ${describe(name)}; the targets are auto, ${listExecutors()
        .map((one) => one.name)
        .join(', ')}`,
    );
  if (executor.unavailable !== undefined)
    throw new OptionError(
      operation,
      `target '${name}' does not run here: ${executor.unavailable}; leave target at 'auto'`,
    );
  return {
    name,
    ...(executor.answersAtOnce ? { sync: [executor], async: [] } : { sync: [], async: [executor] }),
    isWeighed: false,
    // Asking whether an executor can run takes time: none is needed as a rule.
    get substitutes() {
      const others = listExecutors().filter((one) => one !== executor && isAvailable(one));
      return others.filter((one) => one.answersAtOnce);
    },
    reasons: [`asked for with target: '${name}'`],
  };
}

const isAvailable = ({ unavailable }: Executor): boolean => unavailable === undefined;

function reasonsOfAuto(): readonly string[] {
  const rivals = listExecutors().filter((one) => one.answersAtOnce && !one.isLastResort);
  const missing = rivals.flatMap(({ name, unavailable }) =>
    unavailable === undefined ? [] : [`${name} is not available: ${unavailable}`],
  );
  const left = rivals.length - missing.length;
  if (left === 0) return [...missing, 'the reference evaluator runs (slow)'];
  return left === 1 ? ['auto: the only target that runs here', ...missing] : missing;
}

/** Whether an evaluation can have its values before the event loop has turned. */
export const answersAtOnce = ({ sync }: TargetRequest): boolean => sync.length > 0;

export function checkSynchronous(operation: string, request: TargetRequest): void {
  if (answersAtOnce(request)) return;
  throw new DeviceError(
    operation,
    `target '${request.name}' computes asynchronously: \`await x.evaluate()\` or \`await x.data()\` first (of compiled functions, \`await f.async(...)\`), or name another target`,
  );
}

/** What plans are made for where nothing else turns out to run them; `undefined`: there is no need of one. */
export const profileOf = ({ sync, async }: TargetRequest): PlanProfile | undefined =>
  (sync[0] ?? async[0])?.profile;

/** The same for what runs at once. */
export const syncProfileOf = (request: TargetRequest): PlanProfile | undefined =>
  (request.sync[0] ?? request.substitutes[0])?.profile;
