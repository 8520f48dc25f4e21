/** Verifiers: what each pass guarantees, checked. Run in tests and with the `verify` option, never by default. */
import { computeDType, isInteger } from '../ir/dtype.ts';
import { InternalError } from '../ir/errors.ts';
import {
  argsOf,
  argsOfStore,
  guardOf,
  indicesIn,
  isImmediate,
  type Kernel,
  type KernelIndex,
  type KernelInt,
  type Loops,
  type Step,
} from '../ir/kernel.ts';
import { hoistedIn, insideOf, turnOf, valueOf } from '../ir/nest.ts';
import { isView, type NodeOf } from '../ir/node.ts';
import { ofBool } from '../ir/monoids.ts';
import { integerCount } from '../ir/routines/call.ts';
import { routineRow } from '../ir/routines/table.ts';
import { kindRow } from '../ir/schema.ts';
import { refusedScatter } from '../ir/scatter.ts';
import { indexedShape } from '../ir/shape.ts';
import { sameSize, type Size } from '../ir/size.ts';
import type { Graph, PlanNode } from './graph.ts';

/** Inputs come before users, roots are in the graph, maps agree with their inputs in shape, results of routines with their rows, nothing computes with float16 or adds truth values. */
export function verifyGraph(pass: string, graph: Graph): void {
  const fail = (message: string): never => {
    throw new InternalError(pass, message);
  };
  const seen = new Set(graph.nodes.slice(0, 0));
  for (const node of graph.nodes) {
    for (const input of node.inputs)
      if (!seen.has(input)) fail(`${node.kind} comes before its input ${input.kind}`);
    if (seen.has(node)) fail(`${node.kind} is listed twice`);
    seen.add(node);
    if (kindRow(node.kind).computes && node.inputs.some(({ dtype }) => dtype === 'float16'))
      fail(`${node.kind} computes with float16, which is only stored`);
    if (
      (node.kind === 'reduce' || node.kind === 'scan') &&
      node.dtype === 'bool' &&
      ofBool(node.op) !== node.op
    )
      fail(`${node.op} in bool, where it is ${ofBool(node.op)}`);
    if (node.kind === 'routine') {
      const { routine, inputs, settings, result, dtype } = node;
      const row = routineRow(routine);
      if (inputs.length !== row.operands.length) fail(`${routine} has ${inputs.length} operands`);
      const dtypes = row.dtypes(
        pass,
        inputs.map((input) => computeDType(input.dtype)),
        settings,
      );
      if (dtypes[result] !== dtype) fail(`result ${result} of ${routine} is ${dtypes[result]}, not ${dtype}`);
    }
    if (node.kind === 'scatter') checkScatter(node, fail);
    if (node.kind === 'pad') checkPad(node, fail);
    if (node.kind === 'window') checkWindow(node, fail);
    if (node.kind === 'gather') checkIndices('take', node.inputs.slice(1), node.axes, fail);
    if (node.kind === 'map')
      for (const input of node.inputs) {
        const fits =
          input.shape.length === 0 ||
          (input.shape.length === node.shape.length &&
            input.shape.every((size, k) => sameSize(size, node.shape[k] ?? size)));
        if (!fits) fail(`${node.op} has an operand of another shape`);
      }
    if (isView(node) && node.inputs[0].dtype !== node.dtype) fail('a view changed the dtype');
  }
  for (const root of graph.roots) if (!seen.has(root)) fail('a root is not in the graph');
}

function checkScatter(node: NodeOf<'scatter', Size>, fail: (message: string) => never): void {
  const { op, axes, dtype, shape } = node;
  const [base, updates, ...indices] = node.inputs;
  const refused = refusedScatter(op, dtype);
  if (refused !== undefined) fail(refused);
  if (base.dtype !== dtype || updates.dtype !== dtype) fail(`scatter of another dtype than ${dtype}`);
  checkIndices('scatter', indices, axes, fail);
  if (!sameSizes(indexedShape(shape, axes, indices[0]?.shape ?? []), updates.shape))
    fail('scatter has updates of another shape');
}

function checkPad(node: NodeOf<'pad', Size>, fail: (message: string) => never): void {
  const { dtype, shape, before } = node;
  const [input, filling] = node.inputs;
  if (filling.shape.length > 0) fail(`pad with an array of rank ${filling.shape.length}`);
  if (input.dtype !== dtype || filling.dtype !== dtype) fail(`pad of another dtype than ${dtype}`);
  if (input.shape.length !== shape.length || before.length !== shape.length)
    fail(`pad of ${input.shape.length} axes to ${shape.length}`);
}

function checkWindow(node: NodeOf<'window', Size>, fail: (message: string) => never): void {
  const { shape, axis, steps, inputs } = node;
  const { length } = inputs[0].shape;
  if (shape.length !== length + 1 || axis >= length || steps.length !== 2)
    fail(`windows along axis ${axis} of ${length} in ${shape.length} axes`);
}
/** One array of integers for each axis, all of one shape; the axes are sorted. */
function checkIndices(
  kind: string,
  indices: readonly PlanNode[],
  axes: readonly number[],
  fail: (message: string) => never,
): void {
  if (indices.length !== axes.length || axes.length === 0)
    fail(`${kind} along ${axes.length} axes has ${indices.length} indices`);
  if (axes.some((axis, k) => axis <= (axes[k - 1] ?? -1))) fail(`${kind} along unsorted axes`);
  for (const { dtype, shape } of indices) {
    if (!isInteger(dtype)) fail(`${kind} at indices of ${dtype}`);
    if (!sameSizes(shape, indices[0]?.shape ?? [])) fail(`${kind} has indices of several shapes`);
  }
}

const sameSizes = (a: readonly Size[], b: readonly Size[]): boolean =>
  a.length === b.length && a.every((size, k) => sameSize(size, b[k] ?? size));

/** Values are defined before they are used and in scope; loops are entered once; parameters exist. */
export function verifyKernel(kernel: Kernel): void {
  const fail = (message: string): never => {
    throw new InternalError('kernel', message);
  };
  if (kernel.kind === 'call') {
    const { routine, buffers, results, integers } = kernel;
    const stored = buffers.filter(({ role }) => role !== 'scratch').length;
    if (stored !== routineRow(routine).operands.length + results.length)
      fail(`${routine} is called with ${buffers.length} buffers`);
    if (integers !== integerCount(kernel)) fail(`${routine} is called with ${integers} integers`);
    return;
  }
  const checkInt = (int: KernelInt): void => {
    if ('parameter' in int && int.parameter >= kernel.integers)
      fail(`integer p${int.parameter} does not exist`);
  };
  const checkIndex = (index: KernelIndex, open: ReadonlySet<number>): void => {
    checkInt(index.offset);
    for (const { axis, stride } of index.terms) {
      checkInt(stride);
      if (!open.has(axis)) fail(`i${axis} is used outside its loop`);
    }
  };
  const results = new Set<number>();
  const enter = (axes: readonly number[], open: ReadonlySet<number>): ReadonlySet<number> => {
    for (const axis of axes) if (open.has(axis)) fail(`i${axis} is open already`);
    return new Set([...open, ...axes]);
  };
  /** Steps in loops over the `open` axes; adds the values they define to `defined`. */
  const visit = (steps: readonly Step[], open: ReadonlySet<number>, defined: Set<number>): void => {
    const use = (id: number): void => {
      const value = valueOf(kernel, id);
      if (value.kind === 'result' && !results.has(value.accumulator))
        fail(`r${value.accumulator} is used before its reduction`);
      if (!isImmediate(value) && !defined.has(id)) fail(`v${id} is used before it is defined`);
    };
    for (const step of steps)
      switch (step.kind) {
        case 'let': {
          const value = valueOf(kernel, step.value);
          argsOf(value).forEach(use);
          if (value.kind === 'load') checkIndex(value.index, open);
          for (const index of indicesIn(value)) checkIndex(index, open);
          for (const { size } of guardOf(value)) checkInt(size);
          if (value.kind === 'pad' && value.guard.length === 0) fail(`v${step.value} pads nothing`);
          defined.add(step.value);
          break;
        }
        case 'store':
          argsOfStore(step).forEach(use);
          checkIndex(step.index, open);
          for (const { stride, size } of step.scatter?.gathers ?? []) [stride, size].forEach(checkInt);
          break;
        case 'walk':
          nested(step, open, defined);
          break;
        case 'reduce': {
          const inside = new Set(defined);
          visit(step.body, enter(step.axes, open), inside);
          for (const { id, value } of step.accumulators) {
            if (!isImmediate(valueOf(kernel, value)) && !inside.has(value))
              fail(`r${id} takes v${value}, which its walk does not define`);
            results.add(id);
          }
          break;
        }
        case 'scan': {
          const inside = new Set(defined);
          const within = enter(step.axes, open);
          for (const { lines, takes } of turnOf(step, kernel)) {
            visit(lines, within, inside);
            for (const { id, value } of takes) {
              const taken = valueOf(kernel, value);
              const isKnown =
                taken.kind === 'result'
                  ? results.has(taken.accumulator)
                  : isImmediate(taken) || inside.has(value);
              if (!isKnown) fail(`r${id} takes v${value}, which is not defined`);
              results.add(id);
            }
          }
          for (const { id } of step.accumulators) results.delete(id);
        }
      }
  };
  const nested = (loops: Loops<Step>, open: ReadonlySet<number>, outer: ReadonlySet<number>): void => {
    const [axis] = loops.axes;
    const defined = new Set(outer);
    if (axis === undefined) {
      visit(loops.body, open, defined);
      return;
    }
    const inside = enter([axis], open);
    visit(hoistedIn(loops), inside, defined);
    nested(insideOf(loops), inside, defined);
  };
  const defined = new Set<number>();
  visit(kernel.before, new Set(), defined);
  nested(kernel.points, new Set(), defined);
}
