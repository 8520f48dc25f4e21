/** explain() as text. */
import type { ExplainFacts, KernelFacts } from './facts.ts';
import type { ThreadFacts } from '../parallel/facts.ts';
import type { Measured } from '../executors/executor.ts';
import { formatBytes, formatTime } from '../units.ts';

function kernelText(kernel: KernelFacts): string {
  const space = kernel.iterationSpace
    .map((extent, k) => (kernel.reducedAxes.includes(k) ? `[${extent}]` : String(extent)))
    .join(' x ');
  const lines = [
    `${kernel.name} on ${kernel.target}: loops ${space === '' ? 'none' : space}, ${kernel.ops} ops per element`,
    ...kernel.computes.map((what) => `  computes ${what}`),
    `  reads ${formatBytes(kernel.bytesRead)} from ${kernel.inputs.join(', ') || 'nothing'}; writes ${formatBytes(kernel.bytesWritten)}`,
  ];
  const { code } = kernel;
  if (code !== null)
    lines.push(
      `  ${[...code.notes, ...(code.bytes > 0 ? [`module ${formatBytes(code.bytes)}`] : [])].join('; ')}`,
    );
  const threads = threadsText(kernel.threads);
  if (threads !== undefined) lines.push(`  ${threads}`);
  if (kernel.scratchBytes > 0) lines.push(`  scratch ${formatBytes(kernel.scratchBytes)}`);
  return lines.join('\n');
}

/** Nothing about kernels that are too short for threads. */
function threadsText(facts: ThreadFacts | null): string | undefined {
  if (facts === null || facts.microseconds < facts.threshold) return undefined;
  const { threads, microseconds, threshold, phases, why } = facts;
  if (why !== null) return `one thread: ${why}`;
  const split = phases.map(({ turns, parts }) => `${turns} in ${parts} ${parts === 1 ? 'part' : 'parts'}`);
  return `${threads} threads: ${split.join(', then ')}; about ${formatTime(microseconds)} on one, threads pay from ${formatTime(threshold)} on`;
}

export function planText(facts: ExplainFacts): string {
  const { plan, caches } = facts;
  const ratio =
    plan.bytesMinimum === 0
      ? ''
      : ` (${(plan.bytesMoved / plan.bytesMinimum).toFixed(2)} x the minimum of ${formatBytes(plan.bytesMinimum)})`;
  return [
    `plan: ${plan.kernels.length} ${plan.kernels.length === 1 ? 'kernel' : 'kernels'} on ${plan.target}`,
    ...plan.reasons.map((reason) => `  target: ${reason}`),
    ...plan.kernels.map((kernel) => kernelText(kernel).replace(/^/gm, '  ')),
    ...plan.kept.map(
      ({ name, bytes, reason }) => `  keeps ${name} for later, ${formatBytes(bytes)}: ${reason}`,
    ),
    `  moves ${formatBytes(plan.bytesMoved)}${ratio}, peak temporaries ${formatBytes(plan.peakTemporaryBytes)}`,
    ...(plan.heap === null
      ? []
      : [
          `  heap: ${formatBytes(plan.heap.residentBytes)} in use, copied in ${formatBytes(plan.heap.copiedIn)}, out ${formatBytes(plan.heap.copiedOut)}, ${plan.heap.evictions} evictions`,
        ]),
    `  plan cache ${caches.plan}, result memo ${caches.result}`,
    '',
  ].join('\n');
}

export function whyText(facts: ExplainFacts): string {
  if (facts.why.length === 0) return 'nothing to fuse: one piece of work\n';
  return `${facts.why
    .map(
      ({ a, b, fused, code, reason, bytes }) =>
        `${fused ? 'fused    ' : 'not fused'} ${a} with ${b}: ${code}, ${reason}${bytes > 0 ? ` (${formatBytes(bytes)})` : ''}`,
    )
    .join('\n')}\n`;
}

export function analyzeText(facts: ExplainFacts, measured: Measured): string {
  const rows = facts.plan.kernels.map((kernel, k) => {
    const milliseconds = measured.median[k] ?? NaN;
    const rate = (kernel.bytesRead + kernel.bytesWritten) / milliseconds / 1e6;
    return `  ${kernel.name}: first ${(measured.first[k] ?? NaN).toFixed(3)} ms, then ${milliseconds.toFixed(3)} ms, ${rate.toFixed(2)} GB/s`;
  });
  const threads = (measured.threads ?? []).map(
    ({ milliseconds, launches }, k) =>
      `  thread ${k}${k === 0 ? ' (the caller)' : ''}: ${milliseconds.toFixed(3)} ms in ${launches} parts`,
  );
  return `${planText(facts)}measured\n${[...rows, ...threads].join('\n')}\n`;
}
