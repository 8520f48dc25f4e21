/**
 * What to write instead of an expression that needs a dtype no GPU has.
 *
 * A cast inside the expression does not help, for it is part of the plan and reads what the GPU cannot: what begins in a
 * 64-bit dtype has to begin in another one, or be converted on the CPU first. So the advice depends on the first node of
 * the graph that has such a dtype.
 */
import { DTypeError } from '../../ir/errors.ts';
import { isGpuDType } from '../../codegen/wgsl/registers.ts';
import { isFloat, type DType } from '../../ir/dtype.ts';
import { monoidRow } from '../../ir/monoids.ts';
import type { PlanNode } from '../../passes/graph.ts';
import type { Plan } from '../../passes/plan.ts';
import type { Unsupported } from './launch.ts';

/** The error for a plan that needs what no GPU has. */
export function dtypeError(operation: string, { graph }: Plan, found: Unsupported): DTypeError {
  const first = graph.nodes.find(({ dtype }) => !isGpuDType(dtype));
  const dtype = first?.dtype ?? found.dtype;
  const advice = first === undefined ? `${found.kernel} needs it` : adviceFor(first, graph.nodes);
  return new DTypeError(
    operation,
    `${dtype} is not there on GPUs (WebGPU has float32, int32, uint32 and smaller ones), and ${advice}; ` +
      `or leave target at 'auto' to compute on the CPU`,
  );
}

const substituteFor = (dtype: DType): DType =>
  isFloat(dtype) ? 'float32' : dtype === 'uint64' ? 'uint32' : 'int32';

function adviceFor(node: PlanNode, nodes: readonly PlanNode[]): string {
  const { dtype } = node;
  const other = substituteFor(dtype);
  const option = `{ dtype: '${other}' }`;
  switch (node.kind) {
    case 'parameter':
      if (node.role === 'scalar')
        return `a plain number has it; give ${option} to the call that creates an array of it, or lz.array(number, ${option}) in its place`;
      return beginning(other, option);
    case 'data':
    case 'constant':
      return beginning(other, option);
    case 'iota':
      return isFloat(dtype)
        ? `ranges of floats are computed in it, for any dtype; ${convertFirst(other)}, ` +
            `or count in integers, lz.arange(n, { dtype: 'int32' }).astype('${other}')`
        : beginning(other, option);
    case 'reduce':
      return accumulates(node)
        ? accumulation(node.op, node.inputs[0].dtype, option)
        : conversion(node.inputs[0].dtype, other, option);
    case 'cast': {
      const from = node.inputs[0].dtype;
      const reduction = nodes.find((user) => accumulates(user) && user.inputs[0] === node);
      return reduction?.kind === 'reduce' && !isFloat(dtype)
        ? accumulation(reduction.op, from, option)
        : conversion(from, other, option);
    }
    default:
      return conversion(node.inputs[0].dtype, other, option);
  }
}

/** Whether a node is a reduction in a dtype that the call can say. */
const accumulates = (node: PlanNode): boolean =>
  node.kind === 'reduce' && monoidRow(node.op).elements === 'wide';

const accumulation = (op: string, from: DType, option: string): string =>
  `${op} of ${from} accumulates in it; say ${op}(${option})`;

const convertFirst = (other: DType): string =>
  `convert on the CPU first, x = await x.astype('${other}').evaluate({ target: 'auto' })`;

const beginning = (other: DType, option: string): string =>
  `an array begins in it; create it with ${option}, or ${convertFirst(other)}`;

const conversion = (from: DType, other: DType, option: string): string =>
  `it comes of ${from} here; give ${option} to the call if it takes one, as those of lz.random do, ` +
  `or cast the inputs, x.astype('${other}')`;
