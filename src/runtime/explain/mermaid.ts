/** The optimized graph as a Mermaid flowchart: nodes by what they do, stored values marked with their kernel. */
import { describeNode } from '../../ir/nodeText.ts';
import { evaluateSize } from '../../ir/size.ts';
import type { Plan } from '../../passes/plan.ts';
import { kernelName } from '../evaluate/bindPlan.ts';

export function mermaidOf(plan: Plan, numbers: readonly number[]): string {
  const ids = new Map(plan.graph.nodes.map((node, k) => [node, `n${k}`]));
  const lines = ['flowchart TD'];
  const kernelOf = new Map(
    plan.kernels.flatMap((kernel, k) =>
      kernel.heads.map((head) => [head.node, kernelName(kernel, k)] as const),
    ),
  );
  for (const node of plan.graph.nodes) {
    const id = ids.get(node) ?? '';
    const shape = node.shape.map((size) => evaluateSize(size, numbers)).join('x') || 'scalar';
    const kernel = kernelOf.get(node);
    const label =
      `${describeNode(node, (size) => String(evaluateSize(size, numbers)))}<br/>${node.dtype} ${shape}${kernel === undefined ? '' : `<br/>${kernel}`}`.replaceAll(
        '"',
        "'",
      );
    lines.push(kernel === undefined ? `  ${id}("${label}")` : `  ${id}["${label}"]`);
    for (const input of node.inputs) lines.push(`  ${ids.get(input) ?? ''} --> ${id}`);
  }
  const roots = plan.graph.roots.map((root) => ids.get(root)).join(',');
  lines.push('  classDef root stroke-width:3px', `  class ${roots} root`);
  return `${lines.join('\n')}\n`;
}
