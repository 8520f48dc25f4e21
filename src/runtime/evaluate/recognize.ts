/**
 * Recognizing an expression that was evaluated before: programs in a loop build the same graph over the same shapes
 * again and again. Encoding a graph (`passes/bind.ts`) finds its plan among all there are, by text; comparing it with
 * the few expressions that were evaluated twice already takes a tenth of the time, and gives its plans, bound to its
 * numbers.
 *
 * A template holds the nodes of a graph as steps, inputs first, without their data. To match, the graph is laid over
 * it from the roots down: each step says where the inputs of its node belong. A graph that shares more than the
 * template (x + x where the template has a + b) matches as well, and computes the same.
 */
import { sameShape } from '../../ir/shape.ts';
import type { Scalar } from '../../ir/dtype.ts';
import type { Form } from '../../ir/form.ts';
import { numbersOf, type ArraySource, type Node } from '../../ir/node.ts';
import type { Encoding } from '../../passes/bind.ts';
import type { Computation } from './computation.ts';
import type { Resolve } from './kept.ts';
import { perSession } from '../perSession.ts';

interface Step {
  readonly form: Form;
  readonly shape: readonly number[];
  /** Positions. */
  readonly inputs: readonly number[];
  /** See `numbersOf`. */
  readonly numbers: readonly number[];
  /** Of a constant. */
  readonly value: Scalar | undefined;
}

/** A known expression, with what was made of it. */
export interface Template {
  readonly steps: readonly Step[];
  readonly roots: readonly number[];
  /** Positions of the arrays, by slot. */
  readonly arrays: readonly number[];
  readonly computation: Computation;
  /** Its key in the plan cache, and its numbers as text, for memo keys. */
  readonly key: string;
  readonly numbersKey: string;
}

export interface Recognized {
  readonly template: Template;
  readonly inputs: ArraySource[];
}

/** Longer graphs are worth their encoding. */
const maxSteps = 64;
const perBucket = 8;
const maxBuckets = 64;

/** By what the first root is, the last one used first. */
const templates = perSession(
  () => new Map<string, Template[]>(),
  (ended) => {
    ended.clear();
  },
);

export const forgetTemplates = (): void => {
  templates.current.clear();
};

/** Remembers an expression, known values in the place of what computes them. Not where a root is such a value. */
export function learn(
  roots: readonly Node[],
  encoding: Encoding,
  computation: Computation,
  key: string,
  numbersKey: string,
): void {
  const { order } = encoding;
  if (
    order.length > maxSteps ||
    encoding.roots.some((position, k) => order[position]?.kind !== roots[k]?.kind)
  )
    return;
  const [first] = roots;
  if (first === undefined) return;
  const positions = new Map(order.map((node, position) => [node, position]));
  const at = (node: Node): number => positions.get(node) ?? -1;
  const steps = order.map((node) => ({
    form: node.form,
    shape: node.shape,
    inputs: node.inputs.map(at),
    numbers: numbersOf(node),
    value: node.kind === 'constant' ? node.value : undefined,
  }));
  const template: Template = {
    steps,
    roots: encoding.roots,
    arrays: encoding.arrays.map(at),
    computation,
    key,
    numbersKey,
  };
  const name = first.form.text;
  const buckets = templates.current;
  const bucket = buckets.get(name);
  if (bucket !== undefined) {
    bucket.unshift(template);
    if (bucket.length > perBucket) bucket.pop();
    return;
  }
  if (buckets.size >= maxBuckets) buckets.clear();
  buckets.set(name, [template]);
}

/** Nodes by position, while a template is compared. */
const nodes: (Node | undefined)[] = [];

/** The template that these roots are an instance of, and their arrays. `resolve` finds known values, if there are any. */
export function recognize(roots: readonly Node[], resolve: Resolve | undefined): Recognized | undefined {
  const [first] = roots;
  if (first === undefined) return undefined;
  const bucket = templates.current.get(first.form.text);
  if (bucket === undefined) return undefined;
  for (let k = 0; k < bucket.length; k++) {
    const template = bucket[k];
    if (template === undefined) continue;
    const inputs = match(template, roots, resolve);
    nodes.length = 0;
    if (inputs === undefined) continue;
    if (k > 0) {
      bucket.splice(k, 1);
      bucket.unshift(template);
    }
    return { template, inputs };
  }
  return undefined;
}

function match(
  { steps, roots: places, arrays }: Template,
  roots: readonly Node[],
  resolve: Resolve | undefined,
): ArraySource[] | undefined {
  if (places.length !== roots.length) return undefined;
  for (let position = 0; position < steps.length; position++) nodes.push(undefined);
  for (let k = 0; k < roots.length; k++) {
    const place = places[k] ?? 0;
    if (nodes[place] !== undefined && nodes[place] !== roots[k]) return undefined;
    nodes[place] = roots[k];
  }
  for (let position = steps.length - 1; position >= 0; position--) {
    const [step, given] = [steps[position], nodes[position]];
    if (step === undefined || given === undefined) return undefined;
    const node = (given.inputs.length === 0 ? undefined : resolve?.(given)) ?? given;
    if (!fits(step, node)) return undefined;
    nodes[position] = node;
    const { inputs } = node;
    if (inputs.length !== step.inputs.length) return undefined;
    if (inputs.length === 0) continue;
    for (let k = 0; k < inputs.length; k++) {
      const place = step.inputs[k] ?? 0;
      const input = inputs[k];
      if (nodes[place] === undefined) nodes[place] = input;
      else if (nodes[place] !== input) return undefined;
    }
  }
  const sources: ArraySource[] = [];
  for (const place of arrays) {
    const node = nodes[place];
    if (node?.kind !== 'data') return undefined;
    sources.push(node.source);
  }
  return sources;
}

/** Whether a node is what the step was made of, its data and inputs aside. */
function fits(step: Step, node: Node): boolean {
  if (step.form !== node.form) return false;
  if (step.shape !== node.shape && !sameShape(step.shape, node.shape)) return false;
  if (node.kind === 'constant') return Object.is(step.value, node.value);
  if (node.kind === 'parameter') return false;
  return step.numbers.length === 0 || sameShape(step.numbers, numbersOf(node));
}
